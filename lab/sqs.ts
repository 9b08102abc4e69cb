import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AwsError, account, arn, type Service } from './service.ts';

export type MessageAttributes = Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;

export type ReceivedMessage = {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** System attributes, as SQS names them; all values are text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: MessageAttributes;
};

export type NewMessage = {
  readonly body: string;
  /** FIFO only, and required there. */
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  readonly attributes?: MessageAttributes | undefined;
};

/** A queue as the rest of the lab uses it: targets and topics send, event source mappings receive. */
export type Queue = {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilitySeconds: number;
  /** Throws the AwsError that SendMessage would answer. */
  send(message: NewMessage): { messageId: string; sequenceNumber: string };
  /** At most `max` messages, now in flight for `visibilitySeconds` (the queue's own by default). */
  receive(max: number, visibilitySeconds?: number): ReceivedMessage[];
  remove(receiptHandle: string): void;
  /** Calls `look` whenever a message may have become receivable. */
  watch(look: () => void): void;
};

export type Sqs = {
  readonly service: Service;
  /** As CreateQueue; attribute values are text. */
  create(name: string, attributes?: Readonly<Record<string, string>>): Queue;
  /** Undefined where there is no such queue. */
  byArn(queueArn: string): Queue | undefined;
};

type Message = {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly sequenceNumber: string;
  readonly sentAt: number;
  /** Set when it came here as a dead letter. */
  readonly sourceArn: string | undefined;
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  receivedAt: number;
  receiptHandle: string;
  cancelWake: () => void;
};

type QueueState = Queue & {
  readonly attributes: Readonly<Record<string, string>>;
  counts(): { visible: number; inFlight: number };
  changeVisibility(receiptHandle: string, seconds: number): void;
  purge(): void;
  /** Takes over a message of another queue that was received too often. */
  bury(message: Message, sourceArn: string): void;
};

const deduplicationMs = 5 * 60_000;
const longestInFlightMs = 12 * 3_600_000;
const ranges = [
  ['VisibilityTimeout', 0, 43_200],
  ['MessageRetentionPeriod', 60, 1_209_600],
] as const;
const idForm = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

const invalid = (message: string) => new AwsError('InvalidParameterValue', message);
const missing = (name: string) =>
  new AwsError('MissingParameter', `The request must contain the parameter ${name}.`, {
    queryCode: 'MissingParameter',
  });

