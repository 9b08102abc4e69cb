import { queue } from '../shared/aws/queue.ts';
import { certificateAvailable } from '../shared/certificate-available.ts';
import { readAvailable } from '../shared/events/bus-event.ts';
import type { Concern, Message } from '../shared/events/queued.ts';
import { lazily } from '../shared/lazily.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { telling } from '../shared/telling.ts';

const wire = {
  ...base(),
  ...telling(),
  certificates: lazily(async () => (await import('../shared/aws/certificates.ts')).certificates()),
  deliveries: queue<Message>(environment('DELIVERIES_QUEUE_URL')),
  concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')),
};

/** EventBridge: ACM Certificate Available. */
export const handler = entry(async (event: unknown) => {
  const available = readAvailable(event, wire.place);
  if (available.is !== 'skip') return certificateAvailable(available, wire);
  wire.log('warn', 'Skipped an event', { why: available.why });
  return available;
});
