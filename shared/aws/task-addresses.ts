import { type Container, DescribeContainerInstancesCommand, ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { ProbePort } from '../domain/probe.ts';
import { slices } from '../domain/waves.ts';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type TaskAddresses = ReturnType<typeof taskAddresses>;

/** `subnet` is where the task stands, undefined where ECS does not say it. */
export type Address = { readonly host: string; readonly port: number; readonly subnet?: string | undefined };

export type Host = Omit<Address, 'port'>;

/** Where EC2 instances stand, by their ids. */
export type HostsOf = (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, Host>>;

/** A task, and where in it the certificate is served. */
type Asked = { readonly task: Task; readonly at: ProbePort };

/**
 * Where tasks can be reached, each by itself, past every load balancer.
 *
 * @param hostsOf asks EC2, for tasks in the network modes bridge and host; without it those have no address
 */
export function taskAddresses(hostsOf?: HostsOf, ecs = new ECSClient(prompt)) {
  return {
    /**
     * By the task's ARN, from what DescribeTasks shows of one cluster. A task without an address of its own, without the container, or
     * whose port is not mapped, is left out: it cannot be probed, and that is to be said.
     */
    async of(asked: readonly Asked[], cluster: string): Promise<ReadonlyMap<string, Address>> {
      const places = asked.flatMap(({ task, at }) => {
        const place = placeOf(task, at);
        return place ? [{ taskArn: task.taskArn ?? '', ...place }] : [];
      });
      const instances = [...new Set(places.flatMap((place) => ('instance' in place ? [place.instance] : [])))];
      const hosts = hostsOf ? await addressesOf(instances, { ecs, cluster, hostsOf }) : new Map<string, Host>();
      return new Map(
        places.flatMap(({ taskArn, port, ...place }) => {
          const found = 'host' in place ? place : hosts.get(place.instance);
          return found === undefined ? [] : [[taskArn, { ...found, port }]];
        }),
      );
    },
  };
}

type Place = Address | { readonly instance: string; readonly port: number };

/**
 * With awsvpc the task has an interface of its own, and the container's port on it. Else its container instance's address
 * counts: with bridge at the port that is mapped, with host, where nothing is mapped at all, at the port itself.
 * Source: ECS API Reference, Container and NetworkBinding.
 */
function placeOf(task: Task, at: ProbePort): Place | undefined {
  const { containers = [], containerInstanceArn: instance } = task;
  const named = containers.filter(({ name }) => at.container === undefined || name === at.container);
  const [own] = named.flatMap(({ networkInterfaces = [] }) => networkInterfaces);
  const host = own?.privateIpv4Address ?? own?.ipv6Address;
  if (host !== undefined) return { host, port: at.port, subnet: subnetOf(task) };
  if (instance === undefined || named.length === 0) return undefined;
  if (bindingsOf(containers).length === 0) return { instance, port: at.port };
  const port = bindingsOf(named).find(({ containerPort }) => containerPort === at.port)?.hostPort;
  return port === undefined ? undefined : { instance, port };
}

/** Source: ECS Developer Guide, "Amazon ECS task networking options": the interface is an attachment, with details. */
const subnetOf = ({ attachments = [] }: Task) =>
  attachments.flatMap(({ details = [] }) => details).find(({ name }) => name === 'subnetId')?.value;

const bindingsOf = (containers: readonly Container[]) =>
  containers.flatMap(({ networkBindings = [] }) => networkBindings);

/** DescribeContainerInstances takes so many (API Reference). */
const batchSize = 100;

type Way = { readonly ecs: ECSClient; readonly cluster: string; readonly hostsOf: HostsOf };

/** Where container instances stand, by ARN. */
async function addressesOf(arns: readonly string[], { ecs, cluster, hostsOf }: Way) {
  const found = new Map<string, Host>();
  for (const containerInstances of slices(arns, batchSize)) {
    const answer = await ask('ecs:DescribeContainerInstances', () =>
      ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: [...containerInstances] })),
    );
    const instances = answer.containerInstances ?? [];
    const hosts = await hostsOf(instances.map(({ ec2InstanceId = '' }) => ec2InstanceId));
    for (const { containerInstanceArn = '', ec2InstanceId = '' } of instances) {
      const host = hosts.get(ec2InstanceId);
      if (host) found.set(containerInstanceArn, host);
    }
  }
  return found;
}
