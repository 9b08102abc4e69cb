import {
  ACMClient,
  DescribeCertificateCommand,
  ListCertificatesCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-acm';
import { ACMPCAClient, ListPermissionsCommand } from '@aws-sdk/client-acm-pca';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NotFoundException, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFaults, type Faults } from '../../lab/faults.ts';
import { type RecordedCall, type Server, startServer } from '../../lab/server.ts';
import { AwsError, type Service } from '../../lab/service.ts';

const labNow = new Date('2026-01-02T03:04:05Z');
const input: unknown[] = [];
let calls: RecordedCall[];
let faults: Faults;
let server: Server;
let performed: number;

const services: Service[] = [
  {
    name: 'acm',
    protocol: 'json-1.1',
    target: 'CertificateManager',
    operations: {
      DescribeCertificate: ({ CertificateArn }) => {
        throw new AwsError('ResourceNotFoundException', `Could not find certificate ${CertificateArn}`);
      },
      ListCertificates: (_, { caller }) => {
        performed += 1;
        return { CertificateSummaryList: [{ CertificateArn: caller, NotAfter: labNow }] };
      },
    },
  },
  {
    name: 'acm-pca',
    protocol: 'json-1.1',
    target: 'ACMPrivateCA',
    operations: { ListPermissions: () => ({ Permissions: [] }) },
  },
  {
    name: 'sns',
    protocol: 'query',
    target: '2010-03-31',
    operations: {
      Publish: (members) => {
        if (members.TopicArn !== 'topic') throw new AwsError('NotFound', 'Topic <none> & nothing', { status: 404 });
        input.push(members);
        return { MessageId: 'a <b> & "c"\nd' };
      },
    },
  },
  {
    name: 'sqs',
    protocol: 'json-1.0',
    target: 'AmazonSQS',
    operations: {
      GetQueueUrl: () => {
        throw new AwsError('QueueDoesNotExist', 'No such queue', {
          queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
        });
      },
    },
  },
  {
    name: 'lambda',
    protocol: 'rest-json',
    target: '',
    operations: {
      Invoke: ({ name }) => ({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: `"${name}"` }),
    },
    route: ({ path }) => ({ operation: 'Invoke', input: { name: path.split('/')[3] } }),
  },
];

const settings = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'acm-courier-lab-deliver', secretAccessKey: 'x' },
  maxAttempts: 1,
});
const acm = () => new ACMClient(settings());

beforeEach(async () => {
  calls = [];
  performed = 0;
  faults = createFaults();
  server = await startServer({ services, clock: { now: () => labNow }, faults, onCall: (call) => calls.push(call) });
});
afterEach(() => server.stop());

describe('what the SDK reads from the server', () => {
  it('is JSON with dates as epoch seconds, and the key id as the caller', async () => {
    const answer = await acm().send(new ListCertificatesCommand({}));
    expect(answer.CertificateSummaryList).toEqual([{ CertificateArn: 'acm-courier-lab-deliver', NotAfter: labNow }]);
    expect(calls).toMatchObject([
      { service: 'acm', operation: 'ListCertificates', caller: 'acm-courier-lab-deliver', ok: true },
    ]);
    expect(calls[0]?.response).toContain(`"NotAfter":${labNow.getTime() / 1000}`);
  });

  it('is dated in lab time, so that it trusts its own clock', async () => {
    expect((await fetch(server.url)).headers.get('date')).toBe(labNow.toUTCString());
  });

  it('is the exception class that the error code names', async () => {
    const error = await acm()
      .send(new DescribeCertificateCommand({ CertificateArn: 'arn' }))
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(ResourceNotFoundException);
    expect(error.message).toBe('Could not find certificate arn');
    expect(calls).toMatchObject([{ ok: false }]);
  });

  it('is XML where the service speaks query, with lists and maps of the request in shape', async () => {
    const sns = new SNSClient(settings());
    const attributes = { severity: { DataType: 'String', StringValue: 'a&b=c d' } };
    const answer = await sns.send(
      new PublishCommand({ TopicArn: 'topic', Message: 'ä\n', MessageAttributes: attributes }),
    );
    expect(answer.MessageId).toBe('a <b> & "c"\nd');
    expect(input.pop()).toMatchObject({ Message: 'ä\n', MessageAttributes: attributes });
  });

  it('is a query error as the exception class of its code', async () => {
    const error = await new SNSClient(settings())
      .send(new PublishCommand({ TopicArn: 'x', Message: 'm' }))
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(NotFoundException);
    expect(error.message).toBe('Topic <none> & nothing');
  });

  it('is both the new and the old code of an SQS error', async () => {
    const error = await new SQSClient(settings())
      .send(new GetQueueUrlCommand({ QueueName: 'q' }))
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(QueueDoesNotExist);
    expect(error.Code).toBe('AWS.SimpleQueueService.NonExistentQueue');
  });

  it('is a REST answer with its headers', async () => {
    const answer = await new LambdaClient(settings()).send(new InvokeCommand({ FunctionName: 'one' }));
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(answer.Payload?.transformToString()).toBe('"one"');
  });

  it('is understood by the old Private CA client as well', async () => {
    const pca = new ACMPCAClient(settings());
    expect((await pca.send(new ListPermissionsCommand({ CertificateAuthorityArn: 'x' }))).Permissions).toEqual([]);
  });
});

