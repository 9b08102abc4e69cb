import type { Ahead } from './past-labels.ts';
import { blocksLater, isFailed, type Judged } from './rollout.ts';
import { type Parallel, wavesOf } from './waves.ts';

/** How a run goes on from what is seen now, if all that it starts ends well. */
export type Course = {
  /** Restarted before the version is current, in their order. */
  readonly trial: readonly Judged[];
  /** Looked at once it is current, in their order; none where the trial keeps it from becoming current. */
  readonly rollout: readonly Placed[];
  /** Not looked at: they come behind what waits for its window, or what failed. */
  readonly behind: readonly Judged[];
  readonly end:
    | { readonly is: 'delivered' }
    /** Those that wait for a person or for their time; `onTrial` where nothing becomes current meanwhile. */
    | { readonly is: 'held'; readonly by: readonly Judged[]; readonly onTrial: boolean }
    | { readonly is: 'stopped'; readonly by: readonly Judged[]; readonly onTrial: boolean };
  /** The version has served before: what fails stops nobody else. */
  readonly served: boolean;
};

/** One consumer, and its wave's place among all, from 1. */
export type Placed = Judged & { readonly wave: number; readonly waves: number };

type Situation = {
  readonly next: Ahead;
  /** Canaries come first: something is current, and nobody takes the version as it is. */
  readonly tries: boolean;
  /** All consumers, judged as if the promotion were now where it has not happened yet. */
  readonly judged: readonly Judged[];
  readonly parallel: Parallel;
};

/** The worker's own rules (look-at-waves, try-canaries), with `stale` and `rolling` taken for what will be new. */
export function courseOf({ next, tries, judged, parallel }: Situation): Course {
  const served = hasServed(next);
  const trial = walk(
    placed(tries && isTried(next, judged) ? judged : [], { parallel, tried: false }).filter(isCanary),
    { served },
  );
  // A canary that nobody may restart proves nothing, and holds up nothing.
  const waiting = trial.reached.filter(blocksLater);
  if (trial.failed.length > 0) return { ...before(trial), end: { is: 'stopped', by: trial.failed, onTrial: true } };
  if (waiting.length > 0) return { ...before(trial), end: { is: 'held', by: waiting, onTrial: true } };

  const tried = trial.reached.length > 0 || ('triedSince' in next && next.triedSince !== undefined);
  const rollout = walk(
    placed(judged, { parallel, tried }).map((one) => (isTriedOut(one, trial) ? renewed(one) : one)),
    { served, canariesLast: tried && !served },
  );
  const by = rollout.failed.length > 0 && !served ? rollout.failed : rollout.held;
  return {
    served,
    trial: trial.reached,
    rollout: rollout.reached.filter((one) => !trial.reached.some(({ consumer }) => consumer.arn === one.consumer.arn)),
    behind: rollout.behind,
    end: by.length === 0 ? { is: 'delivered' } : { is: by === rollout.held ? 'held' : 'stopped', by, onTrial: false },
  };
}

const before = ({ reached, behind }: Walk) => ({ trial: reached, rollout: [], behind, served: false });

function hasServed(next: Ahead): boolean {
  if (next.do === 'roll out') return next.told || next.back === true;
  return next.do === 'promote' && next.back === true;
}

const waits: ReadonlySet<Judged['verdict']['is']> = new Set(['paused', 'outside window', 'image held']);
const isCanary = ({ consumer }: Judged) => consumer.canary;

/** Before a version is current, where a canary can be restarted for it. */
function isTried(next: Ahead, judged: readonly Judged[]): boolean {
  const begun = next.do === 'promote' && next.triedSince !== undefined;
  const may = (next.do === 'export' && !next.create) || (next.do === 'promote' && !next.back);
  const restartable = ['stale', 'rolling', 'outside window'];
  return may && (begun || judged.some((one) => isCanary(one) && restartable.includes(one.verdict.is)));
}

const isTriedOut = ({ consumer }: Judged, { reached }: Walk) =>
  reached.some((one) => one.consumer.arn === consumer.arn);
const renewed = (one: Placed): Placed =>
  one.verdict.is === 'stale' || one.verdict.is === 'rolling' ? { ...one, verdict: { is: 'new' } } : one;

type Waves = { readonly parallel: Parallel; readonly tried: boolean };

function placed(judged: readonly Judged[], how: Waves): readonly Placed[] {
  const byArn = new Map(judged.map((one) => [one.consumer.arn, one]));
  const waves = wavesOf(
    [...byArn.values()].map(({ consumer }) => consumer),
    how,
  );
  return waves.flatMap((wave, index) =>
    wave.flatMap(({ arn }) => {
      const one = byArn.get(arn);
      return one ? [{ ...one, wave: index + 1, waves: waves.length }] : [];
    }),
  );
}

type Walk = {
  readonly reached: readonly Placed[];
  readonly behind: readonly Placed[];
  /** As people are told of them: by their waves, whoever is restarted first. */
  readonly held: readonly Placed[];
  readonly failed: readonly Placed[];
};

type Walking = {
  readonly served: boolean;
  /** Those that are restarted once more have failed on what a person accepted. */
  readonly canariesLast?: boolean;
};

/**
 * Wave by wave, until one comes behind a window that is closed; before all what is in deployment with a version that was
 * taken back. A failure starts nothing more, beside it neither.
 */
function walk(all: readonly Placed[], { served, canariesLast = false }: Walking): Walk {
  const turnOf = (one: Placed) => (isRedeployed(one) ? 0 : one.wave + (canariesLast && isCanary(one) ? 0.5 : 0));
  const window = Math.min(...all.filter(blocksLater).map(({ consumer }) => consumer.order));
  const open = all.filter(({ consumer }) => consumer.order <= window).toSorted((a, b) => turnOf(a) - turnOf(b));
  const failure = (served ? undefined : open.find(isFailed)?.wave) ?? Number.POSITIVE_INFINITY;
  const reached = open.filter(({ wave, verdict }) => wave < failure || (wave === failure && verdict.is !== 'stale'));
  const those = all.filter((one) => reached.includes(one));
  const held = those.filter(({ verdict }) => waits.has(verdict.is));
  return { reached, behind: all.filter((one) => !reached.includes(one)), held, failed: those.filter(isFailed) };
}

const isRedeployed = ({ verdict }: Judged) => verdict.is === 'stale' && verdict.inDeployment === true;
