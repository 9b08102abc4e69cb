import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { pythonEnvironment } from './python-environment.ts';
import { type Judge, judges } from './servers/judges.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the counterparts' programs. */
    programs: string;
    /** File to which tests add what a counterpart judged, a line of JSON each. */
    judgements: string;
  }
}

type Judgement = { readonly counterpart: Counterpart; readonly judged: string };

/**
 * Vitest's globalSetup: makes the environment, by whose models every lab of the run checks its requests, and at the end
 * prints each counterpart, its version and its rows.
 */
export async function setup(project: TestProject): Promise<() => void> {
  const programs = await pythonEnvironment();
  const find = 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))';
  process.env.LAB_MODELS = run(join(programs, 'python'), '-c', find).trim();
  const folder = mkdtempSync(join(tmpdir(), 'acm-courier-peers-'));
  const judgements = join(folder, 'judgements');
  appendFileSync(judgements, '');
  project.provide('programs', programs);
  project.provide('judgements', judgements);
  return () => {
    print(readFileSync(judgements, 'utf8'), programs);
    rmSync(folder, { recursive: true });
  };
}

/** Notes, for the end of the run, what a counterpart found right. */
export function judged(counterpart: Counterpart, row: string): void {
  const line: Judgement = { counterpart, judged: row };
  appendFileSync(inject('judgements'), `${JSON.stringify(line)}\n`);
}

/** How each counterpart is asked for its version. */
const versions = {
  'AWS CLI': (programs: string) => run(join(programs, 'aws'), '--version'),
  MiniStack: (programs: string) =>
    run(join(programs, 'python'), '-c', 'import importlib.metadata as m; print(m.version("ministack"))'),
  botocore: (programs: string) =>
    run(join(programs, 'python'), '-c', 'import importlib.metadata as m; print(m.version("botocore"))'),
  'cfn-lint': (programs: string) => run(join(programs, 'cfn-lint'), '--version'),
  ...(Object.fromEntries(judges.map(({ name, version }) => [name, version])) as Record<Judge['name'], () => string>),
  shellcheck: () => run('shellcheck', '--version'),
  busybox: () => run('sh', '-c', 'busybox | head -n 1'),
  // It does not say; Debian does.
  dash: () => run('sh', '-c', 'dpkg-query --show dash 2>/dev/null || echo of no known version'),
  zsh: () => run('zsh', '--version'),
  fish: () => run('fish', '--version'),
};
export type Counterpart = keyof typeof versions;

const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });
const number = (text: string) => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? text.trim();

function print(lines: string, programs: string): void {
  const all = lines
    .split('\n')
    .filter(Boolean)
    .map((line): Judgement => JSON.parse(line));
  console.log(`\nCounterparts: ${all.length} rows`);
  for (const [counterpart, version] of Object.entries(versions)) {
    const rows = all.filter((one) => one.counterpart === counterpart);
    if (rows.length === 0) continue;
    console.log(`  ${counterpart} ${number(version(programs))}`);
    for (const { judged: row } of rows) console.log(`    ✔ ${row}`);
  }
}
