import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type Sweeps = ReturnType<typeof sweeps>;

/** Seconds after which a mail that could not be sent is tried again: the longest that SQS keeps a message back. */
const patience = 900;

/** The queue by which a sweep, or a digest, goes on in a next invocation. */
export function sweeps(queueUrl: string, sqs = new SQSClient(prompt)) {
  const put = (order: object, DelaySeconds: number) =>
    ask('sqs:SendMessage', () =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(order), DelaySeconds })),
    );
  return {
    /** A sweep that runs out of time. */
    async handOn(cursor: object): Promise<void> {
      await put({ cursor }, 0);
    },

    /** A digest that could not be sent to some. */
    async handOnDigest(owners: readonly (string | null)[]): Promise<void> {
      await put({ owners }, patience);
    },

    /** When the stack that owns the queue was made, epoch seconds: the sweeps of its first hour are the first. */
    async createdAt(): Promise<number> {
      const answer = await ask('sqs:GetQueueAttributes', () =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['CreatedTimestamp'] })),
      );
      return Number(answer.Attributes?.CreatedTimestamp ?? 0);
    },
  };
}
