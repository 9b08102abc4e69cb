import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQueue } from '../../lab/queue.ts';
import { type Lab, startLab } from '../../lab/world.ts';

const minute = 60_000;
let lab: Lab;
let sqs: SQSClient;
let fifo: string;

beforeEach(async () => {
  lab = await startLab();
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  sqs = new SQSClient({ endpoint: lab.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  fifo = await create('work.fifo', { FifoQueue: 'true' });
});
afterEach(() => lab.stop());

describe('a FIFO queue', () => {
  it('accepts a repeated deduplication id within five minutes and never delivers it, also when the first was handled', async () => {
    const first = await send('a', { id: 'one' });
    await remove(await receive());
    await lab.clock.advance(4 * minute);
    const repeated = await send('b', { id: 'one' });
    expect(repeated.MessageId).toBe(first.MessageId);
    expect(await receive()).toEqual([]);
  });

  it('delivers the same deduplication id again after five minutes', async () => {
    await send('a', { id: 'one' });
    await remove(await receive());
    await lab.clock.advance(5 * minute);
    await send('b', { id: 'one' });
    expect(bodies(await receive())).toEqual(['b']);
  });

  it('holds back a group while one of its messages is in flight, and no other group', async () => {
    await send('a1', { group: 'a' });
    await send('a2', { group: 'a' });
    await send('b1', { group: 'b' });
    const first = await receive(1);
    expect(bodies(first)).toEqual(['a1']);
    expect(bodies(await receive(10))).toEqual(['b1']);
    await remove(first);
    expect(bodies(await receive(10))).toEqual(['a2']);
  });

  it('gives a message back in its place when its visibility ends, and counts', async () => {
    await send('a1');
    await send('a2');
    await receive(1);
    await lab.clock.advance(10_000);
    expect(await receive()).toEqual([]);
    await lab.clock.advance(20_000);
    const [again] = await receive(1);
    expect(again?.Body).toBe('a1');
    expect(again?.Attributes).toMatchObject({ ApproximateReceiveCount: '2', MessageGroupId: 'group' });
  });

  it('makes a message visible when its receiver says', async () => {
    await send('a');
    const [message] = await receive();
    await changeVisibility(message, 300);
    await lab.clock.advance(240_000);
    expect(await receive()).toEqual([]);
    await lab.clock.advance(60_000);
    expect(bodies(await receive())).toEqual(['a']);
  });

  it('refuses a receipt handle whose visibility has ended', async () => {
    await send('a');
    const [message] = await receive();
    await lab.clock.advance(minute);
    await receive();
    await expect(changeVisibility(message, 10)).rejects.toThrow('The receipt handle has expired');
  });

  it('refuses to hide a message for more than twelve hours in all', async () => {
    await send('a');
    const [message] = await receive();
    await changeVisibility(message, 43_000);
    await lab.clock.advance(42_000_000);
    await expect(changeVisibility(message, 1300)).rejects.toThrow('beyond the limit [43200 seconds]');
  });

  it.each([
    ['no group', { MessageDeduplicationId: 'x' }, 'The request must contain the parameter MessageGroupId.'],
    ['no deduplication id', { MessageGroupId: 'x' }, 'either have ContentBasedDeduplication enabled'],
    ['a delay', { MessageGroupId: 'x', MessageDeduplicationId: 'x', DelaySeconds: 5 }, 'DelaySeconds'],
  ])('refuses a message with %s', async (_, ids, sentence) => {
    await expect(sqs.send(new SendMessageCommand({ QueueUrl: fifo, MessageBody: 'a', ...ids }))).rejects.toThrow(
      sentence,
    );
  });
});

describe('any queue', () => {
  it('shows a message that is sent with a delay only then', async () => {
    const standard = await create('work', {});
    const sendDelayed = (DelaySeconds: number) =>
      sqs.send(new SendMessageCommand({ QueueUrl: standard, MessageBody: 'late', DelaySeconds }));
    await sendDelayed(900);
    const found = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl: standard }))).Messages ?? [];
    await lab.clock.advance(800_000);
    expect(await found()).toEqual([]);
    await lab.clock.advance(100_000);
    expect(bodies(await found())).toEqual(['late']);
    await expect(sendDelayed(901)).rejects.toThrow('DelaySeconds');
  });

  it('calls who watches it whenever a message may have become receivable', async () => {
    const queue = createQueue('q.fifo', {
      attributes: { FifoQueue: 'true' },
      clock: lab.clock,
      byArn: () => undefined,
    });
    const seen: string[] = [];
    const step = (what: string) => void (seen.at(-1) !== what && seen.push(what));
    let doing = 'watch';
    queue.watch(() => step(doing));
    doing = 'send';
    for (const id of ['1', '2']) queue.send({ body: id, groupId: 'group', deduplicationId: id });
    const [first] = queue.receive(1);
    doing = 'remove';
    queue.remove(first?.receiptHandle ?? '');
    queue.receive(1);
    doing = 'visibility ends';
    await lab.clock.advance(30_000);
    expect(seen).toEqual(['watch', 'send', 'remove', 'visibility ends']);
  });

  it('moves a message to its dead-letter queue when it was received too often', async () => {
    const dead = await create('dead.fifo', { FifoQueue: 'true' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await arnOf(dead), maxReceiveCount: 2 });
    const queue = await create('retried.fifo', { FifoQueue: 'true', RedrivePolicy });
    await send('a', { queue });
    for (let count = 0; count < 2; count += 1) {
      expect(bodies(await receive(1, queue))).toEqual(['a']);
      await lab.clock.advance(30_000);
    }
    expect(await receive(1, queue)).toEqual([]);
    expect(await receive(1, dead)).toMatchObject([
      { Body: 'a', Attributes: { DeadLetterQueueSourceArn: await arnOf(queue) } },
    ]);
  });

  it('forgets a message when its retention ends', async () => {
    const queue = await create('short', { MessageRetentionPeriod: '60' });
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'a' }));
    await lab.clock.advance(minute);
    expect(await receive(1, queue)).toEqual([]);
  });

  it('counts what is visible and what is in flight', async () => {
    await send('a', { group: 'a' });
    await send('b', { group: 'b' });
    await receive(1);
    expect(await attributesOf(fifo)).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
  });

  it.each([
    ['a FIFO name without FifoQueue', 'x.fifo', {}],
    [
      'a dead-letter queue that does not exist',
      'x',
      { RedrivePolicy: '{"deadLetterTargetArn":"arn:x","maxReceiveCount":1}' },
    ],
    ['content-based deduplication', 'x.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' }],
  ])('is not created with %s', async (_, name, attributes) => {
    await expect(create(name, attributes as Record<string, string>)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});

let sent = 0;
function send(body: string, { id = `id-${++sent}`, group = 'group', queue = fifo } = {}) {
  return sqs.send(
    new SendMessageCommand({ QueueUrl: queue, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: id }),
  );
}

async function create(name: string, attributes: Record<string, string>): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl ?? '';
}

async function receive(max = 10, queue = fifo): Promise<Message[]> {
  const wish = { QueueUrl: queue, MaxNumberOfMessages: max, MessageSystemAttributeNames: ['All' as const] };
  return (await sqs.send(new ReceiveMessageCommand(wish))).Messages ?? [];
}

async function remove(messages: Message[]): Promise<void> {
  for (const { ReceiptHandle } of messages) await sqs.send(new DeleteMessageCommand({ QueueUrl: fifo, ReceiptHandle }));
}

function changeVisibility(message: Message | undefined, seconds: number) {
  const wish = { QueueUrl: fifo, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: seconds };
  return sqs.send(new ChangeMessageVisibilityCommand(wish));
}

async function attributesOf(queue: string): Promise<Record<string, string>> {
  return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['All'] }))).Attributes ?? {};
}

const arnOf = async (queue: string) => (await attributesOf(queue)).QueueArn;
const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);
