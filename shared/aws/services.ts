import {
  type DeploymentRolloutState,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  type Deployment as EcsDeployment,
  type Service as EcsService,
  ListServiceDeploymentsCommand,
  type ListTasksCommandInput,
  paginateListTasks,
  type ServiceDeploymentStatus,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { ProbePort } from '../domain/probe.ts';
import type { Consumer, Deployment } from '../domain/rollout.ts';
import { clusterOf as clusterIn } from '../domain/service-arn.ts';
import { readServiceWish } from '../domain/service-wish.ts';
import { follows, mutableImages, readsStage } from '../domain/task-definition.ts';
import type { Ending } from '../domain/task-endings.ts';
import { slices } from '../domain/waves.ts';
import { consumedSecrets } from '../domain/wish.ts';
import { prompt } from './client.ts';
import { definitionOf } from './definition-of.ts';
import { isReplaced } from './service-state.ts';
import { type Address, type HostsOf, taskAddresses } from './task-addresses.ts';
import { taskDefinitions } from './task-definitions.ts';
import { ask, askFor } from './trouble.ts';

export type Services = ReturnType<typeof services>;

type Looking = {
  /** As for `taskAddresses`. */
  readonly hostsOf?: HostsOf;
  readonly definitions?: ReturnType<typeof taskDefinitions>;
  /** Clusters, by name, whose services consume what their task definitions read, too. */
  readonly searched?: readonly string[];
};

/** ECS, as the domain sees it. Reads are retried by the SDK; a restart never is. */
export function services(
  ecs = new ECSClient(prompt),
  { hostsOf, definitions = taskDefinitions(ecs), searched = [] }: Looking = {},
) {
  // UpdateService has no client token: a retry after a lost answer would start a second deployment.
  const once = new ECSClient({ ...prompt, maxAttempts: 1 });
  const addresses = taskAddresses(hostsOf, ecs);
  return {
    /**
     * The services among `arns` that consume the secret by their own tags (the Tagging API only nominates) or, in the
     * searched clusters, by what a restart would read now, each with
     * its deployments since `since` (epoch seconds; of canaries since `triedSince`, where it is given) and its tasks. Services that are gone are left out. One call for ten
     * services, and one for each task definition that is new; more only where a service's own description leaves open
     * what became of its tasks (docs/decisions/0013).
     */
    async consumers(arns: readonly string[], wanted: Wanted): Promise<readonly Consumer[]> {
      const found: Consumer[] = [];
      for (const batch of batches(arns)) {
        const described = await describe(ecs, batch);
        const verdicts = await Promise.all(described.map((service) => consumes(service, wanted.secret)));
        const consuming = described.filter((_, index) => verdicts[index]);
        const standings = await Promise.all(consuming.map((service) => standing(service, wanted)));
        const open = standings.filter(({ service, since }) => ownWords(service, since) === null);
        const names = open.map(({ is }) => is.service);
        const tasks = await tasksOf(ecs, { cluster: batch.cluster, names });
        found.push(
          ...(await Promise.all(
            standings.map(async ({ service, since, is }) => ({
              ...is,
              ...(await happenings(service, { since, tasks: tasks.get(is.service)?.map(readTask), ecs })),
            })),
          )),
        );
      }
      return found;
    },

    /** How tasks of a service ended that were created at or after `since`; ECS shows them for an hour. */
    async endings({ cluster, service }: Place, since: number): Promise<readonly Ending[]> {
      const arns = await listTasks(ecs, { cluster, serviceName: service, desiredStatus: 'STOPPED' });
      const tasks = await describeTasks(ecs, { cluster, arns: arns.slice(0, describedAtOnce) });
      return tasks.map(readEnding).filter(({ createdAt }) => createdAt >= since);
    },

    /**
     * Where each running task of these services serves the certificate: no address where it cannot be reached, no time
     * while it has not started. A list for each service, and the descriptions of a hundred tasks of a cluster at a time.
     */
    async places<One extends Server>(servers: readonly One[]): Promise<ReadonlyMap<One, readonly TaskPlace[]>> {
      const found = new Map<One, readonly TaskPlace[]>();
      for (const [cluster, some] of Map.groupBy(servers, (one) => one.cluster)) {
        const names = some.map(({ service }) => service);
        const tasks = await tasksOf(ecs, { cluster, names });
        const asked = some.map((one) => (tasks.get(one.service) ?? []).map((task) => ({ task, at: one.probe })));
        const known = await addresses.of(asked.flat(), cluster);
        for (const [index, one] of some.entries())
          found.set(one, asked[index]?.map(({ task }) => placeOf(task, known)) ?? []);
      }
      return found;
    },

    /** Starts new tasks in place of the running ones, with the task definition that the service has. One attempt. */
    async restart({ cluster, arn }: Pick<Consumer, 'cluster' | 'arn'>): Promise<void> {
      await ask('ecs:UpdateService', () =>
        once.send(new UpdateServiceCommand({ cluster, service: arn, forceNewDeployment: true })),
      );
    },
  };

  async function consumes(service: EcsService, secret: string): Promise<boolean> {
    const { serviceArn = '', status, tags } = service;
    const taskDefinition = definitionOf(service);
    if (consumedSecrets(readTags(tags)).includes(secret)) return true;
    const isSearched = status === 'ACTIVE' && searched.includes(clusterOf(serviceArn));
    return isSearched && taskDefinition !== undefined && follows(await definitions.find(taskDefinition), secret);
  }

  /** What the service is, whatever happens to it, and since when that is of interest. */
  async function standing(service: EcsService, { secret, since, triedSince = since }: Wanted) {
    const arn = service.serviceArn ?? '';
    const active = service.status === 'ACTIVE';
    const desired = service.desiredCount ?? 0;
    const taskDefinition = definitionOf(service);
    const definition = active && desired > 0 && taskDefinition ? await definitions.find(taskDefinition) : undefined;
    const canary = definition !== undefined && readsStage(definition, { secret, stage: 'COURIER_NEXT' });
    const is = {
      ...readServiceWish(readTags(service.tags), secret),
      arn,
      service: service.serviceName ?? arn,
      cluster: clusterOf(arn),
      active,
      desired,
      controller: service.deploymentController?.type ?? 'ECS',
      canary,
      mutableImages: definition === undefined ? [] : mutableImages(definition),
    };
    return { service, since: canary ? triedSince : since, is };
  }
}

type Wanted = { readonly secret: string; readonly since: number; readonly triedSince?: number | undefined };
type Place = Pick<Consumer, 'cluster' | 'service'>;

/** A service, and where its tasks serve the certificate. */
export type Server = Place & { readonly probe: ProbePort };

/** A task that runs, since `startedAt` (epoch seconds), or is to, and where it serves. */
export type TaskPlace = { readonly taskArn: string; readonly startedAt?: number; readonly address?: Address };

function placeOf({ taskArn = '', lastStatus, startedAt }: Task, known: ReadonlyMap<string, Address>): TaskPlace {
  const address = known.get(taskArn);
  const isStarted = lastStatus === 'RUNNING' && startedAt !== undefined;
  return { taskArn, ...(isStarted && { startedAt: seconds(startedAt) }), ...(address && { address }) };
}

type Happenings = Pick<Consumer, 'tasks' | 'deployments' | 'busySince'>;

/** DescribeServices takes ten services of one cluster (API Reference). */
const batchSize = 10;

type Batch = { readonly cluster: string; readonly arns: readonly string[] };

const batches = (arns: readonly string[]): readonly Batch[] =>
  [...Map.groupBy(arns, clusterOf)].flatMap(([cluster, all]) =>
    slices(all, batchSize).map((some) => ({ cluster, arns: some })),
  );

/** `arn:…:service/CLUSTER/NAME`; services with the old short ARN cannot be tagged, so none gets here. */
const clusterOf = (serviceArn: string) => clusterIn(serviceArn) ?? 'default';

/** A cluster that was deleted is an error, where a service that was is only left out. */
async function describe(ecs: ECSClient, { cluster, arns }: Batch): Promise<readonly EcsService[]> {
  const answer = await askFor('ecs:DescribeServices', () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: [...arns], include: ['TAGS'] })),
  );
  return answer?.services ?? [];
}

