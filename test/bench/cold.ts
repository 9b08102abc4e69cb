import { spawn } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { answers, firstEvents } from './first-answers.ts';
import { type MockAws, type SeenCall, startMockAws } from './mock-aws.ts';

const root = join(import.meta.dirname, '../..');

export type Cold = {
  readonly name: string;
  /** Time to the first answer as a multiple of the naive handler's on the same event. */
  readonly vsNaive: number;
  /** … as a multiple of `node -e 0`. */
  readonly vsNode: number;
  /** Size of the bundle, all of its files: a start reads those it needs. */
  readonly bytes: number;
  /** AWS calls made up to the first answer. */
  readonly calls: number;
  /** The most calls of which each waited for the one before. */
  readonly chain: number;
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
    for (const { name, ours } of contenders) {
      rows.push({
        name,
        ...ratios(times, name),
        bytes: bytesOf(join(scratch, name)),
        ...(await countCalls(ours, aws)),
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

/** With answers that take longer than all of our own work, calls that overlap in time do not wait for each other. */
async function countCalls(start: () => Promise<number>, aws: MockAws): Promise<Pick<Cold, 'calls' | 'chain'>> {
  aws.take();
  aws.slow(150);
  await start();
  aws.slow(0);
  const seen = aws.take();
  return { calls: seen.length, chain: longestChain(seen) };
}

/** The most calls that pairwise do not overlap: take the one that ends first, then the next that starts after it. */
export function longestChain(calls: readonly SeenCall[]): number {
  let length = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of calls.toSorted((a, b) => a.to - b.to)) {
    if (from < end) continue;
    length += 1;
    end = to;
  }
  return length;
}

/** Milliseconds from the start of a process that loads the bundle to its handler's first answer. */
function coldStart(bundlePath: string, { event, aws }: { event: unknown; aws: MockAws }): Promise<number> {
  const script = `
    const context = { functionName: 'bench', awsRequestId: 'bench', memoryLimitInMB: '512',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:bench', getRemainingTimeInMillis: () => 30_000 };
    require(${JSON.stringify(bundlePath)}).handler(${JSON.stringify(event)}, context).then(
      () => process.exit(0),
      (error) => { console.error(error); process.exit(1); });`;
  return run(['-e', script], environment(aws));
}

/** What Lambda and the template would set. */
const environment = (aws: MockAws) => ({
  ...templateVariables(),
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_ENDPOINT_URL: aws.url,
  DELIVERIES_QUEUE_URL: `${aws.url}/111122223333/deliveries.fifo`,
  FUNCTION_ARN_PREFIX: 'arn:aws:lambda:us-east-1:111122223333:function:bench-',
  TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:notices',
});

/** All variables of all functions that are plain text in the packaged template. */
function templateVariables(): Record<string, string> {
  const { Resources } = JSON.parse(readFileSync(join(root, 'dist/template.json'), 'utf8'));
  const functions = Object.values<{ Properties: { Environment?: { Variables: object } } }>(Resources);
  const variables = functions.flatMap(({ Properties }) => Object.entries(Properties.Environment?.Variables ?? {}));
  return Object.fromEntries(variables.filter(([, value]) => typeof value === 'string'));
}

function run(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(performance.now() - start);
      else reject(new Error(`Cannot measure a handler that fails\n${complaint.slice(-2000)}`));
    });
  });
}
