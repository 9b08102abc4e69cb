import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Keys } from '../../../shared/domain/form.ts';
import { contentHash, isContentOf, nonceOf, readVersionId, writeVersionId } from '../../../shared/domain/version-id.ts';
import { arn, otherArn } from './sample.ts';

const serial = `${'0'.repeat(35)}abc12`;
const holds = { serial, notAfter: Date.UTC(2027, 0, 31, 12, 34) / 1000, content: 'c0ffee', nonce: '0000' };
const id = `${serial}-202701311234-c0ffee0000`;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const latest = Date.UTC(9999, 11, 31, 23, 59) / 60_000;
const versionIds = fc.record({
  serial: hex(40),
  notAfter: fc.integer({ min: 0, max: latest }).map((minutes) => minutes * 60),
  content: hex(6),
  nonce: hex(4),
});

describe('a version id', () => {
  it('is serial, end, content and nonce', () => expect(writeVersionId(holds)).toBe(id));

  it('is read back as it was written, in 64 characters that ClientRequestToken takes', () => {
    fc.assert(
      fc.property(versionIds, (held) => {
        const written = writeVersionId(held);
        expect(written).toMatch(/^[A-Za-z0-9-]{64}$/);
        expect(readVersionId(written)).toEqual(held);
      }),
    );
  }, 60_000);

  it('has whole minutes: seconds are left off', () => {
    expect(writeVersionId({ ...holds, notAfter: holds.notAfter + 59 })).toBe(id);
    expect(writeVersionId({ ...holds, notAfter: holds.notAfter + 60 })).not.toBe(id);
  });

  it.each([
    ['a UUID, as Secrets Manager makes them', '5f8a3c1e-7b2d-4e9f-a1b2-c3d4e5f60718'],
    ['nothing', ''],
    ['one character too many', `${id}0`],
    ['one character too few', id.slice(0, -1)],
    ['upper case', id.toUpperCase()],
    ['a thirteenth month', id.replace('20270131', '20271331')],
    ['a 31st of February', id.replace('20270131', '20270231')],
    ['a 61st minute', id.replace('1234-', '1261-')],
    ['a line after it', `${id}\n`],
    ['something before it', ` ${id.slice(1)}`],
  ])('is not of our form with %s', (_, foreign) => expect(readVersionId(foreign)).toBeNull());

  it('is never read from what somebody else wrote, unless it is the very text that we would write', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const read = readVersionId(text);
        expect(read === null || writeVersionId(read) === text).toBe(true);
      }),
    );
  }, 60_000);
});

describe('the content hash', () => {
  it('tells certificates apart', () =>
    expect(contentHash(arn, { format: 'standard' })).not.toBe(contentHash(otherArn, { format: 'standard' })));
  it('tells formats apart', () =>
    expect(contentHash(arn, { format: 'standard' })).not.toBe(contentHash(arn, { format: 'plain' })));
  it('tells the names of keys apart, in whatever order they are given', () => {
    const of = (keys: Keys) => contentHash(arn, { format: 'kafka', keys });
    expect(of({ certificate: 'c', privateKey: 'k' })).toBe(of({ privateKey: 'k', certificate: 'c' }));
    expect(of({ certificate: 'c' })).not.toBe(of({ privateKey: 'c' }));
  });
  it('still says which certificate it is when the form changes', () => {
    const content = contentHash(arn, { format: 'keystore', keys: { password: 'p' } });
    expect([isContentOf(arn, content), isContentOf(otherArn, content)]).toEqual([true, false]);
  });
  it('never changes: it would restart every fleet', () =>
    expect(contentHash(arn, { format: 'standard' })).toBe('bff03c'));
});

describe('a nonce', () => {
  it('is the same for each retry of one request', () => expect(nonceOf('request-1')).toBe(nonceOf('request-1')));
  it('differs between requests', () => expect(nonceOf('request-1')).not.toBe(nonceOf('request-2')));
  it('is never the one of an ordinary export, which a forced export would find done', () => {
    const collides = 'request-4911';
    expect(nonceOf(collides)).toBe('0001');
    fc.assert(fc.property(fc.string(), (requestId) => /^(?!0000)[0-9a-f]{4}$/.test(nonceOf(requestId))));
  }, 60_000);
});