/**
 * What the service's own description says of its tasks; null where it leaves that open. It says enough while a deployment
 * is under way, after one since then that alone is left, and where nothing at all has happened since.
 */
function ownWords(service: EcsService, since: number): Happenings | null {
  if (service.status !== 'ACTIVE' || (service.desiredCount ?? 0) === 0) return { tasks: [], deployments: [] };
  const all = deploymentsOf(service, since);
  const [newest, ...older] = all.filter(({ createdAt }) => createdAt >= since);
  const underWay = all.find(({ status }) => status === 'under way');
  // A roll-back is under way as the deployment that it goes back to, and belongs to the one that failed.
  if (newest && underWay) return { tasks: [], deployments: [{ ...newest, status: 'under way' }, ...older] };
  if (underWay) return { tasks: [], deployments: [], busySince: underWay.createdAt };
  const [only] = all;
  if (!only || all.length > 1) return null;
  if (only === newest && newest.status === 'successful')
    return { tasks: asMany(service.runningCount ?? 0, only), deployments: [newest] };
  return isQuiet(service, since) ? { tasks: asMany(1, only), deployments: [] } : null;
}

const deploymentsOf = (service: EcsService, since: number): readonly Deployment[] =>
  (service.deployments ?? [])
    .map((one) => readDeployment(one, { service, since }))
    .toSorted((a, b) => b.createdAt - a.createdAt);

