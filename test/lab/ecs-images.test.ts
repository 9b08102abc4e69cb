import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { taskAddresses } from '../../shared/aws/task-addresses.ts';
import { probe } from '../../shared/network/probe.ts';
import { probeTasks } from '../../shared/probe-tasks.ts';
import { encrypted, mint, mintKeys, passphrase } from '../shared/mint.ts';
import { type ContainerLab, startContainerLab } from './container-lab.ts';

const cluster = 'default';
const volume = mkdtempSync(join(tmpdir(), 'acm-courier-volume-'));
const [first, second] = ['0a01'.padStart(40, '0'), '0b02'.padStart(40, '0')];

let lab: ContainerLab;
let secretArn: string;
beforeAll(async () => {
  lab = await startContainerLab();
  await lab.ecsClient.send(new CreateClusterCommand({}));
  const command = new CreateSecretCommand({ Name: 'api', SecretString: await material(first) });
  secretArn = (await lab.secretsClient.send(command)).ARN ?? '';
});
afterAll(async () => {
  await lab.stop();
  rmSync(volume, { recursive: true });
});

async function material(serial: string): Promise<string> {
  const keys = await mintKeys();
  const { pem } = await mint({ name: 'api.example.com', keys, names: ['api.example.com'], serial });
  return JSON.stringify({ certificate: pem, privateKey: encrypted(keys), passphrase });
}

/** One task of an image, which the lab has brought up or given up. */
async function run(image: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const from = {
    COURIER_CERTIFICATE: 'certificate',
    COURIER_PRIVATE_KEY: 'privateKey',
    COURIER_PASSPHRASE: 'passphrase',
  };
  const container = {
    name: 'web',
    image,
    portMappings: [{ containerPort: 8443 }],
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(from).map(([name, key]) => ({ name, valueFrom: `${secretArn}:${key}::` })),
  };
  await lab.ecsClient.send(new RegisterTaskDefinitionCommand({ family: image, containerDefinitions: [container] }));
  const wish = { cluster, serviceName: image, taskDefinition: image, desiredCount: 1 };
  await lab.ecsClient.send(new CreateServiceCommand(wish));
  await lab.clock.advance(5_000);
}

async function tasksOf(service: string, desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING') {
  const list = new ListTasksCommand({ cluster, serviceName: service, desiredStatus });
  const { taskArns: tasks = [] } = await lab.ecsClient.send(list);
  return (await lab.ecsClient.send(new DescribeTasksCommand({ cluster, tasks }))).tasks ?? [];
}

type Looking = { readonly serial?: string; readonly seconds?: number; readonly onWait?: () => void };

/** What a probe sees of a service's only task. */
async function look(service: string, { serial = first, seconds = 0, onWait = () => {} }: Looking = {}) {
  const tasks = (await tasksOf(service)).map((task) => ({ task, at: { container: 'web', port: 8443 } }));
  const addresses = await taskAddresses(undefined, lab.ecsClient).of(tasks, cluster);
  const targets = [...addresses].map(([id, address]) => ({ id, ...address, servername: 'api.example.com', serial }));
  const sleep = (milliseconds: number) => {
    onWait();
    return setTimeout(milliseconds);
  };
  const world = { probe, sleep, elapsed: () => performance.now(), log: () => {} };
  const [shown] = await probeTasks({ targets, seconds }, world);
  return shown;
}

it('https-server serves what its secret holds', async () => {
  await run('https-server');
  expect(await look('https-server')).toMatchObject({ serial: first });
});

it('slow runs before it listens: who looks once sees nothing, who looks again its certificate', async () => {
  const START = join(volume, 'start');
  await run('slow', { START });
  expect(await tasksOf('slow')).toMatchObject([{ lastStatus: 'RUNNING' }]);
  const nothing = { during: 'connect', error: 'nothing listens there (connection refused)' };
  expect(await look('slow')).toMatchObject(nothing);
  const onWait = () => writeFileSync(START, '');
  expect(await look('slow', { seconds: 60, onWait })).toMatchObject({ serial: first });
});

it('mute takes the connection and shows nothing', async () => {
  await run('mute');
  expect(await look('mute')).toMatchObject({
    during: 'handshake',
    error: expect.stringMatching(/^it took the connection, and did not answer the handshake/),
  });
});

it('fragile shows its certificate, dies of it, and is replaced', async () => {
  await run('fragile');
  expect(await look('fragile')).toMatchObject({ serial: first });
  await expect.poll(() => tasksOf('fragile', 'STOPPED'), { timeout: 30_000 }).toHaveLength(1);
  const [stopped] = await tasksOf('fragile', 'STOPPED');
  expect(stopped).toMatchObject({
    stoppedReason: 'Essential container in task exited',
    containers: [{ exitCode: 139, reason: 'fragile on purpose: it dies of its first visitor' }],
  });
  await lab.clock.advance(5_000);
  expect(await tasksOf('fragile')).toMatchObject([{ lastStatus: 'RUNNING' }]);
});

it('broken says why, and never runs', async () => {
  await run('broken');
  const [stopped] = await tasksOf('broken', 'STOPPED');
  expect(stopped?.containers).toMatchObject([{ exitCode: 1, reason: 'broken on purpose: this image never listens' }]);
});

it('stale serves its first certificate for ever, though it was restarted with another', async () => {
  await run('stale', { VOLUME: volume });
  expect(await look('stale')).toMatchObject({ serial: first });
  await lab.secretsClient.send(
    new PutSecretValueCommand({ SecretId: secretArn, SecretString: await material(second) }),
  );
  for (const service of ['stale', 'https-server'])
    await lab.ecsClient.send(new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }));
  await lab.clock.advance(60_000);
  expect(await look('https-server', { serial: second })).toMatchObject({ serial: second });
  expect(await look('stale', { serial: second })).toMatchObject({ serial: first });
});
