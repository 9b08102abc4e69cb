import type { SQSBatchResponse } from 'aws-lambda';
import { Trouble } from './aws/trouble.ts';
import type { QueuedMessage } from './events/queued.ts';
import type { Outcome } from './outcome.ts';
import { facts } from './tell.ts';
import type { Base } from './world.ts';

/** How a worker works: what its messages are, what one look at one of them comes to, and how it hands one back. */
export type Work<Message> = {
  readonly read: (value: unknown) => Message;
  /** `sentAt`: epoch seconds. */
  readonly look: (message: Message, sentAt: number) => Promise<Outcome>;
  readonly queue: { comeBack(receiptHandle: string, options: { seconds: number }): Promise<void> };
  readonly world: Pick<Base, 'log' | 'place'>;
};

/**
 * Works off what SQS handed over. What is not right yet goes back, to be seen again after its own time: as a failed
 * item of the batch, never as a function error. A message that cannot be read is an error, and ends among the dead.
 */
export async function workOff<Message extends { readonly certificateArn: string; readonly cause: string }>(
  messages: readonly QueuedMessage[],
  { read, look, queue, world }: Work<Message>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { id, receiptHandle, body, sentAt } of messages) {
    const message = read(JSON.parse(body));
    const outcome = await look(message, sentAt);
    const { certificateArn, cause } = message;
    world.log('info', 'Looked at a certificate', { certificateArn, cause, outcome });
    if (outcome.is !== 'again') continue;
    await handBack(receiptHandle, { seconds: outcome.seconds, queue, world });
    batchItemFailures.push({ itemIdentifier: id });
  }
  return { batchItemFailures };
}

/** A message that SQS does not let us hand back early comes back by itself, after the queue's own visibility time. */
async function handBack(
  receiptHandle: string,
  { seconds, queue, world }: { seconds: number } & Pick<Work<never>, 'queue' | 'world'>,
): Promise<void> {
  try {
    await queue.comeBack(receiptHandle, { seconds });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot hand a certificate back early', facts(error.finding, world));
  }
}
