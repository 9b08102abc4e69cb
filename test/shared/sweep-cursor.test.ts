import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Cursor, SweepOrder } from '../../shared/events/sweep-order.ts';
import type { Swept } from '../../shared/sweep.ts';
import { sweep } from '../../shared/sweep.ts';
import { now } from './domain/sample.ts';
import { recordWorld } from './record-world.ts';

const day = 86_400;
const count = 20;

function behindWorld(ends: readonly number[]) {
  const world = recordWorld(now);
  for (const [index, end] of ends.entries()) {
    const arn = `arn:aws:acm:us-east-1:111122223333:certificate/0000${String(index).padStart(4, '0')}-0000-4000-8000-000000000000`;
    const tags = { 'courier:secret': `courier/of-${index}` };
    const notAfter = now - (now % 60) + end * day;
    world.certificates.set(arn, { arn, tags, serial: 1, notBefore: now - day, notAfter, exported: false });
  }
  return world;
}

it('a sweep that has time for so many certificates at once goes on behind them, the soonest to end first, until all are queued', async () => {
  const ends = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: count, maxLength: count });
  await fc.assert(
    fc.asyncProperty(ends, fc.integer({ min: 1, max: count }), async (days, each) => {
      const world = behindWorld(days);
      const handed: Cursor[] = [];
      const wire = {
        ...world.wire,
        sweeps: { ...world.wire.sweeps, handOn: async (one: object) => void handed.push(one as Cursor) },
      };
      let order: SweepOrder = { digest: false, dryRun: false };
      let last: Swept | undefined;
      for (let hops = 0; hops <= count; hops++) {
        const before = world.queue.length;
        const remaining = () => (world.queue.length - before < each ? 900_000 : 1_000);
        last = (await sweep(order, { runId: `hop-${hops}`, remaining, wire })) as Swept;
        const resume = handed.shift();
        if (!resume) break;
        order = { digest: false, dryRun: false, resume };
      }
      expect(last).toMatchObject({ handedOn: false, queued: count });
      const queued = world.queue.map(({ certificateArn }) => world.certificates.get(certificateArn)?.notAfter ?? 0);
      expect(queued).toEqual(queued.toSorted((a, b) => a - b));
      expect(new Set(world.queue.map(({ certificateArn }) => certificateArn)).size).toBe(count);
      // One run, whichever invocation it was: its messages are told from those of another.
      expect(world.queue.every(({ cause }) => cause.startsWith('hop-0/'))).toBe(true);
    }),
    { numRuns: 100 },
  );
}, 60_000);

it('a sweep that hands itself on for ever is given up after twenty invocations', async () => {
  const world = behindWorld([1, 2, 3]);
  const handed: object[] = [];
  const wire = {
    ...world.wire,
    sweeps: { ...world.wire.sweeps, handOn: async (one: object) => void handed.push(one) },
  };
  const resume = { runId: 'run', until: now, scheduled: false, after: { notAfter: 0, arn: '' }, hops: 19, queued: 0 };
  const remaining = () => (world.queue.length === 0 ? 900_000 : 0);
  expect(await sweep({ digest: false, dryRun: false, resume }, { runId: 'other', remaining, wire })).toMatchObject({
    handedOn: false,
    queued: 1,
  });
  expect(handed).toEqual([]);
});
