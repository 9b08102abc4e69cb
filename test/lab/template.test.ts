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
    ['Ref of a parameter', { Ref: 'Colour' }, 'blue'],
    ['Ref of a parameter that was given', { Ref: 'Size' }, 'large'],
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
    ['Sub with variables', { 'Fn::Sub': ['${A}-${Colour}', { A: { Ref: 'Size' } }] }, 'large-blue'],
    ['Join', { 'Fn::Join': ['/', ['a', { Ref: 'Colour' }]] }, 'a/blue'],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b'] }] }, 'b'],
    ['If that holds', { 'Fn::If': ['IsBlue', 'yes', 'no'] }, 'yes'],
    ['If that does not', { 'Fn::If': ['IsNotBlue', 'yes', 'no'] }, 'no'],
    ['If of And', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
    ['If of Or', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    ['NoValue', { Ref: 'AWS::NoValue' }, undefined],
  ])('%s is what CloudFormation makes of it', async (_, expression, expected) => {
    lab = await startSmallStack(
      {
        Parameters: { Colour: { Type: 'String', Default: 'blue' }, Size: { Type: 'String' } },
        Conditions: {
          IsBlue: { 'Fn::Equals': [{ Ref: 'Colour' }, 'blue'] },
          IsNotBlue: { 'Fn::Not': [{ Condition: 'IsBlue' }] },
          Both: { 'Fn::And': [{ Condition: 'IsBlue' }, { Condition: 'IsNotBlue' }] },
          Either: { 'Fn::Or': [{ Condition: 'IsNotBlue' }, { Condition: 'IsBlue' }] },
        },
        Resources: {
          Show: functionResource('show', { Environment: { Variables: { VALUE: expression } } }),
          Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q.fifo', FifoQueue: true } },
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } },
          Role: { Type: 'AWS::IAM::Role', Properties: {} },
          Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
        },
      },
      { functions, parameters: { Size: 'large' } },
    );
    const { Payload } = await new LambdaClient(lab.client).send(new InvokeCommand({ FunctionName: 'show' }));
    expect(JSON.parse(Payload?.transformToString() ?? '').VALUE).toEqual(expected);
  });
});

describe('a resource', () => {
  it('is not made where its condition does not hold', async () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const Topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } };
    const mail = (address: string) => ({
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'Topic' },
        Protocol: 'email',
        Endpoint: address,
        FilterPolicy: { severity: ['info'] },
      },
    });
    const Resources = {
      Never: { ...mail('never@example.com'), Condition: 'Never' },
      Always: mail('always@example.com'),
      Topic,
    };
    lab = await startSmallStack({ Conditions, Resources });
    const MessageAttributes = { severity: { DataType: 'String', StringValue: 'info' } };
    await new SNSClient(lab.client).send(
      new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:111122223333:t', Message: 'x', MessageAttributes }),
    );
    expect(lab.mail().map(({ to }) => to)).toEqual(['always@example.com']);
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
      'The lab\'s templates know no "Fn::Base64"',
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

  it.each([
    ['that it does not have', {}, { Size: 'x' }, 'The template has no parameter "Size"'],
    ['that needs a value', { Size: { Type: 'String' } }, {}, 'Parameter "Size" needs a value'],
  ])('for a parameter %s', async (_, Parameters, parameters, sentence) => {
    await expect(startSmallStack({ Parameters, Resources: {} }, { parameters: { ...parameters } })).rejects.toThrow(
      sentence,
    );
  });
});
