import { certificates } from '../shared/aws/certificates.ts';
import { deliveries } from '../shared/aws/deliveries.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { services } from '../shared/aws/services.ts';
import { tagged } from '../shared/aws/tagged.ts';
import { topic } from '../shared/aws/topic.ts';
import { deliver } from '../shared/deliver.ts';
import { readMessage, readQueued } from '../shared/events.ts';
import { count, writingMetrics } from '../shared/metrics.ts';
import { answerOf } from '../shared/outcome.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { workOff } from '../shared/work-off.ts';

const kmsKeyArn = process.env.KMS_KEY_ARN;

const world = {
  ...base(),
  certificates: certificates(),
  secrets: secrets(kmsKeyArn ? { kmsKeyArn } : {}),
  services: services(),
  tagged: tagged(),
  topic: topic(environment('TOPIC_ARN')),
  count,
  // Loaded when a private certificate is inspected: the client is large, and most looks have nothing to inspect.
  authorityChain: async (caArn: string) => (await import('../shared/aws/authority.ts')).authorityChain(caArn),
};

const queue = deliveries(environment('DELIVERIES_QUEUE_URL'));

/** SQS: a certificate that is not right yet. Asked directly: the same message, answered with its outcome. */
export const handler = entry(async (event: unknown) => {
  const messages = readQueued(event);
  if (messages) return workOff(messages, { queue, world });
  return answerOf(await deliver(readMessage(event), { sentAt: world.now(), world }), world.place);
}).use(writingMetrics());
