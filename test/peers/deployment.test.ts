import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judged } from './counterparts.ts';
import { type DeployedStack, stackName, startDeployedStack } from './deployed-stack.ts';

const account = '111122223333';
const secret = 'courier/api';
const topic = `arn:aws:sns:us-east-1:${account}:${stackName}-notices`;

let stack: DeployedStack;
let certificate: string;

beforeAll(async () => {
  stack = await startDeployedStack();
  await stack.build();
  await stack.serverless('deploy');
});
afterAll(() => stack?.stop());

describe('the stack, deployed to MiniStack by the Serverless Framework', () => {
  test('has all its functions, rules and the queues that feed the workers and the sweep', async () => {
    const { Functions } = await stack.aws('lambda', 'list-functions');
    expect(names(Functions, 'FunctionName')).toEqual(
      globSync('functions/*.ts')
        .filter((file) => !file.endsWith('/probe.ts')) // deployed only into VPCs that are named
        .map((file) => `${stackName}-${basename(file, '.ts')}`)
        .sort(),
    );
    const { EventSourceMappings } = await stack.aws('lambda', 'list-event-source-mappings');
    const mapping = (queue: string) => ({
      ...{ State: 'Enabled', BatchSize: 1 },
      EventSourceArn: `arn:aws:sqs:us-east-1:${account}:${stackName}-${queue}`,
    });
    const handsBack = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
    const bySource = (a: Mapping, b: Mapping) => a.EventSourceArn.localeCompare(b.EventSourceArn);
    expect(EventSourceMappings.toSorted(bySource)).toMatchObject([
      { ...mapping('concerns.fifo'), ...handsBack },
      { ...mapping('deliveries.fifo'), ...handsBack },
      mapping('sweeps'),
    ]);
    judged('MiniStack', 'deploys serverless.yml as it is, in mode deliver');
  });

  test('brings a certificate from an event of ACM into the secret and onto the service, and says so', async () => {
    await prepare();
    certificate = await request();
    await handOver(certificate);
    await announce();
    await delivered();
    judged(
      'MiniStack',
      'event → certificate-available → deliveries.fifo → deliver → secret, under the right version id',
    );

    expect(await recorded('UpdateService')).toEqual([
      { cluster: 'prod', service: `arn:aws:ecs:us-east-1:${account}:service/prod/web`, forceNewDeployment: true },
    ]);
    judged('MiniStack', 'UpdateService with forceNewDeployment, once');

    expect(await nextNotice()).toMatchObject({ severity: 'info', reason: 'Delivered', certificateArn: certificate });
    judged('MiniStack', 'the notice in a queue that is subscribed to the topic');
  });

  test('wakes secret-changed when the secret gets its new version', async () => {
    // Whose it is, MiniStack's tagging does not know: the certificate is the lab's.
    const seen = `"secret":"${secret}"`;
    await until('secret-changed says of the secret that it changed', async () =>
      (await logged('secret-changed')).some((line) => line.includes('to a changed secret') && line.includes(seen)),
    );
    judged('MiniStack', 'its own "Secret Label Updated" starts secret-changed');
  });

  test('answers to `serverless invoke`', async () => {
    expect(await reExport({ certificateArn: certificate, dryRun: true })).toMatchObject({ ok: true, plan: [] });
    expect(await reExport({ domainName: 'nowhere.example.com' })).toMatchObject({
      ok: false,
      errors: [{ reason: 'UnknownCertificate' }],
    });
    judged('MiniStack', '`serverless invoke` of re-export: a plan, and a refusal');
  });

  test('finishes a delivery that lost ACM half-way, once ACM is back', async () => {
    const before = await currentId();
    const handedBack = await handBacks();
    await renew(certificate);
    stack.gate.shut();
    await announce();
    await until('deliver has handed its message back', async () => (await handBacks()) > handedBack);
    expect(stack.gate.refused()).toBeGreaterThan(0);
    expect(await currentId()).toBe(before);
    stack.gate.open();
    await delivered();
    expect(await recorded('UpdateService')).toHaveLength(2);
    expect(await nextNotice()).toMatchObject({ severity: 'info', reason: 'Delivered', certificateArn: certificate });
    judged('MiniStack', 'a renewal that lost ACM on the way, delivered when ACM was back');
  });

  test('shows no key, whatever its functions wrote', async () => {
    const { SecretString } = await stack.aws('secretsmanager', 'get-secret-value', '--secret-id', secret);
    const { privateKey, passphrase } = JSON.parse(SecretString) as { privateKey: string; passphrase: string };
    const output = stack.ministack.output();
    // Not `not.toContain`, which would print what it found.
    const shown = [passphrase, ...privateKey.split('\n').slice(1, -2)].some((line) => output.includes(line));
    expect(output).toContain('"message":"Decided"');
    expect(shown).toBe(false);
  });

  test('takes a second deployment as an update', async () => {
    await stack.serverless('deploy', '--force');
    const { Stacks } = await stack.aws('cloudformation', 'describe-stacks', '--stack-name', stackName);
    expect(Stacks).toMatchObject([{ StackStatus: 'UPDATE_COMPLETE' }]);
    expect(await reExport({ certificateArn: certificate, dryRun: true })).toMatchObject({ ok: true });
    judged('MiniStack', 'deployed again: an update');
  });

  test('is gone after `serverless remove`, but for the secret', async () => {
    expect(await ofTheStack()).toEqual(places.map(([command]) => command));
    await stack.serverless('remove');
    expect(await ofTheStack()).toEqual([]);
    expect(names((await stack.aws('secretsmanager', 'list-secrets')).SecretList, 'Name')).toEqual([secret]);
    judged('MiniStack', 'removed: nothing of ours is left, and the secret stays');
  });
});

