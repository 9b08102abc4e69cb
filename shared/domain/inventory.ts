import { appraise } from './appraisal.ts';
import type { Issued, ListedCertificate, Tags } from './certificate.ts';
import { nextStep, type Step } from './delivery.ts';
import type { Authority } from './observation.ts';
import { type Finding, retryOf } from './reasons.ts';
import { holderOf, label, type PresentSecret, type Secret, sinceOf } from './secret.ts';
import { clusterOf } from './service-arn.ts';
import type { Reading } from './task-definition.ts';
import { nonceOf, readVersionId } from './version-id.ts';
import { consumedSecrets, type Delivery, isPaused, readsByItself } from './wish.ts';

/** All that a sweep has listed of a region. Each list may lag behind the world: it nominates, and whoever acts looks. */
export type Inventory = {
  /** The soonest to end first. */
  readonly certificates: readonly ListedCertificate[];
  /** By name, those below the stack's prefix. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** ECS services with a tag of ours, and those that the stack restarts without (`discoverConsumers`). */
  readonly services: readonly Service[];
  /** Of this account, by `issuerKey`; none where they could not be listed. */
  readonly authorities?: ReadonlyMap<string, Authority>;
  /** Services whose task definitions read a secret of the stack, tagged or not; absent where nobody looked for them. */
  readonly readers?: readonly Reader[];
  /** They were looked for in every cluster: who is not among them does not read. */
  readonly everywhere?: boolean;
  /** What AWS did not let us see and why, a sentence each; the rest was listed without it. */
  readonly unseen?: readonly string[];
};

/** `state` where ECS was asked, and still has the service; `reads` what it was found to read, where the stack restarts it for that. */
export type Service = {
  readonly arn: string;
  readonly tags: Tags;
  readonly state?: ServiceState;
  readonly reads?: readonly string[];
};

/** A service with what its task definition reads. */
export type Reader = Omit<Service, 'reads'> & { readonly readings: readonly Reading[] };

export type ServiceState = {
  /** It is active, and wants tasks. */
  readonly runs: boolean;
  readonly restartable: boolean;
  /** Where it is not ECS's own: it takes no restart from us. */
  readonly controller?: string;
  readonly underWay: boolean;
  /** Epoch seconds. */
  readonly createdAt?: number;
  /** When the deployment, or the task set, began that its tasks belong to, epoch seconds. */
  readonly startedAt?: number;
};

/** One delivery, or one certificate, that is not as its tags want it. */
export type Difference = State & { readonly certificate: ListedCertificate; readonly secret?: string };

/**
 * - `behind`: looking again would bring the delivery forward.
 * - `waiting`: nothing automatic goes on until a person acts; they were told. Of paused services which, and since when the version waits for them.
 * - `left`: delivered, with services whose tasks may be from before and that nothing of ours restarts.
 * - `refused`: no delivery is possible as things are, or a tag cannot be read.
 * - `unarmed`: delivered, exported once more for it, and yet ACM would not renew it.
 */
type State =
  | { readonly is: 'behind'; readonly because: 'missed event' | 'never filled' | 'left half way' | 'not rolled out' }
  /** Services whose tasks may be from before the version: added later, restarted too early, rolled back. */
  | { readonly is: 'behind'; readonly because: 'consumer behind'; readonly services: readonly string[] }
  /** The version holds what ACM has, and ACM does not count the export: `force` is a nonce for one more. */
  | { readonly is: 'behind'; readonly because: 'export not counted'; readonly force: string }
  | {
      readonly is: 'waiting';
      readonly because: 'paused' | 'service paused' | 'held' | 'stopped' | 'rejected';
      readonly since?: number;
      readonly services?: readonly string[];
    }
  | {
      readonly is: 'left';
      readonly because: 'service paused' | 'not ours to restart';
      readonly services: readonly string[];
    }
  | { readonly is: 'refused'; readonly finding: Finding }
  | { readonly is: 'unarmed' };

export type Behind = Extract<Difference, { is: 'behind' }>;
export const isBehind = (one: Difference): one is Behind => one.is === 'behind';

export type Policy = {
  readonly secretPrefix: string;
  /** How long a rollout may take: until then the message that promoted is at it. */
  readonly deadlineSeconds: number;
  readonly now: number;
};

type Facts = { readonly inventory: Inventory; readonly policy: Policy; readonly consumers: Consumers };
type Consumers = ReadonlyMap<string, readonly Service[]>;

/** Decides with what the worker itself decides by, so that the two cannot disagree about what is right. */
export function compare(inventory: Inventory, policy: Policy): readonly Difference[] {
  const facts = { inventory, policy, consumers: consumersOf(inventory) };
  return inventory.certificates.flatMap((certificate) => differencesOf(certificate, facts));
}

/** The secrets for which a service is restarted. */
export const consumedBy = ({ tags, reads = [] }: Pick<Service, 'tags' | 'reads'>): readonly string[] => [
  ...new Set([...consumedSecrets(tags), ...reads]),
];

/** The services that are restarted for a secret, by its name. */
export function consumersOf({ services }: Pick<Inventory, 'services'>): Consumers {
  const bySecret = new Map<string, Service[]>();
  for (const service of services)
    for (const secret of consumedBy(service)) {
      const known = bySecret.get(secret);
      if (known) known.push(service);
      else bySecret.set(secret, [service]);
    }
  return bySecret;
}

