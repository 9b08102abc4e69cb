import { Trouble } from '../../shared/aws/trouble.ts';
import { deliver } from '../../shared/deliver.ts';
import { BoundedMap } from '../../shared/domain/bounded-map.ts';
import type { Issued } from '../../shared/domain/certificate.ts';
import type { ProbeTarget } from '../../shared/domain/probe.ts';
import type { Progress } from '../../shared/domain/progress.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
import { holderOf, label, sinceLabel, type Versions, withLabel, without } from '../../shared/domain/secret.ts';
import type { Ending } from '../../shared/domain/task-endings.ts';
import type { Message } from '../../shared/events/queued.ts';
import type { Outcome } from '../../shared/outcome.ts';
import { certificate, day, delivery, idOf, place, now as start } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';

/** How a service behaves, and what its tags ask for. */
export type Wish = Partial<
  Pick<
    Consumer,
    'order' | 'canary' | 'paused' | 'window' | 'desired' | 'controller' | 'readsByItself' | 'problems' | Images
  >
> & {
  /**
   * What becomes of its deployments: `breaks` whatever it reads, `refuses` the new certificate with an exit code of the
   * start-up helper, `hangs` for ever. Or it comes up, and a handshake shows another leaf (`stale leaf`). Without a circuit
   * breaker it `crashes` whatever it reads, or `loops` with the new certificate only, and ECS tries again for ever.
   */
  readonly nature?: 'sound' | 'breaks' | 'refuses' | 'hangs' | 'stale leaf' | 'crashes' | 'loops';
};

type Images = 'mutableImages' | 'refusesMutableImages';
type Deployed = { createdAt: number; endsAt: number; version: string; byOthers: boolean; ending?: Ending };
type Mail = {
  readonly body: string;
  readonly attributes: { readonly severity: string; readonly reason: string };
};
type Service = { readonly wish: Wish; tasks: { createdAt: number; version: string }[]; deployments: Deployed[] };

/** The versions that may be AWSPREVIOUS, that is current, that is to be delivered, and that a renewal may bring meanwhile. */
export const older = idOf({ serial: 'ef'.repeat(20), notAfter: start + 60 * day });
export const before = idOf({ serial: 'cd'.repeat(20), notAfter: start + 45 * day });
export const fresh = idOf();
const renewed = { ...certificate, serial: '12'.repeat(20), notAfter: certificate.notAfter + day };
export const fresher = idOf(renewed);

/** Seconds that a deployment takes, and those that it may. */
const duration = 70;
const deadlineSeconds = 600;
const endless: ReadonlySet<Wish['nature']> = new Set(['crashes', 'loops']);

export class Crash extends Error {}

type Run = {
  /** A function that remembers, and an age at which a denial may pass. */
  readonly warm?: boolean;
  readonly patient?: boolean;
  /** Whose tags say after so many looks that it reads the secret, or no longer. */
  readonly changes?: readonly { readonly look: number; readonly name: string; readonly wish: Wish | null }[];
  /** What else happens before so many looks. */
  readonly meanwhile?: readonly { readonly look: number; readonly happens: () => unknown }[];
  readonly most?: number;
};

type Settings = {
  readonly parallel?: number;
  /** Instead of `parallel`. */
  readonly percent?: number;
  /** Whether there is a version from before the one that is current. */
  readonly older?: boolean;
  /** Whether the secret has never had a current version. */
  readonly first?: boolean;
  readonly certificate?: Partial<Issued>;
  /** Which of our restarts have their answer lost, the first is 1. */
  readonly lostAt?: readonly number[];
  readonly rollBack?: 'evidence' | 'never';
  readonly crashAt?: readonly number[];
};

/**
 * A secret with a version that is stored and not current, and the services that read it, in memory. ECS in four rules: a
 * deployment takes 70 seconds, its tasks read the stage that they read when they are created, the circuit breaker takes
 * back what fails, and an old deployment's tasks stay until then. `crashAt` counts acts; a run dies right after one.
 */
