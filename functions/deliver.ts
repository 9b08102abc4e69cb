import { certificates } from '../shared/aws/certificates.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { deliver } from '../shared/deliver.ts';
import { BoundedMap } from '../shared/domain/bounded-map.ts';
import type { Judged } from '../shared/domain/rollout.ts';
import { type Message, readMessage, readQueued } from '../shared/events/queued.ts';
import { lazily } from '../shared/lazily.ts';
import { gauge } from '../shared/metrics.ts';
import { answerOf } from '../shared/outcome.ts';
import { hostsOf, probing } from '../shared/probing.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { telling } from '../shared/telling.ts';
import { workOff } from '../shared/work-off.ts';

const kmsKeyArn = process.env.KMS_KEY_ARN;
const killSwitchName = environment('KILL_SWITCH');
const queueUrl = environment('DELIVERIES_QUEUE_URL');

const shared = base();

/** Milliseconds of a look of sixty seconds in which services may be searched. */
const patience = 20_000;
const consumers = lazily(async () =>
  (await import('../shared/aws/consumption.ts')).consumption({ ...shared, ...shared.settings }, { hostsOf, patience }),
);

const world = {
  ...shared,
  ...telling(),
  certificates: certificates(),
  secrets: secrets(kmsKeyArn ? { kmsKeyArn } : {}),
  // The usual look finds nothing to do: it asks ACM and Secrets Manager, and nobody else.
  services: consumers,
  tagged: consumers,
  killSwitch: lazily(async () => (await import('../shared/aws/kill-switch.ts')).killSwitch(killSwitchName)),
  progress: lazily(async () => (await import('../shared/aws/progress.ts')).progressEvents()),
  ...probing(),
  gauge,
  settled: new BoundedMap<string, Judged | null>(10_000),
  authorityChain: async (caArn: string) => (await import('../shared/aws/authority.ts')).authorityChain(caArn),
};

const queue = lazily(async () => (await import('../shared/aws/queue.ts')).queue<Message>(queueUrl));

const look = (message: Message, { sentAt }: { sentAt: number }) => deliver(message, { sentAt, world });

/** SQS: a certificate that is not right yet. Asked directly: the same message, answered with its outcome. */
export const handler = entry(async (event: unknown) => {
  const messages = readQueued(event);
  if (messages) return workOff(messages, { read: readMessage, look, queue, world });
  const message = readMessage(event);
  return answerOf(await look(message, { sentAt: message.askedAt ?? world.now() }), world.place);
});
