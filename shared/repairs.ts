import type { MetricHistory } from './aws/metric-history.ts';
import type { Queue } from './aws/queue.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Services } from './aws/services.ts';
import type { Sweeps } from './aws/sweeps.ts';
import { type Behind, type Difference, type Inventory, isBehind } from './domain/inventory.ts';
import type { Note } from './domain/noteworthy.ts';
import type { Sighting } from './domain/probe-sample.ts';
import { count } from './domain/reason.ts';
import { finding } from './domain/reasons.ts';
import { judge, type Verdict } from './domain/rollout.ts';
import { holderOf, label, sinceOf, triedOf } from './domain/secret.ts';
import { shownService } from './domain/service-arn.ts';
import { slices } from './domain/waves.ts';
import type { Concern, Message } from './events/queued.ts';
import type { Cursor } from './events/sweep-order.ts';
import type { Lists } from './inventory.ts';
import type { Prober } from './prober.ts';
import type { Telling } from './tell.ts';
import type { Gauge, Sight } from './world.ts';

export type Wire = Lists &
  Telling &
  Sight & {
    readonly certificates: Lists['certificates'];
    readonly secrets: Lists['secrets'] & Pick<Secrets, 'move'>;
    readonly tagged: Lists['tagged'];
    readonly deliveries: Pick<Queue<Message>, 'add'>;
    readonly concerns: Pick<Queue<Concern>, 'add'>;
    readonly history: Pick<MetricHistory, 'warnings'>;
    readonly sweeps: Sweeps;
    readonly gauge: Gauge;
    readonly services: Pick<Services, 'places'>;
    /** Absent where no probe stands in a VPC. */
    readonly prober?: Pick<Prober, 'look'>;
  };

/** Seconds that a sweep answers for: the next one answers for the next. */
export const interval = 3600;

/** All that a sweep has seen, and what it makes of it. */
export type Seen = {
  /** The sweep's, through all of its invocations. */
  readonly runId: string;
  readonly inventory: Inventory;
  readonly differences: readonly Difference[];
  readonly until: number;
  /** Whether the schedule began it. By hand there would be hours that two sweeps answer for. */
  readonly scheduled: boolean;
  readonly resume?: Cursor | undefined;
  /** What tasks serve, of some services. */
  readonly sampled?: Sampled;
};

/** `unseen` says why nobody could look, a sentence each. */
export type Sampled = { readonly sightings: readonly Sighting[]; readonly unseen: readonly string[] };

/** What AWS did not let us see and why, a sentence each. */
export const unseenIn = ({ inventory, sampled, ...seen }: Seen): readonly string[] => [
  ...(inventory.unseen ?? []),
  ...(sampled?.unseen ?? []),
  ...later(leftToLater(seen).size),
];

const later = (left: number) =>
  left > 0 ? [`The tasks that read ${count(left, 'secret')} and may be from before: the next sweeps ask for them`] : [];

/** Deliveries, or services, whose tasks one sweep asks ECS for: lists and dates that mislead do so every hour. */
const mostAsked = 50;

/** The share of what is to be asked for that is the turn of the sweep which answers until then (epoch seconds). */
export function turnOf<One>(all: readonly One[], until: number): readonly One[] {
  const shares = slices(all, mostAsked);
  return shares[Math.floor(until / interval) % shares.length] ?? [];
}

/** In an order that no renewal changes, and the same in each invocation of a sweep. */
function leftToLater({ differences, until }: Pick<Seen, 'differences' | 'until'>): ReadonlySet<Difference> {
  const key = ({ certificate, secret }: Difference) => `${certificate.arn} ${secret}`;
  const doubtful = differences
    .filter((one) => one.is === 'behind' && one.because === 'consumer behind')
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const turn = new Set(turnOf(doubtful, until));
  return new Set(doubtful.filter((one) => !turn.has(one)));
}

type Own = readonly [Behind, ...Behind[]];

