import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment } from './cold-start.ts';
import { type SeenCall, startMockAws } from './mock-aws.ts';
import { sweepAnswers, type WorldSize } from './sweep-world.ts';

const bundle = join(import.meta.dirname, '../../dist/functions/sweep/index.js');

export type SweepBench = {
  readonly certificates: number;
  /** AWS calls, all services. */
  readonly calls: number;
  readonly seconds: number;
  /** Resident, of the whole process, in megabytes. */
  readonly peakMB: number;
};

/** What issue and alarms assume of a large account. */
export const largeAccount: WorldSize = { certificates: 10_000, secrets: 2_000, services: 2_000, clusters: 20 };

/** One sweep of the bundled function, in a process of its own, over an account in which nothing is wrong. */
export async function measureSweep(size: WorldSize = largeAccount): Promise<SweepBench> {
  const { calls, seconds, peakMB, answer } = await runSweep(size);
  if (answer.certificates !== size.certificates || answer.differences > 0)
    throw new Error(`The sweep of a right world answers ${JSON.stringify(answer)}`);
  return { certificates: answer.certificates, calls: calls.length, seconds, peakMB };
}

type Swept = { readonly certificates: number; readonly differences: number };

/** The same with the calls one by one, for whoever asks how they are spread. */
export async function runSweep(size: WorldSize) {
  const aws = await startMockAws(sweepAnswers(size));
  const script = `
    const start = performance.now();
    const context = { functionName: 'bench', awsRequestId: 'bench', memoryLimitInMB: '512',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:bench', getRemainingTimeInMillis: () => 900_000 };
    require(${JSON.stringify(bundle)}).handler({}, context).then(
      (answer) => { process.send({ answer, seconds: (performance.now() - start) / 1000, peakMB: process.resourceUsage().maxRSS / 1024 }); },
      (error) => { console.error(error); process.exit(1); });`;
  const variables = { ...environment(aws), SWEEPS_QUEUE_URL: `${aws.url}/111122223333/sweeps` };
  try {
    const { answer, seconds, peakMB } = await measured(script, variables);
    const calls: readonly SeenCall[] = aws.seen;
    return { answer, calls, seconds: rounded(seconds), peakMB: rounded(peakMB) };
  } finally {
    aws.close();
  }
}

type Measured = { readonly answer: Swept; readonly seconds: number; readonly peakMB: number };

function measured(script: string, variables: Readonly<Record<string, string>>): Promise<Measured> {
  // As large as Lambda's: a heap that is never full would be the measure of the machine.
  const args = ['--max-old-space-size=460', '-e', script];
  const child = spawn(process.execPath, args, { env: variables, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message) => {
      child.disconnect();
      child.kill();
      resolve(message as Measured);
    });
    child.once('exit', (code) => code && reject(new Error(`The sweep failed\n${complaint.slice(-2000)}`)));
  });
}

const rounded = (number: number) => Math.round(number * 10) / 10;
