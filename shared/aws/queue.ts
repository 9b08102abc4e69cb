import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

/** What both queues hold: a certificate, and what tells one occasion to look at it from another. */
type Occasion = { readonly certificateArn: string; readonly cause: string };

export type Queue<Message extends Occasion> = ReturnType<typeof queue<Message>>;

/** A FIFO queue of certificates to be looked at. Its messages are what `events/queued.ts` reads again in the worker. */
export function queue<Message extends Occasion>(queueUrl: string, sqs = new SQSClient(prompt)) {
  return {
    /**
     * Queues a certificate. The group is its ARN: one worker per certificate at a time, certificates side by side. The
     * cause tells doubles apart (an event's id): within five minutes SQS takes a second one and never delivers it.
     */
    async add(message: Message): Promise<void> {
      await ask('sqs:SendMessage', () =>
        sqs.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: JSON.stringify(message),
            MessageGroupId: message.certificateArn,
            MessageDeduplicationId: message.cause,
          }),
        ),
      );
    },

    /** Lets a message that is being handled come back after so many seconds, not after the queue's own time-out. */
    async comeBack(receiptHandle: string, { seconds }: { seconds: number }): Promise<void> {
      await ask('sqs:ChangeMessageVisibility', () =>
        sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: queueUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: seconds,
          }),
        ),
      );
    },
  };
}
