import { describe, expect, it } from 'vitest';
import { type Appraisal, appraise } from '../../../shared/domain/appraisal.ts';
import type { Certificate } from '../../../shared/domain/certificate.ts';
import { but, certificate } from './sample.ts';

const { serial: _serial, ...serialless } = certificate;
const tagged = (tags: Certificate['tags'], other: Partial<Certificate> = {}) => but({ ...other, tags });
const asked = { 'courier:secret': 'courier/api' };

/** An appraisal in a line: what, to where, and every reason that is said. */
function short(appraisal: Appraisal): string {
  switch (appraisal.is) {
    case 'deliver':
      return [
        'deliver',
        ...appraisal.deliveries.map(({ secret }) => secret),
        ...appraisal.problems.map(({ reason }) => reason),
      ].join(' ');
    case 'tell':
      return ['tell', ...appraisal.findings.map(({ reason }) => reason)].join(' ');
    case 'rest':
      return `rest: ${appraisal.because}`;
  }
}

describe('a certificate', () => {
  const policy = { secretPrefix: 'courier/', notices: 'all' } as const;
  const rows: readonly (readonly [string, Certificate, string])[] = [
    ['is delivered as tagged', certificate, 'deliver courier/api'],
    ['is delivered to several secrets', tagged({ 'courier:secret': 'a b' }), 'deliver a b'],
    ['is delivered as far as its tags can be read', tagged({ 'courier:secret': 'a b:jks' }), 'deliver a BadTag'],
    [
      'is told of where none of its tags can be read',
      tagged({ 'courier:secret': 'b:jks c:jks' }),
      'tell BadTag BadTag',
    ],
    [
      'is delivered when it was never renewed',
      but({ renewal: { status: 'pending', updatedAt: 0 } }),
      'deliver courier/api',
    ],

    ['is news once it was renewed and nobody tagged it', tagged({}), 'tell NotTagged'],
    [
      'is no news when it is untagged and newly issued',
      tagged({}, { renewal: { status: 'pending', updatedAt: 0 } }),
      'rest: not tagged',
    ],
    ['is no news when it is untagged and public without export', tagged({}, { type: 'public' }), 'rest: not tagged'],
    ['is no news when it is untagged and imported', tagged({}, { type: 'imported' }), 'rest: not tagged'],
    ['is no news when it is untagged and issued by ACME', tagged({}, { origin: 'acme' }), 'rest: not tagged'],
    ['is no news when it is untagged and has expired', tagged({}, { status: 'expired' }), 'rest: not tagged'],
    [
      'is no news when a format alone is tagged, unreadable as it is',
      tagged({ 'courier:format': 'jks' }, { renewal: { status: 'pending', updatedAt: 0 } }),
      'rest: not tagged',
    ],

    ['rests while paused', tagged({ ...asked, 'courier:pause': 'true' }), 'rest: paused'],
    [
      'rests while paused, whatever else is wrong',
      tagged({ 'courier:secret': 'a:jks', 'courier:pause': 'true' }, { type: 'imported' }),
      'rest: paused',
    ],
    ['rests until it is issued', but({ status: 'pending' }), 'rest: not issued yet'],
    ['rests until ACM shows its serial', serialless, 'rest: not issued yet'],

    ['is told of when tagged but imported', but({ type: 'imported' }), 'tell ImportedCertificate'],
    ['is told of when tagged but issued by ACME', but({ origin: 'acme' }), 'tell AcmeCertificate'],
    ['is told of when tagged but public without export', but({ type: 'public' }), 'tell ExportNotEnabled'],
    [
      'is told of when tagged, pending and never exportable',
      but({ type: 'public', status: 'pending' }),
      'tell ExportNotEnabled',
    ],
    ['is told of when tagged but expired', but({ status: 'expired' }), 'tell CertificateNotIssued'],
    ['is told of when tagged but revoked', but({ status: 'revoked' }), 'tell CertificateNotIssued'],
    ['is told of when tagged but inactive', but({ status: 'inactive' }), 'tell CertificateNotIssued'],
    ['is told of when tagged but its request failed', but({ status: 'failed' }), 'tell CertificateNotIssued'],
  ];
  it.each(rows)('%s', (_, of, result) => expect(short(appraise(of, policy))).toBe(result));

  it('is no news when it is renewed and untagged, where only tagged ones are worth a notice', () => {
    expect(short(appraise(tagged({}), { ...policy, notices: 'tagged' }))).toBe('rest: not tagged');
  });

  it.each([
    ['api.example.com', 'tls/api.example.com'],
    ['*.example.com', 'tls/wildcard.example.com'],
  ])('%s, untagged, is proposed for the secret %s below the prefix', (name, secret) => {
    const appraisal = appraise(tagged({}, { name }), { ...policy, secretPrefix: 'tls/' });
    expect(appraisal).toMatchObject({ findings: [{ reason: 'NotTagged', facts: { secret } }] });
  });
});
