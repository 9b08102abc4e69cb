import type { Certificates } from './aws/certificates.ts';
import type { Queue } from './aws/queue.ts';
import type { AuthorityFailure, Concern, Concerns, Parked, Skip } from './events.ts';
import type { Base } from './world.ts';

export type Wire = Pick<Base, 'log'> & { readonly concerns: Pick<Queue<Concern>, 'add'> };

export type Raised = { readonly is: 'skip' | 'parked' | 'queued'; readonly concerns: number };

/**
 * What an event worries about goes into the queue of `diagnose`, which looks for itself. Nothing is looked at here, so
 * that a burst of events, or an AWS that answers slowly, cannot lose one.
 */
export async function raiseConcerns(seen: Concerns | Parked | Skip, { log, concerns }: Wire): Promise<Raised> {
  switch (seen.is) {
    case 'skip':
      log('warn', 'Skipped an event', { why: seen.why });
      return { is: 'skip', concerns: 0 };
    case 'parked':
      log('info', 'Parked an event', { source: seen.source, detailType: seen.detailType });
      return { is: 'parked', concerns: 0 };
    case 'concerns':
      for (const concern of seen.concerns) await concerns.add(concern);
      log('info', 'Queued concerns', { concerns: seen.concerns });
      return { is: 'queued', concerns: seen.concerns.length };
  }
}

/**
 * An authority that could not issue is a hint for every private certificate whose renewal has not come to its end: the
 * event does not say for whom it was. Throws Trouble where ACM cannot be asked: Lambda then tries again.
 */
export async function suspects(
  failure: AuthorityFailure,
  certificates: Pick<Certificates, 'unrenewed'>,
): Promise<Concerns> {
  const found = await certificates.unrenewed();
  const concerns = found.map(
    ({ arn, name }, index): Concern => ({ certificateArn: arn, cause: `${failure.id}-${index}`, about: 'hint', name }),
  );
  return { is: 'concerns', concerns };
}
