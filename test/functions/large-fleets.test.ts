import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  type ContainerDefinition,
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const secret = 'courier/api';

let courier: CourierLab;
afterEach(() => courier.stop());

type Fleet = {
  readonly size: number;
  readonly rolloutParallel: string;
  /** How many of them are probed, with a process for each task. */
  readonly probed?: number;
  /** Their task definitions alone say that they read it. */
  readonly isFound?: boolean;
};

/** So many services that read one secret, all but those that are probed as records without a process. Answers the certificate. */
async function fleetOf({ size, rolloutParallel, probed = 2, isFound = false }: Fleet): Promise<string> {
  courier = await startCourierLab({ rolloutParallel, discovers: isFound });
  const cluster = isFound ? 'searched' : 'prod';
  await courier.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const certificateArn = await courier.issue({ name: 'api.example.com', secret });
  for (const name of ['service-0', 'service-1'])
    await courier.service({
      ...{ name, secret, cluster, count: 2, isTagged: !isFound },
      tags: { 'courier:probe': '8443' },
    });
  const { ARN } = await courier.manager.send(new DescribeSecretCommand({ SecretId: secret }));
  const secrets = [{ name: 'CERTIFICATE', valueFrom: `${ARN}:certificate::` }];
  const records = [{ name: 'app', image: 'record:1', secrets }];
  const like = await courier.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'service-0' }));
  const processes: ContainerDefinition[] = like.taskDefinition?.containerDefinitions ?? [];
  for (let index = 2; index < size; index++) {
    const [family, isProbed] = [`service-${index}`, index < probed];
    const containerDefinitions = isProbed ? processes : records;
    await courier.ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions }));
    const tags = Object.entries({
      ...(!isFound && { 'courier:secret': secret }),
      ...(isProbed && { 'courier:probe': '8443' }),
    }).map(([key, value]) => ({ key, value }));
    const wish = { cluster, serviceName: family, taskDefinition: family, desiredCount: 1, tags };
    await courier.ecs.send(new CreateServiceCommand(wish));
  }
  await courier.lab.clock.advance(60_000);
  return certificateArn;
}

/** As an operator looks: `openssl s_client`, and the serial of the leaf that it was shown. */
async function serialByOpenssl(host: string, port: number): Promise<string> {
  const look = `openssl s_client -connect ${host}:${port} -servername api.example.com </dev/null 2>/dev/null | openssl x509 -noout -serial`;
  const { stdout } = await promisify(execFile)('sh', ['-c', look]);
  return stdout.trim().replace('serial=', '').toLowerCase().padStart(40, '0');
}

/** The most services that were in deployment at one time, by what ECS told of each since the mark. */
function mostInDeployment(since: number): number {
  const under = new Set<string>();
  const counts = courier.lab
    .events()
    .slice(since)
    .flatMap(({ source, resources, detail }) => {
      const [service] = resources;
      if (source !== 'aws.ecs' || service === undefined) return [];
      if (detail.eventName === 'SERVICE_DEPLOYMENT_IN_PROGRESS') under.add(service);
      else under.delete(service);
      return [under.size];
    });
  return Math.max(...counts);
}

describe('a rollout', () => {
  it('of 50 services with rolloutParallel 5 never has more than 5 in deployment', { timeout: 300_000 }, async () => {
    const certificateArn = await fleetOf({ size: 50, rolloutParallel: '5' });
    const [since, events] = [courier.lab.calls().length, courier.lab.events().length];
    await courier.renew(certificateArn);
    await courier.settle();
    expect(mostInDeployment(events)).toBe(5);
    expect(courier.told(certificateArn)).toEqual(['info Delivered', 'info Delivered']);
    const restarts = courier.callsOf('deliver', since).filter(({ operation }) => operation === 'UpdateService');
    expect(restarts).toHaveLength(50);

    const serial = await courier.serialOf(certificateArn);
    const tasks = await courier.lab.tasks();
    expect(tasks.map(({ servedSerial }) => servedSerial)).toEqual(Array(4).fill(serial));
    for (const { host, port } of tasks) expect(await serialByOpenssl(host, port)).toBe(serial);
  });

  it.each<readonly [string, Fleet]>([
    ['200 services that say so', { size: 200, rolloutParallel: '25%' }],
    ['200 services that were found', { size: 200, rolloutParallel: '25%', isFound: true }],
    ['40 services, each of them probed,', { size: 40, rolloutParallel: '50%', probed: 40 }],
  ])('of %s takes at most 4 calls for each', { timeout: 300_000 }, async (what, fleet) => {
    const certificateArn = await fleetOf(fleet);
    const since = courier.lab.calls().length;
    await courier.renew(certificateArn);
    await courier.settle();
    const calls = courier.callsOf('deliver', since);
    const counts = Object.entries(Object.groupBy(calls, ({ operation }) => operation)).map(
      ([operation, all = []]) => `${operation} ${all.length}`,
    );
    console.log(`${what}: ${calls.length} calls: ${counts.join(', ')}`);
    expect(courier.told(certificateArn)).toEqual(['info Delivered', 'info Delivered']);
    // What is asked for the certificate and its secret at each look does not grow with the fleet.
    const ofServices = calls.filter(({ service }) => ['ecs', 'lambda', 'ssm', 'tagging'].includes(service));
    expect(ofServices.length / fleet.size).toBeLessThanOrEqual(4);
    expect(calls.length - ofServices.length).toBeLessThanOrEqual(100);
  });
});
