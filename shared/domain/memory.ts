import { hash32 } from './hash.ts';
import type { Finding } from './reasons.ts';
import { holderOf, label, type PresentSecret, toldLabel } from './secret.ts';
import { readVersionId } from './version-id.ts';

/** That people were told of something: a label on a version of ours. `versionId` is where it belongs. */
export type Memory = { readonly secret: string; readonly label: string; readonly versionId: string };

type Of = {
  readonly secret: string;
  readonly seen: PresentSecret;
  /** What it is told for, where that is less than all facts of the finding: a number that grows would be news each time. */
  readonly mark?: string;
};

/** On the newest version of ours, for an older one is to be pruned in its time; undefined where the secret has none. */
export function memoryOf(found: Finding, { secret, seen, mark = markOf(found) }: Of): Memory | undefined {
  const newest = holderOf(seen.versions, label.next) ?? holderOf(seen.versions, label.current);
  return newest !== undefined && readVersionId(newest)
    ? { secret, versionId: newest, label: toldLabel(hash32(mark)) }
    : undefined;
}

/** The same, whoever puts its facts in which order: the worker and the sweep may find the same. */
const markOf = ({ reason, facts }: Finding) => JSON.stringify([reason, Object.entries(facts).toSorted()]);
