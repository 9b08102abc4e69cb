import { join } from 'node:path';
import * as acm from '@aws-sdk/client-acm';
import * as ecs from '@aws-sdk/client-ecs';
import * as lambda from '@aws-sdk/client-lambda';
import * as tagging from '@aws-sdk/client-resource-groups-tagging-api';
import * as manager from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled, loadModel } from '../../lab/request-model.ts';
import { renewal } from '../../lab/stories/renewal.ts';
import { createTeller } from '../../lab/teller.ts';
import { type Lab, startLab } from '../../lab/world.ts';
import { judged } from './counterparts.ts';

const template = join(import.meta.dirname, '../../dist/template.json');
const services = [
  ...['acm', 'acm-pca', 'ecs', 'events', 'lambda'],
  ...['secretsmanager', 'sns', 'sqs', 'sts', 'tagging', 'monitoring', 'iam'],
];

const models = process.env.LAB_MODELS ?? '';
let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ template, models });
});
afterAll(() => lab.stop());

const client = <T>(Client: new (config: object) => T): T =>
  new Client({
    endpoint: lab.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
    maxAttempts: 1,
  });

/** Requests that the lab refused by the models, however they went on. */
const refusals = () =>
  lab
    .traffic()
    .filter(
      ({ ok, response }) => !ok && /validation errors? detected|SerializationException|MissingRequired/.test(response),
    )
    .map(({ service, operation, caller, response }) => `${caller}: ${service}:${operation} ${response}`);

test('nothing that the functions or the operator send in the demo, renewals included, breaks a model', async () => {
  const told = createTeller({ json: true });
  expect(await renewal(lab, told)).toHaveLength(2);
  expect(refusals()).toEqual([]);
  const asked = new Set(lab.calls().map(({ service, operation }) => `${service}:${operation}`));
  expect([...asked]).toEqual(
    expect.arrayContaining(['acm:ExportCertificate', 'secretsmanager:PutSecretValue', 'ecs:UpdateService']),
  );
  judged('botocore', `the demo: ${lab.calls().length} requests of ${asked.size} operations`);
});

const invalid = (value: string, { at, constraint }: { at: string; constraint: string }) =>
  `Value ${value}at '${at}' failed to satisfy constraint: Member must ${constraint}`;
const one = (...flaw: Parameters<typeof invalid>) => `1 validation error detected: ${invalid(...flaw)}`;

