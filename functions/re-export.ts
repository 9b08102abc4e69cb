import { certificates } from '../shared/aws/certificates.ts';
import { consumption } from '../shared/aws/consumption.ts';
import { secrets } from '../shared/aws/secrets.ts';
import type { Message } from '../shared/events/queued.ts';
import { lazily } from '../shared/lazily.ts';
import { reExport } from '../shared/re-export.ts';
import { base, entry, environment } from '../shared/runtime.ts';

const queueUrl = environment('DELIVERIES_QUEUE_URL');
const workerName = `${environment('FUNCTION_ARN_PREFIX')}deliver`;

const shared = base();
const consumers = consumption({ ...shared, ...shared.settings });

const wire = {
  ...shared,
  certificates: certificates(),
  secrets: secrets(),
  services: consumers,
  tagged: consumers,
  deliveries: lazily(async () => (await import('../shared/aws/queue.ts')).queue<Message>(queueUrl)),
  worker: lazily(async () => (await import('../shared/aws/worker.ts')).worker(workerName)),
};

/** By hand: plan, queue or follow deliveries (docs: README, "Export again"). */
export const handler = entry(async (event: unknown, context) => {
  const limits = { requestId: context.awsRequestId, remaining: () => context.getRemainingTimeInMillis() };
  return reExport(event, { limits, wire });
});