/** A queue that sees every notice, and a service that reads the secret. */
async function prepare(): Promise<void> {
  const queueArn = `arn:aws:sqs:us-east-1:${account}:notices-seen`;
  await stack.aws('sqs', 'create-queue', '--queue-name', 'notices-seen');
  await stack.aws(...words('sns subscribe --protocol sqs --topic-arn'), topic, '--notification-endpoint', queueArn);
  await stack.aws(...words('ecs create-cluster --cluster-name prod'));
  const containers = JSON.stringify([{ name: 'app', image: 'web:1', memory: 128 }]);
  await stack.aws(...words('ecs register-task-definition --family web --container-definitions'), containers);
  await stack.aws(
    ...words('ecs create-service --cluster prod --service-name web --task-definition web --desired-count 1'),
    ...words(`--tags key=courier:secret,value=${secret}`),
  );
}

/** From the lab, which ACM is here. */
async function request(): Promise<string> {
  const { CertificateArn } = await stack.aws(
    ...words('acm request-certificate --domain-name api.example.com --key-algorithm EC_prime256v1'),
    ...words(`--certificate-authority-arn ${stack.lab.caArns.subordinate} --tags Key=courier:secret,Value=${secret}`),
  );
  await stack.lab.clock.advance(4_000);
  return CertificateArn;
}

async function renew(certificateArn: string): Promise<void> {
  await stack.aws('acm', 'renew-certificate', '--certificate-arn', certificateArn);
  // ACM may export the certificate before for some seconds after a renewal.
  await stack.lab.clock.advance(70_000);
}

/**
 * As a person hands a secret over: MiniStack's CreateSecret gives the first version an id of its own, where AWS takes
 * the client's token, so the secret is there before the first delivery.
 */
async function handOver(certificateArn: string): Promise<void> {
  await stack.aws(
    ...words(`secretsmanager create-secret --name ${secret} --tags Key=courier:certificate,Value=${certificateArn}`),
  );
}

/** Puts the lab's latest event of ACM on MiniStack's bus, as it is. */
async function announce(): Promise<void> {
  const event = stack.lab.events().findLast(({ source }) => source === 'aws.acm');
  expect(event).toMatchObject({ 'detail-type': 'ACM Certificate Available', resources: [certificate] });
  const entry = {
    Source: event?.source,
    DetailType: event?.['detail-type'],
    Resources: event?.resources,
    Detail: JSON.stringify(event?.detail),
  };
  expect(await stack.aws('events', 'put-events', '--entries', JSON.stringify([entry]))).toMatchObject({
    FailedEntryCount: 0,
  });
}

/** Waits until the current version is ACM's certificate and is delivered. */
async function delivered(): Promise<void> {
  const wanted = await versionIdOf(certificate);
  await until('the version is delivered', async () =>
    Object.entries(await labelsOf(secret)).some(
      ([id, labels]) => wanted.test(id) && labels.includes('AWSCURRENT') && labels.includes('COURIER_DELIVERED'),
    ),
  );
}

