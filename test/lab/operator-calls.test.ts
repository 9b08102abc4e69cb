import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { GetAccountSettingsCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { functionResource, type SmallStack, startSmallStack } from './small-stack.ts';

const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:111122223333:${name}`;

let lab: SmallStack;
let sqs: SQSClient;
beforeAll(async () => {
  const queue = (QueueName: string, more: object = {}) => ({
    Type: 'AWS::SQS::Queue',
    Properties: { QueueName, ...more },
  });
  lab = await startSmallStack(
    {
      Resources: {
        Dead: queue('dead'),
        Live: queue('live', {
          RedrivePolicy: { deadLetterTargetArn: arn('sqs', 'dead'), maxReceiveCount: 1 },
          VisibilityTimeout: 0,
        }),
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } },
        Alarm: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { AlarmName: 'stack-dead', AlarmDescription: 'Look there' },
        },
        Other: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'other' } },
        Show: functionResource('show', { Timeout: 7, Environment: { Variables: { MODE: 'deliver' } } }),
      },
    },
    { functions: { show: 'exports.handler = async () => 1;' } },
  );
  sqs = new SQSClient(lab.client);
});
afterAll(() => lab.stop());

it('moves dead letters back to where they came from, and those of no other queue', async () => {
  const urlOf = async (QueueName: string) => (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
  const [live, dead] = await Promise.all(['live', 'dead'].map(urlOf));
  const bodies = async (QueueUrl: string | undefined) =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))).Messages?.map(({ Body }) => Body) ??
    [];
  await sqs.send(new SendMessageCommand({ QueueUrl: live, MessageBody: 'a letter' }));
  expect([await bodies(live), await bodies(live), await bodies(dead)]).toEqual([['a letter'], [], ['a letter']]);

  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('sqs', 'dead') }));
  expect([await bodies(dead), await bodies(live)]).toEqual([[], ['a letter']]);
  await expect(sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('sqs', 'live') }))).rejects.toMatchObject({
    message: 'Source queue must be configured as a Dead Letter Queue.',
  });
});

it('lists the subscriptions of a topic', async () => {
  const sns = new SNSClient(lab.client);
  const TopicArn = arn('sns', 'notices');
  const list = async () => (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions;
  expect(await list()).toEqual([]);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'ops@example.com' }));
  expect(await list()).toMatchObject([{ Protocol: 'email', Endpoint: 'ops@example.com', TopicArn }]);
});

it('shows the alarms of the template, in the state that they were set to', async () => {
  const cloudWatch = new CloudWatchClient(lab.client);
  const inAlarm = async () =>
    (await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'stack-', StateValue: 'ALARM' }))).MetricAlarms;
  expect(await inAlarm()).toEqual([]);
  for (const AlarmName of ['stack-dead', 'other'])
    await cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a test' }));
  expect(await inAlarm()).toMatchObject([{ AlarmName: 'stack-dead', AlarmDescription: 'Look there' }]);
});

it('answers what a function was deployed with, and what the account may run at a time', async () => {
  const lambda = new LambdaClient(lab.client);
  const settings = (FunctionName: string) => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  expect(await settings('show')).toMatchObject({ Timeout: 7, Environment: { Variables: { MODE: 'deliver' } } });
  await expect(settings('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
  expect(AccountLimit?.ConcurrentExecutions).toBe(1_000);
});
