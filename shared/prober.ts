import type { Worker } from './aws/worker.ts';
import type { ProbeTarget, Shown } from './domain/probe.ts';
import { slices } from './domain/waves.ts';
import { readSightings, tasksAtOnce } from './events/probe-order.ts';

export type Prober = ReturnType<typeof prober>;

/** A task to shake hands with, and the subnet that it stands in, where ECS says it. */
type Target = ProbeTarget & { readonly subnet?: string | undefined };

/** A function `probe`: where it stands, and how it is asked. */
export type Stand = { readonly subnets: readonly string[]; readonly probe: Pick<Worker, 'ask'> };

/** The functions `probe`, one in each VPC that has one. They may do nothing else. */
export function prober(stands: readonly Stand[]) {
  return {
    /**
     * What each task showed, by the target's id, after at most so many seconds. Only a probe in its own subnet is asked:
     * addresses of two VPCs may be the same. Whoever stands where no probe does is left out. Throws Trouble where a
     * function did not answer: that is no evidence against anything.
     */
    async look(targets: readonly Target[], seconds: number): Promise<ReadonlyMap<string, Shown>> {
      const answers = stands.map(async ({ subnets, probe }) => {
        const near = targets.filter(({ subnet }) => subnet !== undefined && subnets.includes(subnet));
        const orders = slices(
          near.map(({ subnet: _, ...target }) => target),
          tasksAtOnce,
        );
        return Promise.all(orders.map((some) => probe.ask({ targets: some, seconds })));
      });
      const sightings = (await Promise.all(answers)).flat().flatMap(readSightings);
      return new Map(sightings.map(({ id, ...shown }) => [id, shown]));
    },
  };
}

/** `FUNCTION=SUBNET,SUBNET`, divided by spaces: the variable PROBES, as build/probes.cjs writes it. */
export const readStands = (text: string, probe: (functionName: string) => Stand['probe']): readonly Stand[] =>
  text.split(' ').map((word) => {
    const [functionName = '', subnets = ''] = word.split('=');
    return { subnets: subnets.split(','), probe: probe(functionName) };
  });
