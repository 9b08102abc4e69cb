import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { account, arn, refuse } from './service.ts';

export type MessageAttributes = Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;

export type NewMessage = {
  readonly body: string;
  /** FIFO: required, as is the deduplication id. */
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** Standard: until it can be received for the first time; 900 at most. */
  readonly delaySeconds?: number | undefined;
  readonly attributes?: MessageAttributes | undefined;
};

const unseen = {
  visibleAt: 0,
  receiveCount: 0,
  firstReceivedAt: 0,
  receivedAt: 0,
  receiptHandle: '',
  cancelWake: () => {},
};

type Message = NewMessage &
  typeof unseen & {
    readonly messageId: string;
    readonly sequenceNumber: string;
    readonly sentAt: number;
    /** Set when it came here as a dead letter. */
    readonly sourceArn: string | undefined;
  };

export type Queue = ReturnType<typeof createQueue>;
export type ReceivedMessage = ReturnType<Queue['receive']>[number];

const deduplicationMs = 5 * 60_000;
const longestDelaySeconds = 900;
const longestInFlightMs = 12 * 3_600_000;
const firstSequenceNumber = 18_870_000_000_000_000_000n;
/** What moves on to another queue when it was received too often. */
type Graveyard = { readonly bury: (message: Message, sourceArn: string | undefined) => void };

