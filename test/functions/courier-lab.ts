import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ACMClient,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  type KeyAlgorithm,
  RenewCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  ECSClient,
  ListServiceDeploymentsCommand,
  type NetworkMode,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { CallFault } from '../../lab/faults.ts';
import { startLab } from '../../lab/world.ts';
import { eventFlaws } from '../event-flaws.ts';
import { leaks } from './leaks.ts';

const stackName = 'acm-courier-lab';
const dist = join(import.meta.dirname, '../../dist');
/** Steps of 30 seconds that `settle` takes at most: a rollout's deadline, an hour, and as much again. */
const mostSteps = 260;

export type CourierLab = Awaited<ReturnType<typeof startCourierLab>>;

/** The packaged stack on a lab of its own, with a subscriber to every notice and what a story needs to be told. */
export async function startCourierLab(wish: StackWish = {}) {
  const stack = await stackFor(wish);
  const lab = await startLab({
    template: join(stack, 'template.json'),
    parameters: {
      RenewPrivate: `${wish.renewPrivate ?? true}`,
      SecurityHub: `${wish.securityHub ?? false}`,
      Schedules: wish.schedules ? 'ENABLED' : 'DISABLED',
    },
    ...(wish.start && { start: wish.start }),
  });
  const to = {
    endpoint: lab.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
  };
  const acm = new ACMClient(to);
  const manager = new SecretsManagerClient(to);
  const ecs = new ECSClient(to);
  const functions = new LambdaClient(to);
  const sqs = new SQSClient(to);
  const topic = `arn:aws:sns:us-east-1:111122223333:${stackName}-notices`;
  const sns = new SNSClient(to);
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'email', Endpoint: 'ops@example.com' }));
  await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }));

  /** Issues a private certificate and lets what follows happen. `secret` is its tag courier:secret. */
  async function issue({ name, secret, tags = {}, keyAlgorithm = 'EC_prime256v1' }: Wish): Promise<string> {
    const all = { ...(secret !== undefined && { 'courier:secret': secret }), ...tags };
    const { CertificateArn = '' } = await acm.send(
      new RequestCertificateCommand({
        DomainName: name,
        KeyAlgorithm: keyAlgorithm,
        CertificateAuthorityArn: lab.caArns.subordinate,
        // ACM refuses an empty list.
        ...(Object.keys(all).length > 0 && { Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) }),
      }),
    );
    await lab.clock.advance(4_000);
    await settle();
    return CertificateArn;
  }

  /** Has ACM renew it, and waits until ACM has: its event is on the way then. */
  async function renew(certificateArn: string): Promise<void> {
    await acm.send(new RenewCertificateCommand({ CertificateArn: certificateArn }));
    await lab.clock.advance(61_000);
  }

  /** Issues one more certificate and exports it as its owner, key in clear: something to import. */
  async function importable(name: string) {
    const passphrase = 'of the owner';
    const CertificateArn = await issue({ name });
    const { Certificate, CertificateChain, PrivateKey } = await acm.send(
      new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from(passphrase) }),
    );
    const key = createPrivateKey({ key: PrivateKey ?? '', passphrase }).export({ type: 'pkcs8', format: 'pem' });
    return {
      Certificate: Buffer.from(Certificate ?? ''),
      CertificateChain: Buffer.from(CertificateChain ?? ''),
      PrivateKey: Buffer.from(key),
    };
  }

  /** ACM's serial, as openssl and our version ids write it. */
  async function serialOf(certificateArn: string): Promise<string> {
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
    return (Certificate?.Serial ?? '').replaceAll(':', '').toLowerCase().padStart(40, '0');
  }

  /** Starts an ECS service that reads a secret there is, and waits until its tasks run. Answers its ARN. */
  async function service({
    name,
    secret,
    image = 'https-server:1',
    stage = '',
    count = 1,
    alsoReads,
    isPartial = false,
    isTagged = true,
    pinned = {},
    environment = {},
    networkMode,
    tags = {},
    ...more
  }: ServiceWish) {
    // A task of the second in which the secret became current would count as old.
    await lab.clock.advance(2_000);
    const { ARN } = await manager.send(new DescribeSecretCommand({ SecretId: secret }));
    const arn = isPartial ? ARN?.slice(0, -'-AbCdEf'.length) : ARN;
    const from = (key: string) => `${arn}:${key}:${pinned[key] ? `:${pinned[key]}` : `${stage}:`}`;
    const definition = await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: name,
        networkMode,
        containerDefinitions: [
          {
            name: 'app',
            image,
            portMappings: [{ containerPort: 8443 }],
            environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
            secrets: [
              { name: 'COURIER_CERTIFICATE', valueFrom: from('certificate') },
              { name: 'COURIER_CERTIFICATE_CHAIN', valueFrom: from('certificateChain') },
              { name: 'COURIER_PRIVATE_KEY', valueFrom: from('privateKey') },
              { name: 'COURIER_PASSPHRASE', valueFrom: from('passphrase') },
              ...(alsoReads === undefined ? [] : [{ name: 'CONFIGURATION', valueFrom: alsoReads }]),
            ],
          },
        ],
      }),
    );
    const created = await ecs.send(
      new CreateServiceCommand({
        cluster: 'prod',
        serviceName: name,
        // A daemon's is the number of container instances.
        desiredCount: more.schedulingStrategy === 'DAEMON' ? undefined : count,
        taskDefinition: definition.taskDefinition?.taskDefinitionArn,
        tags: Object.entries({ ...(isTagged && { 'courier:secret': secret }), ...tags }).map(([key, value]) => ({
          key,
          value,
        })),
        ...more,
      }),
    );
    await lab.clock.advance(30_000);
    return created.service?.serviceArn ?? '';
  }

  /** Advances the clock by 30 seconds at a time until no certificate is queued any more, be it to be looked into. */
  async function settle({ steps = mostSteps } = {}): Promise<void> {
    await lab.clock.settled();
    const queued = async () => (await waiting('deliveries.fifo')) + (await waiting('concerns.fifo'));
    for (let step = 0; (await queued()) > 0; step++) {
      if (step === steps) throw new Error(`A delivery is still under way after ${steps} steps of 30 seconds`);
      await lab.clock.advance(30_000);
    }
  }

  const queueUrl = async (queue: string) =>
    (await sqs.send(new GetQueueUrlCommand({ QueueName: `${stackName}-${queue}` }))).QueueUrl;

  /** Messages in a queue, in flight or not. */
  async function waiting(queue: string): Promise<number> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: await queueUrl(queue),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
  }

  let linesSeen = 0;

  /** What must stay empty: function errors since this was asked last, and the queues that a person must look at. */
  async function wreckage(): Promise<readonly string[]> {
    const errors = lab
      .logs()
      .slice(linesSeen)
      .filter(({ line }) => line.includes('Invoke Error'));
    linesSeen = lab.logs().length;
    const found = errors.map(({ function: name, line }) => `${name}: ${line}`);
    for (const queue of ['deliveries-dead.fifo', 'concerns-dead.fifo', 'undelivered-events', 'failed-invocations']) {
      const answer = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: await queueUrl(queue), MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      );
      found.push(...(answer.Messages ?? []).map(({ Body }) => `${queue}: ${Body}`));
    }
    return found;
  }

  /** Invokes a function directly and returns its answer; what it throws is `{errorType, errorMessage}`. */
  async function invoke(name: string, event: unknown): Promise<Answer> {
    const { Payload } = await functions.send(
      new InvokeCommand({ FunctionName: `${stackName}-${name}`, Payload: JSON.stringify(event) }),
    );
    return JSON.parse(Payload?.transformToString() ?? 'null');
  }

  /** The labels of each version, `COURIER_SINCE_<seconds>` without its seconds, sorted; whom it trusts left out. */
  async function labels(secret: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const { VersionIdsToStages = {} } = await manager.send(new DescribeSecretCommand({ SecretId: secret }));
    const shown = (stages: readonly string[]) =>
      stages
        .filter((stage) => !stage.startsWith('COURIER_TRUST_'))
        .map((stage) => stage.replace(/(_SINCE)_\d+$/, '$1'))
        .sort();
    return Object.fromEntries(Object.entries(VersionIdsToStages).map(([id, stages]) => [id, shown(stages)]));
  }

  /** The current version: its id, and the JSON that a task reads. */
  async function current(secret: string): Promise<{ id: string; value: Readonly<Record<string, string>> }> {
    const { VersionId = '', SecretString = '{}' } = await manager.send(new GetSecretValueCommand({ SecretId: secret }));
    return { id: VersionId, value: JSON.parse(SecretString) };
  }

  /** Serials that the running tasks of a service show in a handshake. */
  const served = async (name: string) =>
    (await lab.tasks()).filter((task) => task.service === name).map(({ servedSerial }) => servedSerial);

  /** Deployments of a service, its creation not counted, whoever started them and however they ended. */
  async function restarts(name: string): Promise<number> {
    const { serviceDeployments = [] } = await ecs.send(
      new ListServiceDeploymentsCommand({ cluster: 'prod', service: name, maxResults: 100 }),
    );
    return serviceDeployments.length - 1;
  }

  /** What people were told about a certificate: `severity reason`, oldest first. */
  const told = (certificateArn: string) =>
    lab
      .mail()
      .filter(({ attributes }) => attributes.certificateArn === certificateArn)
      .map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);

  /** The calls of a function since a mark (`lab.calls().length`), in the order in which they ended. */
  const callsOf = (name: string, since = 0) =>
    lab
      .calls()
      .slice(since)
      .filter(({ caller }) => caller === `${stackName}-${name}`);

  /** Makes every attempt of one call of a function fail: the SDK tries three times, and UpdateService once. */
  function fail(operation: string, fault: CallFault, { nth = 1, attempts = 3 } = {}): void {
    const service = serviceOf[operation];
    if (!service) throw new Error(`Which service has ${operation}?`);
    for (let attempt = 0; attempt < attempts; attempt++) lab.faults.add({ service, operation, fault, nth });
  }

  /** What machines were told, by source. */
  const sent = () => lab.events().filter(({ source }) => source === 'acm-courier');

  /** What machines were told about a certificate, oldest first. */
  const progress = (certificateArn: string) =>
    sent()
      .filter(({ resources }) => resources[0] === certificateArn)
      .map((event) => event['detail-type']);

  /**
   * Ends the lab, and rejects if anything in it ever held a key or passphrase where none may be, or if an event of ours was
   * not as docs/events has it.
   */
  async function stop(): Promise<void> {
    // Brings the bodies that lie in the queues into the traffic.
    await wreckage();
    const found = leaks(lab);
    const undocumented = sent().flatMap((event) => eventFlaws(event));
    for (const client of [acm, manager, ecs, functions, sqs, sns]) client.destroy();
    await lab.stop();
    await rm(stack, { recursive: true });
    if (found.length > 0) throw new Error(`Key material where none may be: ${found.join('; ')}`);
    if (undocumented.length > 0) throw new Error(`Not as in docs/events: ${undocumented.join('; ')}`);
  }

  const clients = { acm, manager, ecs, sqs, functions };
  const acts = { issue, renew, importable, service, settle, invoke, fail, stop };
  const views = { serialOf, labels, current, served, restarts, told, progress, callsOf, waiting, wreckage };
  return { lab, ...clients, ...acts, ...views };
}