export function fleetModel(wishes: Readonly<Record<string, Wish>>, settings: Settings = {}) {
  let now = start;
  let acts = 0;
  let crashing = 0;
  let versions: Versions = {
    ...(settings.older && { [older]: [label.previous] }),
    ...(!settings.first && { [before]: [label.current, label.delivered, sinceLabel(start - 2 * day)] }),
    [fresh]: [label.next],
  };
  let issued = { ...certificate, ...settings.certificate };
  const mails: string[] = [];
  const bodies: string[] = [];
  const asked: string[][] = [];
  const events: Progress[] = [];
  const gauges: [string, number][] = [];
  const targets: ProbeTarget[] = [];
  let permission: 'go' | 'stopped' | 'unreadable' = 'go';
  let mostAtOnce = 0;
  let mostOfOneVersion = 0;
  let mostServices = 0;
  const restarts: { service: string; version: string; stage: 'trial' | 'rollout' }[] = [];
  /** Each of our restarts by its service, version, and how often that one was made the next before. */
  const promised: string[] = [];
  const nexts: string[] = [];
  const services = new Map<string, Service>();
  /** Those whose tags say that they read the secret. */
  const tagged = new Set<string>();
  for (const [name, wish] of Object.entries(wishes)) tag(name, wish);

  /** A service that has been there for long says from now on that it reads the secret. */
  function tag(name: string, wish: Wish = {}): void {
    tagged.add(name);
    mostServices = Math.max(mostServices, tagged.size);
    if (!services.has(name))
      services.set(name, { wish, tasks: [{ createdAt: start - day, version: before }], deployments: [] });
  }

  /** What may die half way: the act is done, and nothing after it. */
  function acted(): void {
    acts += 1;
    if (settings.crashAt?.includes(acts) || acts === crashing) throw new Crash();
  }

  const readBy = ({ canary = false }: Wish) => holderOf(versions, canary ? label.next : label.current) ?? '';

  function fails({ nature }: Wish, version: string): Ending | undefined {
    const ending = (reason: string, code: number): Ending => ({
      createdAt: now,
      reason,
      exits: [{ container: 'app', code, reason: '' }],
    });
    if (nature === 'breaks' || nature === 'crashes') return ending('Essential container in task exited', 1);
    const isRefused = (nature === 'refuses' || nature === 'loops') && version === fresh;
    return isRefused ? ending('Essential container in task exited', 83) : undefined;
  }

  function settle(): void {
    for (const service of services.values()) {
      const [newest] = service.deployments;
      // Each task that is tried anew reads what is there by then.
      const version = readBy(service.wish);
      if (newest?.ending && service.wish.nature === 'loops' && version !== fresh)
        Object.assign(newest, { version, endsAt: now, ending: undefined });
      if (!newest || newest.endsAt > now || newest.ending) continue;
      // They read the secret no later than a promotion that their deployment came before.
      service.tasks = [{ createdAt: newest.createdAt, version: newest.version }];
    }
  }

  /** What has not come up by its deadline has been given up. */
  const isUnderWay = ({ deployments: [newest] }: Service) =>
    newest !== undefined && !newest.byOthers && newest.endsAt > now && now - newest.createdAt <= deadlineSeconds;

  /** By somebody else, or by us: what others deploy takes none of our room, nor what is restarted on top of it. */
  function restart(name: string, byUs = false): void {
    const service = services.get(name);
    if (!service) throw new Error(`No service ${name}`);
    const version = readBy(service.wish);
    const ending = fails(service.wish, version);
    const isEndless = service.wish.nature === 'hangs' || (ending && endless.has(service.wish.nature));
    const endsAt = isEndless ? Number.POSITIVE_INFINITY : now + duration;
    const [replaced] = service.deployments;
    const byOthers = !byUs || (replaced?.byOthers === true && replaced.endsAt > now);
    service.deployments.unshift({ createdAt: now, endsAt, version, byOthers, ...(ending && { ending }) });
    if (!byUs) return;
    const stage = holderOf(versions, label.current) === version ? 'rollout' : 'trial';
    restarts.push({ service: name, version, stage });
    promised.push(`${name} ${version} ${nexts.filter((id) => id === version).length}`);
    const present = [...services].flatMap(([one, its]) => (tagged.has(one) ? its : []));
    const underWay = present.filter(isUnderWay);
    mostAtOnce = Math.max(mostAtOnce, underWay.length);
    const alike = underWay.filter(({ deployments: [newest] }) => newest?.version === version);
    mostOfOneVersion = Math.max(mostOfOneVersion, alike.length);
  }

  function seen(name: string, since: number): Consumer {
    const { wish, tasks, deployments } = services.get(name) ?? { wish: {}, tasks: [], deployments: [] };
    const { nature: _, ...tags } = wish;
    const [newest] = deployments;
    const earlier = newest && newest.createdAt < since && newest.endsAt > now ? { busySince: newest.createdAt } : {};
    const shown = deployments
      .filter(({ createdAt }) => createdAt >= since)
      .map(({ createdAt, endsAt, ending }) => ({
        createdAt,
        status: endsAt > now ? ('under way' as const) : ending ? ('failed' as const) : ('successful' as const),
        detail: 'the circuit breaker',
        failedTasks: ending ? Math.floor((now - createdAt) / 20) : 0,
        runningTasks: 0,
      }));
    const running = tasks.map(({ createdAt }) => ({ createdAt, running: true }));
    const isSilent = shown[0]?.status === 'under way' || 'busySince' in earlier;
    return consumerOf(name, {
      ...{ desired: 1, probe: { port: 8443 }, ...tags, ...earlier },
      ...{ deployments: shown, tasks: isSilent ? [] : running },
    });
  }

  const arnOf = (name: string) => consumerOf(name).arn;
  const nameOf = (arn: string) => arn.split('/').at(-1) ?? '';

  const world = {
    place,
    settings: {
      ...{ mode: 'deliver', secretPrefix: 'courier/', deadlineSeconds, notices: 'all', renewPrivate: false },
      ...{
        rolloutParallel: settings.percent ? { percent: settings.percent } : { count: settings.parallel ?? 4 },
        rollBack: settings.rollBack ?? 'evidence',
      },
      rollbackFloorSeconds: 3 * day,
      probeSample: 0,
    },
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds / 1000;
    },
    log: () => {},
    count: () => {},
    gauge: (what: string, value: number) => void gauges.push([what, value]),
    killSwitch: { allows: async () => ({ is: permission, why: 'a person said so' }) },
    progress: { put: async (event: Progress) => void events.push(event) },
    certificates: { find: async () => issued },
    secrets: {
      find: async () => ({ state: 'present', tags: {}, changedAt: now, versions }),
      move: async (_: string, { label: name, from, to }: { label: string; from?: string; to?: string }) => {
        if (from !== holderOf(versions, name)) throw new Trouble(finding('WorldMoved', { detail: name }));
        if (name === label.next && to !== undefined) nexts.push(to);
        versions = to === undefined ? without(versions, name) : withLabel(versions, name, to);
        acted();
      },
    },
    tagged: {
      services: async () =>
        [...tagged].map((name) => ({
          ...{ arn: arnOf(name), secrets: [delivery.secret] },
          tags: { 'courier:order': `${services.get(name)?.wish.order ?? 100}` },
        })),
    },
    services: {
      consumers: async (
        arns: readonly string[],
        { since, triedSince = since }: { since: number; triedSince?: number },
      ) => {
        settle();
        asked.push(arns.map(nameOf));
        return arns.map(nameOf).map((name) => seen(name, services.get(name)?.wish.canary ? triedSince : since));
      },
      endings: async ({ service }: { service: string }, since: number) =>
        (services.get(service)?.deployments ?? [])
          .flatMap(({ ending }) => ending ?? [])
          .filter((one) => one.createdAt >= since),
      places: async (servers: readonly { service: string }[]) =>
        new Map(
          servers.map((one) => [
            one,
            (services.get(one.service)?.tasks ?? []).map((_, index) => ({
              ...{ taskArn: `${one.service}/${index}`, startedAt: now - 3600 },
              address: { host: '127.0.0.1', port: 8443 },
            })),
          ]),
        ),
      restart: async ({ arn }: { arn: string }) => {
        restart(nameOf(arn), true);
        acted();
        if (settings.lostAt?.includes(restarts.length)) throw new Trouble(finding('AwsUnavailable', { detail: arn }));
      },
    },
    prober: {
      look: async (asked: readonly ProbeTarget[]) => {
        targets.push(...asked);
        return new Map(
          asked.map(({ id }) => {
            const service = services.get(id.split('/')[0] ?? '');
            const read = service?.wish.readsByItself ? readBy(service.wish) : service?.tasks[0]?.version;
            const version = service?.wish.nature === 'stale leaf' ? before : read;
            return [id, { serial: version?.slice(0, 40) ?? '' }];
          }),
        );
      },
    },
    topic: {
      tell: async ({ body, attributes: { severity, reason } }: Mail) => {
        mails.push(`${severity} ${reason}`);
        bodies.push(body.replace(/\s+/g, ' '));
      },
    },
    settled: new BoundedMap(100),
  };

  /** One look by a fresh function or a warm one; `null` where it died. */
  async function look(message: Partial<Message> = {}, { warm = true, patient = true } = {}): Promise<Outcome | null> {
    if (!warm) world.settled.clear();
    try {
      const asked = { certificateArn: certificate.arn, cause: 'test', ...message };
      return await deliver(asked, { sentAt: patient ? now : start - day, world: world as never });
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      return null;
    }
  }

  /** Looks until the message ends; a run that died comes back as SQS brings it. */
  async function run(
    message: Partial<Message> = {},
    { changes = [], meanwhile = [], most = 400, ...how }: Run = {},
  ): Promise<Outcome> {
    for (let looks = 0; looks < most; looks++) {
      for (const one of meanwhile) if (one.look === looks) await one.happens();
      for (const { name, wish } of changes.filter((one) => one.look === looks))
        if (wish) tag(name, wish);
        // The version of a failed canary that is no consumer any more becomes current, as if a person had accepted it.
        else if (!services.get(name)?.wish.canary) tagged.delete(name);
      const outcome = await look(message, how);
      if (outcome && outcome.is !== 'again') return outcome;
      now += outcome?.seconds ?? 360;
    }
    throw new Error(`No end after ${most} looks: ${JSON.stringify({ versions, mails })}`);
  }

  return {
    ...{ look, run, mails, bodies, asked, events, gauges, targets, restarts, promised, world },
    now: () => now,
    /** The worker dies once more, after so many acts from now. */
    crashAfter: (count: number) => {
      crashing = acts + count;
    },
    /** What each service wishes, by its name. */
    all: (): Readonly<Record<string, Wish>> =>
      Object.fromEntries([...services].map(([name, { wish }]) => [name, wish])),
    consumers: () => [...tagged].map((name) => ({ ...services.get(name)?.wish, name })),
    ...{ restart, tag, untag: (name: string) => tagged.delete(name) },
    allow: (what: typeof permission) => {
      permission = what;
    },
    /** ACM renews it again, and what it renewed is stored. */
    renew: () => {
      issued = renewed;
      versions = withLabel(versions, label.next, fresher);
    },
    pass: (seconds: number) => {
      now += seconds;
    },
    versions: () => versions,
    current: () => holderOf(versions, label.current),
    labels: (id: string) => (versions[id] ?? []).map((name) => name.replace(/_\d+$/, '')).toSorted(),
    serves: (name: string) => {
      settle();
      return services.get(name)?.tasks.map(({ version }) => version);
    },
    mostAtOnce: () => mostAtOnce,
    mostOfOneVersion: () => mostOfOneVersion,
    /** That ever said at one time that they read the secret. */
    mostServices: () => mostServices,
    /** What ACM has is to be in this version. */
    wanted: () => (issued.serial === renewed.serial ? fresher : fresh),
  };
}
