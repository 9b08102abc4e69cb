import type { Certificate } from './certificate.ts';
import type { Step } from './delivery.ts';
import type { Judged } from './rollout.ts';
import type { VersionId } from './version-id.ts';

/** What was looked at, or the words that say why it could not be: a mail goes out with what is known. */
export type Sight<Fact> =
  | { readonly is: 'seen'; readonly fact: Fact }
  | { readonly is: 'unseen'; readonly why: string };

/** All that is known of one certificate and of what its renewal hangs on. Times are epoch seconds. */
export type Observation = {
  readonly certificate: Certificate;
  readonly now: number;
  /** Why the certificate's tags are not known; it has none here then. */
  readonly tagsUnseen?: string;
  /** Of a private certificate; of an imported one where an authority of this account bears its issuer's name. */
  readonly authority?: Sight<Authority | 'gone'>;
  /** Of a public certificate, a name each; validation records only where it is validated by DNS. */
  readonly names: readonly NameRecords[];
  /** Whether ACM's service-linked role exists; looked at where a renewal was refused for want of it. */
  readonly linkedRole?: Sight<boolean>;
  /** A secret each that the certificate's tags name. */
  readonly deliveries: readonly DeliverySight[];
};

/** A private CA as Private CA describes it. */
export type Authority = {
  readonly arn: string;
  readonly status: 'active' | 'disabled' | 'expired' | 'deleted' | 'not ready' | 'failed';
  readonly notAfter?: number;
  /** False where another account owns it: ACM then needs its service-linked role, not a permission. */
  readonly own: boolean;
  /** In short-lived mode: ACM cannot issue from it. */
  readonly shortLived: boolean;
  /** What acm.amazonaws.com may do, of what it needs. Of another account's authority not looked at. */
  readonly permission?: Sight<'whole' | 'partial' | 'none'>;
};

export type NameRecords = {
  readonly name: string;
  readonly validation?: Sight<{
    readonly wanted: { readonly name: string; readonly value: string };
    /** The CNAMEs that stand there now. */
    readonly found: readonly string[];
  }>;
  /** The CAA records that govern the name, and the domain at which they stand (RFC 8659); empty where there are none. */
  readonly caa: Sight<{ readonly at: string; readonly records: readonly CaaRecord[] }>;
};

/** `issue "amazon.com"`; critical is the flag 128. */
export type CaaRecord = { readonly tag: string; readonly value: string; readonly critical: boolean };

export type DeliverySight = {
  readonly secret: string;
  readonly current: Sight<Held>;
  /** What a delivery would do now; absent where that cannot be seen, or where nothing is issued yet. */
  readonly next?: Step;
  readonly consumers: Sight<readonly Judged[]>;
};

/**
 * What AWSCURRENT holds: this certificate as it is, an earlier one of it, another certificate, nothing yet, or what has no
 * name of ours.
 */
export type Held =
  | ({ readonly holds: 'this' | 'earlier' | 'another' } & Partial<Omit<VersionId, 'content'>>)
  | { readonly holds: 'nothing' | 'unknown' };
