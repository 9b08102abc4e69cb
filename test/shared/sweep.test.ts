import { describe, expect, it } from 'vitest';
import type { ListedCertificate } from '../../shared/domain/certificate.ts';
import type { Behind } from '../../shared/domain/inventory.ts';
import type { SweepOrder } from '../../shared/events/sweep-order.ts';
import type { SweepPlan } from '../../shared/rehearse-sweep.ts';
import { messageFor, turnOf, type Wire } from '../../shared/repairs.ts';
import { type Swept, sweep } from '../../shared/sweep.ts';
import { arn, idOf, listed, now, present } from './domain/sample.ts';
import { recordWorld } from './record-world.ts';

const hour = 3_600;
const day = 86_400;
const order: SweepOrder = { digest: false, dryRun: false };

/** So many certificates, renewed and not delivered. */
function behindWorld(count: number) {
  const world = recordWorld(now);
  for (let index = 0; index < count; index++) {
    const own = arnOf(index);
    const tags = { 'courier:secret': `courier/of-${index}` };
    const notAfter = now - (now % 60) + 90 * day;
    world.certificates.set(own, { arn: own, tags, serial: 1, notBefore: now - day, notAfter, exported: false });
  }
  return world;
}

const arnOf = (index: number) =>
  `arn:aws:acm:us-east-1:111122223333:certificate/0000${String(index).padStart(4, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** A sweep of certificates as a list has them, and what it gauged, logged and told. */
async function swept(certificates: readonly Partial<ListedCertificate>[], of: Partial<SweepOrder> = {}) {
  const world = recordWorld(now);
  const gauges = new Map<string, number>();
  const wire: Wire = {
    ...world.wire,
    certificates: {
      ...world.wire.certificates,
      search: async () => certificates.map((one, index) => listed({ ...one, arn: arnOf(index) })),
    },
    gauge: (what, value) => void gauges.set(what, value),
  };
  const answer = (await sweep({ ...order, ...of }, { runId: 'run', remaining: () => 900_000, wire })) as Swept;
  return { answer, gauges, told: world.notices.map(({ attributes: { reason } }) => reason) };
}

describe('a sweep', () => {
  it('counts renewals that failed, and those that wait for validation, of certificates that are issued', async () => {
    const of = { tags: {} };
    const { gauges } = await swept([
      { ...of, renewal: { status: 'failed' } },
      { ...of, renewal: { status: 'validating' } },
      { ...of, renewal: { status: 'succeeded' } },
      { ...of, status: 'expired', renewal: { status: 'failed' } },
    ]);
    expect(gauges.get('BlockedRenewals')).toBe(2);
  });

  it('answers for the hour for which it was scheduled, however late it starts', async () => {
    const world = recordWorld(now);
    const told = async (scheduledAt: number) => {
      world.notices.length = 0;
      const wire: Wire = {
        ...world.wire,
        certificates: { ...world.wire.certificates, search: async () => [listed()] },
        tagged: { ...world.wire.tagged, resources: async () => [{ arn, tags: listed().tags }] },
        secrets: {
          ...world.wire.secrets,
          list: async () =>
            new Map([['courier/api', { state: 'deleting', since: now - 2 * hour, held: [idOf()] } as const]]),
        },
      };
      await sweep({ ...order, scheduledAt }, { runId: 'run', remaining: () => 900_000, wire });
      return world.notices.map(({ attributes: { reason } }) => reason);
    };
    expect(await told(now)).toEqual([]);
    expect(await told(now - hour)).toEqual([]);
    expect(await told(now - hour - 1)).toEqual(['SecretPendingDeletion']);
  });

  it('hands on for what it answers, and who began it, over all its invocations', async () => {
    const world = behindWorld(3);
    const handed: NonNullable<SweepOrder['resume']>[] = [];
    const wire: Wire = {
      ...world.wire,
      sweeps: { ...world.wire.sweeps, handOn: async (cursor) => void handed.push(cursor as never) },
    };
    const means = { runId: 'run', wire };
    const once = () => {
      const before = world.queue.length;
      return () => (world.queue.length === before ? 900_000 : 0);
    };
    await sweep({ ...order, scheduledAt: now - 300 }, { ...means, remaining: once() });
    world.advance(hour);
    const [resume] = handed;
    await sweep({ ...order, ...(resume && { resume }) }, { ...means, remaining: once() });
    expect(handed).toMatchObject([
      { until: now - 300, scheduled: true, hops: 1 },
      { until: now - 300, scheduled: true, hops: 2 },
    ]);
    await sweep(order, { ...means, remaining: once() });
    expect(handed.at(-1)).toMatchObject({ until: now + hour, scheduled: false });
  });
});

describe('of services that dates alone speak against', () => {
  const count = 120;
  /** All were brought back by a roll-back: an old deployment, new tasks. */
  function misleading() {
    const world = recordWorld(now);
    const asked: string[] = [];
    const services = Array.from({ length: count }, (_, index) => ({
      arn: `arn:aws:ecs:us-east-1:111122223333:service/prod/s-${index}`,
      tags: { 'courier:secret': `courier/of-${index}` },
    }));
    const since = `COURIER_SINCE_${now - day}`;
    const certificates = services.map(({ tags }, index) => listed({ arn: arnOf(index), tags }));
    const held = certificates.map((one) => idOf({ arn: one.arn }));
    const wire: Wire = {
      ...world.wire,
      certificates: { ...world.wire.certificates, search: async () => certificates },
      secrets: {
        ...world.wire.secrets,
        list: async () =>
          new Map(
            held.map((id, index) => [
              `courier/of-${index}`,
              present({ [id]: ['AWSCURRENT', 'COURIER_NEXT', since, 'COURIER_DELIVERED'] }),
            ]),
          ),
      },
      tagged: {
        ...world.wire.tagged,
        resources: async () => [...services, ...certificates.map((one) => ({ arn: one.arn, tags: one.tags }))],
      },
      fleet: {
        states: async (arns) =>
          new Map(
            arns.map((one) => [one, { runs: true, restartable: true, underWay: false, startedAt: now - 2 * day }]),
          ),
      },
      services: {
        ...world.wire.services,
        consumers: async (arns) => {
          asked.push(...arns);
          return [];
        },
      },
    };
    return { wire, asked };
  }

  it('one sweep asks about a share, and the next ones about the others in turn', async () => {
    const { wire, asked } = misleading();
    const shares: string[][] = [];
    for (const hours of [0, 1, 2]) {
      asked.length = 0;
      const means = { runId: 'run', remaining: () => 900_000, wire };
      expect(await sweep({ ...order, scheduledAt: now + hours * hour }, means)).toMatchObject({ queued: 0 });
      shares.push([...asked]);
    }
    expect(shares.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([20, 50, 50]);
    expect(new Set(shares.flat()).size).toBe(count);
  });

  it('a rehearsal says how many are left to the next', async () => {
    const { wire, asked } = misleading();
    const means = { runId: 'run', remaining: () => 900_000, wire };
    const { unseen } = (await sweep({ ...order, dryRun: true, scheduledAt: now }, means)) as SweepPlan;
    expect(unseen).toEqual([
      `The tasks that read ${count - asked.length} secrets and may be from before: the next sweeps ask for them`,
    ]);
  });

  it('nobody is asked for where there is nobody', () => expect(turnOf([], now)).toEqual([]));
});

describe('a rehearsal', () => {
  const rehearsed = async (world: ReturnType<typeof recordWorld>, remaining: () => number) =>
    (await sweep({ ...order, dryRun: true }, { runId: 'run', remaining, wire: world.wire })) as SweepPlan;

  it('ends with its time, and says how many it did not reach', async () => {
    let looks = 0;
    const { plan, unseen } = await rehearsed(behindWorld(5), () => (looks++ < 2 ? 900_000 : 59_999));
    expect(new Set(plan.map(({ certificateArn }) => certificateArn)).size).toBe(2);
    expect(unseen.join()).toMatch(/^3 more certificates are behind than one call can plan for/);
  });

  it('stays below the six megabytes that Lambda hands over', async () => {
    const world = behindWorld(6_000);
    const answer = await rehearsed(world, () => 900_000);
    expect(JSON.stringify(answer).length).toBeLessThan(6_000_000);
    expect(answer.unseen.join()).toMatch(/^\d+ more certificates are behind/);
  }, 60_000);
});

describe('the message for a certificate', () => {
  const behind = (because: 'missed event' | 'consumer behind' | 'not rolled out'): Behind =>
    ({ certificate: listed(), is: 'behind', because, services: [] }) as Behind;
  const uncounted = { certificate: listed(), is: 'behind', because: 'export not counted', force: 'cafe' } as const;
  const message = (...own: Behind[]) => messageFor(arn, { own, runId: 'run' });

  it('forces an export only where no other is needed', () => {
    expect(message(uncounted, uncounted)).toMatchObject({ force: 'cafe', uncounted: true });
    expect(message(uncounted, behind('missed event'))).not.toHaveProperty('force');
    expect(message(behind('missed event'), uncounted)).not.toHaveProperty('force');
  });

  it('has nobody told again whom the promotion has told', () => {
    expect(message(behind('not rolled out'))).toMatchObject({ echo: true, quiet: true });
    expect(message(behind('not rolled out'))).not.toHaveProperty('thorough');
    expect(message(behind('consumer behind'))).toMatchObject({ echo: true, thorough: true });
    expect(message(behind('consumer behind'), behind('missed event'))).not.toHaveProperty('echo');
  });
});
