import type { KeyObject } from 'node:crypto';
import { type Form, formats, listOfOurs, type Members, storedName } from '../domain/form.ts';
import type { Material } from './material.ts';
import { readCertificates, writeCertificates } from './pem.ts';

export type Also = {
  /** PEM, the certificates that a client of this certificate should trust. */
  readonly trustBundle: string;
  /** What the secret holds besides, for others: kept as it is, with a list of what is ours. */
  readonly kept?: Members;
};

/**
 * The secret string of a delivery: a JSON object of texts (DESIGN §5), under the names that the form asks for.
 * Rejects where the trust bundle cannot be read.
 */
export async function writeSecretString(material: Material, form: Form, { trustBundle, kept = {} }: Also) {
  const trusted = readCertificates(trustBundle);
  if (!trusted) throw new Error('Cannot write the trust bundle: it holds no readable certificates');
  const { leaf, chain, privateKey, passphrase } = material;
  const parts: Readonly<Record<string, () => string | Promise<string>>> = {
    // Lambda's Kafka event source wants the whole path in one text.
    certificate: () => writeCertificates(form.format === 'kafka' ? [leaf, ...chain.certificates] : [leaf]),
    certificateChain: () => writeCertificates(chain.certificates),
    privateKey: () => (form.format === 'standard' ? privateKey.encrypted : decrypted(privateKey.key)),
    passphrase: () => passphrase,
    fullChain: () => writeCertificates(material.fullChain),
    trustBundle: () => writeCertificates(trusted),
    // The library that writes PKCS#12 is as large as the rest of the worker: only who asks for it loads it.
    keystore: async () => base64(await (await import('./keystore.ts')).writeKeystore(material, passphrase)),
    truststore: async () => base64(await (await import('./keystore.ts')).writeTruststore(trusted, passphrase)),
    password: () => passphrase,
  };
  const own: Record<string, string> = {};
  for (const key of formats[form.format]) own[storedName(form, key)] = (await parts[key]?.()) ?? '';
  const isShared = Object.keys(kept).length > 0;
  return JSON.stringify({ ...kept, ...own, ...(isShared && { [listOfOurs]: Object.keys(own) }) });
}

const decrypted = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (bytes: Buffer) => bytes.toString('base64');