type QueueParts = {
  /** As it is created; values are text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly byArn: (queueArn: string) => Graveyard | undefined;
};

/** An SQS queue on the lab's clock: order, visibility, deduplication, retention and dead letters. */
export function createQueue(name: string, { attributes, clock, byArn }: QueueParts) {
  const fifo = attributes.FifoQueue === 'true';
  const createdAt = clock.now();
  const queueArn = arn('sqs', name);
  const visibilitySeconds = Number(attributes.VisibilityTimeout ?? 30);
  const retentionMs = Number(attributes.MessageRetentionPeriod ?? 345_600) * 1000;
  const redrive = JSON.parse(attributes.RedrivePolicy ?? '{}');
  const maxReceiveCount = Number(redrive.maxReceiveCount ?? Number.POSITIVE_INFINITY);
  /** By deduplication id. */
  const remembered = new Map<string, Message>();
  const watchers: (() => void)[] = [];
  let messages: Message[] = [];
  let sequenceNumber = firstSequenceNumber;

  const now = () => clock.now().getTime();
  const inFlight = (message: Message) => message.visibleAt > now();
  const changed = () => {
    for (const look of watchers) look();
  };

  function kept(): readonly Message[] {
    messages = messages.filter(({ sentAt }) => sentAt + retentionMs > now());
    return messages;
  }

  function drop(message: Message): void {
    message.cancelWake();
    messages = messages.filter((other) => other !== message);
  }

  function add(message: Omit<Message, 'sequenceNumber' | keyof typeof unseen>, delaySeconds = 0): Message {
    sequenceNumber += 1n;
    const added = { ...message, ...unseen, sequenceNumber: String(sequenceNumber) };
    messages.push(added);
    hide(added, delaySeconds);
    return added;
  }

  /** Throws the AwsError that SendMessage would answer. */
  function send(message: NewMessage): Pick<Message, 'messageId' | 'sequenceNumber'> {
    const { groupId, deduplicationId = '', delaySeconds = 0 } = message;
    if (fifo && !groupId)
      refuse('MissingRequiredParameterException', 'The request must contain the parameter MessageGroupId.', {
        queryCode: 'MissingParameter',
      });
    if (fifo && !deduplicationId)
      invalid(
        'MessageDeduplicationId',
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
    if (delaySeconds > (fifo ? 0 : longestDelaySeconds))
      invalid('DelaySeconds', 'The request include parameter that is not valid for this queue type');
    const before = remembered.get(deduplicationId);
    if (before && before.sentAt + deduplicationMs > now()) return before;
    const added = add({ ...message, messageId: randomUUID(), sentAt: now(), sourceArn: undefined }, delaySeconds);
    if (fifo) remembered.set(deduplicationId, added);
    return added;
  }

  /** At most `max` messages, now in flight for so many seconds. */
  function receive(max: number, seconds = visibilitySeconds) {
    // A group comes in order, and not at all while an earlier receive still holds one of its messages.
    const blocked = new Set(kept().flatMap((message) => (fifo && inFlight(message) ? message.groupId : [])));
    const received: ReturnType<typeof taken>[] = [];
    for (const message of kept()) {
      if (received.length === max) break;
      if (inFlight(message) || blocked.has(message.groupId) || buried(message)) continue;
      received.push(taken(message, seconds));
    }
    return received;
  }

  /** True when it has been received too often and was moved away. */
  function buried(message: Message): boolean {
    if (message.receiveCount < maxReceiveCount) return false;
    drop(message);
    byArn(redrive.deadLetterTargetArn)?.bury(message, queueArn);
    return true;
  }

  function taken(message: Message, seconds: number) {
    message.receiveCount += 1;
    message.receivedAt = now();
    message.firstReceivedAt ||= message.receivedAt;
    message.receiptHandle = `${message.messageId}:${randomUUID()}`;
    hide(message, seconds);
    const { messageId, receiptHandle, body, attributes: messageAttributes = {} } = message;
    return { messageId, receiptHandle, body, messageAttributes, attributes: systemAttributes(message) };
  }

  function hide(message: Message, seconds: number): void {
    message.cancelWake();
    message.visibleAt = now() + seconds * 1000;
    if (seconds > 0) message.cancelWake = clock.at(new Date(message.visibleAt), changed);
    else changed();
  }

  /** Undefined where the message is gone already. A FIFO queue refuses a handle once its visibility has ended. */
  function held(receiptHandle: string): Message | undefined {
    const message = kept().find(({ messageId }) => receiptHandle.startsWith(`${messageId}:`));
    if (message && fifo && (message.receiptHandle !== receiptHandle || !inFlight(message)))
      invalid('ReceiptHandle', 'The receipt handle has expired');
    return message;
  }

  function remove(receiptHandle: string): void {
    const message = held(receiptHandle);
    if (!message) return;
    drop(message);
    changed();
  }

  function changeVisibility(receiptHandle: string, seconds: number): void {
    const message = held(receiptHandle);
    if (!message || !inFlight(message)) {
      const queryCode = 'AWS.SimpleQueueService.MessageNotInflight';
      refuse('MessageNotInflight', 'The message referred to is not in flight.', { queryCode });
    }
    if (now() + seconds * 1000 > message.receivedAt + longestInFlightMs)
      invalid('VisibilityTimeout', 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]');
    hide(message, seconds);
  }

  function counts() {
    const hidden = kept().filter(inFlight).length;
    return { visible: messages.length - hidden, inFlight: hidden };
  }

  /** Calls `look` now, and whenever a message may have become receivable. */
  function watch(look: () => void): void {
    watchers.push(look);
    look();
  }

  /** Dead letters go back to where they were buried from. */
  function redriveAll(): void {
    for (const message of kept().filter((one) => one.sourceArn !== undefined && !inFlight(one))) {
      drop(message);
      byArn(message.sourceArn ?? '')?.bury(message, undefined);
    }
  }

  /** Takes over a dead letter: a standard queue's keeps its age, so its retention runs on; a FIFO one starts anew. */
  function bury(message: Message, sourceArn: string | undefined): void {
    add({ ...message, sourceArn, sentAt: fifo ? now() : message.sentAt });
  }

  const acts = { send, receive, remove, changeVisibility, counts, watch, bury, redriveAll };
  return {
    name,
    arn: queueArn,
    fifo,
    attributes,
    visibilitySeconds,
    createdAt,
    buriesIn: redrive.deadLetterTargetArn,
    ...acts,
  };
}

const invalid = (name: string, reason: string) =>
  refuseValue(`Value for parameter ${name} is invalid. Reason: ${reason}.`);

/** The older name is the one that the SDK shows. */
export const refuseValue = (message: string): never =>
  refuse('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' });

/** As SQS names them. */
function systemAttributes(message: Message): Readonly<Record<string, string>> {
  const { groupId, deduplicationId, sequenceNumber, sourceArn } = message;
  return {
    SenderId: account,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(deduplicationId &&
      groupId && { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId, SequenceNumber: sequenceNumber }),
    ...(sourceArn && { DeadLetterQueueSourceArn: sourceArn }),
  };
}
