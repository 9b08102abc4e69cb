import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  type ListServiceDeploymentsCommandInput,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import 'reflect-metadata';
import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { X509CertificateGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ContainerLab, day, startContainerLab } from './container-lab.ts';

let lab: ContainerLab;
let name: string;
let count = 0;
let secretArn: string;
const cluster = 'prod';
const serial = (digits: string) => digits.padStart(40, '0');

beforeAll(async () => {
  lab = await startContainerLab();
  await lab.ecsClient.send(new CreateClusterCommand({ clusterName: cluster }));
  const command = new CreateSecretCommand({ Name: 'api-tls', SecretString: await material('0a01') });
  secretArn = (await lab.secretsClient.send(command)).ARN ?? '';
  const keys = { COURIER_CERTIFICATE: 'certificate', COURIER_PRIVATE_KEY: 'privateKey' };
  const secrets = Object.entries(keys).map(([key, from]) => ({ name: key, valueFrom: `${secretArn}:${from}::` }));
  await register({ family: 'good', containerDefinitions: [{ ...container, secrets }] });
  await register({ family: 'broken', containerDefinitions: [{ ...container, image: 'example.com:5000/broken:1' }] });
});
afterAll(() => lab.stop());
beforeEach(() => {
  name = `service-${++count}`;
  lab.events.length = 0;
});

const container = { name: 'app', image: 'https-server:1', portMappings: [{ containerPort: 8443 }] };

