import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { ask, nameOf, Trouble } from '../../shared/aws/trouble.ts';

export type DeadLetters = ReturnType<typeof deadLetters>;

/** A letter that was taken out for a while, and how to be rid of it. */
export type Letter = {
  readonly id: string;
  readonly body: string;
  /** Where EventBridge was bringing it, by ARN; undefined where it does not say. */
  readonly targetArn: string | undefined;
  /** The queue that it was given up on in, by ARN. */
  readonly sourceArn: string | undefined;
  readonly remove: () => Promise<void>;
};

/** Seconds for which nobody else sees a letter: as long as an invocation takes to be accepted, with room. */
const patience = 120;

/** Queues of what could not be handled. `prefix` is the stack's. */
export function deadLetters(prefix: string, sqs = new SQSClient({})) {
  /** Null where there is no such queue. */
  async function urlOf(name: string): Promise<string | null> {
    try {
      const answer = await ask('sqs:GetQueueUrl', () => sqs.send(new GetQueueUrlCommand({ QueueName: prefix + name })));
      return answer.QueueUrl ?? null;
    } catch (error) {
      if (error instanceof Trouble && /NonExistentQueue|QueueDoesNotExist/.test(nameOf(error.cause))) return null;
      throw error;
    }
  }

  return {
    /** How many letters lie there now, and the queue's ARN; null where there is no such queue. */
    async count(name: string): Promise<{ readonly arn: string; readonly waiting: number } | null> {
      const QueueUrl = await urlOf(name);
      if (QueueUrl === null) return null;
      const { Attributes = {} } = await ask('sqs:GetQueueAttributes', () =>
        sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages'] }),
        ),
      );
      return { arn: Attributes.QueueArn ?? '', waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0) };
    },

    /** Has SQS bring all letters back to the queues that they came from. Only for the dead-letter queue of a queue. */
    async moveBack(arn: string): Promise<void> {
      await ask('sqs:StartMessageMoveTask', () => sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn })));
    },

    /** Ten letters at most, which nobody else gets for two minutes. */
    async take(name: string): Promise<readonly Letter[]> {
      const QueueUrl = (await urlOf(name)) ?? undefined;
      const { Messages = [] } = await ask('sqs:ReceiveMessage', () =>
        sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: patience,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'],
          }),
        ),
      );
      return Messages.map((message) => letterOf(message, QueueUrl));
    },
  };

  function letterOf(
    { MessageId = '', Body = '', ReceiptHandle, Attributes = {}, MessageAttributes = {} }: Message,
    QueueUrl?: string,
  ): Letter {
    return {
      id: MessageId,
      body: Body,
      targetArn: MessageAttributes.TARGET_ARN?.StringValue,
      sourceArn: Attributes.DeadLetterQueueSourceArn,
      remove: async () => {
        await ask('sqs:DeleteMessage', () => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })));
      },
    };
  }
}
