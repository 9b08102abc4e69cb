import { queue } from '../shared/aws/queue.ts';
import type { Concern } from '../shared/events/queued.ts';
import { readTrouble } from '../shared/events/renewal-event.ts';
import { lazily } from '../shared/lazily.ts';
import { raiseConcerns } from '../shared/raise-concerns.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { suspectRenewals } from '../shared/suspect-renewals.ts';

const wire = {
  ...base(),
  concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')),
  renewals: lazily(async () => (await import('../shared/aws/open-renewals.ts')).openRenewals()),
};

/** EventBridge: ACM Certificate Renewal Action Required, AWS Health's ACM codes, Private CA failures, ACM's others. */
export const handler = entry(async (event: unknown) => {
  const seen = readTrouble(event, wire.place);
  return raiseConcerns(seen.is === 'issuance failure' ? await suspectRenewals(seen, wire) : seen, wire);
});
