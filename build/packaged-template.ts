import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { portableTemplate, type Template } from './portable-template.ts';

const root = join(import.meta.dirname, '..');

/** What the stack is to be: the stage in its name, and serverless.yml's params. */
export type StackOptions = { readonly stage?: string; readonly params?: Readonly<Record<string, string>> };

/**
 * Runs `serverless package`, offline and without credentials, and returns the stack's portable template.
 *
 * @param folder where serverless.yml and the bundles in dist/functions are, and .serverless will be
 * @throws with what the framework printed, when it refuses a parameter or its configuration
 */
export async function packagedTemplate(options: StackOptions & { folder?: string } = {}): Promise<Template> {
  const { stage = 'prod', params = {}, folder = root } = options;
  // An empty value, as from an unset variable of a pipeline, is "not given".
  const given = Object.entries(params).filter(([, value]) => value !== '');
  const args = ['--stage', stage, ...given.map((pair) => `--param=${pair.join('=')}`)];
  await run(['package', ...args], folder);
  const written = readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  return portableTemplate(JSON.parse(written));
}

async function run(args: readonly string[], cwd: string): Promise<void> {
  try {
    const cli = join(root, 'node_modules/serverless/bin/serverless.js');
    await promisify(execFile)(process.execPath, [cli, ...args], { cwd });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`Cannot package the stack\n${stdout}${stderr}README.md lists the parameters and their values`, {
      cause: error,
    });
  }
}
