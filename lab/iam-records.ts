import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Iam } from './iam.ts';

export type IamRecords = ReturnType<Iam['records']>;

/** Leaves what the roles may do and did in a file of its own, where LAB_IAM_RECORDS names a folder for such files. */
export function keepRecords({ records }: Pick<Iam, 'records'>): void {
  const folder = process.env.LAB_IAM_RECORDS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(records()));
}
