import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holderOf, label, type Versions, withLabel } from '../../shared/domain/secret.ts';
import { contentHash, noNonce, writeVersionId } from '../../shared/domain/version-id.ts';
import { readWishes } from '../../shared/domain/wish.ts';
import type { SweepPlan } from '../../shared/rehearse-sweep.ts';
import { sweep } from '../../shared/sweep.ts';
import { now } from './domain/sample.ts';
import { type RecordWorld, recordWorld } from './record-world.ts';

const day = 86_400;
const means = (world: RecordWorld) => ({ runId: 'run', remaining: () => 900_000, wire: world.wire });
const order = { digest: false, dryRun: false };

type Mistaken = { readonly world: RecordWorld; readonly arn: string; readonly secret: string };

const retag = ({ world, arn }: Mistaken, tag: (secrets: string) => string) => {
  const found = at(world, arn);
  found.tags = { ...found.tags, 'courier:secret': tag(found.tags['courier:secret'] ?? '') };
};

function relabel({ world, secret }: Mistaken, change: (versions: Versions) => Versions): void {
  const seen = world.secrets.get(secret);
  if (seen?.state === 'present') world.secrets.set(secret, { ...seen, versions: change(seen.versions) });
}

const inThreeMonths = now - (now % 60) + 90 * day;
const ofSomebody = writeVersionId({
  ...{ serial: 'f'.repeat(40), notAfter: inThreeMonths, content: 'ffffff', nonce: noNonce },
});

const mistakes: Readonly<Record<string, (on: Mistaken) => void>> = {
  'a tag that nobody can read': (on) => retag(on, (secrets) => `${secrets} bad|name`),
  'a secret outside the prefix': (on) => retag(on, (secrets) => `${secrets} other/name`),
  'a secret of another certificate': (on) => {
    const { world, secret } = on;
    const versions = { [ofSomebody]: [label.current, label.delivered] };
    world.secrets.set(`${secret}-taken`, { state: 'present', tags: {}, changedAt: world.now(), versions });
    retag(on, (secrets) => `${secrets} ${secret}-taken`);
  },
  'a version that was put by hand': (on) => relabel(on, (versions) => withLabel(versions, label.current, 'by-hand')),
  'a version that is held': (on) => {
    const { world, arn } = on;
    const { tags, notAfter, ...record } = at(world, arn);
    const [delivery] = readWishes(tags).deliveries;
    const serial = world.hex({ ...record, tags, notAfter });
    const next = delivery && writeVersionId({ serial, notAfter, content: contentHash(arn, delivery), nonce: noNonce });
    if (next) relabel(on, (versions) => ({ ...versions, [next]: [...(versions[next] ?? []), label.held] }));
  },
  'a secret that is deleted': ({ world, secret }) => {
    const seen = world.secrets.get(secret);
    const held = seen?.state === 'present' ? Object.keys(seen.versions) : [];
    if (seen) world.secrets.set(secret, { state: 'deleting', since: world.now() - 60, held });
  },
  'a certificate that is deleted': ({ world, arn }) => void world.certificates.delete(arn),
  'a consumer whose tag is misspelt': ({ world, arn, secret }) => {
    const service = `arn:aws:ecs:us-east-1:111122223333:service/prod/misspelt-${arn.slice(-1)}`;
    const tags = { 'courier:secret': `${secret}b` };
    world.services.set(service, { arn: service, tags, startedAt: world.now() - 60, reads: undefined });
  },
};

/** How one certificate, its secret and its services stand. */
const seldom = fc.integer({ min: 0, max: 4 }).map((one) => one === 4);
const situation = fc.record({
  secrets: fc.constantFrom(1, 1, 2, 0),
  paused: seldom,
  owner: fc.constantFrom(undefined, 'shop'),
  delivered: seldom.map((one) => !one),
  renewedSince: seldom,
  uncounted: seldom,
  /** Somebody asks for another format since. */
  reformatted: seldom,
  /** What keeps the current version from being restarted for, barred, or a newer one from becoming current. */
  setAside: fc.option(fc.constantFrom(label.stopped, label.rejected, label.held), { freq: 5, nil: undefined }),
  services: fc.array(
    fc.record({
      late: seldom,
      paused: seldom,
      order: fc.constantFrom(undefined, '10', '200'),
      probed: fc.boolean(),
      strays: fc.boolean(),
      canary: seldom,
    }),
    { maxLength: 3 },
  ),
  /** What a person did to its tags or its first secret. */
  mistake: fc.option(fc.constantFrom(...Object.keys(mistakes)), { freq: 2 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer One> ? One : never;

async function worldOf(situations: readonly Situation[]): Promise<RecordWorld> {
  const world = recordWorld(now);
  const set = (only: (one: Situation) => boolean, act: (arn: string, one: Situation) => void) =>
    situations.forEach((one, index) => {
      if (only(one)) act(arnOf(index), one);
    });
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
      const { strays } = service;
      // Whether two trials restart it twice hangs on the second in which each begins.
      const canary = service.canary && one.secrets === 1;
      world.services.set(arn, { arn, tags: wish, startedAt: now - 1, reads: undefined, strays, canary });
    });
  });
  await sweep(order, means(world));
  world.settle();
  world.advance(2 * 3_600);
  set(
    () => true,
    (arn, one) => {
      const { 'courier:pause': _, ...tags } = at(world, arn).tags;
      at(world, arn).tags = one.paused ? { ...tags, 'courier:pause': 'true' } : tags;
      for (const [index, service] of [...world.services.values()].entries()) {
        const secret = at(world, arn).tags['courier:secret'];
        if (index >= 0 && secret && service.arn.includes(`/s-${situations.indexOf(one)}-`))
          service.tags = { ...service.tags, 'courier:secret': secret };
      }
    },
  );
  set(
    (one) => one.setAside !== undefined,
    (arn, one) => {
      const [name = ''] = (at(world, arn).tags['courier:secret'] ?? '').split(' ');
      const secret = world.secrets.get(name);
      const current = secret?.state === 'present' && holderOf(secret.versions, label.current);
      if (current && one.setAside)
        world.secrets.set(name, { ...secret, versions: withLabel(secret.versions, one.setAside, current) });
    },
  );
  set(
    (one) => one.reformatted,
    (arn) => void Object.assign(at(world, arn), { tags: { ...at(world, arn).tags, 'courier:format': 'plain' } }),
  );
  set(
    (one) => one.renewedSince,
    (arn) =>
      Object.assign(at(world, arn), {
        serial: 2,
        notBefore: now,
        notAfter: now - (now % 60) + 390 * day,
        exported: false,
      }),
  );
  set(
    (one) => one.uncounted,
    (arn) => void Object.assign(at(world, arn), { exported: false }),
  );
  situations.forEach(({ mistake, secrets }, index) => {
    const secret = `courier/of-${index}-a`;
    if (mistake !== null && secrets > 0) mistakes[mistake]?.({ world, arn: arnOf(index), secret });
  });
  world.acts.length = 0;
  world.notices.length = 0;
  return world;
}

