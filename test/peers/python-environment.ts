import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const requirements = join(import.meta.dirname, 'requirements.txt');
const environments = join(import.meta.dirname, '../../.venv');
/** An installation takes seconds; a lock of this age was left by a run that died. */
const staleMs = 600_000;

/** Whether there is a Python here that can make environments: Debian ships `venv` apart from `python3`. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder of the programs in requirements.txt (`aws`, `cfn-lint`, `uvicorn`, `python`), in an environment below
 * .venv that is made once for each content of that file.
 *
 * @throws with pip's own words where something cannot be installed
 */
export async function pythonEnvironment(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(environments, hash);
  // Written last: an environment that was left half made has none.
  const complete = join(folder, 'complete');
  mkdirSync(environments, { recursive: true });
  while (!existsSync(complete)) {
    if (locked(`${folder}.lock`))
      await make(folder, complete).finally(() => rmSync(`${folder}.lock`, { recursive: true }));
    else await sleep(200);
  }
  return join(folder, 'bin');
}

/** Two runs side by side make one environment. */
function locked(lock: string): boolean {
  const before = statSync(lock, { throwIfNoEntry: false });
  if (before && Date.now() - before.mtimeMs > staleMs) rmSync(lock, { recursive: true, force: true });
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function make(folder: string, complete: string): Promise<void> {
  if (existsSync(complete)) return;
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  writeFileSync(complete, '');
}