const asMany = (count: number, { createdAt }: Deployment): Consumer['tasks'] =>
  Array.from({ length: count }, () => ({ createdAt, running: true }));

/** ECS writes an event when a service starts tasks, and when a deployment ends; where it shows none, nobody knows. */
function isQuiet({ events = [], deployments = [] }: EcsService, since: number): boolean {
  const times = [...events.map(({ createdAt }) => createdAt), ...deployments.map(({ updatedAt }) => updatedAt)];
  return events.length > 0 && times.every((time) => time !== undefined && seconds(time) < since);
}

type Asked = Pick<Wanted, 'since'> & { readonly tasks: Consumer['tasks'] | undefined; readonly ecs: ECSClient };

/** Of a service with old tasks and no deployment since, ECS's list says whether there was one that is gone by now. */
async function happenings(service: EcsService, { since, tasks = [], ecs }: Asked): Promise<Happenings> {
  const own = ownWords(service, since);
  if (own) return own;
  const shown = deploymentsOf(service, since).filter(({ createdAt }) => createdAt >= since);
  const isOpen = shown.length === 0 && tasks.some(({ createdAt }) => createdAt < since);
  const deployments = isOpen ? await deploymentsSince(ecs, { service, since }) : shown;
  return { tasks, deployments: deployments.toSorted((a, b) => b.createdAt - a.createdAt) };
}

async function deploymentsSince(ecs: ECSClient, { service, since }: { service: EcsService; since: number }) {
  const answer = await ask('ecs:ListServiceDeployments', () =>
    ecs.send(
      new ListServiceDeploymentsCommand({
        cluster: clusterOf(service.serviceArn ?? ''),
        service: service.serviceArn,
        // ECS leaves out what was created exactly then.
        createdAt: { after: new Date(since * 1000 - 1) },
      }),
    ),
  );
  const listed = (answer.serviceDeployments ?? []).map(
    ({ createdAt, status, statusReason }): Deployment => ({
      createdAt: seconds(createdAt),
      status: status ? statuses[status] : 'under way',
      detail: statusReason ?? service.events?.[0]?.message ?? 'ECS gives no reason',
    }),
  );
  return listed.filter(({ createdAt }) => createdAt >= since);
}

type Seen = { readonly service: EcsService; readonly since: number };

function readDeployment(deployment: EcsDeployment, seen: Seen): Deployment {
  const { createdAt, rolloutState, rolloutStateReason, failedTasks = 0, runningCount: runningTasks = 0 } = deployment;
  return {
    createdAt: seconds(createdAt),
    status: rolloutState ? rolloutStates[rolloutState] : statusByTasks(deployment, seen),
    detail: rolloutStateReason ?? 'ECS gives no reason',
    failedTasks,
    runningTasks,
  };
}

