import type { ServiceWish } from './service-wish.ts';
import { type Hold, holdsUntil } from './window.ts';

/** An ECS service that consumes the secret, as ECS shows it now. Times are epoch seconds, fractions kept. */
export type Consumer = ServiceWish & {
  readonly arn: string;
  readonly service: string;
  readonly cluster: string;
  readonly active: boolean;
  readonly desired: number;
  /** `ECS` for rolling deployments; `CODE_DEPLOY` and `EXTERNAL` take no restart from us. */
  readonly controller: string;
  /** Its task definition reads the stage COURIER_NEXT: it is restarted before anything becomes current. */
  readonly canary: boolean;
  /** Images that a restart resolves anew. */
  readonly mutableImages: readonly string[];
  /** Tasks that ECS wants running. Where its deployments say enough, their dates stand for their tasks'. */
  readonly tasks: readonly { readonly createdAt: number; readonly running: boolean }[];
  /** Deployments created at or after the promotion, newest first. */
  readonly deployments: readonly Deployment[];
  /** When the deployment began that is under way, though it is from before the promotion; its tasks are not asked for. */
  readonly busySince?: number;
};

export type Deployment = {
  readonly createdAt: number;
  readonly status: 'under way' | 'successful' | 'failed';
  /** AWS's own words, where it gives any. */
  readonly detail: string;
  /** Tasks that failed in a row before one ran, and those that run: where its service's own description shows it. */
  readonly failedTasks?: number;
  readonly runningTasks?: number;
};

export type Verdict =
  /** `probed`: each of its tasks was seen serving it. */
  | { readonly is: 'new'; readonly probed?: true }
  | { readonly is: 'idle' }
  /** `exposed`, of all that is not restarted: its tasks may serve what was taken back. */
  | ({ readonly is: 'paused' } & Exposed)
  | { readonly is: 'reads by itself'; readonly probed?: true }
  /** `until` is unknown where the window cannot be read. */
  | { readonly is: 'outside window'; readonly until?: number }
  | ({ readonly is: 'image held'; readonly images: readonly string[] } & Exposed)
  /** `inDeployment`: with tasks that start from before, and would take no more room by its restart. */
  | ({ readonly is: 'stale'; readonly overridesWindow?: true; readonly inDeployment?: true } & Exposed)
  /** `ailing`: its tasks do not come up, and how they end may say why, long before the deadline. */
  | { readonly is: 'rolling'; readonly ailing?: true }
  /** New, and not seen serving it yet. */
  | { readonly is: 'unproven' }
  | ({ readonly is: 'failed'; readonly detail: string } & Speaking)
  | ({ readonly is: 'late'; readonly detail?: string } & Speaking)
  | { readonly is: 'short'; readonly running: number }
  | ({ readonly is: 'not ours to restart'; readonly controller: string } & Exposed);

type Exposed = { readonly exposed?: true };

/** What a failure says of the certificate. */
type Speaking = {
  /** Why it is the certificate's fault, a sentence's end; absent where a broken image would look the same. */
  readonly evidence?: string;
  /** Failures with the same marks are alike. */
  readonly marks?: readonly string[];
};

export type Promotion = {
  /** When the version became current, epoch seconds. */
  readonly since: number;
  readonly now: number;
  readonly deadlineSeconds: number;
  /** When canaries began to be restarted for it, before it was current: they need no second restart. */
  readonly triedSince?: number | undefined;
  /** The end of what tasks from before serve, where it is known: no window outlasts it. */
  readonly servedNotAfter?: number | undefined;
  /** After a roll-back: since when tasks may have read what was taken back. Those from before never did. */
  readonly exposedSince?: number | undefined;
  /** The version is gone back to: canaries may have read the other one before it was ever current. */
  readonly back?: boolean | undefined;
};

/**
 * Where one consumer stands (DESIGN §7). New or old is judged on tasks, because deployment dates lie (scale-out,
 * replaced tasks, circuit-breaker roll-backs); already restarted is judged on deployments, because a service that
 * failed once must not be restarted again for the same promotion. A task created before the promotion counts as old
 * even if its container started after it: without a probe nobody knows which version it read. Where no task is old
 * and no deployment is under way, missing tasks are waited for until the deadline; after it they are said, not paged:
 * a service that grows while it is looked at months later is not one that came too late.
 */
