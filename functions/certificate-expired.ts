import { queue } from '../shared/aws/queue.ts';
import type { Concern } from '../shared/events/queued.ts';
import { readEnded } from '../shared/events/renewal-event.ts';
import { raiseConcerns } from '../shared/raise-concerns.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = { ...base(), concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')) };

/** EventBridge: ACM Certificate Expired, Revoked, Revoked By CA. */
export const handler = entry(async (event: unknown) => raiseConcerns(readEnded(event, wire.place), wire));
