import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from './configuration.ts';
import { programOf } from './program.ts';

const patienceMs = 1_000;

/**
 * For images of real servers: runs one until this process is to end, in front of a program on port 8080 that answers
 * `{service}`. The server ends with this process, however that ends, but for a kill.
 */
export async function runServer(program: string, args: (place: Place) => readonly string[]): Promise<void> {
  const { HOST: host = '', PORT, COURIER_DIRECTORY: directory = '', TMPDIR: scratch = '', SERVICE } = process.env;
  createServer((_, response) => response.end(JSON.stringify({ service: SERVICE }))).listen(8080, host);
  const server = spawn(programOf(program) ?? program, args({ host, directory, scratch }), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  server.once('error', ({ message }) => console.error(message));
  server.once('close', (code) => process.exit(code ?? 1));
  function end(): void {
    server.kill('SIGTERM');
    setTimeout(() => server.kill('SIGKILL'), patienceMs).unref();
  }
  process.once('SIGTERM', end);
  // The lab holds the other end of stdin: when the lab is gone, however it ended, so is this task.
  process.stdin.once('end', end).resume();
  while (!(await accepts(host, Number(PORT)))) await sleep(50);
  console.log('listening');
}

const accepts = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
