// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
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
      getArn('Logs'),
      `arn:aws:logs:us-east-1:${account}:acm-courier-lab-Logs`,
    ],
    ['GetAtt of an alarm', getArn('Alarm'), `arn:aws:cloudwatch:us-east-1:${account}:alarm:acm-courier-lab-Alarm`],
    [
      'Sub with pseudo parameters',
      { 'Fn::Sub': '${AWS::Partition}/${AWS::AccountId}/${AWS::Region}/${AWS::StackName}/${AWS::URLSuffix}' },
      `aws/${account}/us-east-1/acm-courier-lab/amazonaws.com`,
    ],
    ['Sub with an attribute and a literal', { 'Fn::Sub': '${Topic.TopicName} ${!Topic}' }, 't ${Topic}'],
    [
      'Sub with a map',
      { 'Fn::Sub': ['${What} in ${AWS::Region}: ${Topic.TopicName}', { What: { Ref: 'Word' } }] },
      'hello in us-east-1: t',
    ],
    ['Join', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Region' }]] }, 'a/us-east-1'],
    ['Join without what has no value', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a/b'],
    ['Ref of a parameter with its default', { Ref: 'Word' }, 'hello'],
    ['Ref of a parameter with a number', { Ref: 'Days' }, '90'],
    ['Ref of a parameter that was given', { Ref: 'Given' }, 'given'],
    ['Sub of a parameter', { 'Fn::Sub': '${Word}!' }, 'hello!'],
    ['If of a condition that holds', { 'Fn::If': ['IsGiven', { Ref: 'Given' }, 'no'] }, 'given'],
    ['If of one that does not', { 'Fn::If': ['IsEmpty', 'yes', { 'Fn::Sub': 'n${Word}' }] }, 'nhello'],
    ['If without a value', { 'Fn::If': ['IsEmpty', 'yes', { Ref: 'AWS::NoValue' }] }, undefined],
    ['If within If', { 'Fn::If': ['IsGiven', { 'Fn::If': ['IsEmpty', 1, 'inner'] }, { Ref: 'Nothing' }] }, 'inner'],
  ])('%s is what CloudFormation makes of it', async (_, expression, expected) => {
    lab = await startSmallStack(
      {
        Resources: {
          Show: functionResource('show', { Environment: { Variables: { VALUE: expression } } }),
          Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q.fifo', FifoQueue: true } },
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } },
          Role: { Type: 'AWS::IAM::Role', Properties: {} },
          Logs: { Type: 'AWS::Logs::LogGroup', Properties: {} },
          Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
        },
        Parameters: {
          Word: { Type: 'String', Default: 'hello', AllowedValues: ['hello', 'bye'] },
          Days: { Type: 'Number', Default: 90 },
          Given: { Type: 'String', Default: '' },
        },
        Conditions: {
          IsEmpty: { 'Fn::Equals': [{ Ref: 'Given' }, ''] },
          IsGiven: { 'Fn::Not': [{ Condition: 'IsEmpty' }] },
        },
      },
      { functions, parameters: { Given: 'given' } },
    );
    const { Payload } = await new LambdaClient(lab.client).send(new InvokeCommand({ FunctionName: 'show' }));
    expect(JSON.parse(Payload?.transformToString() ?? '').VALUE).toEqual(expected);
  });
});

