import type { Certificates } from './aws/certificates.ts';
import type { MetricHistory } from './aws/metric-history.ts';
import type { Queue } from './aws/queue.ts';
import type { Certificate } from './domain/certificate.ts';
import type { Concern, Message } from './events/queued.ts';
import type { RenewalSight } from './observe-renewal.ts';
import type { Reporting } from './security-report.ts';
import type { Telling } from './tell.ts';

/** All that the worker `diagnose` may do. */
export type World = RenewalSight &
  Telling &
  Reporting & {
    readonly certificates: Pick<Certificates, 'describe' | 'renew'>;
    readonly deliveries: Pick<Queue<Message>, 'add'>;
    readonly history: MetricHistory;
  };

export type Means = {
  /** When the concern was queued, epoch seconds. */
  readonly sentAt: number;
  /** How often the queue has handed it over, this time included. */
  readonly attempt: number;
  readonly world: World;
};

/** What is asked, and the certificate that it is about; why its tags are not known, where they are not. */
export type Known = { readonly certificate: Certificate; readonly concern: Concern; readonly tagsUnseen?: string };

/** Whether AWS may still be asked again, before people are told without its answer: ten minutes. */
export const isPatient = ({ sentAt, world }: Means): boolean => world.now() - sentAt < 600;
