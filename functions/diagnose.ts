import { queue } from '../shared/aws/queue.ts';
import { type Concern, readConcern, readQueued } from '../shared/events.ts';
import type { Outcome } from '../shared/outcome.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { workOff } from '../shared/work-off.ts';

const world = base();
const concerns = queue<Concern>(environment('CONCERNS_QUEUE_URL'));

const look = async (concern: Concern): Promise<Outcome> => ({ is: 'done', because: concern.about });

/** SQS: a certificate that may be in trouble. */
export const handler = entry(async (event: unknown) =>
  workOff(readQueued(event) ?? [], { read: readConcern, look, queue: concerns, world }),
);
