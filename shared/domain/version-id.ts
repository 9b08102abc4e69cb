import { hash32 } from './hash.ts';

/**
 * A secret version's id says which certificate it holds, so that DescribeSecret, `openssl x509 -serial` and a probe
 * agree by eye and nobody needs GetSecretValue:
 * `<serial, 40 hex>-<notAfter YYYYMMDDHHMM>-<6 hex: hash of ARN and form><4 hex: nonce>`, 64 characters,
 * the most that ClientRequestToken takes (Secrets Manager API Reference, PutSecretValue).
 */
export type VersionId = {
  /** 40 hex digits, lower case, zero-padded. */
  readonly serial: string;
  /** Epoch seconds, whole minutes. */
  readonly notAfter: number;
  /** Which certificate in which form: a change of format or keys makes a new version of the same serial. */
  readonly content: string;
  /** `0000`, or a forced export's own four hex digits. */
  readonly nonce: string;
};

const form = /^([0-9a-f]{40})-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)-([0-9a-f]{6})([0-9a-f]{4})$/;

export const noNonce = '0000';

/** Six hex digits that tell this certificate in this format from any other. */
export const contentHash = (certificateArn: string, format: string): string =>
  hash32(`${certificateArn} ${format}`).slice(0, 6);

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
