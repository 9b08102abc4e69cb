import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Issued } from '../../../shared/domain/certificate.ts';
import { type Examined, inspect } from '../../../shared/domain/inspection.ts';
import { sentenceOf } from '../../../shared/domain/reasons.ts';
import { day, now, certificate as sample } from './sample.ts';

const certificate: Issued = { ...sample, names: ['api.example.com', '*.eu.example.com'], tags: {} };

const sound: Examined = {
  serial: certificate.serial,
  notBefore: now - day,
  notAfter: certificate.notAfter,
  names: ['api.example.com', '*.eu.example.com'],
  keyAlgorithm: 'EC_prime256v1',
  keyMatches: true,
  chain: { holds: true },
  path: { trusted: true },
};

const asked = { certificate, secret: 'courier/api', now };
const listing = (...names: string[]) => ({ certificate: { ...certificate, names } });
const untrusted = { trusted: false, code: 'INVALID_PURPOSE', detail: 'unsuitable certificate purpose' } as const;
const expired = { trusted: false, code: 'CERT_HAS_EXPIRED', detail: 'certificate has expired' } as const;

type Case = { is?: Partial<Examined>; asks?: Partial<Parameters<typeof inspect>[1]> };

const failing: readonly (Case & { when: string; verdict: string; says: string })[] = [
  {
    when: 'ACM still hands out the certificate from before',
    is: { serial: 'cd'.repeat(20) },
    verdict: 'retry',
    says: 'ACM has renewed the certificate of "api.example.com" but still hands out the one before; nothing was stored, looking again',
  },
  {
    when: 'the certificate from before has ended and has other names',
    is: { serial: 'cd'.repeat(20), notAfter: now - 1, names: [], keyMatches: false },
    verdict: 'retry',
    says: 'ACM has renewed the certificate of "api.example.com" but still hands out the one before; nothing was stored, looking again',
  },
  {
    when: 'key and leaf are no pair',
    is: { keyMatches: false },
    verdict: 'refuse',
    says: 'ACM exported a private key that does not belong to the certificate of "api.example.com"; nothing was stored',
  },
  {
    when: 'the chain does not hold together',
    is: { chain: { holds: false, detail: 'it leaves over "CN=Root"' } },
    verdict: 'refuse',
    says: 'The chain that ACM exported for "api.example.com" does not hold together: it leaves over "CN=Root"; nothing was stored',
  },
  {
    when: 'the first second is one second away',
    is: { notBefore: now + 1 },
    verdict: 'refuse',
    says: 'The exported certificate of "api.example.com" is not valid before 2026-10-01 00:00 UTC; nothing was stored',
  },
  {
    when: 'the last second is now',
    is: { notAfter: now },
    verdict: 'refuse',
    says: 'The exported certificate of "api.example.com" ended at 2026-10-01 00:00 UTC; nothing was stored',
  },
  {
    when: 'a chain is broken and a name is missing: what nobody may accept comes first',
    is: { chain: { holds: false, detail: 'it leaves over "CN=Root"' }, names: [] },
    verdict: 'refuse',
    says: 'The chain that ACM exported for "api.example.com" does not hold together: it leaves over "CN=Root"; nothing was stored',
  },
  {
    when: 'names are missing',
    asks: listing('api.example.com', 'www.example.com', 'example.com'),
    verdict: 'hold',
    says: 'The exported certificate of "api.example.com" does not cover names that ACM lists for it: www.example.com, example.com',
  },
  {
    when: 'a wildcard would have to stand for two labels',
    asks: listing('a.b.eu.example.com'),
    verdict: 'hold',
    says: 'The exported certificate of "api.example.com" does not cover names that ACM lists for it: a.b.eu.example.com',
  },
  {
    when: 'a wildcard would have to stand for no label',
    asks: listing('eu.example.com'),
    verdict: 'hold',
    says: 'The exported certificate of "api.example.com" does not cover names that ACM lists for it: eu.example.com',
  },
  {
    when: 'ACM lists a wildcard and the leaf has one name below it',
    asks: listing('*.example.com'),
    verdict: 'hold',
    says: 'The exported certificate of "api.example.com" does not cover names that ACM lists for it: *.example.com',
  },
  {
    when: 'a client would reject the path',
    is: { path: untrusted },
    verdict: 'hold',
    says: 'A TLS client that trusts the issuing authority would reject the certificate of "api.example.com": unsuitable certificate purpose (INVALID_PURPOSE)',
  },
  {
    when: 'an authority above the leaf has ended',
    is: { path: { ...expired, dates: { notBefore: now - day, notAfter: now } } },
    verdict: 'hold',
    says: 'A TLS client that trusts the issuing authority would reject the certificate of "api.example.com": certificate has expired (CERT_HAS_EXPIRED)',
  },
  {
    when: 'dates fail on a path that reaches no anchor',
    is: { path: expired },
    verdict: 'hold',
    says: 'A TLS client that trusts the issuing authority would reject the certificate of "api.example.com": certificate has expired (CERT_HAS_EXPIRED)',
  },
];

