import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { ACMClient, DescribeCertificateCommand, ListTagsForCertificateCommand } from '@aws-sdk/client-acm';
import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { z } from 'zod';

/**
 * The peer of the cold-start measurement: the same first answers as acm-courier's functions, by one handler as one
 * writes it first. Same libraries, every client made at the top, one call after the other, bundled with esbuild's
 * defaults. Honest: it has no call and no line that only costs time.
 */
const logger = new Logger();
const metrics = new Metrics();
const acm = new ACMClient({});
const ecs = new ECSClient({});
const secrets = new SecretsManagerClient({});
const sqs = new SQSClient({});
const tagging = new ResourceGroupsTaggingAPIClient({});
/** Its other jobs, not asked for here: notices, authorities' certificates, following a delivery. */
export const others = [new ACMPCAClient({}), new LambdaClient({}), new SNSClient({})];

const available = z.object({
  id: z.string(),
  'detail-type': z.literal('ACM Certificate Available'),
  resources: z.array(z.string()).min(1),
  detail: z.object({ Action: z.string() }),
});
const labelUpdated = z.object({
  id: z.string(),
  'detail-type': z.literal('Secret Label Updated'),
  detail: z.object({ name: z.string(), labelUpdated: z.literal('AWSCURRENT') }),
});
const queued = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });
const message = z.object({ certificateArn: z.string(), cause: z.string() });
const request = z.object({ certificateArn: z.string(), dryRun: z.boolean() });
const anything = z.union([available, labelUpdated, queued, request]);

export const handler = middy<unknown, unknown>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(async (input) => {
    const event = anything.parse(input);
    metrics.addMetric('invocations', MetricUnit.Count, 1);
    if ('Records' in event) return { batchItemFailures: await lookAtAll(event.Records) };
    if ('dryRun' in event) return { plan: await inspect(event.certificateArn, { consumers: true }) };
    if ('resources' in event) return queue(event.resources, event.id);
    return queue(await tagged('acm:certificate', event.detail.name), event.id);
  });

async function queue(certificateArns: readonly string[], cause: string): Promise<void> {
  for (const certificateArn of certificateArns) {
    const body = { MessageBody: JSON.stringify({ certificateArn, cause }), MessageGroupId: certificateArn };
    const QueueUrl = process.env.DELIVERIES_QUEUE_URL;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageDeduplicationId: cause, ...body }));
    logger.info('Queued a certificate', { certificateArn });
  }
}

async function lookAtAll(records: z.infer<typeof queued>['Records']) {
  const failures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of records) {
    const { certificateArn } = message.parse(JSON.parse(body));
    const state = await inspect(certificateArn, { consumers: false });
    if (!state.delivered) failures.push({ itemIdentifier: messageId });
  }
  return failures;
}

async function inspect(CertificateArn: string, { consumers }: { consumers: boolean }) {
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
  const { Tags = [] } = await acm.send(new ListTagsForCertificateCommand({ CertificateArn }));
  const secret = Tags.find(({ Key }) => Key === 'courier:secret')?.Value ?? '';
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: secret }));
  const serial = Certificate?.Serial?.replaceAll(':', '') ?? '';
  const [version, labels = []] = Object.entries(VersionIdsToStages).find(([id]) => id.includes(serial)) ?? [];
  const tasks = consumers ? await tasksOf(await tagged('ecs:service', secret)) : [];
  logger.info('Looked at a certificate', { CertificateArn, version, tasks: tasks.length });
  return { version, delivered: labels.includes('COURIER_DELIVERED'), tasks };
}

async function tagged(type: string, secret: string): Promise<readonly string[]> {
  const filters = { TagFilters: [{ Key: 'courier:secret' }], ResourceTypeFilters: [type] };
  const { ResourceTagMappingList = [] } = await tagging.send(new GetResourcesCommand(filters));
  const wanted = ResourceTagMappingList.filter(({ Tags }) => Tags?.some(({ Value }) => Value === secret));
  return wanted.map(({ ResourceARN = '' }) => ResourceARN);
}

async function tasksOf(services: readonly string[]) {
  const cluster = services[0]?.split('/').at(-2);
  const described = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [...services], include: ['TAGS'] }),
  );
  const all: Task[] = [];
  for (const { serviceArn } of described.services ?? []) {
    await ecs.send(new ListServiceDeploymentsCommand({ cluster, service: serviceArn }));
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster, serviceName: serviceArn }));
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
    all.push(...tasks);
  }
  return all;
}
