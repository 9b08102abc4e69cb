import type { SQSBatchResponse } from 'aws-lambda';
import type { Deliveries } from './aws/deliveries.ts';
import { Trouble } from './aws/trouble.ts';
import { deliver } from './deliver.ts';
import { type QueuedMessage, readMessage } from './events.ts';
import { facts } from './tell.ts';
import type { World } from './world.ts';

/**
 * Works off what SQS handed over. What is not right yet goes back, to be seen again after its own time: as a failed
 * item of the batch, never as a function error. A message that cannot be read is an error, and ends among the dead.
 */
export async function workOff(
  messages: readonly QueuedMessage[],
  { queue, world }: { queue: Deliveries; world: World },
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { id, receiptHandle, body, sentAt } of messages) {
    const message = readMessage(JSON.parse(body));
    const outcome = await deliver(message, { sentAt, world });
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
  { seconds, queue, world }: { seconds: number; queue: Deliveries; world: World },
): Promise<void> {
  try {
    await queue.comeBack(receiptHandle, { seconds });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot hand a certificate back early', facts(error.finding, world));
  }
}