type StackWish = {
  readonly mode?: 'deliver' | 'observe';
  readonly notices?: 'all' | 'tagged';
  readonly renewPrivate?: boolean;
  readonly rollBack?: 'evidence' | 'never';
  readonly rollbackFloorDays?: number;
  readonly rolloutParallel?: string;
  readonly probeSample?: number;
  /** Whether services of the cluster `searched` are restarted for what they read. */
  readonly discovers?: boolean;
  /** With it, each renewal is looked at whole, by the calls that a test of something else makes fail. */
  readonly securityHub?: boolean;
  /** What a sweep has: in less than a minute it hands on after each certificate. */
  readonly sweepSeconds?: number;
  /** Lab time at the start. */
  readonly start?: Date;
  /** Whether the clock sweeps: what is told of one event may not be mended by the next hour's sweep. */
  readonly schedules?: boolean;
};

type Wish = {
  readonly name: string;
  readonly secret?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly keyAlgorithm?: KeyAlgorithm;
};

type ServiceWish = Pick<
  CreateServiceCommandInput,
  'cluster' | 'deploymentConfiguration' | 'deploymentController' | 'loadBalancers' | 'schedulingStrategy'
> & {
  readonly name: string;
  readonly secret: string;
  /** Of the lab's images. */
  readonly image?: string;
  /** COURIER_NEXT for a canary. */
  readonly stage?: string;
  readonly count?: number;
  /** Whether its task definition names the secret without the six characters of its ARN. */
  readonly isPartial?: boolean;
  /** Whether it says that it reads the secret; `tags` are on it either way. */
  readonly isTagged?: boolean;
  /** Another secret, without which its tasks do not start. */
  readonly alsoReads?: string;
  /** Versions of its secret from which it reads these members, whatever is current. */
  readonly pinned?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly networkMode?: NetworkMode;
  readonly tags?: Readonly<Record<string, string>>;
};

