import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageStack } from './package.ts';

const root = join(import.meta.dirname, '..');
const stampPath = join(root, 'dist/packaged-for-lab');
const lockPath = join(root, 'dist/.packaging');

/**
 * What the lab runs: all that a stack may be armed with, but for the schedules. Its clock passes a year within seconds,
 * and whoever wants the 8,760 sweeps in it asks for them. It has no VPC: its probe stands where its tasks are.
 */
const lab = {
  stage: 'lab',
  params: {
    ...{ mode: 'deliver', renewPrivate: 'true', securityHub: 'true', schedules: 'DISABLED' },
    probes: 'subnet-1a,subnet-1b/sg-probe',
    // Of the labs some have this cluster (test/functions/courier-lab.ts).
    discoverConsumers: 'searched',
  },
};

/**
 * Packages the stack for the lab (stage `lab`, mode `deliver`) unless dist/ already holds it, built from the same
 * sources: tests, demo and lab always run current bundles, and pay for packaging only after a change.
 */
export async function packageIfChanged(): Promise<void> {
  await alone(async () => {
    const inputs = hashOfInputs();
    if (isPackaged(inputs)) return;
    await packageStack(lab);
    writeFileSync(stampPath, inputs);
  });
}

/** `npm run package` writes the same template for another stage or mode: a stamp older than the template says nothing. */
function isPackaged(inputs: string): boolean {
  const templatePath = join(root, 'dist/template.json');
  return (
    existsSync(stampPath) &&
    existsSync(templatePath) &&
    readFileSync(stampPath, 'utf8') === inputs &&
    statSync(stampPath).mtimeMs >= statSync(templatePath).mtimeMs
  );
}

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const sources = globSync('{functions,shared,build}/**/*.{ts,cjs,json}', { cwd: root }).sort();
  for (const file of [...sources, 'serverless.yml', 'package-lock.json']) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Runs `work` while no other process packages; a lock that is a minute old was left by one that died. */
async function alone(work: () => Promise<void>): Promise<void> {
  mkdirSync(join(root, 'dist'), { recursive: true });
  while (!locked()) await sleep(100);
  try {
    await work();
  } finally {
    rmSync(lockPath, { recursive: true, force: true });
  }
}

function locked(): boolean {
  const lock = statSync(lockPath, { throwIfNoEntry: false });
  if (lock && Date.now() - lock.mtimeMs > 60_000) rmSync(lockPath, { recursive: true, force: true });
  try {
    mkdirSync(lockPath);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