describe('a condition', () => {
  const equals = (left: unknown, right: unknown) => ({ 'Fn::Equals': [left, right] });
  const yes = equals('a', 'a');
  const no = equals('a', 'b');
  it.each<[string, object, boolean]>([
    ['Equals of the same', yes, true],
    ['Equals of others', no, false],
    ['Equals of a parameter and its value', equals({ Ref: 'Mode' }, 'deliver'), true],
    ['Equals of a parameter and another', equals({ Ref: 'Mode' }, 'observe'), false],
    ['Equals of what Join makes', equals({ 'Fn::Join': ['', ['de', 'liver']] }, { Ref: 'Mode' }), true],
    ['Not of what holds', { 'Fn::Not': [yes] }, false],
    ['Not of what does not', { 'Fn::Not': [no] }, true],
    ['And of two that hold', { 'Fn::And': [yes, yes] }, true],
    ['And with one that does not', { 'Fn::And': [yes, no] }, false],
    ['Or with one that holds', { 'Fn::Or': [no, yes] }, true],
    ['Or of none', { 'Fn::Or': [no, no] }, false],
    ['Condition of one that holds', { Condition: 'Yes' }, true],
    ['Condition within Not', { 'Fn::Not': [{ Condition: 'Yes' }] }, false],
  ])('%s decides whether its resource is made', async (_, condition, made) => {
    lab = await startSmallStack({
      Parameters: { Mode: { Type: 'String', Default: 'deliver' } },
      Conditions: { Asked: condition, Yes: yes },
      Resources: { Queue: { Type: 'AWS::SQS::Queue', Condition: 'Asked', Properties: { QueueName: 'q' } } },
    });
    const { QueueUrls = [] } = await new SQSClient(lab.client).send(new ListQueuesCommand({}));
    expect(QueueUrls.length).toBe(made ? 1 : 0);
  });
});

describe('a resource', () => {
  const never = { Never: { 'Fn::Equals': ['a', 'b'] } };

  it('that is not made is not looked at, and nobody waits for it', async () => {
    lab = await startSmallStack({
      Conditions: never,
      Resources: {
        Absent: { Type: 'AWS::SQS::Queue', Condition: 'Never', Properties: { QueueName: { Ref: 'Nothing' } } },
        Present: { Type: 'AWS::SQS::Queue', DependsOn: 'Absent', Properties: { QueueName: 'q' } },
      },
    });
    const { QueueUrls } = await new SQSClient(lab.client).send(new ListQueuesCommand({}));
    expect(QueueUrls).toEqual([`${lab.url}/111122223333/q`]);
  });

  it('comes after those that it depends on', async () => {
    const PolicyDocument = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    lab = await startSmallStack(
      {
        Resources: {
          Poll: {
            Type: 'AWS::Lambda::EventSourceMapping',
            DependsOn: ['MayPoll'],
            Properties: { FunctionName: { Ref: 'F' }, EventSourceArn: getArn('Q') },
          },
          F: functionResource('show', { Role: getArn('Role') }),
          Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
          Role: { Type: 'AWS::IAM::Role', Properties: {} },
          MayPoll: { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument, Roles: [{ Ref: 'Role' }] } },
        },
      },
      { functions },
    );
  });

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
    ['for a function without a bundle', { A: functionResource('nobody') }, 'There is no "functions/nobody/index.js"'],
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

  const mode = { Mode: { Type: 'String', Default: 'observe', AllowedValues: ['observe', 'deliver'] } };
  it.each<[string, object, Record<string, string>, string]>([
    [
      'for a parameter without a value',
      { Parameters: { P: { Type: 'String' } } },
      {},
      'Parameters: [P] must have values',
    ],
    ['for a value of no parameter', {}, { P: 'x' }, 'Parameters: [P] do not exist in the template'],
    [
      'for a value that is not allowed',
      { Parameters: mode },
      { Mode: 'armed' },
      'Parameter \'Mode\' must be one of AllowedValues: [observe, deliver], not "armed"',
    ],
    [
      'for a parameter that is a list',
      { Parameters: { P: { Type: 'CommaDelimitedList', Default: '' } } },
      {},
      "The lab's parameters are texts and numbers, not CommaDelimitedList",
    ],
    [
      'for a condition that there is not',
      { Resources: { A: { ...role({}), Condition: 'Asked' } } },
      {},
      'The template has no condition "Asked"',
    ],
    [
      'for a condition that the lab does not know',
      { Conditions: { Asked: { 'Fn::Contains': [[], ''] } }, Resources: { A: { ...role({}), Condition: 'Asked' } } },
      {},
      'The lab\'s conditions know no such "Fn::Contains"',
    ],
    [
      'for a Ref to what a condition leaves out',
      {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { A: role({ Path: { Ref: 'B' } }), B: { ...role({}), Condition: 'Never' } },
      },
      {},
      'The template refers to "B", which it does not create',
    ],
  ])('%s', async (_, more, parameters, sentence) => {
    await expect(startSmallStack({ Resources: {}, ...more }, { parameters })).rejects.toThrow(sentence);
  });
});
