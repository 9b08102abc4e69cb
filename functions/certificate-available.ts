import { certificates } from '../shared/aws/certificates.ts';
import { deliveries } from '../shared/aws/deliveries.ts';
import { topic } from '../shared/aws/topic.ts';
import { certificateAvailable } from '../shared/certificate-available.ts';
import { readAvailable } from '../shared/events.ts';
import { count, writingMetrics } from '../shared/metrics.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const wire = {
  ...base(),
  certificates: certificates(),
  deliveries: deliveries(environment('DELIVERIES_QUEUE_URL')),
  topic: topic(environment('TOPIC_ARN')),
  count,
};

/** EventBridge: ACM Certificate Available. */
export const handler = entry(async (event: unknown) => {
  const available = readAvailable(event, wire.place);
  if (available.is !== 'skip') return certificateAvailable(available, wire);
  wire.log('warn', 'Skipped an event', { why: available.why });
  return available;
}).use(writingMetrics());
