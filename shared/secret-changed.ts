import type { Queue } from './aws/queue.ts';
import type { Tagged } from './aws/tagged.ts';
import type { LabelEvent } from './events/bus-event.ts';
import type { Message } from './events/queued.ts';
import { record } from './record.ts';
import type { Base } from './world.ts';

export type Wire = Pick<Base, 'log'> & {
  readonly tagged: Pick<Tagged, 'certificatesOf'>;
  readonly deliveries: Pick<Queue<Message>, 'add'>;
};

/**
 * AWSCURRENT of one of our secrets moved, whoever moved it: queue the certificates that are delivered there. Our own
 * promotions come by here as well; the worker then finds that nothing is left to do.
 */
export async function secretChanged(event: LabelEvent, wire: Wire): Promise<{ readonly queued: number }> {
  const certificateArns = await wire.tagged.certificatesOf(event.secret);
  const { secret } = event;
  const seen = { certificateArns };
  const why = 'AWSCURRENT moved';
  for (const [index, certificateArn] of certificateArns.entries()) {
    const cause = `${event.id}-${index}`;
    await wire.deliveries.add({ certificateArn, cause, echo: true });
    const done = ['queued for delivery'];
    record({ event: cause, certificateArn, secret, seen, decided: 'queued', why, done }, wire);
  }
  if (certificateArns.length === 0)
    record({ event: event.id, secret, seen, decided: 'done', why: 'no certificate names it', done: [] }, wire);
  wire.log('info', 'Queued what is delivered to a changed secret', { secret: event.secret, certificateArns });
  return { queued: certificateArns.length };
}
