import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

/**
 * A PKCS#8 key as ACM's ExportCertificate encrypts it: PBES2 with PBKDF2 (2048 rounds, 20-byte salt, HMAC-SHA1 as the
 * default that DER leaves out) and AES-256-CBC. node:crypto would name HMAC-SHA256 and a salt of 16 bytes, which some
 * readers treat differently: hence the ASN.1 by hand.
 *
 * @param pkcs8 the key, PKCS#8 DER
 * @returns PEM, `ENCRYPTED PRIVATE KEY`, with a final newline
 */
export function encryptedKey(pkcs8: Uint8Array, passphrase: Uint8Array): string {
  const salt = randomBytes(20);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, rounds, 32, 'sha1'), iv);
  const encrypted = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const derivation = sequence(oid.pbkdf2, sequence(octets(salt), der(0x02, Buffer.from([rounds >> 8, rounds & 0xff]))));
  const encryption = sequence(oid.aes256Cbc, octets(iv));
  const info = sequence(sequence(oid.pbes2, sequence(derivation, encryption)), octets(encrypted));
  return pem('ENCRYPTED PRIVATE KEY', info);
}

const rounds = 2048;

const oid = {
  pbes2: Buffer.from('06092a864886f70d01050d', 'hex'),
  pbkdf2: Buffer.from('06092a864886f70d01050c', 'hex'),
  aes256Cbc: Buffer.from('060960864801650304012a', 'hex'),
};

const sequence = (...content: Uint8Array[]) => der(0x30, ...content);
const octets = (content: Uint8Array) => der(0x04, content);

function der(tag: number, ...content: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const bytes = [body.length >> 8, body.length & 0xff];
  // The shortest form, or it is no DER, and Envoy refuses what OpenSSL still reads.
  const size = body.length < 0x80 ? bytes.slice(1) : body.length < 0x100 ? [0x81, ...bytes.slice(1)] : [0x82, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
