import { createHash } from 'node:crypto';
import { contentHash, noNonce, writeVersionId } from '../../shared/domain/version-id.ts';
import type { Answers } from './mock-aws.ts';

/** The world that a first answer is measured in: one delivered certificate, one service that serves it. */
const region = 'us-east-1';
const account = '111122223333';
const certificateArn = `arn:aws:acm:${region}:${account}:certificate/6f1c0a52-8a3e-4a4e-9d6b-2f0c5d7e9a11`;
const serviceArn = `arn:aws:ecs:${region}:${account}:service/main/api`;
const taskArn = `arn:aws:ecs:${region}:${account}:task/main/0123456789abcdef0123456789abcdef`;
const secret = 'courier/api';
const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:${secret}-AbCdEf`;
const serial = '0a'.repeat(16);
const now = Math.floor(Date.now() / 1000);
const since = now - 7 * 86_400;
const notAfter = now - (now % 60) + 300 * 86_400;
const versionId = writeVersionId({
  serial: serial.padStart(40, '0'),
  notAfter,
  content: contentHash(certificateArn, { format: 'standard' }),
  nonce: noNonce,
});

export const answers: Answers = {
  DescribeCertificate: {
    Certificate: {
      CertificateArn: certificateArn,
      DomainName: 'api.example.com',
      SubjectAlternativeNames: ['api.example.com'],
      Serial: serial.replace(/..(?=.)/g, '$&:'),
      Status: 'ISSUED',
      Type: 'PRIVATE',
      KeyAlgorithm: 'EC_prime256v1',
      CertificateAuthorityArn: `arn:aws:acm-pca:${region}:${account}:certificate-authority/1`,
      CreatedAt: since,
      IssuedAt: since,
      NotBefore: since,
      NotAfter: notAfter,
      InUseBy: [],
      RenewalEligibility: 'ELIGIBLE',
      Options: { Export: 'ENABLED' },
    },
  },
  ListTagsForCertificate: { Tags: [{ Key: 'courier:secret', Value: secret }] },
  DescribeSecret: {
    ARN: secretArn,
    Name: secret,
    LastChangedDate: since,
    VersionIdsToStages: {
      [versionId]: ['COURIER_NEXT', 'AWSCURRENT', `COURIER_SINCE_${since}`, 'COURIER_DELIVERED'],
    },
  },
  GetResources: ({ ResourceTypeFilters: [type] }: { ResourceTypeFilters: readonly string[] }) => ({
    ResourceTagMappingList: [
      {
        ResourceARN: type === 'ecs:service' ? serviceArn : certificateArn,
        Tags: [{ Key: 'courier:secret', Value: secret }],
      },
    ],
  }),
  DescribeServices: {
    services: [
      {
        serviceArn,
        serviceName: 'api',
        clusterArn: `arn:aws:ecs:${region}:${account}:cluster/main`,
        status: 'ACTIVE',
        desiredCount: 1,
        runningCount: 1,
        tags: [{ key: 'courier:secret', value: secret }],
        deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', createdAt: since + 60, rolloutState: 'COMPLETED' }],
      },
    ],
    failures: [],
  },
  ListServiceDeployments: { serviceDeployments: [{ createdAt: since + 60, status: 'SUCCESSFUL' }] },
  ListTasks: { taskArns: [taskArn] },
  DescribeTasks: { tasks: [{ taskArn, lastStatus: 'RUNNING', createdAt: since + 90 }], failures: [] },
  // SQS's client checks that the queue got what was sent.
  SendMessage: ({ MessageBody }: { MessageBody: string }) => ({
    MessageId: '5fea7756-0ea4-451a-a703-a558b933e274',
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }),
};

const envelope = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  account,
  region,
  time: new Date().toISOString(),
};

/** What each function is asked: the event that it gets most often. */
export const firstEvents: Readonly<Record<string, unknown>> = {
  'certificate-available': {
    ...envelope,
    source: 'aws.acm',
    'detail-type': 'ACM Certificate Available',
    resources: [certificateArn],
    detail: { Action: 'RENEWAL', CertificateType: 'PRIVATE', CommonName: 'api.example.com', DaysToExpiry: 300 },
  },
  'secret-changed': {
    ...envelope,
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    resources: [secretArn],
    detail: { name: secret, labelUpdated: 'AWSCURRENT', versionId },
  },
  deliver: {
    Records: [
      {
        messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
        receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
        body: JSON.stringify({ certificateArn, cause: envelope.id }),
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(now * 1000),
          MessageGroupId: certificateArn,
          MessageDeduplicationId: envelope.id,
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:${region}:${account}:acm-courier-lab-deliveries.fifo`,
        awsRegion: region,
      },
    ],
  },
  're-export': { certificateArn, dryRun: true },
};
