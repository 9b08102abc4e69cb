import type { Worker } from './aws/worker.ts';
import type { ProbeTarget, Shown } from './domain/probe.ts';
import { readSightings, tasksAtOnce } from './events/probe-order.ts';

export type Prober = ReturnType<typeof prober>;

/** The function `probe`, which stands in the tasks' VPC and may do nothing else. */
export function prober(worker: Pick<Worker, 'ask'>) {
  return {
    /**
     * What each task showed, by the target's id, after at most so many seconds. Throws Trouble where the function did not
     * answer: that is no evidence against anything.
     */
    async look(targets: readonly ProbeTarget[], seconds: number): Promise<ReadonlyMap<string, Shown>> {
      const batches = Array.from({ length: Math.ceil(targets.length / tasksAtOnce) }, (_, index) =>
        targets.slice(index * tasksAtOnce, (index + 1) * tasksAtOnce),
      );
      const answers = await Promise.all(batches.map((batch) => worker.ask({ targets: batch, seconds })));
      return new Map(answers.flatMap(readSightings).map(({ id, ...shown }) => [id, shown]));
    },
  };
}
