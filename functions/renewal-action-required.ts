import { queue } from '../shared/aws/queue.ts';
import type { Concern } from '../shared/events/queued.ts';
import { readTrouble } from '../shared/events/renewal-event.ts';
import { raiseConcerns } from '../shared/raise-concerns.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = { ...base(), concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')) };

/** EventBridge: ACM Certificate Renewal Action Required, AWS Health's ACM codes, Private CA failures, ACM's others. */
export const handler = entry(async (event: unknown) => raiseConcerns(readTrouble(event, wire.place), wire));
