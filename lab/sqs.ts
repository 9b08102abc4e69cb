import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { createQueue, invalidParameter, type Queue } from './queue.ts';
import { AwsError, account, type Operation, type Service } from './service.ts';

export type Sqs = {
  readonly service: Service;
  /** As CreateQueue; attribute values are text. */
  create(name: string, attributes?: Attributes): Queue;
  /** Undefined where there is no such queue. */
  byArn(queueArn: string): Queue | undefined;
  urlOf(queue: Queue): string;
};

type Attributes = Readonly<Record<string, string>>;

/** `url` is where the server can be reached, known once it listens. */
export function createSqs({ clock, url }: { clock: Clock; url: () => string }): Sqs {
  const queues = new Map<string, Queue>();
  const byArn = (queueArn: string) => [...queues.values()].find((queue) => queue.arn === queueArn);
  const urlOf = ({ name }: Queue) => `${url()}/${account}/${name}`;

  function create(name: string, attributes: Attributes = {}): Queue {
    checkQueue(name, { attributes, byArn });
    const queue = queues.get(name) ?? createQueue(name, { attributes, clock, byArn });
    if (JSON.stringify(queue.attributes) !== JSON.stringify(attributes)) {
      const queryCode = 'QueueAlreadyExists';
      throw new AwsError('QueueNameExists', 'A queue already exists with the same name and other attributes', {
        queryCode,
      });
    }
    queues.set(name, queue);
    return queue;
  }

  function find({ QueueUrl, QueueName }: { QueueUrl?: string; QueueName?: string }): Queue {
    const queue = queues.get(QueueName ?? QueueUrl?.split('/').at(-1) ?? '');
    if (queue) return queue;
    const queryCode = 'AWS.SimpleQueueService.NonExistentQueue';
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', { queryCode });
  }

  const GetQueueAttributes: Operation = (input) => {
    const queue = find(input);
    const { visible, inFlight } = queue.counts();
    const all = {
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ...queue.attributes,
    };
    return { Attributes: picked(all, input.AttributeNames) };
  };

  const SendMessage: Operation = (input) => {
    const { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input;
    if (input.DelaySeconds) {
      throw invalidParameter('DelaySeconds', { value: input.DelaySeconds, reason: 'The lab delays no messages' });
    }
    const queue = find(input);
    const sent = queue.send({ body, groupId, deduplicationId, attributes: input.MessageAttributes });
    const SequenceNumber = queue.fifo ? sent.sequenceNumber : undefined;
    return { MessageId: sent.messageId, MD5OfMessageBody: md5(body), SequenceNumber };
  };

  const ReceiveMessage: Operation = (input) => {
    const max = input.MaxNumberOfMessages ?? 1;
    if (!(max >= 1 && max <= 10)) {
      throw invalidParameter('MaxNumberOfMessages', { value: max, reason: 'Must be between 1 and 10, if provided' });
    }
    const messages = find(input).receive(max, input.VisibilityTimeout);
    return {
      Messages: messages.map((message) => ({
        MessageId: message.messageId,
        ReceiptHandle: message.receiptHandle,
        Body: message.body,
        MD5OfBody: md5(message.body),
        Attributes: picked(message.attributes, input.MessageSystemAttributeNames ?? input.AttributeNames),
        MessageAttributes: picked(message.messageAttributes, input.MessageAttributeNames),
      })),
    };
  };

  return {
    create,
    byArn,
    urlOf,
    service: {
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
        ChangeMessageVisibility: (input) => find(input).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout),
      },
    },
  };
}

type Lookup = { readonly attributes: Attributes; readonly byArn: Sqs['byArn'] };

function checkQueue(name: string, { attributes, byArn }: Lookup): void {
  const between = (min: number, value: unknown, max: number) =>
    value === undefined || (Number(value) >= min && Number(value) <= max);
  const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy = '{}' } = attributes;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(RedrivePolicy);
  const fifo = attributes.FifoQueue === 'true';
  const flaws: Readonly<Record<string, boolean>> = {
    QueueName: !/^(?=.{1,80}$)[\w-]+(\.fifo)?$/.test(name) || name.endsWith('.fifo') !== fifo,
    VisibilityTimeout: !between(0, VisibilityTimeout, 43_200),
    MessageRetentionPeriod: !between(60, MessageRetentionPeriod, 1_209_600),
    RedrivePolicy:
      deadLetterTargetArn !== undefined &&
      (byArn(deadLetterTargetArn)?.fifo !== fifo || !between(1, maxReceiveCount, 1000)),
    // The lab's queues have neither.
    DelaySeconds: !between(0, attributes.DelaySeconds, 0),
    ContentBasedDeduplication: attributes.ContentBasedDeduplication === 'true',
  };
  const flaw = Object.keys(flaws).find((attribute) => flaws[attribute]);
  if (flaw === undefined) return;
  throw new AwsError('InvalidParameterValue', `Invalid value for the parameter ${flaw} of queue "${name}".`);
}

/** The members that were asked for: by name, or all of them. */
function picked<T>(from: Readonly<Record<string, T>>, names: readonly string[] = []): Record<string, T> | undefined {
  const entries = Object.entries(from).filter(([name]) => names.includes('All') || names.includes(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
