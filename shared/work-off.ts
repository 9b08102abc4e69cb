import type { SQSBatchResponse } from 'aws-lambda';
import type { Deliveries } from './aws/deliveries.ts';
import { deliver } from './deliver.ts';
import { type QueuedMessage, readMessage } from './events.ts';
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
    await queue.comeBack(receiptHandle, { seconds: outcome.seconds });
    batchItemFailures.push({ itemIdentifier: id });
  }
  return { batchItemFailures };
}
