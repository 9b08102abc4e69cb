import { certificates } from '../shared/aws/certificates.ts';
import { queue } from '../shared/aws/queue.ts';
import { diagnose } from '../shared/diagnose.ts';
import { type Concern, type Message, readConcern, readQueued } from '../shared/events/queued.ts';
import { Unreadable } from '../shared/events/read.ts';
import { lazily } from '../shared/lazily.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { telling } from '../shared/telling.ts';
import { workOff } from '../shared/work-off.ts';

const of = base();
const service = environment('POWERTOOLS_SERVICE_NAME');
const deliveriesUrl = environment('DELIVERIES_QUEUE_URL');
const concerns = queue<Concern>(environment('CONCERNS_QUEUE_URL'));
/** Milliseconds: a warning does not wait for longer to name a service. */
const patience = 10_000;
const consumers = lazily(async () =>
  (await import('../shared/aws/consumption.ts')).consumption({ ...of, ...of.settings }, { patience }),
);

const world = {
  ...of,
  ...telling(),
  certificates: certificates(),
  // Most concerns are about a certificate that ACM renews by itself: only ACM is asked, and nobody else.
  secrets: lazily(async () => (await import('../shared/aws/secrets.ts')).secrets()),
  services: consumers,
  tagged: consumers,
  authorities: lazily(async () => (await import('../shared/aws/authority.ts')).authorities(of.place.account)),
  linkedRole: lazily(async () => (await import('../shared/aws/linked-role.ts')).linkedRole()),
  dns: lazily(async () => (await import('../shared/network/dns.ts')).dns(process.env.DNS_SERVERS)),
  history: lazily(async () => (await import('../shared/aws/metric-history.ts')).metricHistory(service)),
  deliveries: lazily(async () => (await import('../shared/aws/queue.ts')).queue<Message>(deliveriesUrl)),
  ...(process.env.SECURITY_HUB === 'true' && {
    securityHub: lazily(async () => (await import('../shared/aws/security-hub.ts')).securityHub()),
  }),
};

const look = (concern: Concern, of: { sentAt: number; attempt: number }) => diagnose(concern, { ...of, world });

/** SQS: a certificate that may be in trouble. */
export const handler = entry(async (event: unknown) => {
  const messages = readQueued(event);
  if (!messages) throw new Unreadable('Cannot read the event: it is no batch of messages');
  return workOff(messages, { read: readConcern, look, queue: concerns, world });
});
