import { type Form, formText } from './form.ts';
import { hash32 } from './hash.ts';

/**
 * A secret version's id says which certificate it holds, so that DescribeSecret, `openssl x509 -serial` and a probe
 * agree by eye and nobody needs GetSecretValue:
 * `<serial, 40 hex>-<notAfter YYYYMMDDHHMM>-<6 hex: hashes of ARN and form><4 hex: nonce>`, 64 characters,
 * the most that ClientRequestToken takes (Secrets Manager API Reference, PutSecretValue).
 */
export type VersionId = {
  /** 40 hex digits, lower case, zero-padded. */
  readonly serial: string;
  /** Epoch seconds, whole minutes. */
  readonly notAfter: number;
  /** Which certificate in which form, see contentHash: a change of format or keys makes a new version. */
  readonly content: string;
  /** `0000`, or a forced export's own four hex digits. */
  readonly nonce: string;
};

const form = /^([0-9a-f]{40})-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)-([0-9a-f]{6})([0-9a-f]{4})$/;

export const noNonce = '0000';

/** Six hex digits: three say which certificate, three in which form. Two certificates may share theirs once in 4,096. */
export const contentHash = (certificateArn: string, form: Form): string =>
  digits(certificateArn) + digits(formText(form));

/** Whether a version with this content holds the certificate, in whatever form it was asked for at the time. */
export const isContentOf = (certificateArn: string, content: string): boolean =>
  content.startsWith(digits(certificateArn));

const digits = (text: string) => hash32(text).slice(0, 3);

/** Four hex digits for a forced export, the same for each retry of the same request. */
export const nonceOf = (requestId: string): string => {
  const nonce = hash32(requestId).slice(0, 4);
  return nonce === noNonce ? '0001' : nonce;
};

export const writeVersionId = ({ serial, notAfter, content, nonce }: VersionId): string =>
  `${serial}-${new Date(notAfter * 1000).toISOString().replace(/\D/g, '').slice(0, 12)}-${content}${nonce}`;

/** Null for an id that is not of our form, or whose date no calendar has: a version that somebody else put. */
export function readVersionId(id: string): VersionId | null {
  const match = form.exec(id);
  if (!match) return null;
  const [, serial = '', year, month, day, hour, minute, content = '', nonce = ''] = match;
  const notAfter = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) / 1000;
  const holds = { serial, notAfter, content, nonce };
  return writeVersionId(holds) === id ? holds : null;
}
