import { X509Certificate } from 'node:crypto';

export type Block = { readonly label: string; readonly der: Buffer };

/** Base64 holds no dash, so a body ends at the next one: linear, however many blocks are begun and not ended. */
const block = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

/**
 * The blocks of a PEM text, in whatever dress: CRLF, text between, blocks joined without a newline, no final newline.
 * Null if it holds none, or one that is cut off: the rest of a damaged text would pass for the whole.
 */
export function readPem(text: string): readonly Block[] | null {
  const blocks = [...text.matchAll(block)].map(([, label = '', body = '']) => ({
    label,
    der: Buffer.from(body, 'base64'),
  }));
  return blocks.length > 0 && blocks.length === text.split('-----BEGIN ').length - 1 ? blocks : null;
}

export const writePem = ({ label, der }: Block): string =>
  [`-----BEGIN ${label}-----`, ...(der.toString('base64').match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ''].join(
    '\n',
  );

/**
 * The certificates of a PEM text, in its order (`new X509Certificate(text)` would read only the first). Null if there is
 * none, or anything that is not a certificate with a key that node:crypto can decode.
 */
export function readCertificates(text: string): readonly X509Certificate[] | null {
  const blocks = readPem(text);
  if (!blocks?.every(({ label }) => label === 'CERTIFICATE')) return null;
  try {
    const certificates = blocks.map(({ der }) => new X509Certificate(der));
    // The key is decoded on first use: a damaged one would throw there.
    return certificates.every(({ publicKey }) => publicKey) ? certificates : null;
  } catch {
    return null;
  }
}

/** PEM written anew from parsed certificates: what a text carried besides them is gone. */
export const writeCertificates = (certificates: readonly X509Certificate[]): string =>
  certificates.map(({ raw }) => writePem({ label: 'CERTIFICATE', der: raw })).join('');
