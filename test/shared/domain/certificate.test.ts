import { describe, expect, it } from 'vitest';
import { type Certificate, isIssued, normalSerial, whyNotExportable } from '../../../shared/domain/certificate.ts';
import { but } from './sample.ts';

describe('a serial', () => {
  it.each([
    ['is padded to forty digits', '1a2b', `${'0'.repeat(36)}1a2b`],
    ['loses its colons', '0A:1B:2C', `${'0'.repeat(35)}a1b2c`],
    ['is lower case', 'AB'.repeat(20), 'ab'.repeat(20)],
    ['loses the zero byte of a positive DER integer', `00${'ff'.repeat(20)}`, 'ff'.repeat(20)],
    ['keeps its forty digits', '01'.repeat(20), '01'.repeat(20)],
    ['may be zero', '00', '0'.repeat(40)],
  ])('%s', (_, written, normal) => expect(normalSerial(written)).toBe(normal));

  it('is the same in the dress of ACM and of openssl', () => {
    expect(normalSerial('0a:bc:00:1f')).toBe(normalSerial('0ABC001F'));
  });
});

describe('a certificate', () => {
  const cases: readonly (readonly [string, Partial<Certificate>, string | undefined])[] = [
    ['can be exported when it is private, without the option', { type: 'private', exportOption: false }, undefined],
    ['can be exported when it is public and was requested so', { type: 'public', exportOption: true }, undefined],
    ['cannot be exported when it is public without the option', { type: 'public' }, 'ExportNotEnabled'],
    ['cannot be exported when it was imported', { type: 'imported', origin: 'customer' }, 'ImportedCertificate'],
    [
      'cannot be exported when it was imported, whatever the option',
      { type: 'imported', exportOption: true },
      'ImportedCertificate',
    ],
    [
      'cannot be exported when it came by ACME, whatever the option',
      { type: 'public', exportOption: true, origin: 'acme' },
      'AcmeCertificate',
    ],
    ['cannot be exported when it came by ACME from a private authority', { origin: 'acme' }, 'AcmeCertificate'],
  ];
  it.each(cases)('%s', (_, other, reason) => expect(whyNotExportable(but(other))?.reason).toBe(reason));

  it.each([
    ['is issued with serial and end', but({}), true],
    ['is not issued while pending', but({ status: 'pending' }), false],
    ['is not issued when expired', but({ status: 'expired' }), false],
    ['is not issued as long as ACM shows no serial', omit(but({}), 'serial'), false],
    ['is not issued as long as ACM shows no end', omit(but({}), 'notAfter'), false],
  ])('%s', (_, certificate, issued) => expect(isIssued(certificate)).toBe(issued));
});

function omit(certificate: Certificate, name: 'serial' | 'notAfter'): Certificate {
  const { [name]: _, ...rest } = certificate;
  return rest;
}
