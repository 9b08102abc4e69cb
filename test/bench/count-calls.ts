import { join } from 'node:path';
import { coldStart } from './cold-start.ts';
import { answers, firstEvents } from './first-answers.ts';
import { type SeenCall, startMockAws } from './mock-aws.ts';

export type CallCount = {
  /** AWS calls made up to the first answer. */
  readonly calls: number;
  /** The most calls of which each waited for the one before. */
  readonly chain: number;
};

/** Milliseconds that an answer takes, longer than all work in between: calls that overlap do not wait for each other. */
const slow = 150;

/** Counts the calls of a function's first answer; `folder` holds the bundles. */
export async function countCalls(name: string, folder: string): Promise<CallCount> {
  const aws = await startMockAws(answers, { slow });
  try {
    await coldStart(join(folder, name, 'index.js'), { event: firstEvents[name], aws });
    return { calls: aws.seen.length, chain: longestChain(aws.seen) };
  } finally {
    aws.close();
  }
}

/** The most calls that pairwise do not overlap: take the one that ends first, then the next that starts after it. */
function longestChain(calls: readonly SeenCall[]): number {
  let length = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of calls.toSorted((a, b) => a.to - b.to)) {
    if (from < end) continue;
    length += 1;
    end = to;
  }
  return length;
}
