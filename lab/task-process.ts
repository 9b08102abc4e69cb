import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { programOf } from './program.ts';

/** A container of a task as a real process on a loopback address. */
export type TaskProcess = {
  /** Resolves to true when the process says that it listens, to false when it ends before or takes too long. */
  readonly listening: Promise<boolean>;
  /** `code` as a container runtime counts: 128 + signal for a killed process. `message`: its last line on stderr. */
  readonly exited: Promise<{ readonly code: number; readonly message: string }>;
  /** Asks, then kills; resolves when the process is gone. */
  stop(): Promise<void>;
};

/** The product's own: a container of the lab starts as one in production does. */
const startUpHelper = fileURLToPath(new URL('../container/courier-start', import.meta.url));
const inLabTime = fileURLToPath(new URL('in-lab-time', import.meta.url));
const patience = { startMs: 30_000, stopMs: 2_000, handshakeMs: 6_000 };

/** What a task may see of the lab's own environment: no key, only what it takes to run, under a faked clock too. */
const inherited = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(LD_PRELOAD|FAKETIME.*)$/.test(name)));

/**
 * Runs `lab/images/<name>.ts` for an image `[repository/]name[:tag][@digest]`, under the start-up helper where it is given
 * variables of a certificate; the words that `entryPoint` adds (`--watch`) are the helper's. The image learns where to
 * listen from HOST and PORT, where its files are from COURIER_DIRECTORY, says `listening` on stdout, and ends when its
 * stdin does: no task outlives a lab that was killed. Throws an Error in ECS's words when there is no such image.
 */
export function startProcess(
  { image, entryPoint = ['courier-start', '--'] }: { readonly image: string; readonly entryPoint?: readonly string[] },
  environment: Readonly<Record<string, string>>,
): TaskProcess {
  const run = [process.execPath, entryOf(image)];
  const delivered = Object.keys(environment).some((name) => name.startsWith('COURIER_'));
  const [program = '', ...args] = delivered ? [startUpHelper, ...entryPoint.slice(1), ...run] : run;
  const folder = mkdtempSync(join(tmpdir(), 'acm-courier-lab-task-'));
  const place = {
    PATH: [...(programOf('openssl') ? [inLabTime] : []), process.env.PATH].join(delimiter),
    TMPDIR: folder,
    COURIER_DIRECTORY: join(folder, 'courier'),
  };
  const child = spawn(program, args, {
    env: { ...inherited(), ...place, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that is gone already cannot take the end of its stdin: that is no news.
  child.stdin.on('error', () => {});
  let message = '';
  createInterface(child.stderr).on('line', (line) => {
    message = line;
  });
  const exited = new Promise<{ code: number; message: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: 127, message: error.message }));
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), message }));
  });
  void exited.then(() => remove(folder));
  const listening = new Promise<boolean>((resolve) => {
    const tooLong = setTimeout(() => resolve(false), patience.startMs);
    createInterface(child.stdout).on('line', (line) => {
      if (line !== 'listening') return;
      clearTimeout(tooLong);
      resolve(true);
    });
    void exited.then(() => {
      clearTimeout(tooLong);
      resolve(false);
    });
  });

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), patience.stopMs);
    await exited;
    clearTimeout(kill);
  }
  return { listening, exited, stop };
}

/** The helper makes its folders read-only. */
function remove(folder: string): void {
  for (const delivery of globSync('courier/.delivery.*', { cwd: folder })) chmodSync(join(folder, delivery), 0o700);
  rmSync(folder, { recursive: true });
}

const nameOf = (image: string) => image.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '');

/** Whether a container is a record only, without a process: of hundreds of services, those that nobody talks to. */
export const isRecord = (image: string): boolean => nameOf(image) === 'record';

function entryOf(image: string): string {
  const name = nameOf(image);
  const entry = fileURLToPath(new URL(`images/${name}.ts`, import.meta.url));
  if (/^[a-z0-9-]+$/.test(name) && existsSync(entry)) return entry;
  throw new Error(
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`,
  );
}

/** Tasks start somewhere in 127.1.0.0/16, so that two labs on one machine seldom try the same address. */
let nextAddress = randomInt(0xffff);

/** An own loopback address on which `ports` are free, as with awsvpc networking. Rejects after 50 taken ones. */
export async function freeAddress(ports: readonly number[]): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    nextAddress = (nextAddress % 0xfffe) + 1;
    const host = `127.1.${nextAddress >> 8}.${nextAddress & 0xff}`;
    const free = await Promise.all(ports.map((port) => isFree(host, port)));
    if (free.every(Boolean)) return host;
  }
  throw new Error(`No loopback address has port ${ports.join(', ')} free`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** The serial of the leaf that a TLS handshake shows, 40 lower-case hex digits; null when there is no handshake. */
export function servedSerial(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    // Whether the leaf is trusted is for others to judge: this only looks at what is served.
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: patience.handshakeMs });
    const answer = (serial: string | null) => {
      socket.destroy();
      resolve(serial);
    };
    socket.once('secureConnect', () => {
      const serial = socket.getPeerX509Certificate()?.serialNumber;
      answer(serial === undefined ? null : serial.toLowerCase().padStart(40, '0'));
    });
    socket.once('timeout', () => answer(null)).once('error', () => answer(null));
  });
}