/** What is behind, by certificate, the soonest to end first, from where the invocation before left off. */
export function behindAfter({ resume, ...seen }: Pick<Seen, 'differences' | 'until' | 'resume'>): readonly Own[] {
  const others = leftToLater(seen);
  const behind = seen.differences.filter(isBehind).filter((one) => !others.has(one));
  const groups = [...Map.groupBy(behind, ({ certificate }) => certificate.arn).values()];
  return groups.filter((own): own is [Behind, ...Behind[]] => {
    const [first] = own;
    return first !== undefined && (!resume || isAfter(placeOf(first.certificate), resume.after));
  });
}

type Place = Cursor['after'];
export const placeOf = ({ notAfter = null, arn }: { notAfter?: number | null; arn: string }): Place => ({
  notAfter,
  arn,
});

/** In the order of an inventory; certificates that end meanwhile or come new do not move the others. */
function isAfter(one: Place, other: Place): boolean {
  const [a, b] = [one.notAfter ?? Infinity, other.notAfter ?? Infinity];
  return a === b ? one.arn > other.arn : a > b;
}

/** Of services named stale only those are that run a task from before: their tasks are asked for, nobody else's. */
export async function confirmed(own: readonly Behind[], inventory: Inventory, wire: Wire): Promise<readonly Behind[]> {
  const real: Behind[] = [];
  for (const one of own) {
    if (one.because !== 'consumer behind') {
      real.push(one);
      continue;
    }
    const verdicts = await verdictsOf(one.services, one.secret ?? '', { inventory, wire });
    const services = one.services.filter((arn) => verdicts.get(arn) === 'stale');
    if (services.length > 0) real.push({ ...one, services });
  }
  return real;
}

/** How services stand to what is current in a secret, by their tasks; who does not read it is left out. */
export async function verdictsOf(
  arns: readonly string[],
  secret: string,
  { inventory, wire }: { inventory: Inventory; wire: Pick<Wire, 'services' | 'settings' | 'now'> },
): Promise<ReadonlyMap<string, Verdict['is']>> {
  const seen = inventory.secrets.get(secret);
  if (seen?.state !== 'present') return new Map();
  const current = holderOf(seen.versions, label.current) ?? '';
  const since = sinceOf(seen.versions, current) ?? seen.changedAt;
  // Canaries were restarted before it was current.
  const times = { since, triedSince: triedOf(seen.versions, current) };
  const promotion = { ...times, now: wire.now(), deadlineSeconds: wire.settings.deadlineSeconds };
  const consumers = await wire.services.consumers(arns, { secret, ...times });
  return new Map(consumers.map((one) => [one.arn, judge(one, promotion).is]));
}

export function messageFor(certificateArn: string, { own, runId }: { own: readonly Behind[]; runId: string }): Message {
  const [first] = own;
  const every = (...causes: Behind['because'][]) => own.every(({ because }) => causes.includes(because));
  // Where anything of it is to be exported anyway, that export counts.
  const force = first?.because === 'export not counted' && every('export not counted') ? first.force : undefined;
  return {
    certificateArn,
    cause: `${runId}/${certificateArn.split('/').at(-1)}`,
    quiet: true,
    // Of a version that was delivered or is on its way, whoever waits for a person was told of.
    ...(every('not rolled out', 'consumer behind') && { echo: true }),
    ...(own.some(({ because }) => because === 'consumer behind') && { thorough: true }),
    ...(force !== undefined && { force, uncounted: true }),
  };
}

/** A repair that the worker has nothing new to say of: the delivery was told when it was one. */
export function noteOf(one: Behind): readonly Note[] {
  if (one.because !== 'consumer behind') return [];
  const { certificate, secret = '' } = one;
  const { name, arn: certificateArn, tags } = certificate;
  const services = one.services.map(shownService);
  const found = finding('ConsumerBehind', { name, certificateArn, secret, services });
  return [{ finding: found, name, certificate, owner: tags['courier:owner'] }];
}
