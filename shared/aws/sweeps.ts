import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type Sweeps = ReturnType<typeof sweeps>;

/** The queue by which a sweep that runs out of time goes on in a next invocation. */
export function sweeps(queueUrl: string, sqs = new SQSClient(prompt)) {
  return {
    async handOn(cursor: object): Promise<void> {
      await ask('sqs:SendMessage', () =>
        sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify({ cursor }) })),
      );
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