const passing: readonly (Case & { when: string; warns?: readonly string[] })[] = [
  { when: 'all holds' },
  { when: 'the first second is now', is: { notBefore: now } },
  { when: 'the last second is one second away', is: { notAfter: now + 1 } },
  { when: 'a wildcard stands for one label', asks: listing('a.eu.example.com') },
  { when: 'names differ in case', asks: listing('API.Example.com') },
  {
    when: 'only the clock of TLS is elsewhere: the whole path is valid now',
    is: { path: { ...expired, dates: { notBefore: now, notAfter: now + 1 } } },
  },
  { when: 'it ends less than a day earlier', asks: { previousNotAfter: certificate.notAfter + day - 1 } },
  { when: 'it ends later', asks: { previousNotAfter: certificate.notAfter - 300 * day } },
  {
    when: 'it ends a day earlier',
    asks: { previousNotAfter: certificate.notAfter + day },
    warns: ['The new certificate of "api.example.com" ends 1 day earlier than the one before it'],
  },
  { when: 'ACM lists no key algorithm', asks: { certificate: without(certificate, 'keyAlgorithm') } },
  {
    when: 'ACM writes the key algorithm with a dash',
    is: { keyAlgorithm: 'RSA_2048' },
    asks: { certificate: { ...certificate, keyAlgorithm: 'RSA-2048' } },
  },
  {
    when: 'the key is of another kind, and it ends earlier',
    is: { keyAlgorithm: 'RSA_2048' },
    asks: { previousNotAfter: certificate.notAfter + 40 * day },
    warns: [
      'The new certificate of "api.example.com" ends 40 days earlier than the one before it',
      'The exported key of "api.example.com" is RSA_2048, though ACM lists EC_prime256v1; a client that supports EC_prime256v1 only will fail',
    ],
  },
];

describe('material does not become current', () => {
  it.each(failing)('when $when: $verdict', ({ is, asks, verdict, says }) => {
    const inspection = inspect({ ...sound, ...is }, { ...asked, ...asks });
    expect(inspection.verdict).toBe(verdict);
    expect(inspection.verdict !== 'pass' && sentenceOf(inspection.finding)).toBe(says);
  });
});

describe('material may become current', () => {
  it.each(passing)('when $when', ({ is, asks, warns = [] }) => {
    const inspection = inspect({ ...sound, ...is }, { ...asked, ...asks });
    expect(inspection.verdict).toBe('pass');
    expect(inspection.verdict === 'pass' && inspection.warnings.map(sentenceOf)).toEqual(warns);
  });
});

it('never lets a second fault hide behind the first: what is refused stays refused, whatever else is wrong', () => {
  const faults: Partial<Examined>[] = [
    { chain: { holds: false, detail: 'it leaves over "CN=Root"' } },
    { notBefore: now + 1 },
    { notAfter: now },
    { names: [] },
    { path: untrusted },
    { keyAlgorithm: 'RSA_2048' },
  ];
  fc.assert(
    fc.property(fc.subarray(faults), (others) => {
      const examined: Examined = Object.assign({}, sound, { keyMatches: false }, ...others);
      expect(inspect(examined, asked).verdict).toBe('refuse');
    }),
  );
}, 60_000);

function without<T extends object, Key extends keyof T>(object: T, key: Key): Omit<T, Key> {
  const { [key]: _, ...rest } = object;
  return rest;
}
