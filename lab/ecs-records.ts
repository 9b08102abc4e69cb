import { randomInt } from 'node:crypto';
import { arn } from './service.ts';
import type { TaskProcess } from './task-process.ts';

export type ContainerDefinition = {
  readonly name: string;
  readonly image: string;
  readonly essential?: boolean;
  readonly entryPoint?: readonly string[];
  readonly portMappings?: readonly { readonly containerPort: number }[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
};

export type TaskDefinition = {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly registeredAt: Date;
  readonly containers: readonly ContainerDefinition[];
  readonly networkMode: 'awsvpc' | 'bridge' | 'host';
};

export type Container = {
  readonly definition: ContainerDefinition;
  /** Where it listens: with bridge the port that its first one is mapped to. */
  port?: number;
  process?: TaskProcess;
  exit?: Awaited<TaskProcess['exited']>;
};

export type Task = {
  readonly arn: string;
  readonly deployment: Deployment;
  readonly containers: readonly Container[];
  readonly createdAt: Date;
  lastStatus: 'PENDING' | 'RUNNING' | 'DEPROVISIONING' | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  startedAt?: Date;
  stoppedAt?: Date;
  stoppedReason?: string;
  host?: string | undefined;
};

export type Deployment = ReturnType<typeof newDeployment>;

export function newDeployment(definition: TaskDefinition, now: Date) {
  const id = `ecs-svc/${randomInt(1e9, 9e9)}${randomInt(1e8, 9e8)}`;
  return {
    id,
    definition,
    createdAt: now,
    updatedAt: now,
    rolloutState: 'IN_PROGRESS' as 'IN_PROGRESS' | 'COMPLETED' | 'FAILED',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    /** Whether it ever completed: only then can a roll-back return to it. */
    completed: false,
    /** Tasks in a row that ended before they listened. */
    failedTasks: 0,
    /** Tasks in a row that ended by themselves, and when the next may be started. */
    exits: 0,
    retryAt: 0,
    /** Once superseded: how many tasks it may still have. */
    share: 0,
  };
}

type RollbackStatus = `ROLLBACK_${'IN_PROGRESS' | 'SUCCESSFUL' | 'FAILED'}`;

export type ServiceDeployment = {
  readonly arn: string;
  readonly target: Deployment;
  readonly createdAt: Date;
  status: 'PENDING' | 'IN_PROGRESS' | 'SUCCESSFUL' | 'STOPPED' | RollbackStatus;
  statusReason?: string;
  startedAt?: Date;
  finishedAt?: Date;
};

export type EcsService = ReturnType<typeof newService>;

type Configuration = {
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly deploymentCircuitBreaker: { readonly enable: boolean; readonly rollback: boolean };
};
type Placement = { readonly cluster: string; readonly definition: TaskDefinition; readonly createdAt: Date };

/** A service as CreateService asks for it, with AWS's defaults. */
// biome-ignore lint/suspicious/noExplicitAny: as it came over the wire.
export const newService = (input: any, { cluster, definition, createdAt }: Placement) => ({
  name: input.serviceName as string,
  arn: arn('ecs', `service/${cluster}/${input.serviceName}`),
  cluster,
  controller: (input.deploymentController?.type ?? 'ECS') as string,
  launchType: (input.launchType ?? 'EC2') as string,
  createdAt,
  loadBalancers: (input.loadBalancers ?? []) as readonly {
    readonly targetGroupArn?: string;
    /** A Classic Load Balancer: the lab has none, and shows the service as ECS shows one behind it. */
    readonly loadBalancerName?: string;
    readonly containerPort: number;
  }[],
  status: 'ACTIVE' as 'ACTIVE' | 'DRAINING' | 'INACTIVE',
  strategy: (input.schedulingStrategy ?? 'REPLICA') as 'REPLICA' | 'DAEMON',
  // A daemon has a task on each container instance, and the lab one instance.
  desiredCount: (input.schedulingStrategy === 'DAEMON' ? 1 : (input.desiredCount ?? 0)) as number,
  definition,
  configuration: {
    ...(input.schedulingStrategy === 'DAEMON'
      ? { minimumHealthyPercent: 0, maximumPercent: 100 }
      : { minimumHealthyPercent: 100, maximumPercent: 200 }),
    deploymentCircuitBreaker: { enable: false, rollback: false },
    ...input.deploymentConfiguration,
  } as Configuration,
  /** The first one is PRIMARY, the others are ACTIVE. */
  deployments: [] as Deployment[],
  /** Newest first, as are the events. */
  serviceDeployments: [] as ServiceDeployment[],
  events: [] as { readonly id: string; readonly createdAt: Date; readonly message: string }[],
  tasks: [] as Task[],
});