function at(world: RecordWorld, arn: string) {
  const found = world.certificates.get(arn);
  if (!found) throw new Error(arn);
  return found;
}

const arnOf = (index: number) =>
  `arn:aws:acm:us-east-1:111122223333:certificate/0000000${index}-0000-4000-8000-00000000000${index}`;

/** Of the schedule, which alone answers for what came up in an hour, or by hand. */
const ordered = (world: RecordWorld, isScheduled: boolean) => ({
  ...order,
  ...(isScheduled && { scheduledAt: world.now() }),
});

const inventoryOf = (world: RecordWorld) =>
  JSON.stringify([[...world.secrets], [...world.certificates.values()], [...world.services.values()]]);

const attributesOf = (all: readonly { attributes: object }[]) =>
  all.map(({ attributes }) => JSON.stringify(Object.entries(attributes).toSorted())).toSorted();

/** What no world has shown is not compared. */
const shown = [
  ...['Delivered', 'ServicePaused', 'ConsumerBehind', 'ExportNotCounted', 'BadTag', 'ServesAnother', 'CertificateLost'],
  ...['ConsumerOfNothing', 'SecretOutsidePrefix', 'SecretOfAnotherCertificate', 'SecretPendingDeletion'],
  ...['VersionPutByHand', 'export', 'promote', 'restart', 'canary'],
];

/** Plans, runs, and compares the two; what was done and told then. */
async function planAndRun(of: typeof order, world: RecordWorld) {
  world.acts.length = 0;
  world.notices.length = 0;
  const before = inventoryOf(world);
  const plan = (await sweep({ ...of, dryRun: true }, means(world))) as SweepPlan;
  expect(inventoryOf(world)).toBe(before);
  expect([world.queue, world.acts, world.notices]).toEqual([[], [], []]);

  await sweep(of, means(world));
  world.settle();
  const planned = plan.plan
    .filter(({ step }) => ['export', 'store', 'promote', 'restart'].includes(step))
    .map(
      (one) =>
        `${one.step} ${one.step === 'restart' ? one.service : one.step === 'export' ? one.secret : one.versionId}`,
    );
  const acted = world.acts.map(({ step, of }) => `${step} ${of}`);
  expect(planned.toSorted()).toEqual(acted.toSorted());
  const restarts = (all: readonly string[]) => all.filter((one) => one.startsWith('restart'));
  expect(restarts(planned)).toEqual(restarts(acted));
  expect(attributesOf(plan.notices)).toEqual(attributesOf(world.notices));
  return { acts: [...world.acts], notices: [...world.notices] };
}

it('a plan names the exports, versions, restarts and notices of the run that follows, in any world, and changes nothing', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(situation, { maxLength: 5 }), fc.boolean(), async (situations, isScheduled) => {
      const world = await worldOf(situations);
      const first = await planAndRun(ordered(world, isScheduled), world);
      for (const { attributes } of first.notices) seen.add(attributes.reason);
      for (const { step } of first.acts) seen.add(step);
      const canaries = [...world.services.values()].filter(({ canary }) => canary);
      if (first.acts.some(({ step, of }) => step === 'restart' && canaries.some(({ arn }) => arn.endsWith(of))))
        seen.add('canary');

      // What can be remembered now that a secret is there, and nothing else.
      const second = await planAndRun(order, world);
      expect(second.acts).toEqual([]);
      expect(await planAndRun(order, world)).toEqual({ acts: [], notices: [] });
    }),
    { numRuns: 400 },
  );
  expect(shown.filter((what) => !seen.has(what))).toEqual([]);
}, 60_000);
