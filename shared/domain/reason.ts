/**
 * What the catalogue's entries are made of: severities, ways to mend, commands. A sentence has no full stop: whoever
 * composes sentences adds it.
 */

/** From least to gravest. `resolved` is the all-clear: news for whoever was warned. */
export const severities = ['info', 'resolved', 'warning', 'action', 'critical'] as const;
export type Severity = (typeof severities)[number];

/**
 * - `soon`: hand back and look again; never terminal, never a mail (throttling, a renewal still settling).
 * - `patiently`: the same for ten minutes, then told (a fresh tag that IAM does not see yet).
 * - `never`: looking again would find the same; tell and end.
 */
export type Retry = 'soon' | 'patiently' | 'never';

/**
 * A command as argv (whatever a name contains is quoted when it is written for a shell), several of which each reads what
 * the one before writes (`aws`, `xargs` that runs it, `tee`), or a request to re-export.
 */
export type Command =
  | readonly string[]
  | { readonly pipe: readonly (readonly string[])[] }
  | { readonly reExport: Readonly<Record<string, string | boolean>> };

export type Mend<Facts> =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'by hand';
      readonly text: (facts: Facts) => string;
      /** What is to be copied as it stands: DNS records. */
      readonly lines?: (facts: Facts) => readonly string[];
    }
  | {
      readonly kind: 'command';
      readonly text: (facts: Facts) => string;
      readonly commands: (facts: Facts) => readonly Command[];
    };

export type Reason<Facts> = {
  /** A function where it depends on the facts: how many days are left, whether anybody uses the certificate. */
  readonly severity: Severity | ((facts: Facts) => Severity);
  readonly retry: Retry;
  /** For a subject line: a few words, the most important first. */
  readonly headline: (facts: Facts) => string;
  readonly sentence: (facts: Facts) => string;
  readonly mend: Mend<Facts>;
};

export const reason = <Facts>(entry: Reason<Facts>): Reason<Facts> => entry;
export const nothing = { kind: 'nothing' } as const;

export type OfCertificate = { readonly name: string; readonly certificateArn: string };
export type OfSecret = OfCertificate & { readonly secret: string };
export type OfService = OfSecret & { readonly service: string; readonly cluster: string };

/** What is said of a renewal: how near the end is, and how grave that makes it for whoever uses the certificate. */
export type OfRenewal = OfCertificate & { readonly daysLeft: number; readonly urgency: Severity };

/** How most of what is said of a renewal begins. */
export const asUrgent = { severity: ({ urgency }: OfRenewal): Severity => urgency, retry: 'never' } as const;

export const remaining = ({ daysLeft }: OfRenewal) =>
  daysLeft === 0 ? 'less than a day left' : `${count(daysLeft, 'day')} left`;

export const count = (number: number, thing: string) => `${number} ${thing}${number === 1 ? '' : 's'}`;

/** A few of many, in quotes: `"a", "b" and 98 more`. */
export function listed(things: readonly string[], most = 5): string {
  const shown = things.length > most ? things.slice(0, most - 1) : things;
  const rest = things.length - shown.length;
  const quoted = shown.map((thing) => `"${thing}"`);
  const last = rest > 0 ? `${rest} more` : (quoted.pop() ?? '');
  return [quoted.join(', '), last].filter(Boolean).join(' and ');
}

/** A time as people read it in a sentence, to the minute: UTC, ISO 8601. */
export const minute = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
