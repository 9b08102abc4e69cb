import type { Deployment, EcsService, ServiceDeployment, Task, TaskDefinition } from './ecs-records.ts';
import { hasRolloutState, liveTasks, portOf, runningTasks } from './rollout.ts';
import { arn } from './service.ts';

export const clusterArn = (name: string) => arn('ecs', `cluster/${name}`);
export const lastPart = (nameOrArn: string) => nameOrArn.split('/').at(-1) ?? '';

export const describeDefinition = (definition: TaskDefinition) => ({
  taskDefinitionArn: definition.arn,
  family: definition.family,
  revision: definition.revision,
  status: 'ACTIVE',
  networkMode: definition.networkMode,
  containerDefinitions: definition.containers.map((container) => ({ essential: true, ...container })),
  registeredAt: definition.registeredAt,
});

function counts(service: EcsService, deployment?: Deployment) {
  const runningCount = runningTasks(service, deployment).length;
  return { runningCount, pendingCount: liveTasks(service, deployment).length - runningCount };
}

export const describeService = (service: EcsService) => ({
  deployments: [],
  serviceArn: service.arn,
  serviceName: service.name,
  clusterArn: clusterArn(service.cluster),
  status: service.status,
  desiredCount: service.desiredCount,
  ...counts(service),
  launchType: service.launchType,
  schedulingStrategy: service.strategy,
  deploymentController: { type: service.controller },
  deploymentConfiguration: service.configuration,
  taskDefinition: service.definition.arn,
  loadBalancers: service.loadBalancers,
  // Under CODE_DEPLOY and EXTERNAL there are task sets in their place.
  [service.controller === 'ECS' ? 'deployments' : 'taskSets']: service.deployments.map((one) =>
    describeDeployment(service, one),
  ),
  events: service.events,
  createdAt: service.createdAt,
});

function describeDeployment(service: EcsService, deployment: Deployment) {
  const primary = deployment === service.deployments[0];
  return {
    id: deployment.id,
    status: primary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: deployment.definition.arn,
    desiredCount: primary ? service.desiredCount : deployment.share,
    ...counts(service, deployment),
    failedTasks: deployment.failedTasks,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    launchType: service.launchType,
    ...(hasRolloutState(service) && {
      rolloutState: deployment.rolloutState,
      rolloutStateReason: deployment.rolloutStateReason,
    }),
  };
}

export function describeTask({ service, task }: { service: EcsService; task: Task }, instanceArn: string) {
  const mode = task.deployment.definition.networkMode;
  const own = task.host === undefined || mode !== 'awsvpc' ? [] : [task.host];
  const bindings = (hostPort: number | undefined, containerPort: number) =>
    mode === 'bridge' && hostPort ? [{ bindIP: '0.0.0.0', containerPort, hostPort, protocol: 'tcp' }] : [];
  const details = own.flatMap((value) => [
    { name: 'subnetId', value: 'subnet-1a' },
    { name: 'privateIPv4Address', value },
  ]);
  return {
    taskArn: task.arn,
    clusterArn: clusterArn(service.cluster),
    taskDefinitionArn: task.deployment.definition.arn,
    group: `service:${service.name}`,
    startedBy: task.deployment.id,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    launchType: service.launchType,
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    stoppedAt: task.stoppedAt,
    stoppedReason: task.stoppedReason,
    ...(mode === 'awsvpc'
      ? { attachments: [{ id: lastPart(task.arn), type: 'ElasticNetworkInterface', status: 'ATTACHED', details }] }
      : { containerInstanceArn: instanceArn }),
    containers: task.containers.map((container) => ({
      containerArn: `${task.arn.replace(':task/', ':container/')}/${container.definition.name}`,
      taskArn: task.arn,
      name: container.definition.name,
      image: container.definition.image,
      lastStatus: container.exit ? 'STOPPED' : task.lastStatus,
      exitCode: container.exit?.code,
      // The lab keeps no container logs: the last line said on stderr stands here, where AWS has little to say.
      reason: container.exit?.message || undefined,
      networkBindings: bindings(container.port, portOf(container.definition)),
      networkInterfaces: own.map((privateIpv4Address) => ({ privateIpv4Address })),
    })),
  };
}

export const summary = (service: EcsService, one: ServiceDeployment) => ({
  serviceDeploymentArn: one.arn,
  serviceArn: service.arn,
  clusterArn: clusterArn(service.cluster),
  createdAt: one.createdAt,
  startedAt: one.startedAt,
  finishedAt: one.finishedAt,
  status: one.status,
  statusReason: one.statusReason,
});
