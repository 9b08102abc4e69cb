import type { ProbeTarget, Shown } from './domain/probe.ts';
import type { ProbeOrder, Sighting } from './events/probe-order.ts';
import type { Base } from './world.ts';

type World = Pick<Base, 'sleep' | 'log'> & {
  /** Milliseconds of a clock that only goes on. */
  readonly elapsed: () => number;
  readonly probe: (handshake: ProbeTarget & { readonly timeoutMs: number }) => Promise<Shown>;
};

/** Between two handshakes with one task, and the longest that one may take. */
const [paceMs, patienceMs] = [1_000, 5_000];

/**
 * Shakes hands with all tasks at once, with each until it serves the expected leaf or the time is over: a process that is
 * new takes moments to listen, and one that goes still answers for moments. What was seen last is the answer.
 */
export async function probeTasks({ targets, seconds }: ProbeOrder, world: World): Promise<readonly Sighting[]> {
  const deadline = world.elapsed() + seconds * 1_000;
  return Promise.all(targets.map(async (target) => ({ id: target.id, ...(await watch(target, { deadline, world })) })));
}

async function watch(target: ProbeTarget, { deadline, world }: { deadline: number; world: World }): Promise<Shown> {
  for (let attempt = 1; ; attempt++) {
    const left = deadline - world.elapsed();
    const shown = await world.probe({ ...target, timeoutMs: Math.min(Math.max(left, paceMs), patienceMs) });
    const serves = 'serial' in shown && shown.serial === target.serial;
    if (serves || world.elapsed() + paceMs >= deadline) {
      world.log(serves ? 'info' : 'warn', 'Probed a task', {
        task: target.id,
        attempt,
        expected: target.serial,
        ...shown,
      });
      return shown;
    }
    await world.sleep(paceMs);
  }
}
