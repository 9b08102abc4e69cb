import type { SQSBatchResponse } from 'aws-lambda';
import { Trouble } from './aws/trouble.ts';
import type { QueuedMessage } from './events/queued.ts';
import { Unreadable } from './events/read.ts';
import type { Outcome } from './outcome.ts';
import { facts } from './tell.ts';
import type { Base } from './world.ts';

/** How a worker works: what its messages are, what one look at one of them comes to, and how it hands one back. */
export type Work<Message> = {
  readonly read: (value: unknown) => Message;
  readonly look: (message: Message, of: Pick<QueuedMessage, 'sentAt' | 'attempt'>) => Promise<Outcome>;
  readonly queue: { comeBack(receiptHandle: string, options: { seconds: number }): Promise<void> };
  readonly world: Pick<Base, 'log' | 'place'>;
};

/**
 * Works off what SQS handed over. What is not right yet goes back, to be seen again after its own time: as a failed
 * item of the batch, never as a function error. A message that cannot be read goes back at once, each time, and so is
 * among the dead within minutes: behind it the others of its certificate would wait as long as the queue keeps trying.
 */
export async function workOff<Message extends { readonly certificateArn: string; readonly cause: string }>(
  messages: readonly QueuedMessage[],
  { read, look, queue, world }: Work<Message>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { id, receiptHandle, body, ...of } of messages) {
    const message = readable(body, { read, world });
    const outcome = message ? await look(message, of) : unreadable;
    if (outcome.is !== 'again') continue;
    await handBack(receiptHandle, { seconds: outcome.seconds, queue, world });
    batchItemFailures.push({ itemIdentifier: id });
  }
  return { batchItemFailures };
}

const unreadable: Outcome = { is: 'again', seconds: 0, because: 'the message cannot be read' };

/** Undefined for what no version of ours wrote; `read` throws Unreadable, and JSON its own error. */
function readable<Message>(body: string, { read, world }: Pick<Work<Message>, 'read' | 'world'>): Message | undefined {
  try {
    return read(JSON.parse(body));
  } catch (error) {
    if (!(error instanceof Unreadable || error instanceof SyntaxError)) throw error;
    world.log('error', 'Cannot read a message', { detail: error.message });
    return undefined;
  }
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
