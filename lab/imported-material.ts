import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Material } from './acm-lifecycle.ts';
import { certificateFacts } from './certificate-facts.ts';
import { AwsError } from './service.ts';

/** PEM as base64, as ImportCertificate's bytes come over the wire. */
export type ImportInput = {
  readonly Certificate?: string;
  readonly PrivateKey?: string;
  readonly CertificateChain?: string;
};

/**
 * Checks what is imported as ACM's user guide demands and throws a ValidationException for the first thing that is
 * wrong. The private key is only checked: an imported one can never be had back.
 */
export function importedMaterial({ Certificate, PrivateKey, CertificateChain }: ImportInput, now: Date): Material {
  const [leaf, ...more] = certificatesOf(Certificate, 'certificate');
  const chain = CertificateChain ? certificatesOf(CertificateChain, 'certificate chain') : [];
  if (!leaf || more.length > 0) throw invalid(twoInOneField);
  if (!leaf.checkPrivateKey(privateKeyOf(PrivateKey))) throw invalid('The private key does not match the certificate.');
  if (now < leaf.validFromDate || now > leaf.validToDate) throw invalid('The certificate is not valid now.');
  if (!isPath([leaf, ...chain]))
    throw invalid('Each certificate of the chain must directly certify the one preceding.');
  return {
    certificatePem: pemOf(leaf),
    chainPem: chain.length > 0 ? chain.map(pemOf).join('\n') : null,
    privateKey: null,
    facts: certificateFacts(new Uint8Array(leaf.raw)),
  };
}

const twoInOneField =
  'The certificate field contains more than one certificate. You can specify only one certificate in this field.';

const isPath = (path: readonly X509Certificate[]): boolean =>
  path.slice(1).every((issuer, at) => path[at]?.checkIssued(issuer) && path[at]?.verify(issuer.publicKey));

function certificatesOf(base64: string | undefined, field: string): X509Certificate[] {
  const text = Buffer.from(base64 ?? '', 'base64').toString();
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.map((block) => readable(() => new X509Certificate(block)));
  if (certificates.length === 0 || certificates.includes(null))
    throw invalid(`The ${field} is not a valid PEM-encoded certificate.`);
  return certificates as X509Certificate[];
}

function privateKeyOf(base64: string | undefined): KeyObject {
  const key = readable(() => createPrivateKey(Buffer.from(base64 ?? '', 'base64')));
  if (!key) throw invalid('The private key is not supported: it must be PEM-encoded and unencrypted.');
  return key;
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const pemOf = (certificate: X509Certificate) => certificate.toString().trimEnd();

const invalid = (message: string) => new AwsError('ValidationException', message);
