import { createHash } from 'node:crypto';
import { contentHash, noNonce, writeVersionId } from '../../shared/domain/version-id.ts';
import type { Answers } from './mock-aws.ts';

export type WorldSize = {
  readonly certificates: number;
  readonly secrets: number;
  readonly services: number;
  readonly clusters: number;
  /** ACM has renewed everything since, and nobody heard of it. */
  readonly behind?: boolean;
};

const base = 'us-east-1:111122223333';
const now = Math.floor(Date.now() / 1000);
const since = now - 7 * 86_400;
/** Where all tasks run, and a probe stands. */
export const subnet = 'subnet-bench';

/**
 * Records of a large account in which nothing is wrong, answered page by page as AWS answers them: each secret has a
 * certificate that is delivered to it and a service that has been restarted since, and shows it to whoever shakes hands;
 * the other certificates have an owner.
 */
export function sweepAnswers({ certificates, secrets, services, clusters, behind = false }: WorldSize): Answers {
  const arnOf = (index: number) => `arn:aws:acm:${base}:certificate/${hex(index, 8)}-0000-4000-8000-000000000000`;
  const endOf = (index: number) => now - (now % 60) + (60 + (index % 300)) * 86_400;
  const serialOf = (index: number) => hex(index + 1, 32);
  const serviceOf = (index: number) => `arn:aws:ecs:${base}:service/cluster-${index % clusters}/service-${index}`;
  const secretOf = (index: number) => `courier/secret-${index % secrets}`;

  const certificate = (index: number) => ({
    CertificateArn: arnOf(index),
    X509Attributes: {
      Issuer: { CommonName: 'Bench CA', Organization: 'Bench' },
      Subject: { CommonName: `host-${index}.example.com` },
      SubjectAlternativeNames: [{ DnsName: `host-${index}.example.com` }],
      KeyAlgorithm: 'EC_prime256v1',
      SerialNumber: serialOf(behind ? index + certificates : index).replace(/..(?=.)/g, '$&:'),
      NotBefore: since,
      NotAfter: endOf(index),
    },
    CertificateMetadata: {
      AcmCertificateMetadata: {
        Status: 'ISSUED',
        Type: 'PRIVATE',
        RenewalEligibility: 'ELIGIBLE',
        RenewalStatus: 'SUCCESS',
        InUse: false,
        Exported: true,
        CertificateKeyPairOrigin: 'AWS_MANAGED',
        CreatedAt: since,
        IssuedAt: since,
      },
    },
  });
  const secret = (index: number) => {
    const version = writeVersionId({
      serial: serialOf(index).padStart(40, '0'),
      notAfter: endOf(index),
      content: contentHash(arnOf(index), { format: 'standard' }),
      nonce: noNonce,
    });
    return {
      ARN: `arn:aws:secretsmanager:${base}:secret:${secretOf(index)}-AbCdEf`,
      Name: secretOf(index),
      LastChangedDate: since,
      SecretVersionsToStages: {
        [version]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_DELIVERED', `COURIER_SINCE_${since}`],
      },
    };
  };
  const owner = { Key: 'courier:owner', Value: 'payments' };
  const tagged = (ResourceARN: string, delivered: string | undefined) => ({
    ResourceARN,
    Tags: [
      owner,
      ...(delivered === undefined ? [] : [{ Key: 'courier:secret', Value: delivered }]),
      ...(ResourceARN.includes(':service/') ? [{ Key: 'courier:probe', Value: '8443' }] : []),
    ],
  });
  const taggedAt = (index: number) =>
    index < services
      ? tagged(serviceOf(index), secretOf(index))
      : tagged(arnOf(index - services), index - services < secrets ? secretOf(index - services) : undefined);

  return {
    SearchCertificates: ({ NextToken, MaxResults = 50 }) => {
      const { items, next } = page(certificate, { of: certificates, from: NextToken, size: MaxResults });
      return { Results: items, NextToken: next };
    },
    ListSecrets: ({ NextToken, MaxResults = 100 }) => {
      const { items, next } = page(secret, { of: secrets, from: NextToken, size: MaxResults });
      return { SecretList: items, NextToken: next };
    },
    GetResources: ({ PaginationToken, ResourcesPerPage = 50, TagFilters: [{ Key }] }) => {
      const of = services + (Key === 'courier:secret' ? secrets : certificates);
      const { items, next } = page(taggedAt, { of, from: PaginationToken || undefined, size: ResourcesPerPage });
      return { ResourceTagMappingList: items, PaginationToken: next ?? '' };
    },
    DescribeServices: ({ services: arns, cluster }) => ({
      services: arns.map((serviceArn: string) => ({
        serviceArn,
        serviceName: serviceArn.split('/').at(-1),
        clusterArn: `arn:aws:ecs:${base}:cluster/${cluster}`,
        status: 'ACTIVE',
        desiredCount: 4,
        runningCount: 4,
        deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', createdAt: since + 60, rolloutState: 'COMPLETED' }],
        events: Array.from({ length: 100 }, (_, index) => ({
          id: `${index}`,
          createdAt: since,
          message: `(service ${serviceArn.split('/').at(-1)}) has reached a steady state.`,
        })),
      })),
      failures: [],
    }),
    ListTasks: ({ serviceName }) => ({
      taskArns: Array.from({ length: 4 }, (_, index) => `arn:aws:ecs:${base}:task/bench/${serviceName}-${index}`),
    }),
    DescribeTasks: ({ tasks }) => ({
      tasks: tasks.map((taskArn: string) => ({
        ...{ taskArn, lastStatus: 'RUNNING', startedAt: since + 60 },
        attachments: [{ details: [{ name: 'subnetId', value: subnet }] }],
        containers: [{ name: 'app', networkInterfaces: [{ privateIpv4Address: '10.0.0.1' }] }],
      })),
      failures: [],
    }),
    Invoke: ({ targets }) => targets.map(({ id, serial }: { id: string; serial: string }) => ({ id, serial })),
    ListCertificateAuthorities: { CertificateAuthorities: [] },
    SendMessage: ({ MessageBody }) => ({
      MessageId: 'bench',
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    }),
    GetQueueAttributes: { Attributes: { CreatedTimestamp: String(since) } },
  };
}

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

type Page = { readonly of: number; readonly from: string | undefined; readonly size: number };

function page<Item>(item: (index: number) => Item, { of, from, size }: Page) {
  const start = Number(from ?? 0);
  const end = Math.min(of, start + size);
  const items = Array.from({ length: end - start }, (_, index) => item(start + index));
  return { items, ...(end < of && { next: String(end) }) };
}
