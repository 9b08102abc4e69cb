import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Credentials } from './iam.ts';
import { arn, region } from './service.ts';

export type FunctionSettings = {
  readonly name: string;
  /** Holds the bundle; copied, so that only what it contains can be loaded, as in Lambda. */
  readonly folder: string;
  /** `file.export`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Of its role. */
  readonly credentials: Credentials;
  /** Undefined: as many as are called for. */
  readonly concurrency?: number | undefined;
};

export type Invocation = {
  /** JSON. */
  readonly event: string;
  readonly timeoutMs: number;
  readonly clockOffset: number;
  readonly context: Readonly<Record<string, unknown>>;
};

/** `payload` is JSON: what the handler returned, or `{errorType, errorMessage, …}`. */
export type InvocationResult = { readonly ok: boolean; readonly payload: string };

export type LogLine = { readonly function: string; readonly line: string };

export type FunctionRunner = ReturnType<typeof createFunctionRunner>;

/** ASCII's end of transmission: nobody writes it by chance. */
const endOfOutput = '\u0004';
const outputEnded = 'lab:output-ended';

/** What there is around a function, and how it is told: by its environment. */
export type Surroundings = {
  /** The lab's own, where SDK clients are sent. */
  readonly url: () => string;
  /** `address:port` of its DNS. */
  readonly dnsServers: string;
  /** Trusted as well: the lab's public certificates are signed below it. */
  readonly publicRootPem: string;
};

const publicRootFile = 'lab-public-root.pem';

type Parts = { surroundings: Surroundings; clockOffset: () => number; log: (line: LogLine) => void };

/** The processes of one function, one for each invocation at a time. */
export function createFunctionRunner(settings: FunctionSettings, { surroundings, clockOffset, log }: Parts) {
  const processes = new Set<ChildProcess>();
  let idle: ChildProcess[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  let stopped = false;
  let copy: Promise<string> | undefined;

  /** Whether another `run` would have to wait. */
  const full = () => running >= (settings.concurrency ?? Number.POSITIVE_INFINITY);

  async function start(): Promise<ChildProcess | null> {
    copy ??= copyOf(settings.folder, surroundings);
    const folder = await copy;
    if (stopped) return null;
    const script = join(import.meta.dirname, 'function-process.ts');
    const child = fork(script, [folder, settings.handler, String(clockOffset()), endOfOutput], {
      cwd: folder,
      env: { ...lambdaEnvironment(settings, folder), ...settings.environment, ...labEnvironment(folder, surroundings) },
      // Not the flags of whatever runs the lab.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    processes.add(child);
    for (const output of [child.stdout, child.stderr]) if (output) follow(output, child);
    child.once('exit', () => {
      processes.delete(child);
      idle = idle.filter((one) => one !== child);
    });
    return child;
  }

  function follow(output: Readable, child: ChildProcess): void {
    createInterface({ input: output }).on('line', (line) => {
      const ends = line.endsWith(endOfOutput);
      const written = ends ? line.slice(0, -endOfOutput.length) : line;
      if (written !== '') log({ function: settings.name, line: written });
      if (ends) child.emit(outputEnded);
    });
  }

  /** Runs the handler in a warm process or a new one; waits where the concurrency is used up. Never rejects. */
  async function run(event: string, requestId: string): Promise<InvocationResult> {
    while (full()) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      const child = idle.pop() ?? (await start());
      if (!child) return failed('Runtime.ExitError', `RequestId: ${requestId} Error: The lab has stopped`);
      return await invoke(child, { event, requestId });
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  /** A process that failed to answer, or ended, is not used again. */
  async function invoke(child: ChildProcess, call: { event: string; requestId: string }): Promise<InvocationResult> {
    const { timeoutSeconds } = settings;
    const outcome = Promise.withResolvers<InvocationResult>();
    let answer: InvocationResult | undefined;
    let awaited = 3;
    // The answer comes by a channel of its own: it may be here before the last lines of the two outputs.
    const arrived = (message?: InvocationResult) => {
      answer ??= message;
      awaited -= 1;
      if (awaited > 0 || !answer) return;
      idle.push(child);
      outcome.resolve(answer);
    };
    const ended = (code: number | null, signal: string | null) => {
      const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
      outcome.resolve(
        failed('Runtime.ExitError', `RequestId: ${call.requestId} Error: Runtime exited with error: ${how}`),
      );
    };
    const timeout = setTimeout(() => {
      child.off('close', ended).kill('SIGKILL');
      const message = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      outcome.resolve(failed('Sandbox.Timedout', `RequestId: ${call.requestId} Error: ${message}`));
    }, timeoutSeconds * 1000);
    child.on('message', arrived).on(outputEnded, arrived).once('close', ended);
    child.send(invocationOf(call), (error) => error && child.kill('SIGKILL'));
    const result = await outcome.promise;
    clearTimeout(timeout);
    child.off('message', arrived).off(outputEnded, arrived).off('close', ended);
    return result;
  }

  function invocationOf({ event, requestId }: { event: string; requestId: string }): Invocation {
    const { name, memoryMb, timeoutSeconds } = settings;
    const context = {
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn('lambda', `function:${name}`),
      memoryLimitInMB: String(memoryMb),
      awsRequestId: requestId,
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: 'lab',
    };
    return { event, timeoutMs: timeoutSeconds * 1000, clockOffset: clockOffset(), context };
  }

  /** Ends every process of the function; invocations under way fail. */
  async function stop(): Promise<void> {
    stopped = true;
    const ends = [...processes].map((child) => once(child, 'exit'));
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all(ends);
    if (copy) await rm(await copy, { recursive: true, force: true });
  }

  return { settings, run, full, stop };
}

async function copyOf(folder: string, { publicRootPem }: Surroundings): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'acm-courier-lab-'));
  await cp(folder, copy, { recursive: true });
  await writeFile(join(copy, publicRootFile), publicRootPem);
  return copy;
}

/** What Lambda itself sets; nothing is inherited but PATH. */
function lambdaEnvironment(settings: FunctionSettings, folder: string) {
  const { name, handler, memoryMb, credentials } = settings;
  return {
    PATH: process.env.PATH,
    TZ: ':UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'lab',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: handler,
  };
}

/** Whatever the template says: there is no other AWS and no other DNS. */
const labEnvironment = (folder: string, { url, dnsServers }: Surroundings) => ({
  AWS_ENDPOINT_URL: url(),
  DNS_SERVERS: dnsServers,
  NODE_EXTRA_CA_CERTS: join(folder, publicRootFile),
});

const failed = (errorType: string, errorMessage: string): InvocationResult => ({
  ok: false,
  payload: JSON.stringify({ errorType, errorMessage }),
});
