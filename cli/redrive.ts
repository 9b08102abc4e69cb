import { type DeadLetters, deadLetters, type Letter } from './aws/dead-letters.ts';
import { type ExitCode, exitCode, failureOf } from './failure.ts';
import { note, print, printJson, progress, table } from './screen.ts';
import { findStack, type Stack, type Where } from './stack.ts';

/** Where things end that could not be handled, and how they get back. The names are those of serverless.yml. */
export const deadQueues = [
  { name: 'deliveries-dead.fifo', back: 'queue', holds: 'certificates that were looked at 1,000 times' },
  { name: 'concerns-dead.fifo', back: 'queue', holds: 'warnings that could not be looked into' },
  { name: 'undelivered-events', back: 'target', holds: 'events that did not reach their function' },
  { name: 'failed-invocations', back: 'function', holds: 'events on which a function failed' },
] as const;

type DeadQueue = (typeof deadQueues)[number];

export type RedriveOptions = Where & { readonly dryRun?: boolean; readonly json?: boolean };

/** `left` could not be brought back, and lie where they were. */
type Redriven = {
  readonly queue: string;
  readonly letters: number;
  readonly redriven: number;
  readonly left: readonly string[];
};

export async function redrive(options: RedriveOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const letters = deadLetters(stack.place.functionPrefix);
  const done: Redriven[] = [];
  for (const queue of deadQueues)
    done.push(await redriveQueue(queue, { letters, stack, dryRun: options.dryRun ?? false }));
  if (options.json) printJson(done);
  else show(done, options.dryRun ?? false);
  return done.some(({ left }) => left.length > 0) ? exitCode.problems : exitCode.ok;
}

type Means = { readonly letters: DeadLetters; readonly stack: Stack; readonly dryRun: boolean };

async function redriveQueue(queue: DeadQueue, { letters, stack, dryRun }: Means): Promise<Redriven> {
  const found = await letters.count(queue.name);
  const counted = {
    queue: stack.place.functionPrefix + queue.name,
    letters: found?.waiting ?? 0,
    redriven: 0,
    left: [],
  };
  if (!found) return { ...counted, left: [`There is no queue "${counted.queue}"`] };
  if (dryRun || found.waiting === 0) return counted;
  if (queue.back === 'queue') {
    await letters.moveBack(found.arn);
    return { ...counted, redriven: found.waiting };
  }
  return { ...counted, ...(await sendAgain(queue, { letters, stack, waiting: found.waiting })) };
}

/** One after the other: each is removed once its function has it, so that an end half way loses none. */
async function sendAgain(
  queue: DeadQueue,
  { letters, stack, waiting }: Pick<Means, 'letters' | 'stack'> & { readonly waiting: number },
): Promise<Pick<Redriven, 'redriven' | 'left'>> {
  const bar = progress(queue.name, waiting);
  const left: string[] = [];
  let redriven = 0;
  try {
    // What fails again while this runs is not taken a second time.
    while (redriven + left.length < waiting) {
      const some = await letters.take(queue.name);
      if (some.length === 0) break;
      for (const letter of some) {
        const problem = await handOver(letter, { queue, stack });
        if (problem) left.push(problem);
        else redriven++;
        bar.step();
      }
    }
  } finally {
    bar.end();
  }
  return { redriven, left };
}

async function handOver(letter: Letter, { queue, stack }: { queue: DeadQueue; stack: Stack }): Promise<string | null> {
  const { region, account, partition, functionPrefix } = stack.place;
  const own = `arn:${partition}:lambda:${region}:${account}:function:${functionPrefix}`;
  const to = destinationOf(letter, { queue, own });
  if (!to?.functionArn) return `Letter ${letter.id} does not say where it was on its way to`;
  if (!to.functionArn.startsWith(own))
    return `Letter ${letter.id} was on its way to "${to.functionArn}", which is not of this stack`;
  try {
    await stack.functions.handOver(to.functionArn, to.event);
    await letter.remove();
    return null;
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    return `Letter ${letter.id}: ${failure.message}`;
  }
}

type Destination = { readonly functionArn: string | undefined; readonly event: string };

function destinationOf(letter: Letter, { queue, own }: { queue: DeadQueue; own: string }): Destination | null {
  // A sweep that could not go on: where it was matters no more, for a new one looks at everything.
  if (letter.sourceArn?.endsWith('-sweeps')) return { functionArn: `${own}sweep`, event: '{}' };
  return queue.back === 'function' ? readRecord(letter.body) : { functionArn: letter.targetArn, event: letter.body };
}

/** What Lambda writes about an event that it gave up on (Developer Guide, "Capturing records of asynchronous invocations"). */
function readRecord(body: string): Destination | null {
  try {
    const { requestContext, requestPayload } = JSON.parse(body);
    return { functionArn: requestContext?.functionArn, event: JSON.stringify(requestPayload ?? {}) };
  } catch {
    return null;
  }
}

function show(done: readonly Redriven[], dryRun: boolean): void {
  const rows = done.map(({ queue, letters, redriven }) => [queue, String(letters), String(redriven)]);
  print(table(['QUEUE', 'LETTERS', 'BROUGHT BACK'], rows));
  for (const problem of done.flatMap(({ left }) => left)) note(problem);
  if (dryRun && done.some(({ letters }) => letters > 0))
    note('Nothing was moved. Without --dry-run they are brought back.');
}
