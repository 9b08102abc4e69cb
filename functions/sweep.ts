import { certificates } from '../shared/aws/certificates.ts';
import { consumption } from '../shared/aws/consumption.ts';
import { fleet } from '../shared/aws/fleet.ts';
import { pacedClients } from '../shared/aws/paced-clients.ts';
import { queue } from '../shared/aws/queue.ts';
import { secrets } from '../shared/aws/secrets.ts';
import { sweeps } from '../shared/aws/sweeps.ts';
import { digest } from '../shared/digest.ts';
import type { Concern, Message } from '../shared/events/queued.ts';
import { readSweep } from '../shared/events/sweep-order.ts';
import { lazily } from '../shared/lazily.ts';
import { gauge } from '../shared/metrics.ts';
import { hostsOf, probing } from '../shared/probing.ts';
import { base, entry, environment } from '../shared/runtime.ts';
import { sweep } from '../shared/sweep.ts';
import { telling } from '../shared/telling.ts';

const { acm, manager, tagging, ecs } = pacedClients();
const shared = base();
const service = environment('POWERTOOLS_SERVICE_NAME');
const consumers = consumption({ ...shared, ...shared.settings }, { ecs, tagging, hostsOf });
const wire = {
  ...shared,
  ...telling(),
  certificates: certificates(acm),
  secrets: secrets({}, manager),
  tagged: consumers,
  fleet: fleet(ecs),
  // Only services that a sweep names are looked at more closely.
  services: consumers,
  discovery: consumers,
  authorities: lazily(async () => (await import('../shared/aws/authority.ts')).authorities(shared.place.account)),
  deliveries: queue<Message>(environment('DELIVERIES_QUEUE_URL')),
  concerns: queue<Concern>(environment('CONCERNS_QUEUE_URL')),
  history: lazily(async () => (await import('../shared/aws/metric-history.ts')).metricHistory(service)),
  sweeps: sweeps(environment('SWEEPS_QUEUE_URL')),
  ...probing(),
  gauge,
};

/** Hourly: puts right what is behind. Weekly, asked with `{"digest": true}`: tells what will not come right by itself. */
export const handler = entry(async (event: unknown, context) => {
  const order = readSweep(event);
  // Every service there is is looked at for what is asked for once a week, or by hand.
  if (order.digest) return digest({ runId: context.awsRequestId, owners: order.owners }, { ...wire, everywhere: true });
  return sweep(order, {
    runId: context.awsRequestId,
    remaining: () => context.getRemainingTimeInMillis(),
    wire: { ...wire, everywhere: order.dryRun === true },
  });
});
