import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { type Behaviour, type Counterpart, eventually, refusalOf } from './behaviour.ts';

let count = 0;

/** A queue of the behaviour's own; FIFO unless `standard`. */
async function prepare(
  { sqs }: Counterpart,
  { standard = false, attributes = {} }: { standard?: boolean; attributes?: Record<string, string> } = {},
) {
  const QueueName = `conformance-${++count}${standard ? '' : '.fifo'}`;
  const Attributes = { ...(!standard && { FifoQueue: 'true' }), ...attributes };
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  let sent = 0;

  const send = (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
    sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody,
        ...(!standard && { MessageGroupId: 'group', MessageDeduplicationId: String(++sent) }),
        ...more,
      }),
    );
  async function receive(more: Partial<ReceiveMessageCommandInput> = {}): Promise<readonly Message[]> {
    const wish = { QueueUrl, MessageSystemAttributeNames: ['All'], MaxNumberOfMessages: 10, ...more } as const;
    return (
      (await sqs.send(new ReceiveMessageCommand({ ...wish, MessageSystemAttributeNames: ['All'] }))).Messages ?? []
    );
  }
  const bodies = async (more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await receive(more)).map(({ Body = '' }) => Body);
  const remove = (message: Message | undefined) =>
    sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  const hide = (message: Message | undefined, VisibilityTimeout: number) =>
    sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout }),
    );
  const attributesNow = async (): Promise<Readonly<Record<string, string>>> =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
  return { QueueName, QueueUrl, send, receive, bodies, remove, hide, attributesNow };
}

/** A FIFO queue whose messages become dead letters at the third receive. */
async function prepareRedrive(at: Counterpart) {
  const dead = await prepare(at);
  const { QueueArn: deadLetterTargetArn } = await dead.attributesNow();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  return { dead, queue: await prepare(at, { attributes: { RedrivePolicy } }) };
}

const receiveCount = (message: Message | undefined) => message?.Attributes?.ApproximateReceiveCount;

