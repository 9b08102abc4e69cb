import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { bundle } from '../../build/bundle.ts';
import { startLab } from '../../lab/world.ts';
import { startGate } from './gate.ts';
import { miniStackKey, startMiniStack } from './ministack.ts';

const root = join(import.meta.dirname, '../..');
const serverlessCli = join(root, 'node_modules/serverless/bin/serverless.js');
export const stackName = 'acm-courier-peers';

export type DeployedStack = Awaited<ReturnType<typeof startDeployedStack>>;

/**
 * MiniStack, to deploy to, and a lab without functions that is its ACM and Private CA: MiniStack's own ACM neither
 * signs nor exports. Nothing is deployed yet.
 */
export async function startDeployedStack() {
  const lab = await startLab({ operatorKeys: [miniStackKey] });
  const gate = await startGate(lab.url);
  const folder = await mkdtemp(join(tmpdir(), 'acm-courier-deployed-'));
  const toLab = { AWS_ENDPOINT_URL_ACM: gate.url, AWS_ENDPOINT_URL_ACM_PCA: gate.url };
  const ministack = await startMiniStack(toLab).catch(async (error) => {
    await stopRest();
    throw error;
  });

  const own = { ...ministack.environment, HOME: folder, PATH: process.env.PATH };
  const quiet = { SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', SLS_AWS_MONITORING_FREQUENCY: '200' };

  /** `npm run bundle`, in a folder of its own: .serverless and dist belong to one run at a time. */
  async function build(): Promise<void> {
    for (const file of ['serverless.yml', 'build/probes.cjs', 'build/clusters.cjs'])
      await cp(join(root, file), join(folder, file));
    await bundle({ to: join(folder, 'dist/functions') });
  }

  /** The Serverless Framework, as in `npx serverless COMMAND`; answers what it wrote to stdout. */
  async function serverless(...command: readonly string[]): Promise<string> {
    const args = [serverlessCli, ...command, '--stage', 'peers', '--param=mode=deliver'];
    return printed(process.execPath, args, { cwd: folder, env: { ...own, ...quiet } });
  }

  /** The AWS CLI, with its answer as parsed JSON. It reads no endpoint for SQS from its environment, so it is told. */
  // biome-ignore lint/suspicious/noExplicitAny: each operation answers in its own form.
  async function aws(service: string, ...args: readonly string[]): Promise<any> {
    const to = service === 'sqs' ? ['--endpoint-url', ministack.url] : [];
    const answer = await printed(join(inject('programs'), 'aws'), [...to, service, ...args], { cwd: folder, env: own });
    return answer.trim() === '' ? null : JSON.parse(answer);
  }

  async function stopRest(): Promise<void> {
    await gate.stop();
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  }

  async function stop(): Promise<void> {
    await ministack.stop();
    await stopRest();
  }

  return { lab, gate, ministack, build, serverless, aws, stop };
}

async function printed(program: string, args: readonly string[], where: { cwd: string; env: NodeJS.ProcessEnv }) {
  try {
    return (await promisify(execFile)(program, args, { ...where, maxBuffer: 1e8 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error });
  }
}
