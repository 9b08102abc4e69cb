import { X509Certificate } from 'node:crypto';

/** What ACM tells of a certificate, in ACM's words. */
export type CertificateFacts = ReturnType<typeof certificateFacts>;

const curves = { prime256v1: 'EC_prime256v1', secp384r1: 'EC_secp384r1', secp521r1: 'EC_secp521r1' };

/** Reads one certificate; throws what the parser throws where it is none. */
export function certificateFacts(pem: string) {
  const certificate = new X509Certificate(pem);
  const names = Array.from(certificate.subjectAltName?.matchAll(/DNS:([^,]+)/g) ?? [], ([, name = '']) => name);
  const { namedCurve = '', modulusLength } = certificate.publicKey.asymmetricKeyDetails ?? {};
  return {
    commonName: fieldOf(certificate.subject, 'CN') ?? names[0] ?? '',
    organization: fieldOf(certificate.subject, 'O'),
    names,
    subject: certificate.subject.replaceAll('\n', ', '),
    /** Name of the issuing organisation, or of the CA where it has none. */
    issuer: fieldOf(certificate.issuer, 'O') ?? fieldOf(certificate.issuer, 'CN'),
    /** As a search answers it. */
    issuedBy: { CommonName: fieldOf(certificate.issuer, 'CN'), Organization: fieldOf(certificate.issuer, 'O') },
    /** Lower-case bytes between colons, `0a:1b:…`. */
    serial: (certificate.serialNumber.toLowerCase().match(/../g) ?? []).join(':'),
    /** As requests and searches have it; Describe and List write it with hyphens (`RSA-2048`). */
    keyAlgorithm: curves[namedCurve as keyof typeof curves] ?? `RSA_${modulusLength}`,
    signatureAlgorithm: signatureAlgorithmOf(certificate),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    validityDays: Math.round((certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 86_400_000),
  };
}

const fieldOf = (name: string, field: string) => new RegExp(`^${field}=(.*)$`, 'm').exec(name)?.[1];

/** OpenSSL says `ecdsa-with-SHA256` and `sha256WithRSAEncryption`. */
const signatureAlgorithmOf = ({ signatureAlgorithm: name = '' }: X509Certificate) =>
  `SHA${/sha(\d+)/i.exec(name)?.[1]}WITH${name.startsWith('ecdsa') ? 'ECDSA' : 'RSA'}`;
