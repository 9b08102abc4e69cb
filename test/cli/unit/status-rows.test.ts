import { describe, expect, it, test } from 'vitest';
import { whichOf } from '../../../cli/plan.ts';
import { csv } from '../../../cli/screen.ts';
import { judgeTopic } from '../../../cli/stack-checks.ts';
import { matches, restartedInShort, statusRows } from '../../../cli/status-rows.ts';
import type { ListedCertificate } from '../../../shared/domain/certificate.ts';
import type { Inventory } from '../../../shared/domain/inventory.ts';
import { label, sinceLabel } from '../../../shared/domain/secret.ts';
import { contentHash, noNonce, writeVersionId } from '../../../shared/domain/version-id.ts';

const day = 86_400;
const now = 1_800_000_000;
const serial = 'ab'.padStart(40, '0');
const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/1';
const notAfter = now + 100 * day;
const policy = { secretPrefix: 'courier/', deadlineSeconds: 3_600, now };
const versionId = writeVersionId({
  serial,
  notAfter,
  content: contentHash(arn, { format: 'standard' }),
  nonce: noNonce,
});

const certificate = (more: Partial<ListedCertificate> = {}): ListedCertificate => ({
  arn,
  name: 'api.example.com',
  type: 'private',
  status: 'issued',
  origin: 'acm',
  serial,
  notBefore: now - 200 * day,
  notAfter,
  exportOption: false,
  eligible: true,
  inUse: false,
  tags: { 'courier:secret': 'courier/api' },
  ...more,
});

const delivered = [label.current, label.next, label.delivered, sinceLabel(now - 10 * day)];

function inventory(of: ListedCertificate, more: Partial<Inventory> = {}): Inventory {
  const secret = {
    state: 'present',
    tags: {},
    changedAt: now - 10 * day,
    versions: { [versionId]: delivered },
  } as const;
  return { certificates: [of], secrets: new Map([['courier/api', secret]]), services: [], ...more };
}

const rowOf = (of: ListedCertificate, more?: Partial<Inventory>) => {
  const [row] = statusRows(inventory(of, more), policy);
  if (!row) throw new Error('There is no row');
  return row;
};

describe('a row says', () => {
  it.each<[string, Partial<ListedCertificate>, object]>([
    ['what is delivered', {}, { state: 'delivered', renewal: 'eligible', holds: serial, daysLeft: 100, problems: [] }],
    ['that nobody tagged it', { tags: {} }, { state: 'not tagged', secret: undefined, problems: [] }],
    [
      'that a person paused it',
      { tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' } },
      { state: 'waiting: paused', problems: ['waiting: paused'] },
    ],
    [
      'that a renewal was missed',
      { serial: 'cd'.padStart(40, '0') },
      { state: 'behind: missed event', problems: ['behind: missed event'] },
    ],
    [
      'that ACM waits for a name',
      { renewal: { status: 'validating' } },
      { renewal: 'validating', problems: ['Its renewal waits for a name to be validated'] },
    ],
    [
      'that a renewal failed',
      { renewal: { status: 'failed' } },
      { renewal: 'failed', problems: ['Its renewal failed'] },
    ],
    [
      'that it has expired',
      { status: 'expired' },
      { renewal: 'expired', problems: expect.arrayContaining(['The certificate is expired']) },
    ],
    ['nothing of an expired one that nobody uses', { status: 'expired', tags: {}, eligible: false }, { problems: [] }],
    ['that an imported one is renewed by hand', { type: 'imported', tags: {} }, { renewal: 'by hand' }],
    ['that an ACME client renews its own', { origin: 'acme', tags: {} }, { renewal: 'by its ACME client' }],
  ])('%s', (_, more, expected) => {
    expect(rowOf(certificate(more))).toMatchObject(expected);
  });

  it('each secret of a certificate by itself', () => {
    const rows = statusRows(inventory(certificate({ tags: { 'courier:secret': 'courier/api courier/b' } })), policy);
    expect(rows.map(({ secret, state }) => [secret, state])).toEqual([
      ['courier/api', 'delivered'],
      ['courier/b', 'behind: never filled'],
    ]);
  });
});

test('services count as restarted from the second in which the version became current', () => {
  const tags = { 'courier:secret': 'courier/api' };
  const since = now - 10 * day;
  const service = (name: string, more: object) => ({
    arn: name,
    tags,
    state: { runs: true, restartable: true, underWay: false, ...more },
  });
  const services = [
    service('at', { startedAt: since }),
    service('before', { startedAt: since - 1 }),
    service('under way', { startedAt: since + 1, underWay: true }),
    service('idle', { runs: false }),
    { arn: 'unseen', tags },
  ];
  expect(restartedInShort(rowOf(certificate(), { services }))).toBe('1/3 restarted since');
  expect(restartedInShort(rowOf(certificate()))).toBe('-');
});

describe('a filter', () => {
  it.each([
    ['no word', {}, true],
    ['a part of the name', { name: 'API.example' }, true],
    ['another name', { name: 'shop' }, false],
    ['a pattern', { name: '*.example.com' }, true],
    ['a pattern of another domain', { name: '*.example.org' }, false],
    ['as many days as are left', { days: 100 }, true],
    ['one day less', { days: 99 }, false],
    ['an owner that it has not', { owner: 'payments' }, false],
    ['problems', { problems: true }, false],
  ])('by %s', (_, filter, expected) => {
    expect(matches(rowOf(certificate()), filter)).toBe(expected);
  });

  it('finds a wildcard certificate by its own name, and leaves the others', () => {
    expect(matches(rowOf(certificate({ name: '*.example.com' })), { name: '*.example.com' })).toBe(true);
    expect(matches(rowOf(certificate({ name: 'api.exampleXcom' })), { name: '*.example.com' })).toBe(false);
  });

  it('leaves out what nobody tagged, unless all is asked for', () => {
    const row = rowOf(certificate({ tags: {} }));
    expect([matches(row, {}), matches(row, { all: true })]).toEqual([false, true]);
  });
});

test.each([
  ['arn:aws:acm:us-east-1:111122223333:certificate/1', { certificateArn: arn }],
  ['courier/api', { secret: 'courier/api' }],
  ['api.example.com', { domainName: 'api.example.com' }],
  [undefined, { all: true }],
])('"%s" names %j', (asked, expected) => {
  expect(whichOf(asked, { stack: { settings: { secretPrefix: 'courier/' } } as never })).toEqual(expected);
});

test.each([
  ['nobody', [], 'ill'],
  ['only who has not confirmed', [false], 'ill'],
  ['one who has and one who has not', [true, false], 'look'],
  ['who has confirmed', [true], 'well'],
])('a topic with %s is judged', (_, confirmed, verdict) => {
  const all = confirmed.map((one) => ({ endpoint: 'ops@example.com', confirmed: one }));
  expect(judgeTopic('arn:topic', all).map((check) => check.verdict)).toEqual([verdict]);
});

test('a spreadsheet gets no formula, and quotes what would divide', () => {
  expect(csv(['a', 'b'], [['=1+1', 'x,"y"']])).toBe(`a,b\r\n'=1+1,"x,""y"""`);
});
