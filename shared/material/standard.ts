import type { Material } from './material.ts';
import { readCertificates, writeCertificates } from './pem.ts';

/**
 * The secret string of format `standard`: a JSON object of PEM texts and the passphrase.
 *
 * @param trustBundle PEM, the certificates that a client of this certificate should trust; throws if it cannot be read
 */
export function writeStandard(material: Material, { trustBundle }: { readonly trustBundle: string }): string {
  const trusted = readCertificates(trustBundle);
  if (!trusted) throw new Error('Cannot write the trust bundle: it holds no readable certificates');
  return JSON.stringify({
    certificate: writeCertificates([material.leaf]),
    certificateChain: writeCertificates(material.chain.certificates),
    privateKey: material.privateKey.encrypted,
    passphrase: material.passphrase,
    fullChain: writeCertificates(material.fullChain),
    trustBundle: writeCertificates(trusted),
  });
}
