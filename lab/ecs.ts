import type { Clock } from './clock.ts';
import {
  clusterArn,
  describeCluster,
  describeDefinition,
  describeService,
  describeServiceDeployment,
  describeTask,
  lastPart,
  summary,
} from './ecs-views.ts';
import {
  type Container,
  type ContainerDefinition,
  createScheduler,
  type EcsService,
  portOf,
  runningTasks,
  type Task,
  type TaskDefinition,
} from './rollout.ts';
import { AwsError, arn, type Emit, type Operation, type Service, type TaggedResources } from './service.ts';
import { servedSerial } from './task-process.ts';

/** A running task as `/_lab/tasks` shows it; the serial is found by a handshake, null where there is none. */
export type LabTask = {
  readonly service: string;
  readonly taskArn: string;
  readonly host: string;
  readonly port: number;
  readonly servedSerial: string | null;
};

type Tag = { readonly key: string; readonly value: string };
type Paged = { readonly maxResults?: number; readonly nextToken?: string };

/** How long ECS shows tasks that have stopped. */
const hour = 3_600_000;

/** ECS: what is asked for; `rollout.ts` moves the tasks, `ecs-views.ts` shows them. */
export function createEcs(parts: { clock: Clock; emit: Emit; readSecret: (valueFrom: string) => string }) {
  const { clock } = parts;
  const scheduler = createScheduler(parts);
  const clusters = new Set<string>();
  const definitions: TaskDefinition[] = [];
  const services: EcsService[] = [];
  const tags = new Map<string, Map<string, string>>();

  /** A cluster's name, from its name, its ARN or nothing. */
  function clusterOf(input: { cluster?: string }): string {
    const name = lastPart(input.cluster ?? 'default');
    if (clusters.has(name)) return name;
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }

  function findService(cluster: string, nameOrArn: string): EcsService | undefined {
    const name = lastPart(nameOrArn);
    return services.findLast((service) => service.cluster === cluster && service.name === name);
  }

  function knownService(input: { cluster?: string; service: string }): EcsService {
    const service = findService(clusterOf(input), input.service);
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    return service;
  }

  /** By ARN, `family:revision`, or `family` for the latest. */
  function definitionOf(name: string): TaskDefinition {
    const wanted = lastPart(name);
    const found = definitions.findLast(({ family, revision }) => [family, `${family}:${revision}`].includes(wanted));
    if (!found) throw new AwsError('ClientException', 'Unable to describe task definition.');
    return found;
  }

  const setTags = (resource: string, given: readonly Tag[] = []) => {
    const present = tags.get(resource) ?? new Map<string, string>();
    for (const { key, value } of given) present.set(key, value);
    tags.set(resource, present);
  };
  const tagsOf = (resource: string) => [...(tags.get(resource) ?? [])].map(([key, value]) => ({ key, value }));

  const CreateCluster: Operation = (input) => {
    const name = input.clusterName ?? 'default';
    clusters.add(name);
    setTags(clusterArn(name), input.tags);
    return { cluster: describeCluster(name) };
  };

  const DescribeClusters: Operation = (input) => {
    const names: string[] = (input.clusters ?? ['default']).map(lastPart);
    return {
      clusters: names.filter((name) => clusters.has(name)).map(describeCluster),
      failures: names.filter((name) => !clusters.has(name)).map((name) => missing(clusterArn(name))),
    };
  };

  const ListClusters: Operation = (input) => {
    const { items, nextToken } = page([...clusters], { ...input, standard: 100 });
    return { clusterArns: items.map(clusterArn), nextToken };
  };

  const RegisterTaskDefinition: Operation = (input) => {
    const containers: ContainerDefinition[] = input.containerDefinitions ?? [];
    if (containers.length === 0) throw new AwsError('ClientException', 'Container definitions should not be empty.');
    const revision = 1 + definitions.filter(({ family }) => family === input.family).length;
    const definition: TaskDefinition = {
      arn: arn('ecs', `task-definition/${input.family}:${revision}`),
      family: input.family,
      revision,
      containers,
      registeredAt: clock.now(),
    };
    definitions.push(definition);
    setTags(definition.arn, input.tags);
    return { taskDefinition: describeDefinition(definition), tags: tagsOf(definition.arn) };
  };

  const DescribeTaskDefinition: Operation = (input) => {
    const definition = definitionOf(input.taskDefinition);
    return {
      taskDefinition: describeDefinition(definition),
      ...(input.include?.includes('TAGS') && { tags: tagsOf(definition.arn) }),
    };
  };

  const CreateService: Operation = (input) => {
    const cluster = clusterOf(input);
    const present = findService(cluster, input.serviceName);
    if (present && present.status !== 'INACTIVE') throw invalid('Creation of service was not idempotent.');
    const daemon = input.schedulingStrategy === 'DAEMON';
    const service: EcsService = {
      name: input.serviceName,
      arn: arn('ecs', `service/${cluster}/${input.serviceName}`),
      cluster,
      controller: input.deploymentController?.type ?? 'ECS',
      launchType: input.launchType ?? 'EC2',
      schedulingStrategy: daemon ? 'DAEMON' : 'REPLICA',
      createdAt: clock.now(),
      status: 'ACTIVE',
      // The lab's cluster has one container instance, and a DAEMON runs once on each.
      desiredCount: daemon ? 1 : (input.desiredCount ?? 0),
      definition: definitionOf(input.taskDefinition),
      minimumHealthyPercent: daemon ? 0 : 100,
      maximumPercent: daemon ? 100 : 200,
      circuitBreaker: { enable: false, rollback: false },
      deployments: [],
      serviceDeployments: [],
      tasks: [],
      events: [],
    };
    configure(service, input.deploymentConfiguration);
    if (present) services.splice(services.indexOf(present), 1);
    services.push(service);
    tags.delete(service.arn);
    setTags(service.arn, input.tags);
    scheduler.deploy(service);
    return { service: { ...describeService(service), tags: tagsOf(service.arn) } };
  };

  const UpdateService: Operation = (input) => {
    const service = knownService(input);
    const force = input.forceNewDeployment === true;
    const definition = input.taskDefinition === undefined ? service.definition : definitionOf(input.taskDefinition);
    const changes = definition !== service.definition;
    if (service.controller !== 'ECS' && (force || changes)) throw refusal(service.controller, { force });

    configure(service, input.deploymentConfiguration);
    service.desiredCount = input.desiredCount ?? service.desiredCount;
    service.definition = definition;
    if (force || changes) scheduler.deploy(service);
    else scheduler.reconcile(service);
    return { service: describeService(service) };
  };

  const DeleteService: Operation = (input) => {
    const service = knownService(input);
    if (service.desiredCount > 0 && !input.force && service.schedulingStrategy === 'REPLICA') {
      throw invalid('The service cannot be stopped while it is scaled above 0.');
    }
    service.status = 'DRAINING';
    service.desiredCount = 0;
    scheduler.reconcile(service);
    return { service: describeService(service) };
  };

  const DescribeServices: Operation = (input) => {
    const cluster = clusterOf(input);
    const names: string[] = input.services ?? [];
    if (names.length === 0) throw invalid('Services cannot be empty.');
    if (names.length > 10) throw invalid('Services cannot have more than 10 elements.');
    const found = names.map((name) => ({ name, service: findService(cluster, name) }));
    return {
      services: found.flatMap(({ service }) =>
        service
          ? [{ ...describeService(service), ...(input.include?.includes('TAGS') && { tags: tagsOf(service.arn) }) }]
          : [],
      ),
      failures: found
        .filter(({ service }) => !service)
        .map(({ name }) => missing(arn('ecs', `service/${cluster}/${lastPart(name)}`))),
    };
  };

  const ListServices: Operation = (input) => {
    const cluster = clusterOf(input);
    const listed = services.filter((service) => service.cluster === cluster && service.status !== 'INACTIVE');
    const { items, nextToken } = page(listed, { ...input, standard: 10 });
    return { serviceArns: items.map((service) => service.arn), nextToken };
  };

  /** Running tasks, and those that stopped within the last hour. */
  function shownTasks(cluster: string): { service: EcsService; task: Task }[] {
    const oldest = clock.now().getTime() - hour;
    return services
      .filter((service) => service.cluster === cluster)
      .flatMap((service) => service.tasks.map((task) => ({ service, task })))
      .filter(({ task }) => !task.stoppedAt || task.stoppedAt.getTime() > oldest);
  }

  const ListTasks: Operation = (input) => {
    const cluster = clusterOf(input);
    const only = input.serviceName === undefined ? undefined : findService(cluster, input.serviceName);
    if (input.serviceName !== undefined && !only) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    const listed = shownTasks(cluster)
      .filter(({ service }) => !only || service === only)
      .filter(({ task }) => task.desiredStatus === (input.desiredStatus ?? 'RUNNING'));
    const { items, nextToken } = page(listed, { ...input, standard: 100 });
    return { taskArns: items.map(({ task }) => task.arn), nextToken };
  };

  const DescribeTasks: Operation = (input) => {
    const cluster = clusterOf(input);
    const ids: string[] = input.tasks ?? [];
    if (ids.length > 100) throw invalid('Tasks cannot have more than 100 elements.');
    const shown = new Map(shownTasks(cluster).map((entry) => [lastPart(entry.task.arn), entry]));
    return {
      tasks: ids.flatMap((id) => shown.get(lastPart(id)) ?? []).map(describeTask),
      failures: ids
        .filter((id) => !shown.has(lastPart(id)))
        .map((id) => missing(arn('ecs', `task/${cluster}/${lastPart(id)}`))),
    };
  };

  const ListServiceDeployments: Operation = (input) => {
    const service = findService(clusterOf(input), input.service);
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    const { after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = input.createdAt ?? {};
    const listed = rolloutsOf(service)
      .filter(({ status }) => !input.status?.length || input.status.includes(status))
      .filter(({ createdAt }) => createdAt.getTime() > after * 1000 && createdAt.getTime() < before * 1000);
    const { items, nextToken } = page(listed, { ...input, standard: 20 });
    return { serviceDeployments: items.map((one) => summary(service, one)), nextToken };
  };

  const DescribeServiceDeployments: Operation = (input) => {
    const arns: string[] = input.serviceDeploymentArns ?? [];
    if (arns.length > 20) throw invalid('ServiceDeploymentArns cannot have more than 20 elements.');
    const all = services.flatMap((service) => rolloutsOf(service).map((one) => ({ service, one })));
    const found = arns.map((wanted) => all.find(({ one }) => one.arn === wanted));
    return {
      serviceDeployments: found.flatMap((entry) =>
        entry ? [describeServiceDeployment(entry.service, entry.one)] : [],
      ),
      failures: arns.filter((_, index) => !found[index]).map(missing),
    };
  };

  function taggable(resource: string): string {
    if (!tags.has(resource)) throw invalid(`The specified resource ARN is not known: ${resource}`);
    return resource;
  }

  const TagResource: Operation = (input) => {
    setTags(taggable(input.resourceArn), input.tags);
    return {};
  };

  const UntagResource: Operation = (input) => {
    for (const key of input.tagKeys) tags.get(taggable(input.resourceArn))?.delete(key);
    return {};
  };

  /** As the Tagging API does, this goes on naming deleted services. */
  const tagged: TaggedResources = () =>
    [...tags].map(([resource, own]) => ({
      arn: resource,
      type: `ecs:${resource.split(':')[5]?.split('/')[0]}`,
      tags: Object.fromEntries(own),
    }));

  function tasks(): Promise<LabTask[]> {
    const running = services.flatMap((service) => runningTasks(service).map((task) => ({ service, task })));
    return Promise.all(
      running.map(async ({ service, task }) => {
        const host = task.host ?? '';
        const port = portOf(task.containers.find(hasPort)?.definition ?? {});
        return { service: service.name, taskArn: task.arn, host, port, servedSerial: await servedSerial(host, port) };
      }),
    );
  }

  const service: Service = {
    name: 'ecs',
    protocol: 'json-1.1',
    target: 'AmazonEC2ContainerServiceV20141113',
    operations: {
      CreateCluster,
      DescribeClusters,
      ListClusters,
      RegisterTaskDefinition,
      DescribeTaskDefinition,
      CreateService,
      UpdateService,
      DeleteService,
      DescribeServices,
      ListServices,
      ListTasks,
      DescribeTasks,
      ListServiceDeployments,
      DescribeServiceDeployments,
      TagResource,
      UntagResource,
      ListTagsForResource: (input) => ({ tags: tagsOf(taggable(input.resourceArn)) }),
    },
  };
  return { service, tagged, tasks, stop: scheduler.stop };
}

const invalid = (message: string) => new AwsError('InvalidParameterException', message);
const missing = (resource: string) => ({ arn: resource, reason: 'MISSING' });
const hasPort = ({ definition }: Container) => definition.portMappings?.[0] !== undefined;

const refusal = (controller: string, { force }: { force: boolean }) =>
  invalid(
    `${force ? 'Cannot force a new deployment' : 'Unable to update task definition'} on services with a ${controller} deployment controller. Use AWS CodeDeploy to trigger a new deployment.`,
  );

type Configuration = Partial<Pick<EcsService, 'minimumHealthyPercent' | 'maximumPercent'>> & {
  readonly deploymentCircuitBreaker?: EcsService['circuitBreaker'];
};

/** What CreateService and UpdateService take alike: what is not given stays as it is. */
function configure(service: EcsService, wanted: Configuration = {}): void {
  service.minimumHealthyPercent = wanted.minimumHealthyPercent ?? service.minimumHealthyPercent;
  service.maximumPercent = wanted.maximumPercent ?? service.maximumPercent;
  service.circuitBreaker = wanted.deploymentCircuitBreaker ?? service.circuitBreaker;
}

/** Service deployments exist for rolling updates; under another controller they are not the service's own. */
const rolloutsOf = (service: EcsService) => (service.controller === 'ECS' ? service.serviceDeployments : []);

function page<T>(all: readonly T[], { maxResults, nextToken, standard }: Paged & { standard: number }) {
  const start = Number(nextToken ?? 0);
  if (!Number.isInteger(start)) throw invalid('Invalid token.');
  const end = start + Math.min(maxResults ?? standard, 100);
  return { items: all.slice(start, end), nextToken: end < all.length ? String(end) : undefined };
}