/** A self-signed certificate and its key, as a secret holds them. */
async function material(serialNumber: string, { endedDays = -1 } = {}): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: 'CN=api.example.com',
    notBefore: new Date(Date.now() - (endedDays + 2) * day),
    notAfter: new Date(Date.now() - endedDays * day),
    keys,
    signingAlgorithm: algorithm,
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`;
  return JSON.stringify({ certificate: certificate.toString('pem'), privateKey });
}

async function materialInEnvironment() {
  const { certificate, privateKey } = JSON.parse(await material('0c03'));
  return [
    { name: 'COURIER_CERTIFICATE', value: certificate },
    { name: 'COURIER_PRIVATE_KEY', value: privateKey },
  ];
}

const register = (input: RegisterTaskDefinitionCommandInput) =>
  lab.ecsClient.send(new RegisterTaskDefinitionCommand(input));
const create = (input: Partial<CreateServiceCommandInput> = {}) =>
  lab.ecsClient.send(
    new CreateServiceCommand({ cluster, serviceName: name, taskDefinition: 'good', desiredCount: 1, ...input }),
  );
const update = (input: Partial<UpdateServiceCommandInput> = { forceNewDeployment: true }) =>
  lab.ecsClient.send(new UpdateServiceCommand({ cluster, service: name, ...input }));
/** Long enough for a deployment with every retry that the circuit breaker allows. */
const settle = () => lab.clock.advance(60_000);

async function describeService() {
  const command = new DescribeServicesCommand({ cluster, services: [name] });
  const [service] = (await lab.ecsClient.send(command)).services ?? [];
  return service ?? {};
}
async function describeTasks(desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING') {
  const list = new ListTasksCommand({ cluster, serviceName: name, desiredStatus });
  const { taskArns = [] } = await lab.ecsClient.send(list);
  if (taskArns.length === 0) return [];
  return (await lab.ecsClient.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
}
async function rollouts(input: Partial<ListServiceDeploymentsCommandInput> = {}) {
  const list = new ListServiceDeploymentsCommand({ cluster, service: name, ...input });
  return (await lab.ecsClient.send(list)).serviceDeployments ?? [];
}
const served = async () => (await lab.tasks()).filter(({ service }) => service === name);
const told = () =>
  lab.events.map(({ resources, detail }) => [String(resources[0]).split('/').at(-1), detail.eventName].join(' '));

describe('a service', () => {
  it('runs its tasks as HTTPS servers, each on an address of its own, with what their secret held', async () => {
    await create({ desiredCount: 2 });
    await settle();
    const tasks = await served();
    expect(tasks.map(({ servedSerial }) => servedSerial)).toEqual([serial('0a01'), serial('0a01')]);
    expect(new Set(tasks.map(({ host }) => host)).size).toBe(2);
    for (const { host, port } of tasks) {
      expect(host).toMatch(/^127\.1\./);
      const answer = await new Promise((resolve, reject) => {
        get({ host, port, rejectUnauthorized: false }, (response) => resolve(json(response))).on('error', reject);
      });
      expect(answer).toEqual({ service: name, serial: serial('0a01') });
    }
  });

  it('is described with its deployment, and its tasks with their times, address and origin', async () => {
    await create({ tags: [{ key: 'courier:secret', value: 'api-tls' }] });
    await settle();
    const service = await describeService();
    const [deployment] = service.deployments ?? [];
    const arn = `arn:aws:ecs:us-east-1:111122223333:service/${cluster}/${name}`;
    expect(service).toMatchObject({ serviceArn: arn, status: 'ACTIVE', desiredCount: 1, runningCount: 1 });
    expect(service.tags).toBeUndefined();
    expect(deployment).toMatchObject({ status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 1, failedTasks: 0 });
    expect(deployment?.rolloutStateReason).toBe(`ECS deployment ${deployment?.id} completed.`);

    const [task] = await describeTasks();
    const [{ host } = { host: '' }] = await served();
    expect(task).toMatchObject({ lastStatus: 'RUNNING', startedBy: deployment?.id, group: `service:${name}` });
    expect(task?.attachments?.[0]?.details).toEqual([
      { name: 'subnetId', value: 'subnet-1a' },
      { name: 'privateIPv4Address', value: host },
    ]);
    expect(task?.startedAt?.getTime()).toBeGreaterThan(task?.createdAt?.getTime() ?? Number.POSITIVE_INFINITY);
    expect(told()).toEqual([`${name} SERVICE_DEPLOYMENT_IN_PROGRESS`, `${name} SERVICE_DEPLOYMENT_COMPLETED`]);
  });

  it('reads its secret at start only: a new value is served after a new deployment', async () => {
    await create({ desiredCount: 2 });
    await settle();
    const before = await served();
    const SecretString = await material('0b02');
    await lab.secretsClient.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString }));
    await settle();
    expect(await served()).toEqual(before);
    await update();
    await settle();
    expect((await served()).map(({ servedSerial }) => servedSerial)).toEqual([serial('0b02'), serial('0b02')]);
    expect((await describeTasks('STOPPED')).map(({ stoppedReason }) => stoppedReason)).toEqual([
      expect.stringMatching(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/),
      expect.stringMatching(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/),
    ]);
  });

  it('keeps serving while it deploys: an old task stops only after a new one runs', async () => {
    await create({ desiredCount: 2 });
    await settle();
    await update();
    await settle();
    const started = (await describeTasks()).map(({ startedAt }) => startedAt?.getTime() ?? 0);
    const stopped = (await describeTasks('STOPPED')).map(({ stoppedAt }) => stoppedAt?.getTime() ?? 0);
    expect(Math.min(...stopped)).toBeGreaterThan(Math.min(...started));
    expect(Math.max(...stopped)).toBeGreaterThan(Math.max(...started));
  });

  it('is reached through its load balancer all the while: a task that goes is drained', async () => {
    const { arn: targetGroupArn, host, port } = await lab.balancer.create(8443);
    await create({ loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8443 }] });
    await settle();
    let deploying = true;
    const answers = (async () => {
      const seen: (string | undefined)[] = [];
      while (deploying) seen.push(await answerOf(host, port));
      return seen;
    })();
    await update();
    await settle();
    deploying = false;
    expect(new Set(await answers)).toEqual(new Set([name]));
    expect((await describeTasks('STOPPED')).length).toBe(1);
    expect((await describeService()).loadBalancers).toMatchObject([{ targetGroupArn }]);
  });

  it('behind a Classic Load Balancer has deployments without a rollout state, and tells of none', async () => {
    await create({ loadBalancers: [{ loadBalancerName: 'classic', containerName: 'app', containerPort: 8443 }] });
    await settle();
    const [deployment, ...others] = (await describeService()).deployments ?? [];
    expect([deployment?.status, deployment?.runningCount, deployment?.rolloutState, others]).toEqual([
      ...['PRIMARY', 1, undefined],
      [],
    ]);
    expect(told()).toEqual([]);
  });

  it('is refused behind a load balancer that there is not', async () => {
    const targetGroupArn = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/none/1';
    await expect(create({ loadBalancers: [{ targetGroupArn, containerPort: 8443 }] })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `The target group with targetGroupArn ${targetGroupArn} does not exist.`,
    });
  });

  /** The service that answers one request, in a connection of its own; nothing where it fails. */
  function answerOf(host: string, port: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      get({ host, port, rejectUnauthorized: false, agent: false }, async (response) =>
        resolve(((await json(response)) as { service: string }).service),
      ).on('error', () => resolve(undefined));
    });
  }

  it('stops old tasks first where maximumPercent leaves no room', async () => {
    await create({ deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } });
    await settle();
    await update();
    await settle();
    const [[running], [stopped]] = [await describeTasks(), await describeTasks('STOPPED')];
    expect(stopped?.stoppedAt).toBeInstanceOf(Date);
    expect(running?.createdAt?.getTime()).toBeGreaterThanOrEqual(Number(stopped?.stoppedAt));
  });

  it('replaces a task that ends, in the same deployment', async () => {
    await create();
    await settle();
    const [before] = await describeTasks();
    await crashTask();
    await vi.waitFor(async () => expect(await describeTasks('STOPPED')).toHaveLength(1), { timeout: 30_000 });
    await settle();
    const [after] = await describeTasks();
    expect(after?.taskArn).not.toBe(before?.taskArn);
    expect(after?.startedBy).toBe(before?.startedBy);
    const [stopped] = await describeTasks('STOPPED');
    expect(stopped).toMatchObject({ stoppedReason: 'Essential container in task exited' });
    expect(stopped?.containers?.[0]?.exitCode).toBe(3);
    expect(await rollouts()).toHaveLength(1);
  });

  it('scales without a deployment, down to nothing', async () => {
    await create();
    await settle();
    await update({ desiredCount: 3 });
    await settle();
    expect(await served()).toHaveLength(3);
    await update({ desiredCount: 0 });
    await settle();
    expect(await served()).toEqual([]);
    expect(await rollouts()).toHaveLength(1);
    await update();
    await settle();
    expect((await rollouts())[0]?.status).toBe('SUCCESSFUL');
  });

  it('is deleted once it is scaled to zero, or by force, and then is not updated any more', async () => {
    await create();
    await settle();
    const remove = (force: boolean) => lab.ecsClient.send(new DeleteServiceCommand({ cluster, service: name, force }));
    await expect(remove(false)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await remove(true);
    await settle();
    expect(await served()).toEqual([]);
    expect((await describeService()).status).toBe('INACTIVE');
    await expect(update()).rejects.toMatchObject({ name: 'ServiceNotActiveException' });
  });

  it('refuses a forced deployment under CODE_DEPLOY, and shows no deployments', async () => {
    await create({ deploymentController: { type: 'CODE_DEPLOY' } });
    await settle();
    await expect(update()).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        'Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
    });
    expect((await describeService()).deployments).toEqual([]);
    expect(await rollouts()).toEqual([]);
    expect(await served()).toHaveLength(1);
    expect(told()).toEqual([]);
  });

  it('has tags that come and go, and are found by the Tagging API', async () => {
    const { service } = await create({ tags: [{ key: 'courier:secret', value: name }] });
    const resourceArn = service?.serviceArn ?? '';
    await lab.ecsClient.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:order', value: '1' }] }));
    const find = () =>
      lab.taggingClient.send(
        new GetResourcesCommand({
          ResourceTypeFilters: ['ecs:service'],
          TagFilters: [{ Key: 'courier:secret', Values: [name] }],
        }),
      );
    expect((await find()).ResourceTagMappingList?.map(({ ResourceARN }) => ResourceARN)).toEqual([resourceArn]);
    await lab.ecsClient.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:secret'] }));
    expect((await find()).ResourceTagMappingList).toEqual([]);
    const left = [{ key: 'courier:order', value: '1' }];
    expect((await lab.ecsClient.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual(left);
    const described = new DescribeServicesCommand({ cluster, services: [resourceArn], include: ['TAGS'] });
    expect((await lab.ecsClient.send(described)).services?.[0]?.tags).toEqual(left);
  });

  async function crashTask(): Promise<void> {
    const [task] = await served();
    if (!task) throw new Error('There is no task to crash');
    await new Promise((resolve) => {
      get({ host: task.host, port: task.port, path: '/crash', rejectUnauthorized: false }, resolve).on(
        'error',
        resolve,
      );
    });
  }
});

describe('a deployment that fails', () => {
  const breaker = (rollback: boolean) => ({
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback } },
  });

  it('rolls back: the old deployment is PRIMARY again with its old id and dates, and the new one is gone', async () => {
    await create(breaker(true));
    await settle();
    const [before] = (await describeService()).deployments ?? [];
    lab.events.length = 0;
    const { service } = await update({ taskDefinition: 'broken' });
    const failing = service?.deployments?.[0]?.id;
    await settle();

    const after = await describeService();
    expect(after.deployments).toHaveLength(1);
    expect(after.deployments?.[0]).toMatchObject({ id: before?.id, status: 'PRIMARY', rolloutState: 'COMPLETED' });
    expect(after.deployments?.[0]?.createdAt).toEqual(before?.createdAt);
    expect(after.deployments?.[0]?.updatedAt).toEqual(before?.updatedAt);
    expect(after.taskDefinition).toBe(before?.taskDefinition);
    expect(after.events?.map(({ message }) => message)).toContain(
      `(service ${name}) (deployment ${failing}) deployment failed: tasks failed to start.`,
    );
    expect(told()).toEqual([
      `${name} SERVICE_DEPLOYMENT_IN_PROGRESS`,
      `${name} SERVICE_DEPLOYMENT_FAILED`,
      `${name} SERVICE_DEPLOYMENT_IN_PROGRESS`,
      `${name} SERVICE_DEPLOYMENT_COMPLETED`,
    ]);
    const [latest] = await rollouts();
    expect(latest).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      statusReason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    });
    const failed = await describeTasks('STOPPED');
    expect(failed).toHaveLength(3);
    expect(failed[0]?.containers?.[0]).toMatchObject({
      exitCode: 1,
      reason: 'broken on purpose: this image never listens',
    });
  });

  it('stops without roll-back, stays PRIMARY as FAILED, and leaves the old tasks serving', async () => {
    await create(breaker(false));
    await settle();
    const before = await served();
    await update({ taskDefinition: 'broken' });
    await settle();
    expect((await describeService()).deployments).toMatchObject([
      {
        status: 'PRIMARY',
        rolloutState: 'FAILED',
        rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
        failedTasks: 3,
      },
      { status: 'ACTIVE', rolloutState: 'COMPLETED', runningCount: 1 },
    ]);
    expect((await rollouts())[0]?.status).toBe('STOPPED');
    expect(await served()).toEqual(before);
    await lab.clock.advance(30 * day);
    expect((await describeService()).deployments?.[0]?.failedTasks).toBe(3);
  });

  it('has nothing to roll back to when it is the first', async () => {
    await create({ ...breaker(true), taskDefinition: 'broken' });
    await settle();
    expect((await rollouts())[0]).toMatchObject({
      status: 'ROLLBACK_FAILED',
      statusReason: 'No rollback candidate was found to run the rollback.',
    });
  });

  it('goes on trying without a circuit breaker, seldom enough for a year', async () => {
    await create();
    await settle();
    await update({ taskDefinition: 'broken' });
    await lab.clock.advance(100 * day);
    const [primary, old] = (await describeService()).deployments ?? [];
    expect(primary).toMatchObject({ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' });
    expect(primary?.failedTasks).toBeGreaterThan(3);
    expect(primary?.failedTasks).toBeLessThan(50);
    expect(old).toMatchObject({ status: 'ACTIVE', runningCount: 1 });
    expect((await rollouts())[0]?.status).toBe('IN_PROGRESS');
    await update({ taskDefinition: 'good' });
    await settle();
    expect((await describeService()).deployments).toMatchObject([{ status: 'PRIMARY', rolloutState: 'COMPLETED' }]);
  });

  it.each([
    [
      'secret',
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:none-abcdef',
      "failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:none-abcdef from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    ],
    ['JSON key', 'KEY', 'retrieved secret from Secrets Manager did not contain json key none'],
    [
      'version',
      'STAGE',
      "from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: COURIER_NEXT",
    ],
  ])('says which %s its task could not read', async (_, from, why) => {
    const valueFrom = { KEY: `${secretArn}:none::`, STAGE: `${secretArn}:certificate:COURIER_NEXT:` }[from] ?? from;
    await register({ family: name, containerDefinitions: [{ ...container, secrets: [{ name: 'X', valueFrom }] }] });
    await create({ taskDefinition: name, ...breaker(false) });
    await settle();
    const [task] = await describeTasks('STOPPED');
    expect(task?.stoppedReason).toContain(
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: ',
    );
    expect(task?.stoppedReason).toContain(why);
    expect((await describeService()).deployments?.[0]?.rolloutState).toBe('FAILED');
  });

  it('does not quote a secret that is no JSON', async () => {
    const { ARN } = await lab.secretsClient.send(new CreateSecretCommand({ Name: name, SecretString: 'hunter2' }));
    const secrets = [{ name: 'X', valueFrom: `${ARN}:key::` }];
    await register({ family: name, containerDefinitions: [{ ...container, secrets }] });
    await create({ taskDefinition: name, ...breaker(false) });
    await settle();
    const [task] = await describeTasks('STOPPED');
    expect(task?.stoppedReason).toMatch(/^ResourceInitializationError: .*: invalid character/);
    expect(JSON.stringify(await describeTasks('STOPPED'))).not.toContain('hunter2');
  });

  it.each([
    [
      'no certificate',
      async () => ({ certificate: '', privateKey: 'x' }),
      81,
      'there is no certificate: does the task definition inject it?',
    ],
    [
      'a certificate that is cut off',
      async () => ({ certificate: '-----BEGIN CERTIFICATE-----' }),
      82,
      'the file certificate.pem is cut off or is no PEM',
    ],
    [
      'the key of another certificate',
      async () => ({ certificate: JSON.parse(await material('0d04')).certificate }),
      83,
      'the private key does not belong to the certificate',
    ],
    [
      'a certificate that has ended',
      async () => JSON.parse(await material('0d05', { endedDays: 400 })),
      84,
      'the certificate has expired',
    ],
  ])('shows the exit code of the start-up helper for %s', async (_, change, exitCode, said) => {
    const changed = { ...JSON.parse(await material('0e06')), ...(await change()) };
    const environment = Object.entries({
      COURIER_CERTIFICATE: changed.certificate,
      COURIER_PRIVATE_KEY: changed.privateKey,
    });
    const containerDefinitions = [
      { ...container, environment: environment.map(([key, value]) => ({ name: key, value })) },
    ];
    await register({ family: name, containerDefinitions });
    await create({ taskDefinition: name, ...breaker(false) });
    await settle();
    const [task] = await describeTasks('STOPPED');
    expect(task).toMatchObject({ stoppedReason: 'Essential container in task exited' });
    expect(task?.containers?.[0]).toMatchObject({ exitCode, reason: `courier-start: ${said}` });
  });

  it('recovers by itself once its secret can be read, and is not held to what failed before', async () => {
    const secrets = [{ name: 'CONFIGURATION', valueFrom: name }];
    const environment = await materialInEnvironment();
    await register({ family: name, containerDefinitions: [{ ...container, secrets, environment }] });
    await create({ taskDefinition: name });
    await lab.clock.advance(5_000);
    expect((await describeService()).deployments?.[0]?.failedTasks).toBeGreaterThan(0);
    await lab.secretsClient.send(new CreateSecretCommand({ Name: name, SecretString: ' ' }));
    await settle();
    expect((await describeService()).deployments).toMatchObject([{ rolloutState: 'COMPLETED', failedTasks: 0 }]);
  });

  it('says which image there is not', async () => {
    const image = 'none@sha256:00';
    await register({ family: name, containerDefinitions: [{ ...container, image }] });
    await create({ taskDefinition: name, ...breaker(false) });
    await settle();
    expect((await describeTasks('STOPPED'))[0]?.stoppedReason).toMatch(/^CannotPullContainerError: .*none@sha256:00/);
  });
});

describe('service deployments', () => {
  it('are listed newest first, by status and by time; a newer one stops the one under way', async () => {
    await create({ taskDefinition: 'broken' });
    expect((await rollouts())[0]?.status).toMatch(/PENDING|IN_PROGRESS/);
    await lab.clock.advance(5_000);
    const between = lab.clock.now();
    await lab.clock.advance(5_000);
    await update({ taskDefinition: 'good' });
    await settle();
    expect((await rollouts()).map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED']);
    expect((await rollouts({ status: ['STOPPED'] })).map(({ status }) => status)).toEqual(['STOPPED']);
    expect((await rollouts({ createdAt: { after: between } })).map(({ status }) => status)).toEqual(['SUCCESSFUL']);
    expect((await rollouts({ createdAt: { before: between } })).map(({ status }) => status)).toEqual(['STOPPED']);
  });
});

describe('what does not exist', () => {
  it('is MISSING in answers about several, and an error in those about one', async () => {
    const services = await lab.ecsClient.send(new DescribeServicesCommand({ cluster, services: ['none'] }));
    const arn = `arn:aws:ecs:us-east-1:111122223333:service/${cluster}/none`;
    expect(services.failures).toEqual([{ arn, reason: 'MISSING' }]);
    const tasks = await lab.ecsClient.send(new DescribeTasksCommand({ cluster, tasks: ['none'] }));
    expect(tasks.failures).toMatchObject([{ reason: 'MISSING' }]);
    await expect(update({ service: 'none' })).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
    await expect(update({ cluster: 'none' })).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
    const definition = new DescribeTaskDefinitionCommand({ taskDefinition: 'none' });
    await expect(lab.ecsClient.send(definition)).rejects.toMatchObject({ name: 'ClientException' });
    const eleven = Array.from({ length: 11 }, (_, index) => `s${index}`);
    const tooMany = new DescribeServicesCommand({ cluster, services: eleven });
    await expect(lab.ecsClient.send(tooMany)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('a fleet', () => {
  it('is listed by the page, and has services of which nothing runs but a record', async () => {
    await register({ family: 'record', containerDefinitions: [{ ...container, image: 'record:1' }] });
    for (let index = 0; index < 12; index++)
      await create({ serviceName: `${name}-${index}`, taskDefinition: 'record', desiredCount: 2 });
    await settle();
    const page = await lab.ecsClient.send(new ListServicesCommand({ cluster }));
    expect([page.serviceArns?.length, typeof page.nextToken]).toEqual([10, 'string']);
    const { serviceArns = [] } = await lab.ecsClient.send(new ListServicesCommand({ cluster, maxResults: 100 }));
    expect(serviceArns.filter((arn) => arn.includes(`/${name}-`))).toHaveLength(12);
    const { services = [] } = await lab.ecsClient.send(
      new DescribeServicesCommand({ cluster, services: [`${name}-11`] }),
    );
    expect(services[0]).toMatchObject({ runningCount: 2, deployments: [{ rolloutState: 'COMPLETED' }] });
    expect((await lab.tasks()).filter(({ service }) => service.startsWith(`${name}-`))).toEqual([]);
    for (let index = 0; index < 12; index++)
      await lab.ecsClient.send(new DeleteServiceCommand({ cluster, service: `${name}-${index}`, force: true }));
  });

  it('may have a daemon, which counts its own tasks and stops the old one first', async () => {
    await create({ schedulingStrategy: 'DAEMON', desiredCount: undefined });
    await settle();
    const [before] = await served();
    expect(await describeService()).toMatchObject({ schedulingStrategy: 'DAEMON', desiredCount: 1, runningCount: 1 });
    await update();
    await settle();
    expect(await describeService()).toMatchObject({ runningCount: 1, deployments: [{ rolloutState: 'COMPLETED' }] });
    const after = await served();
    expect(after).toHaveLength(1);
    expect(after[0]?.taskArn).not.toBe(before?.taskArn);
    await expect(update({ desiredCount: 2 })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('a lab that stops', () => {
  it('leaves no task behind, and starts none', async () => {
    const processes = () => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;
    const before = processes();
    const other = await startContainerLab();
    await other.ecsClient.send(new CreateClusterCommand({ clusterName: cluster }));
    const containerDefinitions = [{ ...container, environment: await materialInEnvironment() }];
    await other.ecsClient.send(new RegisterTaskDefinitionCommand({ family: 'good', containerDefinitions }));
    const command = { cluster, serviceName: 'a', taskDefinition: 'good', desiredCount: 2 };
    await other.ecsClient.send(new CreateServiceCommand(command));
    await other.clock.advance(10_000);
    const [task] = await other.tasks();
    expect(task?.servedSerial).toBe(serial('0c03'));
    // One more has no process yet when the lab stops.
    other.callEcs('UpdateService', { cluster, service: 'a', desiredCount: 3 });
    await other.stop();
    await expect.poll(processes, { timeout: 30_000 }).toBe(before);
    expect(await other.tasks()).toEqual([]);
    const refused = await new Promise((resolve) => {
      get({ host: task?.host, port: task?.port, rejectUnauthorized: false }, resolve).on('error', resolve);
    });
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
