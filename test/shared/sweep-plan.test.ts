import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holderOf, label, withLabel } from '../../shared/domain/secret.ts';
import type { SweepPlan } from '../../shared/rehearse-sweep.ts';
import { sweep } from '../../shared/sweep.ts';
import { now } from './domain/sample.ts';
import { type RecordWorld, recordWorld } from './record-world.ts';

const day = 86_400;
const means = (world: RecordWorld) => ({ runId: 'run', remaining: () => 900_000, wire: world.wire });
const order = { digest: false, dryRun: false };

/** How one certificate, its secret and its services stand. */
const situation = fc.record({
  secrets: fc.integer({ min: 0, max: 2 }),
  paused: fc.boolean(),
  owner: fc.constantFrom(undefined, 'shop'),
  delivered: fc.boolean(),
  renewedSince: fc.boolean(),
  uncounted: fc.boolean(),
  /** Somebody asks for another format since. */
  reformatted: fc.boolean(),
  /** What keeps the current version from being restarted for, barred, or a newer one from becoming current. */
  setAside: fc.constantFrom(undefined, undefined, undefined, label.stopped, label.rejected, label.held),
  services: fc.array(
    fc.record({
      late: fc.boolean(),
      paused: fc.boolean(),
      order: fc.constantFrom(undefined, '10', '200'),
      probed: fc.boolean(),
      strays: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});
type Situation = typeof situation extends fc.Arbitrary<infer One> ? One : never;

async function worldOf(situations: readonly Situation[]): Promise<RecordWorld> {
  const world = recordWorld(now);
  const set = (only: (one: Situation) => boolean, act: (arn: string, one: Situation) => void) =>
    situations.forEach((one, index) => {
      if (only(one)) act(arnOf(index), one);
    });
  const at = (arn: string) => {
    const found = world.certificates.get(arn);
    if (!found) throw new Error(arn);
    return found;
  };
  situations.forEach((one, index) => {
    const names = Array.from({ length: one.secrets }, (_, each) => `courier/of-${index}-${'ab'[each]}`).join(' ');
    const tags = { ...(names && { 'courier:secret': names }), ...(one.owner && { 'courier:owner': one.owner }) };
    const notAfter = now - (now % 60) + (100 + index) * day;
    const hold = { 'courier:pause': 'true' };
    world.certificates.set(arnOf(index), {
      arn: arnOf(index),
      tags: one.delivered ? tags : { ...tags, ...hold },
      serial: 1,
      notBefore: now - day,
      notAfter,
      exported: false,
    });
    one.services.forEach((service, each) => {
      if (!names) return;
      const arn = `arn:aws:ecs:us-east-1:111122223333:service/prod/s-${index}-${each}`;
      const wish = {
        'courier:secret': service.late ? '' : names,
        ...(service.paused && hold),
        ...(service.order && { 'courier:order': service.order }),
        ...(service.probed && { 'courier:probe': '8443' }),
      };
      world.services.set(arn, { arn, tags: wish, startedAt: now - 1, reads: undefined, strays: service.strays });
    });
  });
  await sweep(order, means(world));
  world.settle();
  world.advance(2 * 3_600);
  set(
    () => true,
    (arn, one) => {
      const { 'courier:pause': _, ...tags } = at(arn).tags;
      at(arn).tags = one.paused ? { ...tags, 'courier:pause': 'true' } : tags;
      for (const [index, service] of [...world.services.values()].entries()) {
        const secret = at(arn).tags['courier:secret'];
        if (index >= 0 && secret && service.arn.includes(`/s-${situations.indexOf(one)}-`))
          service.tags = { ...service.tags, 'courier:secret': secret };
      }
    },
  );
  set(
    (one) => one.setAside !== undefined,
    (arn, one) => {
      const [name = ''] = (at(arn).tags['courier:secret'] ?? '').split(' ');
      const secret = world.secrets.get(name);
      const current = secret?.state === 'present' && holderOf(secret.versions, label.current);
      if (current && one.setAside)
        world.secrets.set(name, { ...secret, versions: withLabel(secret.versions, one.setAside, current) });
    },
  );
  set(
    (one) => one.reformatted,
    (arn) => void Object.assign(at(arn), { tags: { ...at(arn).tags, 'courier:format': 'plain' } }),
  );
  set(
    (one) => one.renewedSince,
    (arn) =>
      Object.assign(at(arn), { serial: 2, notBefore: now, notAfter: now - (now % 60) + 390 * day, exported: false }),
  );
  set(
    (one) => one.uncounted,
    (arn) => void Object.assign(at(arn), { exported: false }),
  );
  world.acts.length = 0;
  world.notices.length = 0;
  return world;
}

const arnOf = (index: number) =>
  `arn:aws:acm:us-east-1:111122223333:certificate/0000000${index}-0000-4000-8000-00000000000${index}`;

it('a plan names the exports, versions, restarts and notices of the run that follows, in any world, and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(situation, { maxLength: 5 }), async (situations) => {
      const world = await worldOf(situations);
      const before = JSON.stringify([
        [...world.secrets],
        [...world.certificates.values()],
        [...world.services.values()],
      ]);
      const plan = (await sweep({ ...order, dryRun: true }, means(world))) as SweepPlan;
      expect(JSON.stringify([[...world.secrets], [...world.certificates.values()], [...world.services.values()]])).toBe(
        before,
      );
      expect([world.queue, world.acts, world.notices]).toEqual([[], [], []]);

      await sweep(order, means(world));
      world.settle();
      const planned = plan.plan
        .filter(({ step }) => ['export', 'store', 'promote', 'restart'].includes(step))
        .map(
          (one) =>
            `${one.step} ${one.step === 'restart' ? one.service : one.step === 'export' ? one.secret : one.versionId}`,
        );
      expect(planned.toSorted()).toEqual(world.acts.map(({ step, of }) => `${step} ${of}`).toSorted());
      const restarts = (all: readonly string[]) => all.filter((one) => one.startsWith('restart'));
      expect(restarts(planned)).toEqual(restarts(world.acts.map(({ step, of }) => `${step} ${of}`)));
      const attributes = (all: readonly { attributes: object }[]) =>
        all.map((one) => JSON.stringify(one.attributes, null)).toSorted();
      expect(attributes(plan.notices)).toEqual(attributes(world.notices));

      world.acts.length = 0;
      world.notices.length = 0;
      await sweep(order, means(world));
      world.settle();
      expect([world.acts, world.notices]).toEqual([[], []]);
    }),
    { numRuns: 300 },
  );
}, 60_000);
