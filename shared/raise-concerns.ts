import type { Queue } from './aws/queue.ts';
import type { Skip } from './events/bus-event.ts';
import type { Concern } from './events/queued.ts';
import type { Concerns, Parked } from './events/renewal-event.ts';
import { record } from './record.ts';
import type { Base } from './world.ts';

export type Wire = Pick<Base, 'log'> & { readonly concerns: Pick<Queue<Concern>, 'add'> };

export type Raised = { readonly is: 'skip' | 'parked' | 'queued'; readonly concerns: number };

/**
 * What an event worries about goes into the queue of `diagnose`, which looks for itself. The certificate is not
 * looked at here, so that a burst of events, or an AWS that answers slowly, cannot lose one.
 */
export async function raiseConcerns(seen: Concerns | Parked | Skip, { log, concerns }: Wire): Promise<Raised> {
  switch (seen.is) {
    case 'skip':
      log('warn', 'Skipped an event', { why: seen.why });
      return { is: 'skip', concerns: 0 };
    case 'parked':
      log('info', 'Parked an event', seen);
      return { is: 'parked', concerns: 0 };
    case 'concerns':
      for (const concern of seen.concerns) {
        await concerns.add(concern);
        const { certificateArn, cause: event, about: why, ...heard } = concern;
        const done = ['queued for diagnosis'];
        record({ event, certificateArn, seen: heard, decided: 'queued', why, done }, { log });
      }
      log('info', 'Queued concerns', { concerns: seen.concerns });
      return { is: 'queued', concerns: seen.concerns.length };
  }
}
