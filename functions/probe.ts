import { readProbeOrder } from '../shared/events/probe-order.ts';
import { probe } from '../shared/network/probe.ts';
import { probeTasks } from '../shared/probe-tasks.ts';
import { base, entry } from '../shared/runtime.ts';

const world = { ...base(), elapsed: () => performance.now(), probe };

/** Invoked by `deliver`, in the VPC of the tasks: handshakes in, serials out. Calls no AWS service. */
export const handler = entry(async (event: unknown) => probeTasks(readProbeOrder(event), world));