type Refused = [string, () => Promise<unknown>, string | (new (given: never) => Error), string | RegExp];
const refused: readonly Refused[] = [
  [
    'a token that is too short',
    () =>
      client(manager.SecretsManagerClient).send(
        new manager.CreateSecretCommand({ Name: 'x', SecretString: 'x', ClientRequestToken: 'short' }),
      ),
    'ValidationException',
    one("'short' ", { at: 'clientRequestToken', constraint: 'have length greater than or equal to 32' }),
  ],
  [
    'a label that is too long, in a list',
    () =>
      client(manager.SecretsManagerClient).send(
        new manager.PutSecretValueCommand({ SecretId: 'x', SecretString: 'x', VersionStages: ['l'.repeat(257)] }),
      ),
    'ValidationException',
    one('', {
      at: 'versionStages',
      constraint:
        'satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 1]',
    }),
  ],
  [
    'a value that is too long, without telling it',
    () =>
      client(manager.SecretsManagerClient).send(
        new manager.CreateSecretCommand({ Name: 'x', SecretString: 'x'.repeat(65_537) }),
      ),
    'ValidationException',
    one('', { at: 'secretString', constraint: 'have length less than or equal to 65536' }),
  ],
  [
    'a filter that is two filters at once',
    () =>
      client(acm.ACMClient).send(
        new acm.SearchCertificatesCommand({
          FilterStatement: { And: [], Or: [] } as unknown as acm.CertificateFilterStatement,
        }),
      ),
    'SerializationException',
    '"filterStatement" must have exactly one member',
  ],
  [
    'a message without a text',
    () => client(sqs.SQSClient).send(new sqs.SendMessageCommand({ QueueUrl: 'x' } as sqs.SendMessageCommandInput)),
    'MissingParameter',
    'The request must contain the parameter MessageBody.',
  ],
  [
    'an attribute of a queue that nobody knows',
    () =>
      client(sqs.SQSClient).send(
        new sqs.GetQueueAttributesCommand({ QueueUrl: 'x', AttributeNames: ['Colour' as sqs.QueueAttributeName] }),
      ),
    sqs.InvalidAttributeName,
    /^1 validation error detected: Value at 'attributeNames' failed .* enum value set: \[All, Policy, /,
  ],
  [
    'what is no ARN',
    () =>
      client(acm.ACMClient).send(
        new acm.DescribeCertificateCommand({ CertificateArn: 'certificate/of-no-account-at-all' }),
      ),
    acm.ValidationException,
    one("'certificate/of-no-account-at-all' ", {
      at: 'certificateArn',
      constraint:
        'satisfy regular expression pattern: arn:[\\w+=/,.@-]+:acm:[\\w+=/,.@-]*:[0-9]+:[\\w+=,.@-]+(/[\\w+=,.@-]+)*',
    }),
  ],
  [
    'a passphrase that is too short, without telling it',
    () =>
      client(acm.ACMClient).send(
        new acm.ExportCertificateCommand({
          CertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/x',
          Passphrase: Buffer.from('abc'),
        }),
      ),
    'ValidationException',
    one('', { at: 'passphrase', constraint: 'have length greater than or equal to 4' }),
  ],
  [
    'a launch type that nobody knows',
    () =>
      client(ecs.ECSClient).send(
        new ecs.CreateServiceCommand({ serviceName: 'x', taskDefinition: 'x', launchType: 'MOON' as ecs.LaunchType }),
      ),
    ecs.InvalidParameterException,
    one("'MOON' ", {
      at: 'launchType',
      constraint: 'satisfy enum value set: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]',
    }),
  ],
  [
    'a count that is a text',
    () =>
      client(ecs.ECSClient).send(
        new ecs.CreateServiceCommand({ serviceName: 'x', desiredCount: 'two' as unknown as number }),
      ),
    'SerializationException',
    '"desiredCount" is not of type integer',
  ],
  [
    'an empty key, within a list',
    () =>
      client(tagging.ResourceGroupsTaggingAPIClient).send(
        new tagging.GetResourcesCommand({ TagFilters: [{ Key: 'a' }, { Key: '' }] }),
      ),
    tagging.InvalidParameterException,
    one("'' ", { at: 'tagFilters.2.member.key', constraint: 'have length greater than or equal to 1' }),
  ],
  [
    'two missing members at once',
    () =>
      client(sns.SNSClient).send(
        new sns.SubscribeCommand({ Endpoint: 'ops@example.com' } as sns.SubscribeCommandInput),
      ),
    sns.InvalidParameterException,
    `2 validation errors detected: ${['topicArn', 'protocol']
      .map((at) => invalid('null ', { at, constraint: 'not be null' }))
      .join('; ')}`,
  ],
  [
    'a kind of invocation that nobody knows',
    () =>
      client(lambda.LambdaClient).send(
        new lambda.InvokeCommand({ FunctionName: 'x', InvocationType: 'Later' as lambda.InvocationType }),
      ),
    'ValidationException',
    one("'Later' ", { at: 'invocationType', constraint: 'satisfy enum value set: [Event, RequestResponse, DryRun]' }),
  ],
];

test.each(refused)('%s is refused as AWS refuses it', async (what, send, refusal, message) => {
  const before = refusals().length;
  const error = await send().then(
    () => null,
    (reason: Error) => reason,
  );
  if (typeof refusal === 'string') expect(error?.name).toBe(refusal);
  else expect(error).toBeInstanceOf(refusal);
  if (typeof message === 'string') expect(error?.message).toBe(message);
  else expect(error?.message).toMatch(message);
  expect(refusals()).toHaveLength(before + 1);
  judged('botocore', `refused: ${what}`);
});

test('every pattern of the models is one that JavaScript understands', () => {
  const patterns = services.flatMap((service) =>
    Object.entries(loadModel(service, models).shapes).flatMap(([name, { pattern }]) =>
      pattern === undefined ? [] : { shape: `${service}:${name}`, pattern },
    ),
  );
  expect(patterns.length).toBeGreaterThan(150);
  expect(patterns.filter(({ pattern }) => !understood(pattern)).map(({ shape }) => shape)).toEqual([]);
});

function understood(pattern: string): boolean {
  try {
    compiled(pattern);
    return true;
  } catch {
    return false;
  }
}
