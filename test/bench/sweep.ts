import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment } from './cold-start.ts';
import { type Answers, type SeenCall, startMockAws } from './mock-aws.ts';
import { subnet, sweepAnswers, type WorldSize } from './sweep-world.ts';

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

/** The same where every delivery of a very large account is behind, by as many invocations as it takes. */
export const veryLargeAccount: WorldSize = {
  ...{ certificates: 100_000, secrets: 2_000, services: 2_000, clusters: 20 },
  behind: true,
};

export type RelayBench = SweepBench & { readonly invocations: number; readonly queued: number };

/**
 * Measures a sweep that hands itself on: each invocation a process of its own, with so many milliseconds to act on what
 * it has listed before it has to. Throws where a delivery is left out, or queued twice.
 */
export async function measureRelay(acting: number, size: WorldSize = veryLargeAccount): Promise<RelayBench> {
  const answers = sweepAnswers(size);
  const queued: string[] = [];
  let [cursor, invocations, calls, seconds, peakMB]: [string | undefined, number, number, number, number] = [
    '',
    ...([0, 0, 0, 0] as const),
  ];
  const send = (input: { MessageBody: string; MessageGroupId?: string }) => {
    if (input.MessageGroupId === undefined) cursor = input.MessageBody;
    else queued.push(input.MessageGroupId);
    return (answers.SendMessage as (input: object) => object)(input);
  };
  while (cursor !== undefined && invocations < 20) {
    const event: object = cursor === '' ? {} : handedOn(cursor);
    cursor = undefined;
    const run = await runSweep(size, { event, acting, answers: { ...answers, SendMessage: send } });
    invocations += 1;
    calls += run.calls.length;
    seconds += run.seconds;
    peakMB = Math.max(peakMB, run.peakMB);
  }
  if (cursor !== undefined || queued.length !== size.secrets || new Set(queued).size !== size.secrets)
    throw new Error(`${queued.length} of ${size.secrets} deliveries were queued in ${invocations} invocations`);
  const { certificates } = size;
  return { certificates, invocations, queued: queued.length, calls, seconds: rounded(seconds), peakMB };
}

const handedOn = (body: string) => ({
  Records: [
    {
      ...{ messageId: 'bench', receiptHandle: 'bench', body },
      attributes: { SentTimestamp: `${Date.now()}`, ApproximateReceiveCount: '1' },
    },
  ],
});

type Swept = { readonly certificates: number; readonly differences: number };

type Run = { readonly event?: object; readonly acting?: number; readonly answers?: Answers };

/** The same with the calls one by one, for whoever asks how they are spread. */
export async function runSweep(size: WorldSize, { event = {}, acting, answers = sweepAnswers(size) }: Run = {}) {
  const aws = await startMockAws(answers);
  const script = `
    const start = performance.now();
    // What guards against a time-out asks first, as the function starts, and the sweep before its second delivery.
    let asked = 0;
    let since;
    const remaining = () => {
      if (${acting === undefined} || asked++ === 0) return 900_000;
      since ??= performance.now();
      return 60_000 + ${acting ?? 0} - (performance.now() - since);
    };
    const context = { functionName: 'bench', awsRequestId: 'bench', memoryLimitInMB: '512',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:bench', getRemainingTimeInMillis: remaining };
    require(${JSON.stringify(bundle)}).handler(${JSON.stringify(event)}, context).then(
      (answer) => { process.send({ answer, seconds: (performance.now() - start) / 1000, peakMB: process.resourceUsage().maxRSS / 1024 }); },
      (error) => { console.error(error); process.exit(1); });`;
  const urls = { SWEEPS_QUEUE_URL: `${aws.url}/111122223333/sweeps` };
  const variables = { ...environment(aws), ...urls, PROBES: `probe=${subnet}` };
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
