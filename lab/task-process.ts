import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** A container of a task as a real process on a loopback address. */
export type TaskProcess = {
  /** Resolves to true when the process says that it listens, to false when it ends before or takes too long. */
  readonly listening: Promise<boolean>;
  /** `code` as a container runtime counts: 128 + signal for a killed process. `message`: its last line on stderr. */
  readonly exited: Promise<{ readonly code: number; readonly message: string }>;
  /** Asks, then kills; resolves when the process is gone. */
  stop(): Promise<void>;
};

const patience = { startMs: 30_000, stopMs: 2_000, handshakeMs: 2_000 };

/** What a task may see of the lab's own environment: no key, only what it takes to run, under a faked clock too. */
const inherited = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH|LD_PRELOAD|FAKETIME.*)$/.test(name)));

/**
 * Runs `lab/images/<name>.ts` for an image `[repository/]name[:tag][@digest]`. The image learns where to listen from
 * HOST and PORT, says `listening` on stdout, and ends when its stdin does: no task outlives a lab that was killed.
 * Throws an Error in ECS's words when there is no such image.
 */
export function startProcess(image: string, environment: Readonly<Record<string, string>>): TaskProcess {
  const child = spawn(process.execPath, [entryOf(image)], {
    env: { ...inherited(), ...environment },
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

function entryOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '');
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