export function judge(consumer: Consumer, promotion: Promotion): Verdict {
  if (!consumer.canary || promotion.triedSince === undefined) return judgeBy(promotion, consumer);
  const verdict = judgeBy({ ...promotion, since: promotion.triedSince }, consumer);
  // A person accepted the version though a canary had failed on it: now it is a consumer like any other.
  const isAccepted = consumer.deployments.every(({ createdAt }) => createdAt < promotion.since);
  return isAccepted && (verdict.is === 'failed' || verdict.is === 'late') ? notRestarted(consumer, promotion) : verdict;
}

function judgeBy(promotion: Promotion, consumer: Consumer): Verdict {
  const { since, now, deadlineSeconds, exposedSince } = promotion;
  // A canary has read it before it was current.
  const isOld = ({ createdAt }: { createdAt: number }) =>
    createdAt < since && (consumer.canary || exposedSince === undefined || createdAt >= exposedSince);
  if (!consumer.active || consumer.desired === 0) return { is: 'idle' };
  if (consumer.readsByItself) return { is: 'reads by itself' };
  const [newest] = consumer.deployments;
  // Somebody's: restarted on top of it, their deployment would be ours to answer for.
  if (!newest && consumer.busySince !== undefined && !isExposed(consumer, promotion))
    return now - since <= deadlineSeconds ? { is: 'rolling' } : { is: 'late' };
  // While it goes on, a deployment of what was taken back starts no task that would stay.
  const old = consumer.tasks.some(isOld) || (!newest && consumer.busySince !== undefined);
  const running = consumer.tasks.filter((task) => task.running && !isOld(task)).length;
  if (!old && running >= consumer.desired && newest?.status !== 'under way') return { is: 'new' };
  if (newest?.status === 'failed') return { is: 'failed', detail: newest.detail };
  if (!newest && old) return thoughInDeployment(notRestarted(consumer, promotion), { consumer, promotion });
  if (now - (newest?.createdAt ?? since) <= deadlineSeconds)
    return newest && isAiling(newest, now) ? { is: 'rolling', ailing: true } : { is: 'rolling' };
  return old || newest?.status === 'under way' ? { is: 'late' } : { is: 'short', running };
}

/** Seconds after which a deployment of which no task runs is worth a look at how its tasks ended. */
const soon = 300;

/**
 * ECS counts a task as failed that never came to run (API Reference, Deployment), and one that ends as soon as it runs may
 * not be counted. One failure is a moment's weather.
 */
const isAiling = ({ createdAt, failedTasks = 0, runningTasks }: Deployment, now: number) =>
  failedTasks > 1 || (runningTasks === 0 && now - createdAt > soon);

/** After a roll-back tasks with what was taken back may still be starting. What did not come up in time has been given up. */
function thoughInDeployment(
  verdict: Verdict,
  { consumer, promotion }: { consumer: Consumer; promotion: Promotion },
): Verdict {
  const { busySince = Number.NEGATIVE_INFINITY } = consumer;
  const inDeployment = promotion.now - busySince <= promotion.deadlineSeconds;
  return verdict.is === 'stale' && inDeployment ? { ...verdict, inDeployment } : verdict;
}

/** After a roll-back those of its tasks that are old may serve what was taken back: canaries have read it before all others. */
const isExposed = ({ canary }: Consumer, { exposedSince, back }: Promotion) =>
  exposedSince !== undefined || (canary && back === true);

function notRestarted(consumer: Consumer, promotion: Promotion): Verdict {
  const { controller, paused, refusesMutableImages, mutableImages } = consumer;
  const exposed: Exposed = isExposed(consumer, promotion) ? { exposed: true } : {};
  if (paused) return { is: 'paused', ...exposed };
  if (controller !== 'ECS') return { is: 'not ours to restart', controller, ...exposed };
  if (refusesMutableImages && mutableImages.length > 0) return { is: 'image held', images: mutableImages, ...exposed };
  const hold = holdAt(promotion.now, consumer, promotion);
  if (hold.is === 'held') return { is: 'outside window', ...(hold.until !== undefined && { until: hold.until }) };
  return { is: 'stale', ...(hold.is === 'overridden' && { overridesWindow: true, ...exposed }) };
}

/** Longer than any readable window is closed. */
const eightDays = 8 * 86_400;

/** `until` is unknown where the window cannot be read. */
type WindowHold =
  | { readonly is: 'open' }
  | { readonly is: 'overridden'; readonly because: 'barred' | 'ends' }
  | { readonly is: 'held'; readonly until?: number };

/** What its window says of a restart at that time (epoch seconds): nothing to whoever may serve what was taken back. */
function holdAt(now: number, consumer: Consumer, promotion: Promotion): WindowHold {
  const hold = ownHold(now, consumer, promotion);
  const exposed = isExposed(consumer, promotion);
  if (hold.is === 'open' || (hold.is === 'held' && !exposed)) return hold;
  return { is: 'overridden', because: exposed ? 'barred' : 'ends' };
}

