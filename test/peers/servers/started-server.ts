import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { Place } from '../../../lab/configuration.ts';
import { freeAddress } from '../../../lab/task-process.ts';
import type { Secret } from './delivered.ts';

const helper = join(import.meta.dirname, '../../../container/courier-start');
export const port = 8443;
const mostTries = 300;

export type Command = { readonly command: readonly string[]; readonly environment?: Secret };
export type StartedServer = Place & { stop(): Promise<void> };

type Wish = {
  /** The keys of a delivered secret; each is injected as ECS would. */
  readonly secret?: Secret;
  readonly helperOptions?: readonly string[];
  /** What runs the helper, if not the system's own sh. */
  readonly shell?: readonly string[];
  readonly command: (place: Place) => Command;
};

/** Starts a server by the start-up helper on an address of its own. Rejects where the helper or the server ends instead. */
export async function startServer({
  secret = {},
  helperOptions = [],
  shell = [],
  command,
}: Wish): Promise<StartedServer> {
  const scratch = mkdtempSync(join(tmpdir(), 'acm-courier-server-'));
  const place = { host: await freeAddress([port]), directory: join(scratch, 'courier'), scratch };
  mkdirSync(place.directory);
  const { command: run, environment = {} } = command(place);
  const [program = helper, ...args] = [...shell, helper, ...helperOptions, '--', ...run];
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      COURIER_DIRECTORY: place.directory,
      ...injected(secret),
      ...environment,
    },
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const ended = once(child, 'exit');
  let running = true;
  void ended.then(() => {
    running = false;
  });

  async function stop(): Promise<void> {
    if (running) child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(kill);
    for (const delivery of globSync(join(place.directory, '.delivery.*'))) chmodSync(delivery, 0o700);
    rmSync(scratch, { recursive: true });
  }

  for (let tries = 0; running && tries < mostTries; tries++) {
    if (await answers(place.host)) return { ...place, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`The server does not serve: ${(await said).trim()}`);
}

/** `privateKey` → `COURIER_PRIVATE_KEY`. */
export const injected = (secret: Secret): Secret =>
  Object.fromEntries(
    Object.entries(secret).map(([key, value]) => [`COURIER_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`, value]),
  );

type Client = {
  readonly name?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
};

/** The serial (40 hex digits) that a client sees which trusts `ca` alone and asks for `name`. Rejects where it is refused. */
export function servedSerial(host: string, { name, ...client }: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5_000, ...(name && { servername: name }), ...client });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber.toLowerCase().padStart(40, '0') ?? '');
      socket.destroy();
    });
    socket.once('error', reject).once('timeout', () => socket.destroy(new Error('No answer within 5 seconds')));
  });
}

const answers = (host: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
