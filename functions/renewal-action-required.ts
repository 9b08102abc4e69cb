import { queue } from '../shared/aws/queue.ts';
import { type Concern, readTrouble } from '../shared/events.ts';
import { lazily } from '../shared/lazily.ts';
import { raiseConcerns, suspects } from '../shared/raise-concerns.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = { ...base(), concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')) };
const certificates = lazily(async () => (await import('../shared/aws/certificates.ts')).certificates());

/** EventBridge: ACM Certificate Renewal Action Required, AWS Health's ACM codes, Private CA failures, ACM's others. */
export const handler = entry(async (event: unknown) => {
  const trouble = readTrouble(event, wire.place);
  return raiseConcerns(trouble.is === 'authority failed' ? await suspects(trouble, certificates) : trouble, wire);
});
