import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageIfChanged } from '../build/package-if-changed.ts';

/**
 * Vitest's globalSetup for tests that run the built functions: they are current, and packaged at most once. Every lab of
 * this run then records what the roles asked for, in a folder of the run's own, for test/lab/iam-roles.test.ts.
 */
export async function setup(): Promise<() => void> {
  await packageIfChanged();
  const records = mkdtempSync(join(tmpdir(), 'acm-courier-iam-'));
  process.env.LAB_IAM_RECORDS = records;
  return () => rmSync(records, { recursive: true });
}
