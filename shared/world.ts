import type { Certificates } from './aws/certificates.ts';
import type { KillSwitch } from './aws/kill-switch.ts';
import type { Nominations } from './aws/nominations.ts';
import type { ProgressEvents } from './aws/progress.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Services } from './aws/services.ts';
import type { Topic } from './aws/topic.ts';
import type { Judged } from './domain/rollout.ts';
import type { Place } from './domain/shell.ts';
import type { Parallel } from './domain/waves.ts';
import type { Prober } from './prober.ts';

/** What every use case is given: its settings, its clock, and where it writes down what it decided. */
export type Base = {
  readonly place: Place;
  readonly settings: Settings;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: Log;
};

export type Settings = {
  readonly mode: 'observe' | 'deliver';
  /** Secrets that we may write begin with this. */
  readonly secretPrefix: string;
  /** How long a service may take to bring all its tasks to the new version. */
  readonly deadlineSeconds: number;
  /** How many services may be restarted at a time for one secret. */
  readonly rolloutParallel: Parallel;
  /** Whether evidence against a certificate brings the one before it back. */
  readonly rollBack: 'evidence' | 'never';
  /** What is gone back to must be good for longer than this. */
  readonly rollbackFloorSeconds: number;
  /** How many services a sweep shakes hands with. */
  readonly probeSample: number;
  /** Whether a certificate without any tag of ours is worth a notice. */
  readonly notices: 'tagged' | 'all';
  /** Clusters, by name, whose services are restarted for what their task definitions read, tagged or not. */
  readonly discoverConsumers: readonly string[];
  /** Whether ACM may be asked to renew a private certificate whose obstacle is gone. */
  readonly renewPrivate: boolean;
};

/** Constant message, facts in fields. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>) => void;

/** Counts one of the stack's own metrics. */
export type Count = (
  what: 'NoticesSent' | 'WarningsSent' | 'ServicesRestarted' | 'CertificatesDelivered' | 'SweepsFinished',
) => void;

/** How many there are now of what a sweep looks for. */
export type Gauge = (
  what: 'UndeliveredCertificates' | 'BlockedRenewals' | 'renewedToServedSeconds',
  value: number,
) => void;

/** What can be seen without touching a key: enough to plan. */
export type Sight = Base & {
  readonly certificates: Pick<Certificates, 'find'>;
  readonly secrets: Pick<Secrets, 'find'>;
  readonly services: Pick<Services, 'consumers'>;
  readonly tagged: Nominations;
};

/** All that the worker may do. */
export type World = Sight & {
  readonly certificates: Certificates;
  readonly secrets: Secrets;
  readonly services: Services;
  readonly topic: Topic;
  readonly count: Count;
  readonly gauge: Gauge;
  readonly killSwitch: KillSwitch;
  readonly progress: ProgressEvents;
  /** Absent where no probe stands in a VPC. */
  readonly prober?: Prober;
  /**
   * How consumers stood when they were looked at last, by promotion; null for what turned out to be none. Kept while the
   * function lives, to save calls: whoever does not find something here asks for it.
   */
  readonly settled: Map<string, Judged | null>;
  /** The certificates of a private authority, PEM, root last. */
  readonly authorityChain: (caArn: string) => Promise<string>;
};