// biome-ignore lint/suspicious/noExplicitAny: each function answers in its own form; tests assert it whole.
type Answer = any;

const serviceOf: Readonly<Record<string, string>> = {
  DescribeCertificate: 'acm',
  ExportCertificate: 'acm',
  GetCertificateAuthorityCertificate: 'acm-pca',
  DescribeCertificateAuthority: 'acm-pca',
  GetMetricStatistics: 'monitoring',
  BatchImportFindings: 'securityhub',
  DescribeSecret: 'secretsmanager',
  GetRandomPassword: 'secretsmanager',
  CreateSecret: 'secretsmanager',
  PutSecretValue: 'secretsmanager',
  UpdateSecretVersionStage: 'secretsmanager',
  GetResources: 'tagging',
  DescribeServices: 'ecs',
  UpdateService: 'ecs',
  Publish: 'sns',
  ChangeMessageVisibility: 'sqs',
  SearchCertificates: 'acm',
  ListSecrets: 'secretsmanager',
  SendMessage: 'sqs',
};

/**
 * A folder with the template that globalSetup packaged. Modes differ in a variable of the functions and in what the
 * roles may do; that this is all is held by test/build/template.test.ts.
 */
async function stackFor(wish: StackWish): Promise<string> {
  const { mode = 'deliver', notices = 'all', rollBack = 'evidence', rollbackFloorDays = 3 } = wish;
  const { rolloutParallel = '4', probeSample = 10 } = wish;
  const searched = wish.discovers ? 'searched' : '';
  const folder = await mkdtemp(join(tmpdir(), 'courier-lab-'));
  const template = (await readFile(join(dist, 'template.json'), 'utf8'))
    .replace(/("COURIER_MODE": )"deliver"/g, `$1"${mode}"`)
    .replace(/("NOTICES": )"all"/g, `$1"${notices}"`)
    .replace(/("ROLL_BACK": )"evidence"/g, `$1"${rollBack}"`)
    .replace(/("ROLLBACK_FLOOR_DAYS": )"3"/g, `$1"${rollbackFloorDays}"`)
    .replace(/("ROLLOUT_PARALLEL": )"4"/g, `$1"${rolloutParallel}"`)
    .replace(/("PROBE_SAMPLE": )"10"/g, `$1"${probeSample}"`)
    .replace(/("DISCOVER_CONSUMERS": )"searched"/g, `$1"${searched}"`);
  const changed = JSON.parse(template);
  if (wish.sweepSeconds) changed.Resources.SweepLambdaFunction.Properties.Timeout = wish.sweepSeconds;
  if (mode === 'observe') delete changed.Resources.DeliverActs;
  if (mode === 'observe') delete changed.Resources.DiagnoseRenews;
  await writeFile(join(folder, 'template.json'), JSON.stringify(changed));
  await symlink(join(dist, 'functions'), join(folder, 'functions'));
  return folder;
}
