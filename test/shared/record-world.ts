import type { Certificate, ListedCertificate, Tags } from '../../shared/domain/certificate.ts';
import { nextStep, type Step } from '../../shared/domain/delivery.ts';
import { memoryOf } from '../../shared/domain/memory.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
import {
  label,
  type PresentSecret,
  type Secret,
  sinceLabel,
  sinceLabels,
  triedLabel,
  withLabel,
  without,
} from '../../shared/domain/secret.ts';
import { readServiceWish } from '../../shared/domain/service-wish.ts';
import { consumedSecrets, isPaused, namedSecrets, readWishes } from '../../shared/domain/wish.ts';
import type { Message } from '../../shared/events/queued.ts';
import type { Wire } from '../../shared/repairs.ts';
import { place } from './domain/sample.ts';

const day = 86_400;

export type Record = {
  readonly arn: string;
  tags: Tags;
  serial: number;
  notBefore: number;
  notAfter: number;
  exported: boolean;
};
export type ServiceRecord = {
  readonly arn: string;
  tags: Tags;
  /** When its tasks started, and the version that they read then. */
  startedAt: number;
  reads: string | undefined;
  /** Its tasks serve something else, whatever they read. */
  readonly strays?: boolean;
  /** Its task definition reads COURIER_NEXT. */
  readonly canary?: boolean;
};

/** One thing that was done, in the words of a plan. */
export type Act = { readonly step: string; readonly certificateArn: string; readonly of: string };

export type RecordWorld = ReturnType<typeof recordWorld>;

/**
 * ACM, Secrets Manager and ECS as records: no key, no certificate, no call. The worker is replaced by one that takes the
 * domain's own steps on the records; all that a sweep decides is the real thing.
 */