const rolloutStates: Readonly<Record<DeploymentRolloutState, Deployment['status']>> = {
  IN_PROGRESS: 'under way',
  COMPLETED: 'successful',
  FAILED: 'failed',
};

/**
 * Behind a Classic Load Balancer a deployment has no rolloutState (API Reference, Deployment). It is under way while it
 * replaces another one, and one since then until any of its tasks runs; those that are missing then are counted by whoever
 * judges. One from before that is alone has ended, whatever it lacks: waited for, a service without room for its last task
 * would never be restarted.
 */
function statusByTasks({ createdAt, runningCount = 0 }: EcsDeployment, { service, since }: Seen): Deployment['status'] {
  if ((service.deployments ?? []).some(isReplaced)) return 'under way';
  return runningCount > 0 || seconds(createdAt) < since ? 'successful' : 'under way';
}

/** A roll-back is a failed rollout, however well it went (ECS API Reference, ServiceDeployment). */
const statuses: Readonly<Record<ServiceDeploymentStatus, Deployment['status']>> = {
  PENDING: 'under way',
  IN_PROGRESS: 'under way',
  STOP_REQUESTED: 'under way',
  ROLLBACK_REQUESTED: 'under way',
  ROLLBACK_IN_PROGRESS: 'under way',
  SUCCESSFUL: 'successful',
  STOPPED: 'failed',
  ROLLBACK_SUCCESSFUL: 'failed',
  ROLLBACK_FAILED: 'failed',
};

type Named = { readonly cluster: string; readonly names: readonly string[] };

/** The tasks of several services of one cluster: a list for each, ten side by side, and their descriptions a hundred at a time. */
async function tasksOf(ecs: ECSClient, { cluster, names }: Named): Promise<ReadonlyMap<string, readonly Task[]>> {
  const lists: (readonly [string, readonly string[]])[] = [];
  // By name, all that the API Reference promises to filter by: an ARN may find no task, as if all had stopped.
  const list = async (serviceName: string) =>
    [serviceName, await listTasks(ecs, { cluster, serviceName, desiredStatus: 'RUNNING' })] as const;
  for (const some of slices(names, batchSize)) lists.push(...(await Promise.all(some.map(list))));
  const tasks = await describeTasks(ecs, { cluster, arns: lists.flatMap(([, arns]) => arns) });
  const described = new Map(tasks.map((task) => [task.taskArn, task]));
  return new Map(lists.map(([name, arns]) => [name, arns.flatMap((arn) => described.get(arn) ?? [])]));
}

/** Source: API Reference, DescribeTasks. */
const describedAtOnce = 100;

async function describeTasks(ecs: ECSClient, { cluster, arns }: { cluster: string; arns: readonly string[] }) {
  const tasks: Task[] = [];
  for (const some of slices(arns, describedAtOnce)) {
    const answer = await ask('ecs:DescribeTasks', () =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks: [...some] })),
    );
    tasks.push(...(answer.tasks ?? []));
  }
  return tasks;
}

async function listTasks(ecs: ECSClient, wanted: ListTasksCommandInput): Promise<readonly string[]> {
  const pages = await ask('ecs:ListTasks', () => Array.fromAsync(paginateListTasks({ client: ecs }, wanted)));
  return pages.flatMap(({ taskArns = [] }) => taskArns);
}

const readEnding = ({ createdAt, stoppedReason = 'ECS gives no reason', containers = [] }: Task): Ending => ({
  createdAt: seconds(createdAt),
  reason: stoppedReason,
  exits: containers.flatMap(({ name = '', exitCode, reason = '' }) =>
    exitCode === undefined ? [] : [{ container: name, code: exitCode, reason }],
  ),
});

const readTask = ({ createdAt, lastStatus }: Task): Consumer['tasks'][number] => ({
  createdAt: seconds(createdAt),
  running: lastStatus === 'RUNNING',
});

/** Epoch seconds with their fraction. A time that ECS leaves out counts as long ago, which can only cost a look. */
const seconds = (time: Date | undefined) => (time?.getTime() ?? 0) / 1000;

const readTags = (tags: readonly { key?: string | undefined; value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value]));