describe('what the server refuses', () => {
  it.each([
    ['an operation that nobody implements', 'CertificateManager.ImportCertificate', 'UnknownOperationException'],
    ['an operation that only Object has', 'CertificateManager.constructor', 'UnknownOperationException'],
    ['a service that the lab does not have', 'Kinesis_20131202.PutRecord', 'UnknownOperationException'],
  ])('is %s', async (_, target, code) => {
    const answer = await post({ 'x-amz-target': target, authorization: 'Credential=operator/x' }, '{}');
    expect(answer).toMatchObject({ status: 400, body: { __type: code } });
  });

  it('is a body that is not JSON', async () => {
    const answer = await post(
      { 'x-amz-target': 'CertificateManager.ListCertificates', authorization: 'Credential=operator/x' },
      '{',
    );
    expect(answer).toMatchObject({ status: 400, body: { __type: 'SerializationException' } });
  });

  it('is a request without a signature', async () => {
    const answer = await post({ 'x-amz-target': 'CertificateManager.ListCertificates' }, '{}');
    expect(answer).toMatchObject({ status: 403, body: { __type: 'MissingAuthenticationToken' } });
    expect(performed).toBe(0);
  });
});

it('a route of the lab that breaks says so, and the lab goes on', async () => {
  const extra = async ({ path }: { path: string }) =>
    path === '/_lab/broken' ? Promise.reject(new Error('no way')) : null;
  const told = vi.spyOn(console, 'error').mockReturnValue();
  const other = await startServer({ services, extra, clock: { now: () => labNow }, onCall: () => {} });
  const answer = await fetch(`${other.url}/_lab/broken`);
  expect([answer.status, await answer.text()]).toEqual([500, 'The lab failed: Error: no way\n']);
  expect(told).toHaveBeenCalledOnce();
  told.mockRestore();
  expect((await fetch(other.url)).status).toBe(403);
  await other.stop();
});

describe('a fault', () => {
  it.each([
    ['throttle', 'ThrottlingException', 0],
    ['500', 'InternalFailure', 0],
    ['denied', 'AccessDeniedException', 0],
    ['cut', 'ECONNRESET', 0],
    ['effect-then-cut', 'ECONNRESET', 1],
  ] as const)('"%s" is seen as %s after %d effects', async (fault, name, effects) => {
    faults.add({ service: 'acm', operation: 'ListCertificates', fault, nth: 1 });
    const error = await acm()
      .send(new ListCertificatesCommand({}))
      .catch((caught) => caught);
    expect(error.code ?? error.name).toBe(name);
    expect(performed).toBe(effects);
  });

  it('"timeout" never answers, and does not hold the server open', async () => {
    faults.add({ service: 'acm', operation: 'ListCertificates', fault: 'timeout', nth: 1 });
    const pending = acm()
      .send(new ListCertificatesCommand({}))
      .catch((caught) => caught);
    await expect.poll(() => calls, { timeout: 30_000 }).toMatchObject([{ ok: false }]);
    await server.stop();
    expect((await pending).code).toBe('ECONNRESET');
    expect(performed).toBe(0);
  });

  it('hits the nth matching call, once', async () => {
    faults.add({ service: 'acm', operation: 'ListCertificates', fault: 'throttle', nth: 2 });
    for (let call = 0; call < 3; call += 1)
      await acm()
        .send(new ListCertificatesCommand({}))
        .catch(() => undefined);
    expect(calls.map(({ ok }) => ok)).toEqual([true, false, true]);
  });
});

async function post(headers: Record<string, string>, body: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(server.url, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}
