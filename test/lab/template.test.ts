// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { functionResource, getArn, type SmallStack, startSmallStack } from './small-stack.ts';

const functions = { show: 'exports.handler = async () => process.env;' };
let lab: SmallStack | undefined;
afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

describe('an expression', () => {
  const account = '111122223333';
  it.each([
    [
      'Ref of a FIFO queue',
      { Ref: 'Queue' },
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/111122223333\/q\.fifo$/),
    ],
    ['Ref of a topic', { Ref: 'Topic' }, `arn:aws:sns:us-east-1:${account}:t`],
    ['Ref of a role', { Ref: 'Role' }, 'acm-courier-lab-Role'],
    ['GetAtt of a role', getArn('Role'), `arn:aws:iam::${account}:role/acm-courier-lab-Role`],
    ['GetAtt in one string', { 'Fn::GetAtt': 'Queue.Arn' }, `arn:aws:sqs:us-east-1:${account}:q.fifo`],
    [
      'GetAtt of what has no effect in the lab',
      getArn('Alarm'),
      `arn:aws:cloudwatch:us-east-1:${account}:acm-courier-lab-Alarm`,
    ],
    [
      'Sub with pseudo parameters',
      { 'Fn::Sub': '${AWS::Partition}/${AWS::AccountId}/${AWS::Region}/${AWS::StackName}/${AWS::URLSuffix}' },
      `aws/${account}/us-east-1/acm-courier-lab/amazonaws.com`,
    ],
    ['Sub with an attribute and a literal', { 'Fn::Sub': '${Topic.TopicName} ${!Topic}' }, 't ${Topic}'],
    ['Join', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Region' }]] }, 'a/us-east-1'],
  ])('%s is what CloudFormation makes of it', async (_, expression, expected) => {
    lab = await startSmallStack(
      {
        Resources: {
          Show: functionResource('show', { Environment: { Variables: { VALUE: expression } } }),
          Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q.fifo', FifoQueue: true } },
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } },
          Role: { Type: 'AWS::IAM::Role', Properties: {} },
          Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
        },
      },
      { functions },
    );
    const { Payload } = await new LambdaClient(lab.client).send(new InvokeCommand({ FunctionName: 'show' }));
    expect(JSON.parse(Payload?.transformToString() ?? '').VALUE).toEqual(expected);
  });
});

describe('a resource', () => {
  it('may be a subscription with its filter policy', async () => {
    const TopicArn = { Ref: 'Topic' };
    const mail = { TopicArn, Protocol: 'email', Endpoint: 'a@example.com', FilterPolicy: { severity: ['info'] } };
    const Topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } };
    lab = await startSmallStack({ Resources: { Mail: { Type: 'AWS::SNS::Subscription', Properties: mail }, Topic } });
    const sns = new SNSClient(lab.client);
    for (const StringValue of ['info', 'critical']) {
      const MessageAttributes = { severity: { DataType: 'String', StringValue } };
      const message = { TopicArn: 'arn:aws:sns:us-east-1:111122223333:t', Message: 'x', MessageAttributes };
      await sns.send(new PublishCommand(message));
    }
    expect(lab.mail().map(({ attributes }) => attributes.severity)).toEqual(['info']);
  });

  it('exists before what refers to it, in whatever order they are written', async () => {
    lab = await startSmallStack({
      Resources: {
        Work: {
          Type: 'AWS::SQS::Queue',
          Properties: {
            QueueName: 'work',
            VisibilityTimeout: 90,
            RedrivePolicy: { deadLetterTargetArn: getArn('Dead'), maxReceiveCount: 3 },
          },
        },
        Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
      },
    });
    const { Attributes } = await new SQSClient(lab.client).send(
      new GetQueueAttributesCommand({ QueueUrl: `${lab.url}/111122223333/work`, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '90',
      RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":3}',
    });
  });
});

describe('a template is refused', () => {
  const queue = (properties: object) => ({ Type: 'AWS::SQS::Queue', Properties: properties });
  const role = (properties: object) => ({ Type: 'AWS::IAM::Role', Properties: properties });
  it.each([
    [
      'for a function of CloudFormation that the lab does not know',
      { A: queue({ QueueName: { 'Fn::Base64': 'x' } }) },
      'The lab\'s templates know no such "Fn::Base64"',
    ],
    [
      'for a Ref to nothing',
      { A: role({ Path: { Ref: 'Nothing' } }) },
      'The template refers to "Nothing", which it does not create',
    ],
    [
      'for an attribute that a resource does not have',
      { A: role({ Path: { 'Fn::GetAtt': ['B', 'Colour'] } }), B: role({}) },
      'Resource "B" has no attribute "Colour" in the lab',
    ],
    [
      'for a circle',
      { A: role({ Path: { Ref: 'B' } }), B: role({ Path: { Ref: 'A' } }) },
      'Circular dependency: A → B → A',
    ],
    [
      'for what AWS would not create',
      { A: queue({ QueueName: 'x', FifoQueue: true }) },
      'Cannot create "A" (AWS::SQS::Queue): Invalid value for the parameter QueueName of queue "x".',
    ],
    ['for a condition', { A: { ...role({}), Condition: 'Never' } }, 'The lab knows no conditions'],
    ['for a function without a bundle', { A: functionResource('nobody') }, 'There is no "functions/nobody/index.js"'],
    [
      'for a schedule',
      { A: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)' } } },
      'The lab runs no schedules',
    ],
    [
      'for a queue that hides messages for less than its function may take',
      {
        A: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { FunctionName: { Ref: 'F' }, EventSourceArn: getArn('Q') },
        },
        F: functionResource('show', { Timeout: 60 }),
        Q: queue({ QueueName: 'q' }),
      },
      'Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds',
    ],
  ])('%s', async (_, Resources, sentence) => {
    await expect(startSmallStack({ Resources }, { functions })).rejects.toThrow(sentence);
  });
});
