import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  type Deployment as EcsDeployment,
  type Service as EcsService,
  ListServiceDeploymentsCommand,
  paginateListTasks,
  type ServiceDeploymentStatus,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Consumer, Deployment } from '../domain/rollout.ts';
import { consumedSecrets, isPaused, readsByItself } from '../domain/wish.ts';
import { ask, askFor } from './trouble.ts';

export type Services = ReturnType<typeof services>;

/** ECS, as the domain sees it. Reads are retried by the SDK; a restart never is. */
export function services(
  ecs = new ECSClient({}),
  // UpdateService has no client token: a retry after a lost answer would start a second deployment.
  once = new ECSClient({ maxAttempts: 1 }),
) {
  return {
    /**
     * The services among `arns` that consume the secret by their own tags (the Tagging API only nominates), each with
     * its deployments since `since` (epoch seconds) and its tasks. Services that are gone are left out.
     */
    async consumers(arns: readonly string[], { secret, since }: { secret: string; since: number }) {
      const found: Consumer[] = [];
      for (const batch of batches(arns)) {
        const described = await describe(ecs, batch);
        const consuming = described.filter(({ tags }) => consumedSecrets(readTags(tags)).includes(secret));
        found.push(...(await Promise.all(consuming.map((service) => observe(ecs, { service, since })))));
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
}

/** DescribeServices takes ten services of one cluster (API Reference). */
const batchSize = 10;

type Batch = { readonly cluster: string; readonly arns: readonly string[] };

function batches(arns: readonly string[]): readonly Batch[] {
  const byCluster = Map.groupBy(arns, clusterOf);
  return [...byCluster].flatMap(([cluster, all]) =>
    Array.from({ length: Math.ceil(all.length / batchSize) }, (_, index) => ({
      cluster,
      arns: all.slice(index * batchSize, (index + 1) * batchSize),
    })),
  );
}

/** `arn:…:service/CLUSTER/NAME`; services with the old short ARN cannot be tagged, so none gets here. */
const clusterOf = (serviceArn: string) => serviceArn.split('/').at(-2) ?? 'default';

/** A cluster that was deleted is an error, where a service that was is only left out. */
async function describe(ecs: ECSClient, { cluster, arns }: Batch): Promise<readonly EcsService[]> {
  const answer = await askFor('ecs:DescribeServices', () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: [...arns], include: ['TAGS'] })),
  );
  return answer?.services ?? [];
}

async function observe(ecs: ECSClient, { service, since }: { service: EcsService; since: number }): Promise<Consumer> {
  const arn = service.serviceArn ?? '';
  const consumer = {
    arn,
    service: service.serviceName ?? arn,
    cluster: clusterOf(arn),
    active: service.status === 'ACTIVE',
    desired: service.desiredCount ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    paused: isPaused(readTags(service.tags)),
    readsByItself: readsByItself(readTags(service.tags)),
  };
  if (!consumer.active || consumer.desired === 0) return { ...consumer, tasks: [], deployments: [] };
  const deployments = await deploymentsSince(ecs, { service, since });
  const tasks = deployments[0]?.status === 'under way' ? [] : await tasksOf(ecs, consumer);
  return { ...consumer, tasks, deployments };
}

/** Newest first. The list may lag behind a restart by some seconds: while it is empty, the service's own deployments count. */
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
  const known = listed.length > 0 ? listed : (service.deployments ?? []).map(readDeployment);
  return known.filter(({ createdAt }) => createdAt >= since).sort((a, b) => b.createdAt - a.createdAt);
}

const readDeployment = ({ createdAt, rolloutState, rolloutStateReason }: EcsDeployment): Deployment => ({
  createdAt: seconds(createdAt),
  status: rolloutState === 'COMPLETED' ? 'successful' : rolloutState === 'FAILED' ? 'failed' : 'under way',
  detail: rolloutStateReason ?? 'ECS gives no reason',
});

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

async function tasksOf(
  ecs: ECSClient,
  { cluster, service }: Pick<Consumer, 'cluster' | 'service'>,
): Promise<Consumer['tasks']> {
  // By name, all that the API Reference promises to filter by: an ARN may find no task, as if all had stopped.
  const pages = await ask('ecs:ListTasks', () =>
    Array.fromAsync(paginateListTasks({ client: ecs }, { cluster, serviceName: service, desiredStatus: 'RUNNING' })),
  );
  const tasks: Task[] = [];
  for (const { taskArns = [] } of pages) {
    if (taskArns.length === 0) continue;
    const answer = await ask('ecs:DescribeTasks', () =>
      ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns })),
    );
    tasks.push(...(answer.tasks ?? []));
  }
  return tasks.map(({ createdAt, lastStatus }) => ({
    createdAt: seconds(createdAt),
    running: lastStatus === 'RUNNING',
  }));
}

/** Epoch seconds with their fraction. A time that ECS leaves out counts as long ago, which can only cost a look. */
const seconds = (time: Date | undefined) => (time?.getTime() ?? 0) / 1000;

const readTags = (tags: readonly { key?: string | undefined; value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value]));
