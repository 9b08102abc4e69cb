import { taskAddresses } from '../shared/aws/task-addresses.ts';
import { type ProbePort, type ProbeVerdict, probeVerdict, serverName } from '../shared/domain/probe.ts';
import { type Consumer, judge, type Verdict } from '../shared/domain/rollout.ts';
import { probe } from '../shared/network/probe.ts';
import { runningTasks } from './aws/running-tasks.ts';
import type { CliSight } from './sight.ts';

/** Where one service stands on the version that is current: by what ECS shows, and by handshakes where they were asked for. */
export type Standing = {
  readonly consumer: Consumer;
  readonly verdict: Verdict;
  readonly tasks?: readonly TaskSight[];
};

/** What one task was seen to serve, from where this runs. */
export type TaskSight = {
  readonly taskArn: string;
  readonly startedAt: number | undefined;
  readonly host?: string;
  readonly port?: number;
  readonly shows: ProbeVerdict | { readonly is: 'not probed'; readonly why: string };
};

export type Current = {
  readonly secret: string;
  /** ARNs of services that say they read it. */
  readonly consumers: readonly string[];
  /** Of the version that is current. */
  readonly since: number;
  readonly serial: string;
  /** The certificate's first name, which a client would ask for. */
  readonly name: string;
};

export async function standings(
  current: Current,
  { sight, shakesHands }: { readonly sight: CliSight; readonly shakesHands: boolean },
): Promise<readonly Standing[]> {
  const { secret, since } = current;
  const consumers = await sight.services.consumers(current.consumers, { secret, since });
  const promotion = { since, now: sight.now(), deadlineSeconds: sight.settings.deadlineSeconds };
  return Promise.all(
    consumers.map(async (consumer) => ({
      consumer,
      verdict: judge(consumer, promotion),
      ...(shakesHands && { tasks: await seeTasks(consumer, current) }),
    })),
  );
}

async function seeTasks(consumer: Consumer, current: Current): Promise<readonly TaskSight[]> {
  const tasks = await runningTasks(consumer);
  const { cluster, probe: at } = consumer;
  const addresses = await taskAddresses().of(at ? tasks.map((task) => ({ task, at })) : [], cluster);
  return Promise.all(
    tasks.map(async ({ taskArn = '', startedAt }) => {
      const address = addresses.get(taskArn);
      const seen = { taskArn, startedAt: startedAt && startedAt.getTime() / 1000, ...address };
      if (!address) return { ...seen, shows: { is: 'not probed', why: whyNot(consumer.probe) } } as const;
      const servername = serverName(current.name);
      return {
        ...seen,
        shows: probeVerdict(await probe({ ...address, servername, timeoutMs: 5_000 }), current.serial),
      };
    }),
  );
}

const whyNot = (at: ProbePort | undefined) =>
  at ? 'the task has no address of its own at this port' : 'the service is not tagged courier:probe=PORT';

/** Of many services, in a cell: how many of their tasks serve it. */
export function servedInShort(all: readonly Standing[]): string {
  const tasks = all.flatMap((one) => one.tasks ?? []);
  const serving = tasks.filter(({ shows }) => shows.is === 'serving').length;
  const unseen = tasks.filter(({ shows }) => shows.is === 'not probed' || shows.is === 'silent').length;
  return `${serving}/${tasks.length} tasks${unseen > 0 ? ` (${unseen} unseen)` : ''}`;
}

/** What a task serves instead, as a problem of the delivery. */
export const wrongLeaves = (all: readonly Standing[]): readonly string[] =>
  all.flatMap(({ consumer, tasks = [] }) =>
    tasks.flatMap(({ shows, host, port }) => {
      if (shows.is === 'another leaf')
        return [`${consumer.service} serves another leaf at ${host}:${port}: ${shows.serial}`];
      if (shows.is === 'silent' && shows.during === 'handshake')
        return [`${consumer.service} does not serve at ${host}:${port}: ${shows.error}`];
      return [];
    }),
  );