function ownHold(now: number, { window }: Consumer, promotion: Promotion): Hold | WindowHold {
  const { deadlineSeconds, servedNotAfter } = promotion;
  if (window === undefined) return { is: 'open' };
  if (window !== 'unreadable') return holdsUntil({ window, now, servedNotAfter, rolloutSeconds: deadlineSeconds });
  const endsFirst = servedNotAfter !== undefined && servedNotAfter <= now + eightDays;
  return endsFirst ? { is: 'overridden', because: 'ends' } : { is: 'held' };
}

/** Why a restart for this promotion did not wait for the window, as its deployments since show it; undefined where all did. */
export const windowOverride = (consumer: Consumer, promotion: Promotion): 'barred' | 'ends' | undefined =>
  consumer.deployments
    .map(({ createdAt }) => holdAt(createdAt, consumer, promotion))
    .find((hold) => hold.is === 'overridden')?.because;

export type Judged = { readonly consumer: Consumer; readonly verdict: Verdict };

const openVerdicts: readonly Verdict['is'][] = ['stale', 'rolling', 'unproven', 'failed', 'late'];

/** Whether a wave with this in it is not over. */
export const isOpen = ({ verdict }: Judged): boolean => openVerdicts.includes(verdict.is);

/** Nothing that happens to it later can make it old again. */
export const isDone = ({ verdict }: Judged): boolean =>
  verdict.is === 'new' || verdict.is === 'idle' || verdict.is === 'reads by itself';

/** What the rollout as a whole needs next. */
export type RolloutStep =
  | { readonly do: 'restart'; readonly consumers: readonly Consumer[] }
  | { readonly do: 'stop'; readonly failed: readonly Judged[] }
  | { readonly do: 'wait' }
  /** All else is done; these wait for a person or for their time, behind those that failed. */
  | { readonly do: 'hold'; readonly held: readonly Judged[] }
  /** `left` is not seen on the new version, and nothing that we could do would bring it there. */
  | { readonly do: 'finish'; readonly left: readonly Judged[] };

/**
 * By what was looked at: all waves up to the first that is not over. A failure starts nothing more, and stops the rollout
 * once what was started beside it has ended: whether two fail alike says what a single failure does not. Of a version that
 * has `served` a failure speaks against its service alone: the others go on, and it is said at the end.
 */
export function nextRolloutStep(judged: readonly Judged[], { served = false } = {}): RolloutStep {
  const those = (...wanted: Verdict['is'][]) => judged.filter(({ verdict }) => wanted.includes(verdict.is));
  const failed = judged.filter(isFailed);
  const isOver = those('rolling', 'unproven').length === 0;
  if (failed.length > 0 && !served) return isOver || evidenceOf(failed) ? { do: 'stop', failed } : { do: 'wait' };
  const stale = those('stale');
  if (stale.length > 0) return { do: 'restart', consumers: stale.map(({ consumer }) => consumer) };
  if (!isOver) return { do: 'wait' };
  const held = those('paused', 'outside window', 'image held');
  if (held.length > 0) return { do: 'hold', held: [...failed, ...held] };
  return { do: 'finish', left: [...failed, ...those('not ours to restart', 'short', 'reads by itself')] };
}

/** What failed is no longer waited for. */
export const isInDeployment = ({ verdict }: Judged): boolean =>
  verdict.is === 'rolling' || verdict.is === 'unproven' || (verdict.is === 'stale' && verdict.inDeployment === true);

export const isFailed = ({ verdict }: Judged): boolean => verdict.is === 'failed' || verdict.is === 'late';

/**
 * Why failures speak against the certificate (DESIGN §7), or undefined: a broken image or missing capacity would look the
 * same. Two services whose tasks end in the same way are more than one with a bad image.
 */
export function evidenceOf(failed: readonly Judged[]): string | undefined {
  const verdicts = failed.flatMap(({ verdict }) => (verdict.is === 'failed' || verdict.is === 'late' ? [verdict] : []));
  const own = verdicts.find(({ evidence }) => evidence !== undefined)?.evidence;
  if (own !== undefined) return own;
  const marks = verdicts.flatMap(({ marks = [] }) => [...new Set(marks)]);
  const shared = marks.find((mark, index) => marks.indexOf(mark) < index);
  return shared && `tasks of several services ended alike: ${shared}`;
}

/** What waits for its window holds up whoever has a later order, not those beside it. */
export const blocksLater = ({ verdict }: Judged): boolean => verdict.is === 'outside window';
