import {
  ACMClient,
  ExportCertificateCommand,
  ListCertificatesCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionResource, getArn, roleOf, type SmallStack, startSmallStack } from './small-stack.ts';

/** Shows its keys, so that a test can act as the function. */
const functions = {
  keys: `exports.handler = async () => ({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  });`,
};

const secrets = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/*';
const keys = 'arn:aws:kms:us-east-1:111122223333:key/';
const template = {
  Resources: {
    Narrow: roleOf(
      {
        Effect: 'Allow',
        Action: 'acm:ExportCertificate',
        Resource: 'arn:aws:acm:us-east-1:111122223333:certificate/*',
        Condition: { Null: { 'aws:ResourceTag/courier:secret': 'false' } },
      },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:CreateSecret',
        Resource: '*',
        Condition: { StringLike: { 'secretsmanager:Name': 'courier/*' } },
      },
      { Effect: 'Allow', Action: ['secretsmanager:PutSecretValue', 'secretsmanager:GetSecretValue'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: `${keys}1`,
        Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } },
      },
      {
        Effect: 'Allow',
        Action: 'kms:*',
        Resource: `${keys}2`,
        Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      },
    ),
    More: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'more',
        Roles: [{ Ref: 'Narrow' }],
        PolicyDocument: {
          Statement: {
            Effect: 'Deny',
            Action: 'secretsmanager:CreateSecret',
            Resource: secrets,
            Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'courier:*' } },
          },
        },
      },
    },
    Keys: functionResource('keys', { Role: getArn('Narrow') }),
  },
};

const principal = 'arn:aws:sts::111122223333:assumed-role/acm-courier-lab-Narrow/keys';
let lab: SmallStack;
let role: SmallStack['client'];
let tagged: string;
let untagged: string;

beforeAll(async () => {
  lab = await startSmallStack(template, { functions });
  const { Payload } = await new LambdaClient(lab.client).send(new InvokeCommand({ FunctionName: 'keys' }));
  role = { ...lab.client, credentials: JSON.parse(Payload?.transformToString() ?? '') };
  const request = async (Tags?: { Key: string; Value: string }[]) => {
    const CertificateAuthorityArn = lab.caArns.subordinate;
    const wish = new RequestCertificateCommand({ DomainName: 'a.example.com', CertificateAuthorityArn, Tags });
    return (await new ACMClient(lab.client).send(wish)).CertificateArn ?? '';
  };
  tagged = await request([{ Key: 'courier:secret', Value: 'courier/a' }]);
  untagged = await request();
  await lab.clock.advance(10_000);
});
afterAll(() => lab.stop());

const exported = (CertificateArn: string) =>
  new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('four') });
const secret = (Name: string, ...keys: string[]) =>
  new CreateSecretCommand({ Name, SecretString: 'x', Tags: keys.map((Key) => ({ Key, Value: 'x' })) });

describe('a role may', () => {
  it('do what a statement allows under its condition, read from the tags that the resource has', async () => {
    await expect(new ACMClient(role).send(exported(tagged))).resolves.toMatchObject({ PrivateKey: expect.any(String) });
  });

  it('do what a condition on the request allows', async () => {
    await expect(new SecretsManagerClient(role).send(secret('courier/new', 'team'))).resolves.toBeDefined();
  });
});

describe('a secret that a customer’s key encrypts', () => {
  const encrypted = (key: string) =>
    new SecretsManagerClient(role).send(
      new CreateSecretCommand({ Name: `courier/under-${key}`, SecretString: 'x', KmsKeyId: keys + key }),
    );

  it('is stored by a role that may use the key through Secrets Manager', async () => {
    await expect(encrypted('1')).resolves.toBeDefined();
  });

  it.each([
    ['may use it through another service only', '2'],
    ['may not use it', '3'],
  ])('is denied to a role that %s', async (_, key) => {
    const name = 'AccessDeniedException';
    await expect(encrypted(key)).rejects.toMatchObject({ name, message: 'Access to KMS is not allowed' });
  });

  it('is not read or written without the key either', async () => {
    const KmsKeyId = `${keys}3`;
    const Name = 'courier/foreign-key';
    await new SecretsManagerClient(lab.client).send(new CreateSecretCommand({ Name, SecretString: 'x', KmsKeyId }));
    for (const command of [
      new PutSecretValueCommand({ SecretId: Name, SecretString: 'y' }),
      new GetSecretValueCommand({ SecretId: Name }),
    ])
      await expect(new SecretsManagerClient(role).send(command as PutSecretValueCommand)).rejects.toThrow(
        'Access to KMS is not allowed',
      );
  });
});

describe('a role is denied', () => {
  const queue = 'arn:aws:sqs:us-east-1:111122223333:q';
  const topic = 'arn:aws:sns:us-east-1:111122223333:t';
  const lambda = 'arn:aws:lambda:us-east-1:111122223333:function:keys';
  const none = (action: string) => `because no identity-based policy allows the ${action} action`;

  it.each<[string, () => Promise<unknown>, string, number, string]>([
    [
      'what its condition does not hold for',
      () => new ACMClient(role).send(exported(untagged)),
      'AccessDeniedException',
      400,
      `acm:ExportCertificate on resource: CERTIFICATE ${none('acm:ExportCertificate')}`,
    ],
    [
      'what nothing allows, without a resource where there is none',
      () => new ACMClient(role).send(new ListCertificatesCommand({})),
      'AccessDeniedException',
      400,
      `acm:ListCertificates ${none('acm:ListCertificates')}`,
    ],
    [
      'what it may not do to a secret that is not there',
      () => new SecretsManagerClient(role).send(new DeleteSecretCommand({ SecretId: 'courier/none' })),
      'AccessDeniedException',
      400,
      `secretsmanager:DeleteSecret on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/none ${none('secretsmanager:DeleteSecret')}`,
    ],
    [
      'a name outside its condition',
      () => new SecretsManagerClient(role).send(secret('other/new')),
      'AccessDeniedException',
      400,
      `secretsmanager:CreateSecret on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:other/new ${none('secretsmanager:CreateSecret')}`,
    ],
    [
      'what an attached policy denies, by the tags of the request',
      () => new SecretsManagerClient(role).send(secret('courier/tagged', 'team', 'courier:owner')),
      'AccessDeniedException',
      400,
      `secretsmanager:CreateSecret on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/tagged with an explicit deny in an identity-based policy`,
    ],
    [
      'in SNS’s words',
      () => new SNSClient(role).send(new PublishCommand({ TopicArn: topic, Message: 'x' })),
      'AuthorizationErrorException',
      403,
      `SNS:Publish on resource: ${topic} ${none('SNS:Publish')}`,
    ],
    [
      'in SQS’s words',
      () =>
        new SQSClient(role).send(new SendMessageCommand({ QueueUrl: `${lab.url}/111122223333/q`, MessageBody: 'x' })),
      'AccessDenied',
      403,
      `sqs:sendmessage on resource: ${queue} ${none('sqs:sendmessage')}`,
    ],
    [
      'in Lambda’s words',
      () => new LambdaClient(role).send(new InvokeCommand({ FunctionName: 'keys' })),
      'AccessDeniedException',
      403,
      `lambda:InvokeFunction on resource: ${lambda} ${none('lambda:InvokeFunction')}`,
    ],
  ])('%s', async (_, call, name, httpStatusCode, sentence) => {
    const message = `User: ${principal} is not authorized to perform: ${sentence.replace('CERTIFICATE', untagged)}`;
    await expect(call()).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode } });
  });
});

describe('a request is refused', () => {
  const forged = 'The request signature we calculated does not match the signature you provided.';
  const unknown = 'The security token included in the request is invalid.';
  const operator = { accessKeyId: 'operator', secretAccessKey: 'operator' };

  it.each<[string, () => object, string, string]>([
    [
      'by an unknown key',
      () => ({ credentials: { ...operator, accessKeyId: 'x' } }),
      'UnrecognizedClientException',
      unknown,
    ],
    [
      'signed with another secret',
      () => ({ credentials: { ...operator, secretAccessKey: 'x' } }),
      'InvalidSignatureException',
      forged,
    ],
    [
      'with a session’s key and no token',
      () => ({ credentials: { ...role.credentials, sessionToken: undefined } }),
      'UnrecognizedClientException',
      unknown,
    ],
    [
      'for another region',
      () => ({ region: 'eu-west-1' }),
      'InvalidSignatureException',
      'Credential should be scoped to a valid region.',
    ],
  ])('%s', async (_, more, name, message) => {
    const acm = new ACMClient({ ...lab.client, ...more() });
    await expect(acm.send(new ListCertificatesCommand({}))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  it('in the words of the query protocol and of SQS, too', async () => {
    const wrong = { ...lab.client, credentials: { ...operator, secretAccessKey: 'x' } };
    await expect(new SNSClient(wrong).send(new CreateTopicCommand({ Name: 't' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
    await expect(new SQSClient(wrong).send(new CreateQueueCommand({ QueueName: 'q' }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe('a template is refused', () => {
  const Work = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work' } };
  const F = functionResource('keys', { Role: getArn('Idle') });
  const Idle = roleOf({ Effect: 'Allow', Action: 'acm:ListCertificates', Resource: '*' });
  const work = 'arn:aws:sqs:us-east-1:111122223333:work';
  const mapping = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionName: { Ref: 'F' }, EventSourceArn: getArn('Work') },
  };
  const destination = {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: { Ref: 'F' }, DestinationConfig: { OnFailure: { Destination: getArn('Work') } } },
  };
  it.each([
    ['whose role may not take from its queue', mapping, `permissions to call ReceiveMessage on ${work}`],
    ['whose role may not send what it failed on', destination, `permissions to call SendMessage on ${work}`],
    [
      'with a managed policy, which the lab does not have',
      { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: ['x'] } },
      "The lab evaluates the template's own policies only",
    ],
  ])('%s', async (_, Last, sentence) => {
    await expect(startSmallStack({ Resources: { Work, F, Idle, Last } }, { functions })).rejects.toThrow(sentence);
  });
});
