import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SmallStack, startSmallStack } from './small-stack.ts';

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const attribute = (value: string) => ({ MessageAttributes: { severity: text(value) } });

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
});

describe('a message with a text for each protocol', () => {
  it.each([
    ['the mail its own text', { default: 'D', email: 'E', sqs: 'Q' }, 'E'],
    ['the mail the default', { default: 'D', sqs: 'Q' }, 'D'],
  ])('gives %s', async (_, texts, body) => {
    await subscribe('a@example.com');
    await publish({ Message: JSON.stringify(texts), MessageStructure: 'json' });
    expect(lab.mail()).toMatchObject([{ body }]);
  });

  it.each([
    ['{"email":"E"}', 'No default entry in JSON message body'],
    ['D', 'JSON message body failed to parse'],
  ])('is refused as %s', async (Message, sentence) => {
    await expect(publish({ Message, MessageStructure: 'json' })).rejects.toThrow(sentence);
  });
});

describe('a filter policy', () => {
  it.each([
    [{ severity: ['warning', 'critical'] }, true],
    [{ severity: ['info'] }, false],
    [{ severity: [{ prefix: 'warn' }] }, true],
    [{ owner: [{ exists: false }] }, true],
    [{ severity: [{ exists: false }] }, false],
    [{ severity: ['warning'], owner: ['team'] }, false],
  ])('%j takes a warning: %s', async (policy, taken) => {
    await subscribe('a@example.com', { FilterPolicy: JSON.stringify(policy) });
    await publish({ Message: 'x', MessageAttributes: { severity: text('warning') } });
    expect(lab.mail()).toHaveLength(taken ? 1 : 0);
  });

  it('is refused with a matcher that does not exist', async () => {
    const FilterPolicy = JSON.stringify({ a: [{ like: 'x' }] });
    await expect(subscribe('a@example.com', { FilterPolicy })).rejects.toThrow('"like"');
  });
});

describe('a message', () => {
  it.each([
    ['a subject of 99 characters', { Subject: 'x'.repeat(99) }, null],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'Invalid parameter: Subject'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'Invalid parameter: Subject'],
    ['a subject beyond ASCII', { Subject: 'Ä' }, 'Invalid parameter: Subject'],
    ['262,144 bytes, attributes among them', { Message: 'x'.repeat(262_144 - 16), ...attribute('Ä') }, null],
    ['a byte more', { Message: 'x'.repeat(262_144 - 15), ...attribute('Ä') }, 'Invalid parameter: Message too long'],
    ['no text', { Message: '' }, 'Invalid parameter: Empty message'],
    ['an empty attribute', attribute(''), "The message attribute 'severity' must contain non-empty"],
    ['a topic that does not exist', { TopicArn: 'arn:aws:sns:us-east-1:111122223333:x' }, 'Topic does not exist'],
  ])('with %s is judged as in AWS: %4$s', async (_, message, sentence) => {
    const publishing = publish({ Message: 'x', ...message });
    if (sentence === null) await publishing;
    else await expect(publishing).rejects.toThrow(sentence);
  });
});

const publish = (message: object) => sns.send(new PublishCommand({ TopicArn: topic, Message: undefined, ...message }));

async function subscribe(address: string, Attributes: Record<string, string> = {}): Promise<void> {
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'email', Endpoint: address, Attributes }));
}