/** As a version id must be for what ACM has now: serial, end in UTC, the hash of ARN and format, nothing forced. */
async function versionIdOf(certificateArn: string): Promise<RegExp> {
  const { Certificate } = await stack.aws('acm', 'describe-certificate', '--certificate-arn', certificateArn);
  const serial = Certificate.Serial.replaceAll(':', '').padStart(40, '0');
  const end = new Date(Certificate.NotAfter * 1000).toISOString().replace(/[-T:]/g, '').slice(0, 12);
  return new RegExp(`^${serial}-${end}-[0-9a-f]{6}0000$`);
}

const currentId = async () =>
  Object.entries(await labelsOf(secret)).find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];

async function labelsOf(name: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { VersionIdsToStages } = await stack.aws('secretsmanager', 'describe-secret', '--secret-id', name);
  return VersionIdsToStages;
}

/** Parameters of each call of one operation, as MiniStack's CloudTrail has them. */
// biome-ignore lint/suspicious/noExplicitAny: each operation has its own.
async function recorded(operation: string): Promise<readonly any[]> {
  const { Events } = await stack.aws(
    ...words(`cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=${operation}`),
  );
  return Events.map((one: { CloudTrailEvent: string }) => JSON.parse(one.CloudTrailEvent).requestParameters);
}

/** What a function wrote, line by line, as MiniStack's CloudWatch Logs have it. */
async function logged(name: string): Promise<readonly string[]> {
  const { events } = await stack.aws(
    ...words(`logs filter-log-events --log-group-name /aws/lambda/${stackName}-${name}`),
  );
  return events.map(({ message }: { message: string }) => message);
}

const handBacks = async () => (await recorded('ChangeMessageVisibility')).length;

async function reExport(event: object): Promise<unknown> {
  return JSON.parse(await stack.serverless('invoke', '--function', 're-export', '--data', JSON.stringify(event)));
}

/** The attributes of the next notice. */
async function nextNotice(): Promise<Readonly<Record<string, string>>> {
  const queueUrl = `${stack.ministack.url}/${account}/notices-seen`;
  const { Messages } = await stack.aws(...words('sqs receive-message --wait-time-seconds 10 --queue-url'), queueUrl);
  const [{ Body, ReceiptHandle }] = Messages;
  await stack.aws('sqs', 'delete-message', '--queue-url', queueUrl, '--receipt-handle', ReceiptHandle);
  const { MessageAttributes } = JSON.parse(Body) as { MessageAttributes: Record<string, { Value: string }> };
  return Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]));
}

/** Where a resource of the stack would show, and by which name. */
const places = [
  ['lambda list-functions', 'Functions[].FunctionName'],
  ['lambda list-event-source-mappings', 'EventSourceMappings[].FunctionArn'],
  ['events list-rules', 'Rules[].Name'],
  ['sqs list-queues', 'QueueUrls'],
  ['sns list-topics', 'Topics[].TopicArn'],
  ['sns list-subscriptions', 'Subscriptions[].TopicArn'],
  ['iam list-roles', 'Roles[].RoleName'],
  ['logs describe-log-groups', 'logGroups[].logGroupName'],
  ['cloudwatch describe-alarms', 'MetricAlarms[].AlarmName'],
  ['cloudwatch list-dashboards', 'DashboardEntries[].DashboardName'],
  ['scheduler list-schedules', 'Schedules[].Name'],
  ['ssm describe-parameters', 'Parameters[].Name'],
  ['s3api list-buckets', 'Buckets[].Name'],
  ['cloudformation describe-stacks', 'Stacks[].StackName'],
] as const;

/** What of the stack there is, by the command that lists it. */
async function ofTheStack(): Promise<readonly string[]> {
  const found = await Promise.all(
    places.map(async ([command, query]) => {
      const listed: readonly string[] | null = await stack.aws(...words(command), '--query', query);
      return (listed ?? []).some((name) => name.includes(stackName)) ? [command] : [];
    }),
  );
  return found.flat();
}

/** Looks every second, for a minute and a half and what the looks themselves take. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 90; look++) {
    if (await holds()) return;
    await sleep(1_000);
  }
  throw new Error(`Not so in time: ${what}\n${stack.ministack.output().slice(-20_000)}`);
}

const words = (line: string) => line.split(' ') as [string, ...string[]];
type Mapping = { readonly EventSourceArn: string };
const names = (list: readonly Record<string, string>[] = [], key: string) => list.map((one) => one[key]).sort();