export const sqs: readonly Behaviour[] = [
  {
    name: 'a repeated deduplication id is accepted and not delivered',
    expected: ['first'],
    async observe(at) {
      const { send, bodies } = await prepare(at);
      await send('first', { MessageDeduplicationId: 'same' });
      await send('again', { MessageDeduplicationId: 'same' });
      return bodies();
    },
  },
  {
    name: 'a repeated deduplication id is not delivered when the first was handled, either',
    expected: [],
    async observe(at) {
      const { send, receive, bodies, remove } = await prepare(at);
      await send('first', { MessageDeduplicationId: 'same' });
      const [first] = await receive();
      await remove(first);
      await send('again', { MessageDeduplicationId: 'same' });
      return bodies();
    },
  },
  {
    name: 'a deduplication id counts in all groups of the queue',
    expected: ['first'],
    async observe(at) {
      const { send, bodies } = await prepare(at);
      await send('first', { MessageDeduplicationId: 'same', MessageGroupId: 'one' });
      await send('again', { MessageDeduplicationId: 'same', MessageGroupId: 'other' });
      return bodies();
    },
  },
  {
    name: 'a message needs a group',
    expected: 'MissingParameter',
    async observe(at) {
      const { send } = await prepare(at);
      return refusalOf(send('text', { MessageGroupId: undefined }));
    },
  },
  {
    name: 'a message needs a deduplication id where its content is none',
    expected: 'InvalidParameterValue',
    async observe(at) {
      const { send } = await prepare(at);
      return refusalOf(send('text', { MessageDeduplicationId: undefined }));
    },
  },
  {
    name: 'a group comes in its order, several messages at once',
    expected: ['1', '2', '3'],
    async observe(at) {
      const { send, bodies } = await prepare(at);
      for (const body of ['1', '2', '3']) await send(body);
      return bodies();
    },
  },
  {
    name: 'a group waits while one of its messages is in flight, and no other group does',
    expected: { first: ['a1'], meanwhile: ['b1'], afterwards: ['a2'] },
    async observe(at) {
      const { send, receive, bodies, remove } = await prepare(at);
      for (const body of ['a1', 'a2', 'b1']) await send(body, { MessageGroupId: body[0] });
      const first = await receive({ MaxNumberOfMessages: 1 });
      const meanwhile = await bodies();
      await remove(first[0]);
      return { first: first.map(({ Body }) => Body), meanwhile, afterwards: await bodies() };
    },
  },
  {
    name: 'a message handed back is first in its group again, and its receives are counted',
    expected: { bodies: ['1', '2'], receives: ['2', '1'] },
    async observe(at) {
      const { send, receive, hide } = await prepare(at);
      for (const body of ['1', '2']) await send(body);
      const [first] = await receive({ MaxNumberOfMessages: 1 });
      await hide(first, 0);
      const again = await receive();
      return { bodies: again.map(({ Body }) => Body), receives: again.map(receiveCount) };
    },
  },
  {
    name: 'a message comes back when its visibility ends',
    expected: { hidden: [], back: 'text', receives: '2' },
    async observe(at) {
      const { send, receive, bodies } = await prepare(at);
      await send('text');
      await receive({ VisibilityTimeout: 5 });
      const hidden = await bodies();
      const back = await eventually(at, async () => (await receive())[0]);
      return { hidden, back: back?.Body, receives: receiveCount(back) };
    },
  },
  {
    name: 'a message stays hidden for longer when its receiver says so',
    expected: { hidden: [], visible: '0', inFlight: '1' },
    async observe(at) {
      const { send, receive, bodies, hide, attributesNow } = await prepare(at);
      await send('text');
      const [message] = await receive({ VisibilityTimeout: 4 });
      await hide(message, 600);
      await at.pass(5);
      const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } =
        await attributesNow();
      return { hidden: await bodies(), visible, inFlight };
    },
  },
  {
    name: 'the receipt handle of a message whose visibility has ended is refused',
    expected: { remove: 'InvalidParameterValue', left: ['text'] },
    async observe(at) {
      const { send, receive, bodies, remove } = await prepare(at);
      await send('text');
      const [message] = await receive({ VisibilityTimeout: 1 });
      await at.pass(2);
      return { remove: await refusalOf(remove(message)), left: await bodies() };
    },
  },
  {
    name: 'a message cannot be hidden for more than twelve hours',
    expected: 'InvalidParameterValue',
    async observe(at) {
      const { send, receive, hide } = await prepare(at);
      await send('text');
      const [message] = await receive();
      return refusalOf(hide(message, 43_201));
    },
  },
  {
    name: 'a standard queue refuses to hide a message that is not in flight',
    expected: 'MessageNotInflight',
    async observe(at) {
      const { send, receive, hide } = await prepare(at, { standard: true });
      await send('text');
      const [message] = await receive();
      await hide(message, 0);
      return refusalOf(hide(message, 30));
    },
  },
  {
    name: 'a message received too often becomes a dead letter, and says whose',
    expected: { left: [], dead: 'text', source: true },
    async observe(at) {
      const { queue, dead } = await prepareRedrive(at);
      await queue.send('text');
      for (const _ of [1, 2]) await queue.hide((await queue.receive())[0], 0);
      const left = await queue.bodies();
      const [letter] = await dead.receive();
      const { QueueArn } = await queue.attributesNow();
      const source = letter?.Attributes?.DeadLetterQueueSourceArn === QueueArn;
      return { left, dead: letter?.Body, source };
    },
  },
  {
    name: 'a dead letter makes room for the next message of its group',
    expected: ['next'],
    async observe(at) {
      const { queue } = await prepareRedrive(at);
      await queue.send('text');
      for (const _ of [1, 2]) await queue.hide((await queue.receive())[0], 0);
      await queue.send('next');
      return queue.bodies();
    },
  },
  {
    name: 'a message shows its group, its deduplication id and a growing sequence number',
    expected: { group: ['group', 'group'], deduplication: ['one', 'two'], grows: true, answered: true },
    async observe(at) {
      const { send, receive } = await prepare(at);
      const sent = await send('1', { MessageDeduplicationId: 'one' });
      await send('2', { MessageDeduplicationId: 'two' });
      const attributes = (await receive()).map(({ Attributes = {} }) => Attributes);
      const [first = '', second = ''] = attributes.map(({ SequenceNumber = '' }) => SequenceNumber);
      return {
        group: attributes.map(({ MessageGroupId }) => MessageGroupId),
        deduplication: attributes.map(({ MessageDeduplicationId }) => MessageDeduplicationId),
        grows: BigInt(first) < BigInt(second),
        answered: sent.SequenceNumber === first,
      };
    },
  },
  {
    name: 'a message is deleted twice without complaint',
    expected: ['accepted', 'accepted'],
    async observe(at) {
      const { send, receive, remove } = await prepare(at, { standard: true });
      await send('text');
      const [message] = await receive();
      return [await refusalOf(remove(message)), await refusalOf(remove(message))];
    },
  },
  {
    name: 'a FIFO queue needs a name that ends in .fifo',
    expected: 'InvalidParameterValue',
    async observe({ sqs }) {
      const wish = { QueueName: 'conformance-plain', Attributes: { FifoQueue: 'true' } };
      return refusalOf(sqs.send(new CreateQueueCommand(wish)));
    },
  },
  {
    name: 'a FIFO queue refuses a dead-letter queue that is none',
    expected: 'InvalidParameterValue',
    async observe(at) {
      const { QueueArn: deadLetterTargetArn } = await (await prepare(at, { standard: true })).attributesNow();
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
      return refusalOf(prepare(at, { attributes: { RedrivePolicy } }));
    },
  },
  {
    name: 'a queue is found by its name, and one that does not exist is not',
    expected: [true, 'QueueDoesNotExist'],
    async observe(at) {
      const { QueueName, QueueUrl } = await prepare(at);
      const found = await at.sqs.send(new GetQueueUrlCommand({ QueueName }));
      const none = at.sqs.send(new GetQueueUrlCommand({ QueueName: 'conformance-none' }));
      return [found.QueueUrl === QueueUrl, await refusalOf(none)];
    },
  },
];
