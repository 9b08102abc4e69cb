import type { DescribeContainerInstancesCommandInput, ECSClient, Task } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { type HostsOf, taskAddresses } from '../../../shared/aws/task-addresses.ts';
import type { ProbePort } from '../../../shared/domain/probe.ts';

const instanceArn = (id: string) => `arn:aws:ecs:us-east-1:111122223333:container-instance/prod/${id}`;

/** Container instances whose EC2 instances are named like them, each asked for in vain where it is `gone`. */
function ecs(asked: string[][] = []): ECSClient {
  const send = async ({ input }: { input: DescribeContainerInstancesCommandInput }) => {
    const arns = input.containerInstances ?? [];
    asked.push(arns);
    const there = arns.filter((arn) => !arn.endsWith('gone'));
    return {
      containerInstances: there.map((arn) => ({
        containerInstanceArn: arn,
        ec2InstanceId: arn.replace(/.*\//, 'i-'),
      })),
    };
  };
  return { send } as unknown as ECSClient;
}
const hostsOf: HostsOf = async (ids) =>
  new Map(
    ids
      .filter((id) => id !== 'i-stopped')
      .map((id) => [id, { host: `10.0.0.${id.replace(/\D/g, '')}`, subnet: 'subnet-i' }]),
  );

const attachments = [{ type: 'ElasticNetworkInterface', details: [{ name: 'subnetId', value: 'subnet-t' }] }];
const awsvpc = (...containers: NonNullable<Task['containers']>): Task => ({ taskArn: 'task', containers, attachments });
const onInstance = (id: string, ...containers: NonNullable<Task['containers']>): Task => ({
  ...awsvpc(...containers),
  containerInstanceArn: instanceArn(id),
});
const own = { privateIpv4Address: '10.0.3.17' };
const mapped = (name: string, containerPort: number, hostPort: number) => ({
  name,
  networkBindings: [{ bindIP: '0.0.0.0', containerPort, hostPort, protocol: 'tcp' as const }],
});

const addressOf = async (task: Task, at: ProbePort) =>
  (await taskAddresses(hostsOf, ecs()).of([{ task, at }], 'prod')).get('task');

describe('a task', () => {
  it.each<[string, Task, ProbePort, object | undefined]>([
    [
      'has an interface of its own with awsvpc',
      awsvpc({ name: 'web', networkInterfaces: [own] }),
      { port: 8443 },
      { host: '10.0.3.17', port: 8443, subnet: 'subnet-t' },
    ],
    [
      'may have an address of IPv6 only',
      awsvpc({ name: 'web', networkInterfaces: [{ ipv6Address: 'fd12:3456:789a::17' }] }),
      { port: 8443 },
      { host: 'fd12:3456:789a::17', port: 8443, subnet: 'subnet-t' },
    ],
    [
      'has it on an instance, too',
      onInstance('1', { name: 'web', networkInterfaces: [own], networkBindings: [] }),
      { container: 'web', port: 8443 },
      { host: '10.0.3.17', port: 8443, subnet: 'subnet-t' },
    ],
    [
      'with bridge has its instance’s address, and the port that is mapped',
      onInstance('1', mapped('log', 24_224, 32_768), mapped('web', 8443, 32_769)),
      { port: 8443 },
      { host: '10.0.0.1', port: 32_769, subnet: 'subnet-i' },
    ],
    [
      'with bridge may have one port in two containers',
      onInstance('1', mapped('log', 8443, 32_768), mapped('web', 8443, 32_769)),
      { container: 'web', port: 8443 },
      { host: '10.0.0.1', port: 32_769, subnet: 'subnet-i' },
    ],
    [
      'with bridge has no address for a port that is not mapped',
      onInstance('1', mapped('web', 8443, 32_769)),
      { port: 443 },
      undefined,
    ],
    [
      'with host has its instance’s address and its own port',
      onInstance('1', { name: 'web', networkBindings: [] }),
      { port: 8443 },
      { host: '10.0.0.1', port: 8443, subnet: 'subnet-i' },
    ],
    [
      'has no address for a container that it does not have',
      awsvpc({ name: 'web', networkInterfaces: [own] }),
      { container: 'wbe', port: 8443 },
      undefined,
    ],
    [
      'has none there on an instance either',
      onInstance('1', { name: 'web' }),
      { container: 'wbe', port: 8443 },
      undefined,
    ],
    ['has no address before it has an interface', awsvpc({ name: 'web' }), { port: 8443 }, undefined],
    ['has no address once its instance is gone', onInstance('gone', { name: 'web' }), { port: 8443 }, undefined],
    ['has no address where EC2 knows none', onInstance('stopped', { name: 'web' }), { port: 8443 }, undefined],
  ])('%s', async (_, task, at, address) => {
    expect(await addressOf(task, at)).toEqual(address);
  });

  it('on an instance has no address where EC2 may not be asked', async () => {
    const asked: string[][] = [];
    const task = onInstance('1', { name: 'web' });
    const found = await taskAddresses(undefined, ecs(asked)).of([{ task, at: { port: 8443 } }], 'prod');
    expect(found).toEqual(new Map());
    expect(asked).toEqual([]);
  });
});

it('asks for each instance once, a hundred at a time', async () => {
  const asked: string[][] = [];
  const tasks = Array.from({ length: 202 }, (_, index) => ({
    task: { ...onInstance(`${index % 101}`, { name: 'web' }), taskArn: `task-${index}` },
    at: { port: 8443 },
  }));
  const found = await taskAddresses(hostsOf, ecs(asked)).of(tasks, 'prod');
  expect(asked.map(({ length }) => length)).toEqual([100, 1]);
  expect([found.size, found.get('task-201')]).toEqual([202, { host: '10.0.0.100', port: 8443, subnet: 'subnet-i' }]);
});
