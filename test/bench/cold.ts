import { cpSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { coldStart, run } from './cold-start.ts';
import { type CallCount, countCalls } from './count-calls.ts';
import { answers, firstEvents } from './first-answers.ts';
import { startMockAws } from './mock-aws.ts';

const root = join(import.meta.dirname, '../..');

export type Cold = CallCount & {
  readonly name: string;
  /** Time to the first answer as a multiple of the naive handler's on the same event. */
  readonly vsNaive: number;
  /** … as a multiple of `node -e 0`. */
  readonly vsNode: number;
  /** Size of the bundle, all of its files: a start reads those it needs. */
  readonly bytes: number;
};

/**
 * Measures each bundled function from the start of a fresh process to its first answer, against the naive handler and
 * `node -e 0`. All contenders take turns, so that the machine's moods meet them alike; a ratio is one of medians.
 * Needs the bundles in dist/functions.
 */
export async function measureCold({ rounds = 15 } = {}): Promise<readonly Cold[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'acm-courier-bench-'));
  const aws = await startMockAws(answers);
  try {
    // A copy, so that a build meanwhile changes nothing under the measurement.
    cpSync(join(root, 'dist/functions'), scratch, { recursive: true });
    const naive = await bundleNaively(scratch);
    const contenders = Object.entries(firstEvents).map(([name, event]) => ({
      name,
      ours: () => coldStart(join(scratch, name, 'index.js'), { event, aws }),
      naive: () => coldStart(naive, { event, aws }),
    }));
    const times = await takeTurns(contenders, rounds);
    const rows: Cold[] = [];
    for (const { name } of contenders) {
      rows.push({
        name,
        ...ratios(times, name),
        bytes: bytesOf(join(scratch, name)),
        ...(await countCalls(name, scratch)),
      });
    }
    return rows;
  } finally {
    aws.close();
    rmSync(scratch, { recursive: true });
  }
}

/** esbuild as one first calls it: bundled, for Node, and nothing else. */
async function bundleNaively(scratch: string): Promise<string> {
  const outfile = join(scratch, 'naive.cjs');
  const entryPoints = [join(import.meta.dirname, 'naive-handler.ts')];
  await build({ entryPoints, outfile, absWorkingDir: root, bundle: true, platform: 'node', logLevel: 'error' });
  return outfile;
}

type Contender = { readonly name: string; readonly ours: () => Promise<number>; readonly naive: () => Promise<number> };
type Times = Map<string, number[]>;

async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Times> {
  const times: Times = new Map();
  const note = (key: string, time: number) => times.set(key, [...(times.get(key) ?? []), time]);
  for (let round = 0; round < rounds; round++) {
    note('node', await run(['-e', '0'], {}));
    for (const { name, ours, naive } of contenders) {
      note(name, await ours());
      note(`naive ${name}`, await naive());
    }
  }
  return times;
}

function ratios(times: Times, name: string): Pick<Cold, 'vsNaive' | 'vsNode'> {
  const ours = median(times.get(name) ?? []);
  const ratio = (other: string) => Math.round((ours / median(times.get(other) ?? [])) * 100) / 100;
  return { vsNaive: ratio(`naive ${name}`), vsNode: ratio('node') };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function bytesOf(folder: string): number {
  const files = globSync(join(folder, '*.js'));
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}
