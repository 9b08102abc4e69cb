import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SmallStack, startSmallStack } from './small-stack.ts';

let lab: SmallStack;
let sns: SNSClient;
let topic: string;

beforeEach(async () => {
  lab = await startSmallStack({ Resources: {} });
  sns = new SNSClient(lab.client);
  topic = (await sns.send(new CreateTopicCommand({ Name: 'notices' }))).TopicArn ?? '';
});
afterEach(() => lab.stop());

describe('a mail', () => {
  it('reaches each subscriber with subject, body and attributes', async () => {
    await subscribe('a@example.com');
    await subscribe('b@example.com');
    await publish({ Subject: 'Renewed', Message: 'Fine\nÄ', MessageAttributes: { severity: text('info') } });
    expect(lab.mail()).toEqual([
      { to: 'a@example.com', subject: 'Renewed', body: 'Fine\nÄ', attributes: { severity: 'info' } },
      { to: 'b@example.com', subject: 'Renewed', body: 'Fine\nÄ', attributes: { severity: 'info' } },
    ]);
  });

  it('is the e-mail part of a message in JSON, or its default', async () => {
    await subscribe('a@example.com');
    await publish({ Message: JSON.stringify({ default: 'short', email: 'long' }), MessageStructure: 'json' });
    await publish({ Message: JSON.stringify({ default: 'short' }), MessageStructure: 'json' });
    expect(lab.mail().map(({ body }) => body)).toEqual(['long', 'short']);
  });

  it('no longer reaches who unsubscribed', async () => {
    const SubscriptionArn = await subscribe('a@example.com');
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await publish({ Message: 'x' });
    expect(lab.mail()).toEqual([]);
    expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }))).Subscriptions).toEqual([]);
  });
});

describe('a filter policy', () => {
  it.each([
    [{ severity: ['warning', 'critical'] }, true],
    [{ severity: ['info'] }, false],
    [{ severity: [{ prefix: 'warn' }] }, true],
    [{ severity: [{ 'anything-but': ['info', 'warning'] }] }, false],
    [{ severity: [{ 'anything-but': 'info' }] }, true],
    [{ owner: [{ exists: false }] }, true],
    [{ severity: [{ exists: false }] }, false],
    [{ days: [{ numeric: ['>', 0, '<=', 15] }] }, true],
    [{ days: [{ numeric: ['<', 15] }] }, false],
    [{ severity: ['warning'], owner: ['team'] }, false],
  ])('%j takes a warning at 15 days: %s', async (policy, taken) => {
    await subscribe('a@example.com', { FilterPolicy: JSON.stringify(policy) });
    await publish({
      Message: 'x',
      MessageAttributes: { severity: text('warning'), days: { DataType: 'Number', StringValue: '15' } },
    });
    expect(lab.mail()).toHaveLength(taken ? 1 : 0);
  });

  it.each([
    ['more than five keys', Object.fromEntries('abcdef'.split('').map((key) => [key, ['x']])), 'more than 5 keys'],
    ['a matcher that does not exist', { a: [{ like: 'x' }] }, '"like"'],
  ])('is refused with %s', async (_, policy, sentence) => {
    await expect(subscribe('a@example.com', { FilterPolicy: JSON.stringify(policy) })).rejects.toThrow(sentence);
  });
});

describe('a message', () => {
  it.each([
    ['a subject of 99 characters', { Subject: 'x'.repeat(99) }, null],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'Invalid parameter: Subject'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'Invalid parameter: Subject'],
    ['a subject beyond ASCII', { Subject: 'Ä' }, 'Invalid parameter: Subject'],
    ['no text', { Message: '' }, 'Invalid parameter: Empty message'],
    ['JSON without default', { Message: '{"email":"x"}', MessageStructure: 'json' }, 'No default entry'],
    [
      'an empty attribute',
      { MessageAttributes: { owner: text('') } },
      "The message attribute 'owner' must contain non-empty",
    ],
    ['a topic that does not exist', { TopicArn: 'arn:aws:sns:us-east-1:111122223333:x' }, 'Topic does not exist'],
  ])('with %s is judged as in AWS: %4$s', async (_, message, sentence) => {
    const publishing = publish({ Message: 'x', ...message });
    if (sentence === null) await publishing;
    else await expect(publishing).rejects.toThrow(sentence);
  });

  it('reaches a queue in an envelope', async () => {
    const sqs = new SQSClient(lab.client);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }));
    await publish({ Subject: 's', Message: 'm', MessageAttributes: { severity: text('info') } });
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
      Type: 'Notification',
      TopicArn: topic,
      Subject: 's',
      Message: 'm',
      MessageAttributes: { severity: { Type: 'String', Value: 'info' } },
    });
  });
});

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const publish = (message: object) => sns.send(new PublishCommand({ TopicArn: topic, Message: undefined, ...message }));

async function subscribe(address: string, Attributes: Record<string, string> = {}): Promise<string> {
  const wish = { TopicArn: topic, Protocol: 'email', Endpoint: address, Attributes };
  return (await sns.send(new SubscribeCommand(wish))).SubscriptionArn ?? '';
}
