import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AwsError, account, arn } from './service.ts';

/** An SQS queue on the lab's clock: order, visibility, deduplication, retention and dead letters. */
export type Queue = {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  /** As it was created; values are text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly visibilitySeconds: number;
  /** Throws the AwsError that SendMessage would answer. */
  send(message: NewMessage): SentMessage;
  /** At most `max` messages, now in flight for `visibilitySeconds` (the queue's own by default). */
  receive(max: number, visibilitySeconds?: number): ReceivedMessage[];
  remove(receiptHandle: string): void;
  changeVisibility(receiptHandle: string, seconds: number): void;
  counts(): { visible: number; inFlight: number };
  /** Calls `look` now, and whenever a message may have become receivable. */
  watch(look: () => void): void;
  /** Takes over a message of another queue that was received too often. */
  bury(message: Message, sourceArn: string): void;
};

export type MessageAttributes = Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;

export type NewMessage = {
  readonly body: string;
  /** FIFO: required, as is the deduplication id. */
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  readonly attributes?: MessageAttributes | undefined;
};

export type SentMessage = { readonly messageId: string; readonly sequenceNumber: string };

export type ReceivedMessage = {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** System attributes, as SQS names them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: MessageAttributes;
};

type Message = SentMessage &
  NewMessage & {
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

const deduplicationMs = 5 * 60_000;
const longestInFlightMs = 12 * 3_600_000;
const firstSequenceNumber = 18_870_000_000_000_000_000n;

export const invalidParameter = (name: string, { value, reason }: { value: unknown; reason: string }) =>
  new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: ${reason}.`);

export function createQueue(
  name: string,
  {
    attributes,
    clock,
    byArn,
  }: { attributes: Readonly<Record<string, string>>; clock: Clock; byArn: (queueArn: string) => Queue | undefined },
): Queue {
  const fifo = attributes.FifoQueue === 'true';
  const queueArn = arn('sqs', name);
  const visibilitySeconds = Number(attributes.VisibilityTimeout ?? 30);
  const retentionMs = Number(attributes.MessageRetentionPeriod ?? 345_600) * 1000;
  const redrive = JSON.parse(attributes.RedrivePolicy ?? '{}');
  const maxReceiveCount = Number(redrive.maxReceiveCount ?? Number.POSITIVE_INFINITY);
  /** By deduplication id. */
  const remembered = new Map<string, SentMessage & { readonly sentAt: number }>();
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

  function add(message: NewMessage & Pick<Message, 'messageId' | 'sentAt' | 'sourceArn'>): SentMessage {
    sequenceNumber += 1n;
    const unseen = {
      visibleAt: 0,
      receiveCount: 0,
      firstReceivedAt: 0,
      receivedAt: 0,
      receiptHandle: '',
      cancelWake: () => {},
    };
    const added = { ...message, ...unseen, sequenceNumber: String(sequenceNumber) };
    messages.push(added);
    changed();
    return added;
  }

  function send(message: NewMessage): SentMessage {
    checkMessage(message, fifo);
    const { deduplicationId = '' } = message;
    const before = remembered.get(deduplicationId);
    if (before && before.sentAt + deduplicationMs > now()) return before;
    const sent = { messageId: randomUUID(), sentAt: now() };
    const added = { ...sent, ...add({ ...message, ...sent, sourceArn: undefined }) };
    if (fifo) remembered.set(deduplicationId, added);
    return added;
  }

  function receive(max: number, seconds = visibilitySeconds): ReceivedMessage[] {
    // A group comes in order, and not at all while an earlier receive still holds one of its messages.
    const blocked = new Set(kept().flatMap((message) => (fifo && inFlight(message) ? message.groupId : [])));
    const received: ReceivedMessage[] = [];
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

  function taken(message: Message, seconds: number): ReceivedMessage {
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
    if (message && fifo && (message.receiptHandle !== receiptHandle || !inFlight(message))) {
      throw invalidParameter('ReceiptHandle', { value: receiptHandle, reason: 'The receipt handle has expired' });
    }
    return message;
  }

  function remove(receiptHandle: string): void {
    const message = held(receiptHandle);
    if (!message) return;
    drop(message);
    changed();
  }

  function changeVisibility(receiptHandle: string, seconds: number): void {
    const refused = (reason: string) => invalidParameter('VisibilityTimeout', { value: seconds, reason });
    if (!(seconds >= 0 && seconds <= 43_200)) throw refused('Must be between 0 and 43200');
    const message = held(receiptHandle);
    if (!message || !inFlight(message)) {
      const queryCode = 'AWS.SimpleQueueService.MessageNotInflight';
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.', { queryCode });
    }
    if (now() + seconds * 1000 > message.receivedAt + longestInFlightMs) {
      throw refused('Total VisibilityTimeout for the message is beyond the limit [43200 seconds]');
    }
    hide(message, seconds);
  }

  function counts() {
    const hidden = kept().filter(inFlight).length;
    return { visible: messages.length - hidden, inFlight: hidden };
  }

  function watch(look: () => void): void {
    watchers.push(look);
    look();
  }

  /** A standard queue's dead letter keeps its age, so its retention runs on; a FIFO one starts anew. */
  function bury(message: Message, sourceArn: string): void {
    add({ ...message, sourceArn, sentAt: fifo ? now() : message.sentAt });
  }

  const acts = { send, receive, remove, changeVisibility, counts, watch, bury };
  return { name, arn: queueArn, fifo, attributes, visibilitySeconds, ...acts };
}

function systemAttributes(message: Message): Record<string, string> {
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

function checkMessage({ body, groupId, deduplicationId }: NewMessage, fifo: boolean): void {
  const missing = Object.entries({ MessageBody: body, ...(fifo && { MessageGroupId: groupId }) }).find(
    ([, value]) => !value,
  );
  if (missing) throw new AwsError('MissingParameter', `The request must contain the parameter ${missing[0]}.`);
  if (fifo !== (deduplicationId !== undefined)) {
    const reason = fifo
      ? 'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'
      : 'The request includes a parameter that is not valid for this queue type';
    throw invalidParameter('MessageDeduplicationId', { value: deduplicationId, reason });
  }
  for (const [name, id] of Object.entries({ MessageGroupId: groupId, MessageDeduplicationId: deduplicationId })) {
    if (id === undefined || /^[!-~]{1,128}$/.test(id)) continue;
    const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length`;
    throw invalidParameter(name, { value: id, reason });
  }
}