export function recordWorld(start: number) {
  let now = start;
  const certificates = new Map<string, Record>();
  const secrets = new Map<string, Secret>();
  const services = new Map<string, ServiceRecord>();
  const queue: Message[] = [];
  const notices: Notice[] = [];
  const acts: Act[] = [];

  const hex = ({ arn, serial }: Record) =>
    `${arn.slice(-12)}${serial.toString(16)}`.replace(/[^0-9a-f]/g, '').padStart(40, '0');
  const described = (one: Record): Certificate => ({
    arn: one.arn,
    name: `${one.arn.slice(-12)}.example.com`,
    names: [],
    type: 'private',
    status: one.notAfter > now ? 'issued' : 'expired',
    origin: 'acm',
    serial: hex(one),
    notBefore: one.notBefore,
    notAfter: one.notAfter,
    exportOption: false,
    inUseBy: [],
    eligible: one.exported,
    validations: [],
    tags: one.tags,
  });
  const listed = (one: Record): ListedCertificate => {
    const { names: _, inUseBy: __, validations: ___, ...seen } = described(one);
    return { ...seen, inUse: false };
  };
  const current = (name: string) => {
    const secret = secrets.get(name);
    return secret?.state === 'present'
      ? Object.entries(secret.versions).find(([, on]) => on.includes(label.current))?.[0]
      : undefined;
  };
  const consumer = (one: ServiceRecord, secret: string): Consumer => {
    const [cluster = '', service = ''] = one.arn.split('/').slice(1);
    const own = { createdAt: one.startedAt, running: true };
    return {
      ...readServiceWish(one.tags, secret),
      arn: one.arn,
      service,
      cluster,
      active: true,
      desired: 1,
      controller: 'ECS',
      canary: one.canary ?? false,
      mutableImages: [],
      tasks: [own],
      deployments: [],
    } as Consumer;
  };

  /** What the worker does with a message, on records: the same decisions, nothing in between. */
  function work(message: Message): void {
    const record = certificates.get(message.certificateArn);
    if (!record || record.notAfter <= now || isPaused(record.tags)) return;
    for (const delivery of readWishes(record.tags).deliveries) deliver(record, delivery, message);
  }

  function deliver(
    record: Record,
    delivery: ReturnType<typeof readWishes>['deliveries'][number],
    message: Message,
  ): void {
    const of = { certificateArn: record.arn };
    const certificate = described(record);
    if (certificate.serial === undefined || certificate.notAfter === undefined || certificate.status !== 'issued')
      return;
    const issued = {
      ...certificate,
      status: 'issued',
      serial: certificate.serial,
      notAfter: certificate.notAfter,
    } as const;
    for (let steps = 0; steps < 12; steps++) {
      const secret = secrets.get(delivery.secret) ?? { state: 'absent' as const };
      const step = nextStep({ certificate: issued, delivery, secret, prefix: 'courier/', asked: message });
      const seen: PresentSecret =
        secret.state === 'present' ? secret : { state: 'present', tags: {}, changedAt: now, versions: {} };
      const put = (versions: PresentSecret['versions']) =>
        secrets.set(delivery.secret, { ...seen, changedAt: now, versions });
      switch (step.do) {
        case 'export': {
          record.exported = true;
          acts.push({ step: 'export', ...of, of: delivery.secret }, { step: 'store', ...of, of: step.versionId });
          const stored = withLabel({ ...seen.versions, [step.versionId]: [] }, label.next, step.versionId);
          put(step.create ? withLabel(stored, label.current, step.versionId) : stored);
          if (step.create) acts.push({ step: 'promote', ...of, of: step.versionId });
          break;
        }
        case 'label next':
          put(withLabel(seen.versions, label.next, step.versionId));
          break;
        case 'promote': {
          const isTried = step.from !== undefined && step.triedSince === undefined;
          const canaries = isTried ? ordered(consumersOf(delivery.secret)).filter((one) => one.canary) : [];
          const tried = canaries.length > 0 ? withLabel(seen.versions, triedLabel(now), step.versionId) : seen.versions;
          for (const one of canaries) restart(one, { certificateArn: record.arn, secret: delivery.secret, at: now });
          put(withLabel(tried, label.current, step.versionId));
          acts.push({ step: 'promote', ...of, of: step.versionId });
          break;
        }
        case 'accept': {
          const accepted = withLabel(seen.versions, label.accepted, step.versionId);
          put(step.label === undefined ? accepted : without(accepted, step.label));
          break;
        }
        case 'forget':
          put(without(seen.versions, step.label ?? ''));
          break;
        case 'mark since': {
          const old = sinceLabels(seen.versions).reduce((versions, { name }) => without(versions, name), seen.versions);
          put(withLabel(old, sinceLabel(step.since), step.versionId));
          break;
        }
        case 'roll out':
          rollOut(record, { ...step, ...message, secret: delivery.secret });
          return;
        default:
          return;
      }
    }
    throw new Error('A delivery on records does not end');
  }

  type Rollout = Extract<Step, { do: 'roll out' }> & Pick<Message, 'echo' | 'uncounted'> & { secret: string };

  function rollOut(record: Record, { secret, since, triedSince = since, ...rollout }: Rollout): void {
    const old = consumersOf(secret).filter((one) => one.startedAt < (one.canary ? triedSince : since));
    const stale = ordered(old);
    for (const one of stale) restart(one, { certificateArn: record.arn, secret, at: since });
    const left = old.filter((one) => !stale.includes(one));
    const news = left.length > 0 ? !rollout.echo : !rollout.told;
    if (news) {
      const problems = readWishes(record.tags).problems.map(() => 'BadTag' as const);
      const uncounted = rollout.uncounted ? (['ExportNotCounted'] as const) : [];
      say(record, [...(left.length > 0 ? left.map(() => 'ServicePaused' as const) : []), ...uncounted, ...problems]);
    }
    if (news) rememberTags(record);
    const seen = secrets.get(secret);
    if (left.length === 0 && seen?.state === 'present')
      secrets.set(secret, { ...seen, versions: withLabel(seen.versions, label.delivered, rollout.versionId) });
  }

  /** What a sweep would find as well. */
  function rememberTags(record: Record): void {
    const { name, arn: certificateArn, tags } = described(record);
    for (const bad of readWishes(tags).problems) {
      const found = finding('BadTag', { name, certificateArn, ...bad });
      const memories = namedSecrets(tags).flatMap((secret) => {
        const seen = secrets.get(secret);
        return (seen?.state === 'present' && memoryOf(found, { secret, seen })) || [];
      });
      const [memory] = memories;
      const seen = secrets.get(memory?.secret ?? '');
      if (memory && seen?.state === 'present')
        secrets.set(memory.secret, { ...seen, versions: withLabel(seen.versions, memory.label, memory.versionId) });
    }
  }

  /** The first of several is the subject: all of them are warnings. Without any it is plain news. */
  function say(record: Record, [reason]: readonly ('ServicePaused' | 'ExportNotCounted' | 'BadTag')[]): void {
    const { name, arn: certificateArn, tags } = described(record);
    const owner = tags['courier:owner'];
    const gravest = reason
      ? ({ severity: 'warning', reason } as const)
      : ({ severity: 'info', reason: 'Delivered' } as const);
    const attributes = { ...gravest, domain: name, ...(owner && { owner }), certificateArn };
    notices.push({ subject: '', body: '', links: [], attributes });
  }

  const consumersOf = (secret: string) =>
    [...services.values()].filter(({ tags }) => consumedSecrets(tags).includes(secret));

  /** Those that may be restarted, in the order of a rollout. */
  function ordered(all: readonly ServiceRecord[]): readonly ServiceRecord[] {
    const order = ({ tags }: ServiceRecord) => Number(tags['courier:order'] ?? 100);
    return all.filter(({ tags }) => !isPaused(tags)).sort((a, b) => order(a) - order(b) || (a.arn < b.arn ? -1 : 1));
  }

  function restart(one: ServiceRecord, { certificateArn, secret, at }: Restart): void {
    acts.push({ step: 'restart', certificateArn, of: one.arn.split('/').slice(1).join('/') });
    Object.assign(one, { startedAt: Math.max(now, at), reads: current(secret) });
  }
  type Restart = { readonly certificateArn: string; readonly secret: string; readonly at: number };

  const tagged = () =>
    [...certificates.values(), ...services.values()].filter(({ tags }) => Object.keys(tags).length > 0);
  const unused = async () => {
    throw new Error('Nobody asks for this on records');
  };
  const wire: Wire = {
    place,
    settings: {
      mode: 'deliver',
      secretPrefix: 'courier/',
      deadlineSeconds: 3600,
      rolloutParallel: { count: 100 },
      rollBack: 'evidence',
      rollbackFloorSeconds: 0,
      probeSample: 3,
      notices: 'tagged',
      discoverConsumers: [],
      renewPrivate: false,
    },
    now: () => now,
    sleep: async () => {},
    log: () => {},
    certificates: {
      search: async () => [...certificates.values()].map((one) => listed(one)),
      find: async (arn: string) => {
        const one = certificates.get(arn);
        return one ? described(one) : null;
      },
    },
    secrets: {
      list: async () => new Map(secrets),
      find: async (name: string) => secrets.get(name) ?? { state: 'absent' },
      move: async (name: string, { label: moved, to }: { label: string; to?: string }) => {
        const seen = secrets.get(name);
        if (seen?.state !== 'present') throw new Error(finding('WorldMoved', { detail: name }).reason);
        secrets.set(name, {
          ...seen,
          versions: to ? withLabel(seen.versions, moved, to) : without(seen.versions, moved),
        });
      },
    },
    tagged: {
      resources: async () => tagged().map(({ arn, tags }) => ({ arn, tags })),
      services: async () =>
        [...services.values()].map(({ arn, tags }) => ({ arn, tags, secrets: consumedSecrets(tags) })),
    },
    fleet: {
      states: async (arns) =>
        new Map(
          arns.flatMap((arn) => {
            const one = services.get(arn);
            return one
              ? [[arn, { runs: true, restartable: true, underWay: false, startedAt: one.startedAt }] as const]
              : [];
          }),
        ),
    },
    services: {
      consumers: async (arns, { secret }) =>
        arns.flatMap((arn) => services.get(arn) ?? []).map((one) => consumer(one, secret)),
      places: async (servers) =>
        new Map(
          servers.map((one) => {
            const own = [...services.values()].filter(({ arn }) => arn.endsWith(`/${one.cluster}/${one.service}`));
            const address = { host: '10.0.0.1', port: 8443 };
            return [one, own.map(({ arn, startedAt }) => ({ taskArn: arn, startedAt, address }))];
          }),
        ),
    },
    prober: {
      look: async (targets) =>
        new Map(
          targets.map(
            ({ id, serial }) => [id, { serial: services.get(id)?.strays ? '0'.repeat(40) : serial }] as const,
          ),
        ),
    },
    authorities: { all: async () => [] },
    topic: { tell: async (notice) => void notices.push(notice) },
    count: () => {},
    gauge: () => {},
    deliveries: { add: async (message) => void queue.push(message) },
    concerns: { add: unused },
    history: { warnings: async () => 1 },
    sweeps: { handOn: unused, handOnDigest: unused, createdAt: async () => start - 30 * day },
  };

  return {
    wire,
    certificates,
    secrets,
    services,
    notices,
    acts,
    queue,
    hex,
    now: () => now,
    advance(seconds: number): void {
      now += seconds;
    },
    /** Works off what is queued. */
    settle(): void {
      for (const message of queue.splice(0)) work(message);
    },
    /** ACM renews, sixty days before the end, what was exported since the last time; nobody hears of it. */
    renew(): number {
      const due = [...certificates.values()].filter(
        ({ notAfter, exported }) => exported && notAfter > now && notAfter - now <= 60 * day,
      );
      for (const one of due)
        Object.assign(one, {
          serial: one.serial + 1,
          notBefore: now,
          notAfter: now + 395 * day - (now % 60),
          exported: false,
        });
      return due.length;
    },
  };
}
