import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../..');

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

type Surroundings = {
  readonly url: string;
  /** Added to, or with undefined taken from, what an operator of the lab has. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of Node.js itself. */
  readonly node?: readonly string[];
};

/** Nothing of the machine's own configuration reaches it: what a test does not say is not there. */
const environmentFor = ({ url, env = {} }: Surroundings): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: join(root, 'test/cli/nobody'),
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'operator',
  AWS_SECRET_ACCESS_KEY: 'operator',
  AWS_EC2_METADATA_DISABLED: 'true',
  COURIER_STAGE: 'lab',
  ...env,
});

/** A child as `npx courier` makes it, not ended yet. */
export const startCourier = (args: readonly string[], surroundings: Surroundings) =>
  spawn(process.execPath, [...(surroundings.node ?? []), join(root, 'cli/courier.js'), ...args], {
    env: environmentFor(surroundings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export async function runCourier(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  const child = startCourier(args, surroundings);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}
