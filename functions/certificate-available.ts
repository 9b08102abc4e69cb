import { queue } from '../shared/aws/queue.ts';
import { certificateAvailable } from '../shared/certificate-available.ts';
import { type Message, readAvailable } from '../shared/events.ts';
import { lazily } from '../shared/lazily.ts';
import { count } from '../shared/metrics.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const topicArn = environment('TOPIC_ARN');

const wire = {
  ...base(),
  certificates: lazily(async () => (await import('../shared/aws/certificates.ts')).certificates()),
  deliveries: queue<Message>(environment('DELIVERIES_QUEUE_URL')),
  topic: lazily(async () => (await import('../shared/aws/topic.ts')).topic(topicArn)),
  count,
};

/** EventBridge: ACM Certificate Available. */
export const handler = entry(async (event: unknown) => {
  const available = readAvailable(event, wire.place);
  if (available.is !== 'skip') return certificateAvailable(available, wire);
  wire.log('warn', 'Skipped an event', { why: available.why });
  return available;
});
