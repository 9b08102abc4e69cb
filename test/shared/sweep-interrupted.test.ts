import { expect, it } from 'vitest';
import { sweep } from '../../shared/sweep.ts';
import { now } from './domain/sample.ts';
import { type RecordWorld, recordWorld } from './record-world.ts';

const day = 86_400;
const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000001';
const misspelt = 'arn:aws:ecs:us-east-1:111122223333:service/prod/misspelt';
const order = { digest: false, dryRun: false };

const run = (world: RecordWorld, wire = world.wire) => sweep(order, { runId: 'run', remaining: () => 900_000, wire });

/** One certificate that is delivered, and a service whose tag is nearly right: something to tell of once. */
async function worldWithNote() {
  const world = recordWorld(now);
  const of = { tags: { 'courier:secret': 'courier/api' }, serial: 1, notBefore: now - day, exported: false };
  world.certificates.set(arn, { arn, ...of, notAfter: now - (now % 60) + 100 * day });
  await run(world);
  world.settle();
  const tags = { 'courier:secret': 'courier/apj' };
  world.services.set(misspelt, { arn: misspelt, tags, startedAt: now, reads: undefined });
  world.notices.length = 0;
  return world;
}

const told = (world: RecordWorld) => world.notices.map(({ attributes: { reason } }) => reason);
const labels = (world: RecordWorld) => JSON.stringify([...world.secrets]);

it('a sweep that is killed between telling and labelling tells twice, not never, and then no more', async () => {
  const [world, untouched] = [await worldWithNote(), await worldWithNote()];
  const killed = async () => Promise.reject(new Error('killed'));
  await expect(run(world, { ...world.wire, secrets: { ...world.wire.secrets, move: killed } })).rejects.toThrow(
    'killed',
  );
  expect(told(world)).toEqual(['ConsumerOfNothing']);

  await run(world);
  expect(told(world)).toEqual(['ConsumerOfNothing', 'ConsumerOfNothing']);
  await run(world);
  expect(told(world)).toHaveLength(2);
  await run(untouched);
  expect(labels(world)).toBe(labels(untouched));
});

it('a sweep that is killed before it has told leaves it to the next', async () => {
  const world = await worldWithNote();
  const killed = async () => Promise.reject(new Error('killed'));
  await expect(run(world, { ...world.wire, topic: { tell: killed } })).rejects.toThrow('killed');
  await run(world);
  await run(world);
  expect(told(world)).toEqual(['ConsumerOfNothing']);
});

it('two sweeps at once tell each at most once, end where one would, and leave nothing to say', async () => {
  const [world, untouched] = [await worldWithNote(), await worldWithNote()];
  await Promise.all([run(world), run(world)]);
  const mails = told(world).length;
  expect([1, 2]).toContain(mails);
  await run(world);
  expect(told(world)).toHaveLength(mails);
  await run(untouched);
  expect(labels(world)).toBe(labels(untouched));
});
