import type { Issued } from './certificate.ts';
import { minute } from './reason.ts';
import { type Finding, finding } from './reasons.ts';

/** What the exported bytes say, measured by `shared/material` and judged here. Times are epoch seconds. */
export type Examined = {
  /** 40 hex digits, lower case, zero-padded. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** The leaf's DNS names, lower case. */
  readonly names: readonly string[];
  /** In ACM's words: `RSA_2048`, `EC_prime256v1`. */
  readonly keyAlgorithm: string;
  readonly keyMatches: boolean;
  readonly chain: { readonly holds: true } | { readonly holds: false; readonly detail: string };
  readonly path: { readonly trusted: true } | Untrusted;
};

/** OpenSSL's verdict on the path, as its code and its sentence. */
export type Untrusted = {
  readonly trusted: false;
  readonly code: string;
  readonly detail: string;
  /** After an error of dates: when the whole path is valid, the anchor included; absent where it reaches no anchor. */
  readonly dates?: Dates;
};

export type Dates = { readonly notBefore: number; readonly notAfter: number };

/**
 * - `pass`: it may become current; warnings are said, not hidden.
 * - `retry`: ACM has not settled; look again.
 * - `hold`: a person may still accept it.
 * - `refuse`: nothing may be stored.
 */
export type Inspection =
  | { readonly verdict: 'pass'; readonly warnings: readonly Finding[] }
  | { readonly verdict: Failure; readonly finding: Finding };

type Failure = 'retry' | 'hold' | 'refuse';

type Asked = {
  readonly certificate: Issued;
  /** The name of the secret that it is to be delivered to. */
  readonly secret: string;
  /** Epoch seconds. */
  readonly now: number;
  /** When the version before ends; absent for the first. */
  readonly previousNotAfter?: number | undefined;
};

type Check = (examined: Examined, asked: Asked) => Finding | undefined;

/** The first finding counts: what nobody may accept is found before what a person may. */
const checks: readonly (readonly [Failure, Check])[] = [
  ['retry', oldCertificate], // Before all others: the certificate from before may well have ended, and is not judged.
  ['refuse', foreignKey],
  ['refuse', brokenChain],
  ['refuse', outsideValidity],
  ['hold', uncoveredNames],
  ['hold', untrustedPath],
];

const warnings: readonly Check[] = [earlierEnd, otherKeyAlgorithm];

/** Whether exported material may become the current version of a secret. */
export function inspect(examined: Examined, asked: Asked): Inspection {
  for (const [verdict, check] of checks) {
    const found = check(examined, asked);
    if (found) return { verdict, finding: found };
  }
  return { verdict: 'pass', warnings: warnings.flatMap((check) => check(examined, asked) ?? []) };
}

function oldCertificate({ serial }: Examined, asked: Asked) {
  return serial === asked.certificate.serial ? undefined : finding('OldCertificateExported', about(asked));
}

function foreignKey({ keyMatches }: Examined, asked: Asked) {
  return keyMatches ? undefined : finding('KeyMismatch', about(asked));
}

function brokenChain({ chain }: Examined, asked: Asked) {
  return chain.holds ? undefined : finding('ChainBroken', { ...about(asked), detail: chain.detail });
}

function outsideValidity({ notBefore, notAfter }: Examined, asked: Asked) {
  if (isWithin({ notBefore, notAfter }, asked.now)) return undefined;
  const detail = asked.now < notBefore ? `is not valid before ${minute(notBefore)}` : `ended at ${minute(notAfter)}`;
  return finding('OutsideValidity', { ...about(asked), detail });
}

function uncoveredNames({ names }: Examined, asked: Asked) {
  const missing = asked.certificate.names.filter((name) => !covers(names, name.toLowerCase()));
  return missing.length > 0 ? finding('NamesNotCovered', { ...about(asked), missing: missing.join(', ') }) : undefined;
}

/**
 * TLS follows the machine's clock, whatever `now` is. An error of dates is no finding where the whole path is valid
 * `now`: the two clocks differ then (a lab in the past), and outsideValidity has judged the leaf by the right one.
 */
function untrustedPath({ path }: Examined, asked: Asked) {
  if (path.trusted || (path.dates && isWithin(path.dates, asked.now))) return undefined;
  return finding('PathNotTrusted', { ...about(asked), detail: `${path.detail} (${path.code})` });
}

function earlierEnd({ notAfter }: Examined, asked: Asked) {
  const days = Math.floor(((asked.previousNotAfter ?? notAfter) - notAfter) / day);
  return days > 0 ? finding('EndsEarlier', { ...about(asked), days }) : undefined;
}

/** ACM's own outputs differ in the dash: `RSA-2048` where the API Reference lists `RSA_2048`. */
function otherKeyAlgorithm({ keyAlgorithm: exported }: Examined, asked: Asked) {
  const listed = asked.certificate.keyAlgorithm?.replace('-', '_') ?? exported;
  return listed === exported ? undefined : finding('KeyAlgorithmDiffers', { ...about(asked), listed, exported });
}

const day = 86_400;

const about = ({ certificate: { name, arn: certificateArn }, secret }: Asked) => ({ name, certificateArn, secret });

/** As OpenSSL counts: the first second is valid, the last one is not (RFC 5280 would include it). */
const isWithin = ({ notBefore, notAfter }: Dates, now: number) => notBefore <= now && now < notAfter;

/** Exactly, or by a wildcard that stands for the first label (RFC 9525, 6.3). */
const covers = (names: readonly string[], name: string) =>
  names.includes(name) || names.includes(name.replace(/^[^.]+/, '*'));
