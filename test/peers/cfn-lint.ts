import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

/** What cfn-lint says of a template, `<rule> <message>` each; nothing where it is clean. */
export async function lint(template: string, ...args: string[]): Promise<readonly string[]> {
  const cfnLint = join(inject('programs'), 'cfn-lint');
  const options = ['--format', 'json', '--template', template, ...args];
  const { stdout } = await promisify(execFile)(cfnLint, options).catch((failure) => failure);
  return (JSON.parse(stdout) as { Rule: { Id: string }; Message: string }[]).map(
    ({ Rule, Message }) => `${Rule.Id} ${Message}`,
  );
}