/** Adds the readers in these clusters to the services with a tag of ours: what they follow they consume. */
export function withReaders(
  services: readonly Service[],
  { readers, clusters }: { readonly readers: readonly Reader[]; readonly clusters: readonly string[] },
): readonly Service[] {
  const all = new Map(services.map((one) => [one.arn, one]));
  for (const { readings, ...reader } of readers) {
    const reads = readings.filter(({ follows }) => follows).map(({ secret }) => secret);
    const isRestarted = clusters.includes(clusterOf(reader.arn) ?? '') && reads.length > 0;
    if (isRestarted) all.set(reader.arn, { ...reader, ...all.get(reader.arn), reads });
  }
  return [...all.values()];
}

function differencesOf(certificate: ListedCertificate, facts: Facts): readonly Difference[] {
  const appraisal = appraise(certificate, { ...facts.policy, notices: 'tagged' });
  switch (appraisal.is) {
    case 'rest':
      return appraisal.because === 'paused' ? [{ certificate, is: 'waiting', because: 'paused' }] : [];
    case 'tell':
      return appraisal.findings.map((finding) => ({ certificate, is: 'refused', finding }));
    case 'deliver':
      return [
        ...appraisal.deliveries.flatMap((delivery) =>
          statesOf({ certificate: appraisal.certificate, delivery }, facts).map((state) => ({
            certificate,
            secret: delivery.secret,
            ...state,
          })),
        ),
        ...appraisal.problems.map((finding) => ({ certificate, is: 'refused' as const, finding })),
      ];
  }
}

type Wanted = { readonly certificate: Issued<ListedCertificate>; readonly delivery: Delivery };

/** None where the delivery is as it should be, or under way. */
function statesOf(wanted: Wanted, facts: Facts): readonly State[] {
  const { inventory, policy } = facts;
  const secret = inventory.secrets.get(wanted.delivery.secret) ?? { state: 'absent' };
  const step = nextStep({ ...wanted, secret, prefix: policy.secretPrefix, asked: {} });
  switch (step.do) {
    case 'export':
      return [{ is: 'behind', because: isFilled(secret) ? 'missed event' : 'never filled' }];
    case 'label next':
    case 'tell of trust':
    case 'promote':
    case 'accept':
    case 'forget':
    case 'reject':
    case 'mark since':
    case 'mark tried':
      return [{ is: 'behind', because: 'left half way' }];
    case 'roll out':
      return rolloutOf(step, wanted.delivery, facts);
    case 'rest':
      if (step.because !== 'delivered') return [{ is: 'waiting', because: step.because }];
      return secret.state === 'present' ? afterDelivery(secret, wanted, facts) : [];
    case 'refuse':
      // ACM's list was older than the secrets': the next sweep sees both.
      return retryOf(step.finding) === 'soon' ? [] : [{ is: 'refused', finding: step.finding }];
  }
}

const isFilled = (secret: Secret) =>
  secret.state === 'present' && holderOf(secret.versions, label.current) !== undefined;

type RollOut = Extract<Step, { do: 'roll out' }>;

/** Who is paused holds up nobody else: a worker that died between promoting and restarting left others behind as well. */
function rolloutOf({ since }: RollOut, { secret }: Delivery, { policy, consumers }: Facts): readonly State[] {
  if (policy.now - since < policy.deadlineSeconds) return [];
  const all = consumers.get(secret) ?? [];
  const paused = all.filter(({ tags }) => isPaused(tags)).map(({ arn }) => arn);
  const isBehind = paused.length === 0 || all.some((one) => mayBeBehind(one, since));
  return [
    ...(isBehind ? [{ is: 'behind', because: 'not rolled out' } as const] : []),
    ...(paused.length > 0 ? [{ is: 'waiting', because: 'service paused', since, services: paused } as const] : []),
  ];
}

/** Seconds for which ACM's list may not show an export that it has counted. A needless one would restart a fleet. */
const settling = 3600;

function afterDelivery(
  secret: PresentSecret,
  { certificate, delivery }: Wanted,
  { policy, consumers }: Facts,
): readonly State[] {
  const current = holderOf(secret.versions, label.current) ?? '';
  const since = sinceOf(secret.versions, current) ?? secret.changedAt;
  const counts = certificate.eligible || certificate.inUse || policy.now - since < settling;
  const force = nonceOf(certificate.serial);
  if (!counts && readVersionId(current)?.nonce !== force)
    return [{ is: 'behind', because: 'export not counted', force }];
  const all = consumers.get(delivery.secret) ?? [];
  const late = all.filter((service) => mayBeBehind(service, since));
  if (late.length > 0)
    return [{ is: 'behind', because: 'consumer behind', services: arnsOf(late) }, ...left(all, since)];
  return [...(counts ? [] : [{ is: 'unarmed' } as const]), ...left(all, since)];
}

/** What came later, or was brought back, and waits for a person. */
function left(all: readonly Service[], since: number): readonly State[] {
  const old = all.filter((service) => isFromBefore(service, since));
  const [paused, others] = [old.filter(({ tags }) => isPaused(tags)), old.filter(({ tags }) => !isPaused(tags))];
  const foreign = others.filter(({ state }) => !state?.restartable);
  return [
    ...(paused.length > 0 ? [{ is: 'left', because: 'service paused', services: arnsOf(paused) } as const] : []),
    ...(foreign.length > 0 ? [{ is: 'left', because: 'not ours to restart', services: arnsOf(foreign) } as const] : []),
  ];
}

const arnsOf = (services: readonly Service[]) => services.map(({ arn }) => arn);

const mayBeBehind = (service: Service, since: number) =>
  isFromBefore(service, since) && service.state?.restartable === true && !isPaused(service.tags);

/** Deployments lie both ways (a roll-back brings an old one back with new tasks): whoever acts looks at the tasks. */
const isFromBefore = ({ tags, state }: Service, since: number) =>
  state?.startedAt !== undefined && state.startedAt < since && state.runs && !state.underWay && !readsByItself(tags);
