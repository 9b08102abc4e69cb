import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { createQueue, type Queue, refuseValue } from './queue.ts';
import { account, type Operation, refuse, type Service } from './service.ts';

export type Sqs = ReturnType<typeof createSqs>;

type Attributes = Readonly<Record<string, string>>;

/** `url` is where the server can be reached, known once it listens. */
export function createSqs({ clock, url }: { clock: Clock; url: () => string }) {
  const queues = new Map<string, Queue>();
  /** Undefined where there is no such queue. */
  const byArn = (queueArn: string): Queue | undefined => [...queues.values()].find((queue) => queue.arn === queueArn);
  const urlOf = ({ name }: Queue): string => `${url()}/${account}/${name}`;

  /** As CreateQueue; attribute values are text. */
  function create(name: string, attributes: Attributes = {}): Queue {
    checkQueue(name, { attributes, byArn });
    const queue = queues.get(name) ?? createQueue(name, { attributes, clock, byArn });
    queues.set(name, queue);
    return queue;
  }

  function find({ QueueUrl, QueueName }: { QueueUrl?: string; QueueName?: string }): Queue {
    const queryCode = 'AWS.SimpleQueueService.NonExistentQueue';
    const queue = queues.get(QueueName ?? QueueUrl?.split('/').at(-1) ?? '');
    return queue ?? refuse('QueueDoesNotExist', 'The specified queue does not exist.', { queryCode });
  }

  const GetQueueAttributes: Operation = (input) => {
    const queue = find(input);
    const { visible, inFlight } = queue.counts();
    const all = {
      QueueArn: queue.arn,
      CreatedTimestamp: String(Math.floor(queue.createdAt.getTime() / 1000)),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ...queue.attributes,
    };
    return { Attributes: picked(all, input.AttributeNames) };
  };

  const SendMessage: Operation = (input) => {
    const { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input;
    const { DelaySeconds: delaySeconds, MessageAttributes: attributes } = input;
    const sent = find(input).send({ body, groupId, deduplicationId, delaySeconds, attributes });
    return { MessageId: sent.messageId, MD5OfMessageBody: md5(body), SequenceNumber: groupId && sent.sequenceNumber };
  };

  const ReceiveMessage: Operation = (input) => ({
    Messages: find(input)
      .receive(input.MaxNumberOfMessages ?? 1, input.VisibilityTimeout)
      .map((message) => ({
        MessageId: message.messageId,
        ReceiptHandle: message.receiptHandle,
        Body: message.body,
        MD5OfBody: md5(message.body),
        Attributes: picked(message.attributes, input.MessageSystemAttributeNames ?? input.AttributeNames),
        MessageAttributes: picked(message.messageAttributes, input.MessageAttributeNames),
      })),
  });

  const StartMessageMoveTask: Operation = ({ SourceArn, DestinationArn }) => {
    const buriesHere = [...queues.values()].some(({ buriesIn }) => buriesIn === SourceArn);
    if (DestinationArn || !buriesHere) refuseValue('Source queue must be configured as a Dead Letter Queue.');
    byArn(SourceArn)?.redriveAll();
    return { TaskHandle: randomUUID() };
  };

  const service: Service = {
    name: 'sqs',
    protocol: 'json-1.0',
    target: 'AmazonSQS',
    operations: {
      CreateQueue: ({ QueueName, Attributes }) => ({ QueueUrl: urlOf(create(QueueName, Attributes)) }),
      GetQueueUrl: (input) => ({ QueueUrl: urlOf(find(input)) }),
      ListQueues: () => ({ QueueUrls: [...queues.values()].map(urlOf) }),
      GetQueueAttributes,
      SendMessage,
      ReceiveMessage,
      DeleteMessage: (input) => find(input).remove(input.ReceiptHandle),
      StartMessageMoveTask,
      ChangeMessageVisibility: (input) => find(input).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout),
    },
  };
  return { service, create, byArn, urlOf };
}

type Lookup = { readonly attributes: Attributes; readonly byArn: Sqs['byArn'] };

/** Attributes are a map of text: no published model checks what is in it. */
function checkQueue(name: string, { attributes, byArn }: Lookup): void {
  const { deadLetterTargetArn } = JSON.parse(attributes.RedrivePolicy ?? '{}');
  const fifo = attributes.FifoQueue === 'true';
  const flaw =
    (name.endsWith('.fifo') !== fifo && 'QueueName') ||
    (deadLetterTargetArn !== undefined && byArn(deadLetterTargetArn)?.fifo !== fifo && 'RedrivePolicy') ||
    // The lab's queues have neither.
    ['DelaySeconds', 'ContentBasedDeduplication'].find((one) => !['0', 'false'].includes(attributes[one] ?? '0'));
  if (flaw) refuseValue(`Invalid value for the parameter ${flaw} of queue "${name}".`);
}

/** The members that were asked for: by name, or all of them. */
function picked<T>(from: Readonly<Record<string, T>>, names: readonly string[] = []): Record<string, T> | undefined {
  const entries = Object.entries(from).filter(([name]) => names.includes('All') || names.includes(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
