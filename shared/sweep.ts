import type { Queue } from './aws/queue.ts';
import { compare, type Difference } from './domain/inventory.ts';
import type { Message } from './events/queued.ts';
import { type Lists, takeInventory } from './inventory.ts';
import { facts } from './tell.ts';
import type { Base, Count, Gauge } from './world.ts';

export type Wire = Base &
  Lists & {
    readonly deliveries: Pick<Queue<Message>, 'add'>;
    readonly count: Count;
    readonly gauge: Gauge;
  };

export type Swept = { readonly certificates: number; readonly differences: number; readonly queued: number };

/**
 * Looks at everything, and queues what an event should have queued and did not (DESIGN §2). It tells nobody: what cannot
 * be delivered was told when it was first found, is told again by the weekly digest, and is otherwise in the log and in
 * the metrics. `runId` tells the messages of one run from those of another.
 */
export async function sweep(runId: string, wire: Wire): Promise<Swept> {
  const inventory = await takeInventory(wire);
  const differences = compare(inventory, { ...wire.settings, now: wire.now() });
  for (const one of differences)
    wire.log(one.is === 'refused' ? 'warn' : 'info', 'Found a difference', shown(one, wire));
  const behind = Map.groupBy(differences.filter(isBehind), ({ certificate }) => certificate.arn);
  const queued = wire.settings.mode === 'deliver' ? [...behind] : [];
  for (const [certificateArn, own] of queued) await wire.deliveries.add(messageFor(certificateArn, { own, runId }));

  wire.gauge('UndeliveredCertificates', behind.size);
  wire.gauge('BlockedRenewals', inventory.certificates.filter(isBlocked).length);
  wire.count('SweepsFinished');
  const swept = { certificates: inventory.certificates.length, differences: differences.length, queued: queued.length };
  wire.log('info', 'Swept', swept);
  return swept;
}

type Behind = Extract<Difference, { is: 'behind' }>;
const isBehind = (one: Difference): one is Behind => one.is === 'behind';

const messageFor = (certificateArn: string, { own, runId }: { own: readonly Behind[]; runId: string }): Message => ({
  certificateArn,
  cause: `${runId}/${certificateArn.split('/').at(-1)}`,
  quiet: true,
  ...(own.every(({ because }) => because === 'not rolled out') && { echo: true }),
});

const isBlocked = ({ status, renewal }: Difference['certificate']) =>
  status === 'issued' && (renewal?.status === 'failed' || renewal?.status === 'validating');

/** A difference as the fields of a log line. */
function shown({ certificate, ...difference }: Difference, wire: Pick<Wire, 'place'>) {
  const of = { certificateArn: certificate.arn, ...difference };
  return difference.is === 'refused' ? { ...of, ...facts(difference.finding, wire) } : of;
}
