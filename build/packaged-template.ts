import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { portableTemplate, type Template } from './portable-template.ts';

const root = join(import.meta.dirname, '..');

/** What the stack is to be: the stage in its name, and serverless.yml's params. */
export type StackOptions = { readonly stage?: string; readonly params?: Readonly<Record<string, string>> };

/**
 * Runs `serverless package`, offline and without credentials, over the bundles in dist/functions, and returns the
 * stack's portable template.
 *
 * @param artifacts folder for the zips and the framework's own template, relative to the repository's root
 * @throws with what the framework printed, when it refuses a parameter or its configuration
 */
export async function packagedTemplate(options: StackOptions & { artifacts?: string } = {}): Promise<Template> {
  const { stage = 'prod', params = {}, artifacts = '.serverless' } = options;
  // An empty value, as from an unset variable of a pipeline, is "not given".
  const given = Object.entries(params).filter(([, value]) => value !== '');
  await serverless(
    'package',
    '--package',
    artifacts,
    '--stage',
    stage,
    ...given.map((pair) => `--param=${pair.join('=')}`),
  );
  const written = readFileSync(join(root, artifacts, 'cloudformation-template-update-stack.json'), 'utf8');
  return portableTemplate(JSON.parse(written));
}

async function serverless(...args: string[]): Promise<void> {
  try {
    const cli = join(root, 'node_modules/serverless/bin/serverless.js');
    await promisify(execFile)(process.execPath, [cli, ...args], { cwd: root });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`Cannot package the stack\n${stdout}${stderr}README.md lists the parameters and their values`, {
      cause: error,
    });
  }
}
