import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Material } from './acm-record.ts';
import { certificateFacts } from './certificate-facts.ts';
import { refuse } from './service.ts';

/** PEM as base64, as ImportCertificate's bytes come over the wire. */
type ImportInput = { readonly Certificate: string; readonly PrivateKey: string; readonly CertificateChain?: string };

/**
 * Throws a ValidationException unless there is a certificate and the unencrypted key that it belongs to. The key is only
 * checked: an imported one can never be had back.
 */
export function importedMaterial({ Certificate, PrivateKey, CertificateChain }: ImportInput): Material {
  const { certificate, key } = readable(() => ({
    certificate: new X509Certificate(textOf(Certificate)),
    key: createPrivateKey(textOf(PrivateKey)),
  }));
  if (!certificate.checkPrivateKey(key))
    refuse('ValidationException', 'The private key does not match the certificate.');
  const certificatePem = certificate.toString().trimEnd();
  const chainPem = CertificateChain ? textOf(CertificateChain).trimEnd() : null;
  return { certificatePem, chainPem, privateKey: null, facts: certificateFacts(certificatePem) };
}

const textOf = (base64: string) => Buffer.from(base64, 'base64').toString();

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    return refuse('ValidationException', 'The certificate or its private key is not PEM-encoded and unencrypted.');
  }
}
