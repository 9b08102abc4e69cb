import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

export type MiniStack = {
  readonly url: string;
  /** For whoever is to talk to it: endpoint, region and keys. */
  readonly environment: Readonly<Record<string, string>>;
  /** All that it and its functions wrote. */
  output(): string;
  stop(): Promise<void>;
};

/** MiniStack's functions sign with their account as the access key; so whoever they talk to must know it. */
export const miniStackKey = '111122223333';

/** MiniStack on a free port of 127.0.0.1, with nothing of this machine's own settings. `endpoints`: more variables. */
export async function startMiniStack(endpoints: Readonly<Record<string, string>> = {}): Promise<MiniStack> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const started = await startOn(port, endpoints);
    if ('stop' in started) return started;
    // Somebody else may have taken the port in between.
    if (attempt === 3) throw new Error(`MiniStack does not start\n${started.output}`);
  }
}

async function startOn(
  port: number,
  endpoints: Readonly<Record<string, string>>,
): Promise<MiniStack | { output: string }> {
  const home = await mkdtemp(join(tmpdir(), 'acm-courier-ministack-'));
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: miniStackKey,
    AWS_SECRET_ACCESS_KEY: miniStackKey,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    ...endpoints,
  };
  const uvicorn = [join(inject('programs'), 'python'), '-m', 'uvicorn', '--app-dir', import.meta.dirname];
  const [python = '', ...args] = [
    ...uvicorn,
    '--no-access-log',
    // Its own default is shorter than some tests wait: a connection would end as it is used again.
    '--timeout-keep-alive',
    '600',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    'ministack_app:app',
  ];
  const child = spawn(python, args, {
    env: { ...environment, ...settings(port, home) },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: its functions are processes, too, and end with it.
    detached: true,
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (written += data));
  const output = () => written;

  async function stop(): Promise<void> {
    await end(child);
    await rm(home, { recursive: true, force: true });
  }

  if (await isReady(url, child)) return { url, environment, output, stop };
  await stop();
  return { output: written };
}

/** https://github.com/ministackorg/ministack documents them. */
const settings = (port: number, home: string) => ({
  GATEWAY_PORT: String(port),
  MINISTACK_HOST: '127.0.0.1',
  MINISTACK_ACCOUNT_ID: miniStackKey,
  CLOUDTRAIL_RECORDING: '1',
  // Functions are processes of the node that runs the tests, and tasks are records: no container engine is looked for.
  LAMBDA_EXECUTOR: 'local',
  DOCKER_HOST: `unix://${home}/none`,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  HOME: home,
  TMPDIR: home,
  // Beside ministack_app.py is the repository.
  PYTHONDONTWRITEBYTECODE: '1',
  // Would listen on ports of their own, on every interface.
  IOT_MTLS_ENABLED: '0',
  SFTP_ENABLED: '0',
});

async function isReady(url: string, child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt++) {
    const ready = await fetch(`${url}/_ministack/health`).catch(() => null);
    if (ready?.ok) return true;
    await sleep(100);
  }
  return false;
}

/** By process group, SIGKILL: nothing of it is to be kept. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
