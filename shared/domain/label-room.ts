import type { Step } from './delivery.ts';
import { holderOf, type Labelled, label, toldLabels, type Versions } from './secret.ts';

/** Staging labels on all versions of a secret together (User Guide, AWS Secrets Manager quotas). */
export const mostLabels = 20;

/**
 * What sweeps remember of a secret, of all kinds: beside all that a delivery ever has at once it stays below twenty, which
 * a property of the tests counts.
 */
const mostTold = 5;
/** What a delivery puts beside what it only moves: NEXT_SINCE, TRUST, SINCE before the one before is off, and an end. */
const ofADelivery = 4;
/** Of others' labels: as many more, and there is no room for what a delivery has (ten at its height) and for a word of it. */
const manyOthers = 7;

export const labelCount = (versions: Versions): number => Object.values(versions).flat().length;

/** Neither of AWS's two that a delivery moves, nor ours. Those that a rotation is at (AWSPENDING) come last. */
export const othersLabels = (versions: Versions): readonly Labelled[] =>
  Object.entries(versions)
    .flatMap(([versionId, names]) => names.map((name) => ({ versionId, name })))
    .filter(({ name }) => name !== label.current && name !== label.previous && !name.startsWith('COURIER_'))
    .toSorted((a, b) => Number(a.name === 'AWSPENDING') - Number(b.name === 'AWSPENDING'));

/** The facts of a secret that is near twenty. */
export const labelsOf = (versions: Versions) => ({ labels: labelCount(versions), others: othersLabels(versions) });

export const isCrowded = (versions: Versions): boolean => othersLabels(versions).length >= manyOthers;

/** How many labels more may say of what people were told, so that a delivery finds room for its own. */
export const roomToTell = (versions: Versions): number =>
  Math.max(0, Math.min(mostTold - toldLabels(versions).length, mostLabels - ofADelivery - labelCount(versions)));

/** What must come off before a delivery goes on: what people were told of is the least that a label says. */
export const inTheWay = (versions: Versions): readonly Labelled[] =>
  toldLabels(versions).slice(0, Math.max(0, labelCount(versions) + ofADelivery - mostLabels));

/** What takes a label off, or puts none, goes on however full a secret is. */
export const needsRoom = (step: Step): boolean =>
  !['refuse', 'rest', 'forget', 'tell of trust'].includes(step.do) && !(step.do === 'roll out' && step.told);

/**
 * Whether this step, and what comes of it, meets a secret that takes no more labels. Half way a version would have no time
 * or no end, and people would be told of its end at each look.
 */
export function lacksRoom(step: Step, versions: Versions): boolean {
  const missing = [label.next, label.previous].filter((name) => holderOf(versions, name) === undefined);
  const trust = step.do === 'export' ? 1 : 0;
  return labelCount(versions) + missing.length + trust + 1 > mostLabels;
}