/** SQS on the lab's clock. `url` is where the server can be reached, known once it listens. */
export function createSqs({ clock, url }: { clock: Clock; url: () => string }): Sqs {
  const queues = new Map<string, QueueState>();
  const byArn = (queueArn: string) => [...queues.values()].find((queue) => queue.arn === queueArn);

  function create(name: string, attributes: Readonly<Record<string, string>> = {}): QueueState {
    checkQueue(name, attributes);
    checkRedrive(name, attributes);
    const existing = queues.get(name);
    if (existing && JSON.stringify(existing.attributes) !== JSON.stringify(attributes)) {
      throw new AwsError('QueueNameExists', 'A queue already exists with the same name and a different value', {
        queryCode: 'QueueAlreadyExists',
      });
    }
    const queue = existing ?? createQueue({ name, attributes, clock, url, byArn });
    queues.set(name, queue);
    return queue;
  }

  function checkRedrive(name: string, { RedrivePolicy }: Readonly<Record<string, string>>): void {
    if (RedrivePolicy === undefined) return;
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(RedrivePolicy);
    const target = byArn(deadLetterTargetArn);
    if (target?.name.endsWith('.fifo') === name.endsWith('.fifo') && maxReceiveCount >= 1 && maxReceiveCount <= 1000)
      return;
    throw invalid(
      `Value ${RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist, is of the other queue type, or maxReceiveCount is not 1 to 1000.`,
    );
  }

  function find(input: { QueueUrl?: string; QueueName?: string }): QueueState {
    const queue = queues.get(input.QueueName ?? input.QueueUrl?.split('/').at(-1) ?? '');
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  }

  return {
    create,
    byArn,
    service: {
      name: 'sqs',
      protocol: 'json-1.0',
      target: 'AmazonSQS',
      operations: {
        CreateQueue: ({ QueueName, Attributes }) => ({ QueueUrl: create(QueueName, Attributes).url }),
        GetQueueUrl: (input) => ({ QueueUrl: find(input).url }),
        ListQueues: ({ QueueNamePrefix = '' }) => ({
          QueueUrls: [...queues.values()]
            .filter(({ name }) => name.startsWith(QueueNamePrefix))
            .map((queue) => queue.url),
        }),
        GetQueueAttributes(input) {
          const queue = find(input);
          const { visible, inFlight } = queue.counts();
          const all = {
            QueueArn: queue.arn,
            ApproximateNumberOfMessages: String(visible),
            ApproximateNumberOfMessagesNotVisible: String(inFlight),
            ...queue.attributes,
          };
          return { Attributes: picked(all, input.AttributeNames) };
        },
        SendMessage(input) {
          const queue = find(input);
          if (input.DelaySeconds) throw invalid('The lab does not delay messages: DelaySeconds');
          const sent = queue.send({
            body: input.MessageBody,
            groupId: input.MessageGroupId,
            deduplicationId: input.MessageDeduplicationId,
            attributes: input.MessageAttributes,
          });
          return {
            MessageId: sent.messageId,
            MD5OfMessageBody: md5(input.MessageBody),
            ...(queue.name.endsWith('.fifo') && { SequenceNumber: sent.sequenceNumber }),
          };
        },
        ReceiveMessage(input) {
          const max = input.MaxNumberOfMessages ?? 1;
          if (!(max >= 1 && max <= 10)) {
            throw invalid(
              `Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
            );
          }
          const wanted = input.MessageSystemAttributeNames ?? input.AttributeNames;
          const messages = find(input).receive(max, input.VisibilityTimeout);
          return {
            Messages: messages.map((message) => ({
              MessageId: message.messageId,
              ReceiptHandle: message.receiptHandle,
              Body: message.body,
              MD5OfBody: md5(message.body),
              Attributes: picked(message.attributes, wanted),
              MessageAttributes: picked(message.messageAttributes, input.MessageAttributeNames),
            })),
          };
        },
        DeleteMessage: (input) => find(input).remove(input.ReceiptHandle),
        ChangeMessageVisibility: (input) => find(input).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout),
        PurgeQueue: (input) => find(input).purge(),
      },
    },
  };
}

function createQueue({
  name,
  attributes,
  clock,
  url,
  byArn,
}: {
  name: string;
  attributes: Readonly<Record<string, string>>;
  clock: Clock;
  url: () => string;
  byArn: (queueArn: string) => QueueState | undefined;
}): QueueState {
  const fifo = attributes.FifoQueue === 'true';
  const queueArn = arn('sqs', name);
  const visibilitySeconds = Number(attributes.VisibilityTimeout ?? 30);
  const retentionMs = Number(attributes.MessageRetentionPeriod ?? 345_600) * 1000;
  const redrive = JSON.parse(attributes.RedrivePolicy ?? '{}') as {
    deadLetterTargetArn?: string;
    maxReceiveCount?: string;
  };
  const maxReceiveCount = Number(redrive.maxReceiveCount ?? Number.POSITIVE_INFINITY);
  const remembered = new Map<
    string,
    { readonly until: number; readonly messageId: string; readonly sequenceNumber: string }
  >();
  const watchers: (() => void)[] = [];
  let messages: Message[] = [];
  let sequence = 0n;

  const now = () => clock.now().getTime();
  const inFlight = (message: Message) => message.visibleAt > now();
  const changed = () => {
    for (const look of watchers) look();
  };

  function kept(): readonly Message[] {
    messages = messages.filter((message) => message.sentAt + retentionMs > now());
    return messages;
  }

  function drop(message: Message): void {
    message.cancelWake();
    messages = messages.filter((other) => other !== message);
  }

  function add(
    message: Pick<Message, 'id' | 'body' | 'attributes' | 'groupId' | 'deduplicationId' | 'sentAt' | 'sourceArn'>,
  ): Message {
    sequence += 1n;
    const added = {
      ...message,
      sequenceNumber: String(18_870_000_000_000_000_000n + sequence),
      visibleAt: 0,
      receiveCount: 0,
      firstReceivedAt: 0,
      receivedAt: 0,
      receiptHandle: '',
      cancelWake: () => {},
    };
    messages.push(added);
    changed();
    return added;
  }

  function hide(message: Message, seconds: number): void {
    message.cancelWake();
    message.visibleAt = now() + seconds * 1000;
    if (seconds > 0) message.cancelWake = clock.at(new Date(message.visibleAt), changed);
    else changed();
  }

  /** Undefined where the message is gone already; a handle from an earlier receive has expired. */
  function held(receiptHandle: string): Message | undefined {
    const [id, ...rest] = String(receiptHandle).split(':');
    if (rest.length !== 1) {
      throw new AwsError(
        'ReceiptHandleIsInvalid',
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
      );
    }
    const message = kept().find((one) => one.id === id);
    if (message && fifo && (message.receiptHandle !== receiptHandle || !inFlight(message))) {
      throw invalid(
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
      );
    }
    return message;
  }

  /** True when it has been received too often and was moved away. */
  function buried(message: Message): boolean {
    if (message.receiveCount < maxReceiveCount) return false;
    drop(message);
    byArn(redrive.deadLetterTargetArn ?? '')?.bury(message, queueArn);
    return true;
  }

  function taken(message: Message, seconds: number): ReceivedMessage {
    message.receiveCount += 1;
    message.receivedAt = now();
    message.firstReceivedAt ||= message.receivedAt;
    message.receiptHandle = `${message.id}:${randomUUID()}`;
    hide(message, seconds);
    return {
      messageId: message.id,
      receiptHandle: message.receiptHandle,
      body: message.body,
      messageAttributes: message.attributes,
      attributes: {
        SenderId: account,
        SentTimestamp: String(message.sentAt),
        ApproximateReceiveCount: String(message.receiveCount),
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
        ...(fifo && { MessageGroupId: message.groupId, MessageDeduplicationId: message.deduplicationId }),
        ...(fifo && { SequenceNumber: message.sequenceNumber }),
        ...(message.sourceArn && { DeadLetterQueueSourceArn: message.sourceArn }),
      } as Record<string, string>,
    };
  }

  return {
    name,
    arn: queueArn,
    attributes,
    visibilitySeconds,
    get url() {
      return `${url()}/${account}/${name}`;
    },

    send({ body, groupId, deduplicationId, attributes: messageAttributes = {} }) {
      checkMessage({ body, groupId, deduplicationId, fifo });
      for (const [id, { until }] of remembered) if (until <= now()) remembered.delete(id);
      const repeated = remembered.get(deduplicationId ?? '');
      if (repeated) return repeated;
      const sentAt = now();
      const message = { id: randomUUID(), body, attributes: messageAttributes, groupId, deduplicationId, sentAt };
      const { sequenceNumber } = add({ ...message, sourceArn: undefined });
      const sent = { until: sentAt + deduplicationMs, messageId: message.id, sequenceNumber };
      if (deduplicationId !== undefined) remembered.set(deduplicationId, sent);
      return sent;
    },

    receive(max, seconds = visibilitySeconds) {
      // Of one group, messages come in order, and none while an earlier receive still holds one.
      const blocked = new Set(
        fifo
          ? kept()
              .filter(inFlight)
              .map(({ groupId }) => groupId)
          : [],
      );
      const received: ReceivedMessage[] = [];
      for (const message of kept()) {
        if (received.length === max) break;
        if (inFlight(message) || blocked.has(message.groupId) || buried(message)) continue;
        received.push(taken(message, seconds));
      }
      return received;
    },

    remove(receiptHandle) {
      const message = held(receiptHandle);
      if (!message) return;
      drop(message);
      changed();
    },

    changeVisibility(receiptHandle, seconds) {
      if (!(seconds >= 0 && seconds <= 43_200)) {
        throw invalid(
          `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.`,
        );
      }
      const message = held(receiptHandle);
      if (!message || !inFlight(message)) {
        throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.', {
          queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
        });
      }
      if (now() + seconds * 1000 > message.receivedAt + longestInFlightMs) {
        throw invalid(
          `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].`,
        );
      }
      hide(message, seconds);
    },

    watch(look) {
      watchers.push(look);
      look();
    },

    counts() {
      const hidden = kept().filter(inFlight).length;
      return { visible: messages.length - hidden, inFlight: hidden };
    },

    purge() {
      for (const message of messages) drop(message);
    },

    bury(message, sourceArn) {
      // A standard dead letter keeps its age, so its retention runs on; a FIFO one starts anew.
      add({ ...message, sourceArn, sentAt: fifo ? now() : message.sentAt });
    },
  };
}

function checkQueue(name: string, attributes: Readonly<Record<string, string>>): void {
  if (!/^(?=.{1,80}$)[\w-]+(\.fifo)?$/.test(name)) {
    throw invalid('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
  if (name.endsWith('.fifo') !== (attributes.FifoQueue === 'true')) {
    throw invalid(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    );
  }
  for (const [attribute, idle] of [
    ['DelaySeconds', '0'],
    ['ContentBasedDeduplication', 'false'],
  ] as const) {
    if ((attributes[attribute] ?? idle) !== idle) throw invalid(`The lab's queues know no ${attribute}`);
  }
  for (const [attribute, min, max] of ranges) {
    const value = Number(attributes[attribute] ?? min);
    if (!(value >= min && value <= max)) throw invalid(`Invalid value for the parameter ${attribute}.`);
  }
}

function checkMessage({
  body,
  groupId,
  deduplicationId,
  fifo,
}: Omit<NewMessage, 'attributes'> & { fifo: boolean }): void {
  if (!body) throw missing('MessageBody');
  if (Buffer.byteLength(body) > 1_048_576) {
    throw invalid('One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.');
  }
  if (fifo && !groupId) throw missing('MessageGroupId');
  if (fifo && !deduplicationId) {
    throw invalid(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  if (!fifo && deduplicationId) {
    throw invalid(
      `Value ${deduplicationId} for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.`,
    );
  }
  for (const [name, id] of Object.entries({ MessageGroupId: groupId, MessageDeduplicationId: deduplicationId })) {
    if (id !== undefined && !idForm.test(id)) {
      throw invalid(
        `Value ${id} for parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
    }
  }
}

/** The members that were asked for: by name, or all of them. */
function picked<T>(from: Readonly<Record<string, T>>, names: readonly string[] = []): Record<string, T> | undefined {
  const entries = Object.entries(from).filter(([name]) => names.includes('All') || names.includes(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
