import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readPem, writePem } from './pem.ts';

export type PrivateKey = {
  /** Encrypted PKCS#8 as it came, written anew as PEM. */
  readonly encrypted: string;
  readonly key: KeyObject;
};

/**
 * Opens the key as ACM encrypts it (PKCS#8 PEM; PBES2, AES-256-CBC, PBKDF2 with HMAC-SHA1 or -SHA256). Null if it is
 * not encrypted, damaged, or the passphrase does not open it: the cause is not passed on, it could quote either.
 */
export function openPrivateKey(text: string, passphrase: string): PrivateKey | null {
  const [block, ...others] = readPem(text) ?? [];
  if (block?.label !== 'ENCRYPTED PRIVATE KEY' || others.length > 0) return null;
  try {
    return {
      encrypted: writePem(block),
      key: createPrivateKey({ key: block.der, format: 'der', type: 'pkcs8', passphrase }),
    };
  } catch {
    return null;
  }
}

/** In ACM's words (API Reference, KeyAlgorithm): `RSA_2048`, `EC_prime256v1`; node:crypto's own for what ACM has none. */
export function keyAlgorithm(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return `RSA_${modulusLength}`;
  if (key.asymmetricKeyType === 'ec') return `EC_${namedCurve}`;
  return String(key.asymmetricKeyType);
}
