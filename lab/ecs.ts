import type { Clock } from './clock.ts';
import { type EcsService, newService, type Task, type TaskDefinition } from './ecs-records.ts';
import { clusterArn, describeDefinition, describeService, describeTask, lastPart, summary } from './ecs-views.ts';
import type { Balancer } from './forwarder.ts';
import type { Instances } from './instances.ts';
import { page } from './page.ts';
import { createScheduler, portOf, runningTasks } from './rollout.ts';
import { arn, type Emit, type Operation, refuse, type Service } from './service.ts';
import type { Tags } from './tags.ts';
import { servedSerial } from './task-process.ts';

/** A running task as `/_lab/tasks` shows it; the serial is found by a handshake, null where there is none. */
export type LabTask = {
  readonly service: string;
  readonly taskArn: string;
  readonly host: string;
  readonly port: number;
  readonly servedSerial: string | null;
};

/** How long ECS shows tasks that have stopped. */
const hour = 3_600_000;

type Parts = {
  clock: Clock;
  emit: Emit;
  tags: Tags;
  balancer: Balancer;
  instances: Pick<Instances, 'of'>;
  readSecret: (valueFrom: string) => string;
};

/** ECS: what is asked for; `rollout.ts` moves the tasks, `ecs-views.ts` shows them. */
export function createEcs({ tags, ...parts }: Parts) {
  const { clock, balancer, instances } = parts;
  const scheduler = createScheduler(parts);
  const clusters = new Set<string>();
  const definitions: TaskDefinition[] = [];
  const services: EcsService[] = [];

  /** A cluster's name, from its name, its ARN or nothing. */
  function clusterOf(input: { cluster?: string }): string {
    const name = lastPart(input.cluster ?? 'default');
    return clusters.has(name) ? name : refuse('ClusterNotFoundException', 'Cluster not found.');
  }

  function findService(cluster: string, nameOrArn: string): EcsService | undefined {
    const name = lastPart(nameOrArn);
    return services.findLast((service) => service.cluster === cluster && service.name === name);
  }

  const knownService = (input: { cluster?: string; service: string }): EcsService =>
    findService(clusterOf(input), input.service) ?? refuse('ServiceNotFoundException', 'Service not found.');

  function activeService(input: { cluster?: string; service: string }): EcsService {
    const service = knownService(input);
    return service.status === 'ACTIVE' ? service : refuse('ServiceNotActiveException', 'Service was not ACTIVE.');
  }

  /** By ARN, `family:revision`, or `family` for the latest. */
  function definitionOf(name: string): TaskDefinition {
    const wanted = lastPart(name);
    const found = definitions.findLast(({ family, revision }) => [family, `${family}:${revision}`].includes(wanted));
    return found ?? refuse('ClientException', 'Unable to describe task definition.');
  }

  const setTags = (resource: string, given: readonly { key: string; value?: string }[] = []) =>
    tags.add(
      resource,
      given.map(({ key: Key, value: Value = '' }) => ({ Key, Value })),
    );
  const tagsOf = (resource: string) => tags.of(resource).map(({ Key: key, Value: value }) => ({ key, value }));
  const tagsIf = (include: readonly string[] = [], resource: string) =>
    include.includes('TAGS') ? { tags: tagsOf(resource) } : {};

  const CreateCluster: Operation = ({ clusterName: name = 'default', tags: given }) => {
    clusters.add(name);
    setTags(clusterArn(name), given);
    return { cluster: { clusterArn: clusterArn(name), clusterName: name, status: 'ACTIVE' } };
  };

  const ListClusters: Operation = ({ maxResults = 100, nextToken }) => {
    const { items, next } = page([...clusters], { size: maxResults, token: nextToken });
    return { clusterArns: items.map(clusterArn), nextToken: next };
  };

  const ListServices: Operation = ({ maxResults = 10, nextToken, ...input }) => {
    const cluster = clusterOf(input);
    const present = services.filter((service) => service.cluster === cluster && service.status !== 'INACTIVE');
    const { items, next } = page(present, { size: maxResults, token: nextToken });
    return { serviceArns: items.map((service) => service.arn), nextToken: next };
  };

  const RegisterTaskDefinition: Operation = ({ family, networkMode = 'awsvpc', tags: given, ...input }) => {
    const revision = 1 + definitions.filter((one) => one.family === family).length;
    const definitionArn = arn('ecs', `task-definition/${family}:${revision}`);
    const containers = input.containerDefinitions;
    const definition = { arn: definitionArn, family, revision, networkMode, containers, registeredAt: clock.now() };
    definitions.push(definition);
    setTags(definitionArn, given);
    return { taskDefinition: describeDefinition(definition), tags: tagsOf(definitionArn) };
  };

  const DescribeTaskDefinition: Operation = (input) => {
    const definition = definitionOf(input.taskDefinition);
    return { taskDefinition: describeDefinition(definition), ...tagsIf(input.include, definition.arn) };
  };

  const CreateService: Operation = (input) => {
    const cluster = clusterOf(input);
    const present = findService(cluster, input.serviceName);
    if (present && present.status !== 'INACTIVE') invalid('Creation of service was not idempotent.');
    if (input.schedulingStrategy === 'DAEMON') refuseCount(input);
    for (const { targetGroupArn } of input.loadBalancers ?? [])
      if (targetGroupArn !== undefined && !balancer.has(targetGroupArn))
        invalid(`The target group with targetGroupArn ${targetGroupArn} does not exist.`);
    const definition = definitionOf(input.taskDefinition);
    const service = newService(input, { cluster, definition, createdAt: clock.now() });
    if (present) services.splice(services.indexOf(present), 1);
    services.push(service);
    tags.forget(service.arn);
    setTags(service.arn, input.tags);
    scheduler.deploy(service);
    return { service: { ...describeService(service), tags: tagsOf(service.arn) } };
  };

  const UpdateService: Operation = (input) => {
    const service = activeService(input);
    const force = input.forceNewDeployment === true;
    const definition = input.taskDefinition === undefined ? service.definition : definitionOf(input.taskDefinition);
    const changes = definition !== service.definition;
    if (service.controller !== 'ECS' && (force || changes)) {
      const what = force ? 'Cannot force a new deployment' : 'Unable to update task definition';
      const how = 'Use AWS CodeDeploy to trigger a new deployment.';
      invalid(`${what} on services with a ${service.controller} deployment controller. ${how}`);
    }
    if (service.strategy === 'DAEMON') refuseCount(input);
    service.configuration = { ...service.configuration, ...input.deploymentConfiguration };
    service.desiredCount = input.desiredCount ?? service.desiredCount;
    service.definition = definition;
    if (force || changes) scheduler.deploy(service);
    else scheduler.reconcile(service);
    return { service: describeService(service) };
  };

  const DeleteService: Operation = (input) => {
    const service = activeService(input);
    if (service.desiredCount > 0 && !input.force) invalid('The service cannot be stopped while it is scaled above 0.');
    service.status = 'DRAINING';
    service.desiredCount = 0;
    scheduler.reconcile(service);
    return { service: describeService(service) };
  };

  const DescribeServices: Operation = ({ services: names, include, ...input }) => {
    const cluster = clusterOf(input);
    // The published model has no limit: only the API's own check has.
    if (names.length > 10) invalid('Services cannot have more than 10 elements.');
    const { found, failures } = lookUp(names, {
      find: (name) => findService(cluster, name),
      arnOf: (name) => arn('ecs', `service/${cluster}/${lastPart(name)}`),
    });
    return { services: found.map((one) => ({ ...describeService(one), ...tagsIf(include, one.arn) })), failures };
  };

  /** Running tasks, and those that stopped within the last hour. */
  function shownTasks(cluster: string): { service: EcsService; task: Task }[] {
    const oldest = clock.now().getTime() - hour;
    return services
      .filter((service) => service.cluster === cluster)
      .flatMap((service) => service.tasks.map((task) => ({ service, task })))
      .filter(({ task }) => !task.stoppedAt || task.stoppedAt.getTime() > oldest);
  }

  const ListTasks: Operation = ({ serviceName, desiredStatus = 'RUNNING', ...input }) => {
    const only = serviceName && knownService({ ...input, service: serviceName });
    const listed = shownTasks(clusterOf(input))
      .filter(({ service }) => !only || service === only)
      .filter(({ task }) => task.desiredStatus === desiredStatus);
    const { items, next } = page(listed, { size: input.maxResults ?? 100, token: input.nextToken });
    return { taskArns: items.map(({ task }) => task.arn), nextToken: next };
  };

  const DescribeTasks: Operation = ({ tasks: wanted, ...input }) => {
    const cluster = clusterOf(input);
    const shown = new Map(shownTasks(cluster).map((entry) => [lastPart(entry.task.arn), entry]));
    const { found, failures } = lookUp(wanted, {
      find: (name) => shown.get(lastPart(name)),
      arnOf: (name) => arn('ecs', `task/${cluster}/${lastPart(name)}`),
    });
    return { tasks: found.map((one) => describeTask(one, instances.of(cluster).arn)), failures };
  };

  const DescribeContainerInstances: Operation = ({ containerInstances: wanted, ...input }) => {
    const cluster = clusterOf(input);
    const { arn: containerInstanceArn, id: ec2InstanceId } = instances.of(cluster);
    const { found, failures } = lookUp(wanted, {
      find: (name) => lastPart(name) === lastPart(containerInstanceArn) || undefined,
      arnOf: (name) => arn('ecs', `container-instance/${cluster}/${lastPart(name)}`),
    });
    return {
      containerInstances: found.map(() => ({ containerInstanceArn, ec2InstanceId, status: 'ACTIVE' })),
      failures,
    };
  };

  const ListServiceDeployments: Operation = ({ status: statuses = [], createdAt = {}, ...input }) => {
    const service = knownService(input);
    const { after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = createdAt;
    const listed = rolloutsOf(service)
      .filter(({ status }) => statuses.length === 0 || statuses.includes(status))
      .filter((one) => one.createdAt.getTime() > after * 1000 && one.createdAt.getTime() < before * 1000);
    const { items, next } = page(listed, { size: input.maxResults ?? 20, token: input.nextToken });
    return { serviceDeployments: items.map((one) => summary(service, one)), nextToken: next };
  };

  const taggable = (resource: string) =>
    tags.has(resource) ? resource : invalid(`The specified resource ARN is not known: ${resource}`);

  function tasks(): Promise<LabTask[]> {
    const running = services.flatMap((service) =>
      runningTasks(service).flatMap((task) => (task.host === undefined ? [] : [{ service, task }])),
    );
    return Promise.all(
      running.map(async ({ service, task: { arn: taskArn, host = '', containers } }) => {
        const container = containers.find(({ definition }) => definition.portMappings?.[0]);
        const port = container?.port ?? portOf(container?.definition);
        return { service: service.name, taskArn, host, port, servedSerial: await servedSerial(host, port) };
      }),
    );
  }

  const service: Service = {
    name: 'ecs',
    protocol: 'json-1.1',
    target: 'AmazonEC2ContainerServiceV20141113',
    operations: {
      CreateCluster,
      ListClusters,
      ListServices,
      RegisterTaskDefinition,
      DescribeTaskDefinition,
      CreateService,
      UpdateService,
      DeleteService,
      DescribeServices,
      ListTasks,
      DescribeTasks,
      DescribeContainerInstances,
      ListServiceDeployments,
      TagResource: (input) => setTags(taggable(input.resourceArn), input.tags),
      UntagResource: (input) => tags.remove(taggable(input.resourceArn), input.tagKeys),
      ListTagsForResource: (input) => ({ tags: tagsOf(taggable(input.resourceArn)) }),
    },
  };
  return { service, tasks, stop: scheduler.stop };
}

function refuseCount({ desiredCount }: { desiredCount?: number }): void {
  if (desiredCount !== undefined) invalid('The daemon scheduling strategy does not support a desired count.');
}

const invalid = (message: string) => refuse('InvalidParameterException', message);

type Lookup<T> = { readonly find: (name: string) => T | undefined; readonly arnOf: (name: string) => string };

/** What there is among the named, and a failure MISSING for each of the others. */
function lookUp<T>(names: readonly string[], { find, arnOf }: Lookup<T>) {
  return {
    found: names.flatMap((name) => find(name) ?? []),
    failures: names.filter((name) => !find(name)).map((name) => ({ arn: arnOf(name), reason: 'MISSING' })),
  };
}

/** Service deployments exist for rolling updates; under another controller they are not the service's own. */
const rolloutsOf = (service: EcsService) => (service.controller === 'ECS' ? service.serviceDeployments : []);
