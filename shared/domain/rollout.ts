/** An ECS service that consumes the secret, as ECS shows it now. Times are epoch seconds, fractions kept. */
export type Consumer = {
  readonly arn: string;
  readonly service: string;
  readonly cluster: string;
  readonly active: boolean;
  readonly desired: number;
  /** `ECS` for rolling deployments; `CODE_DEPLOY` and `EXTERNAL` take no restart from us. */
  readonly controller: string;
  readonly paused: boolean;
  /** A person says that it takes a new version in without a restart (`courier:restart=false`). */
  readonly readsByItself: boolean;
  /** Tasks that ECS wants running. */
  readonly tasks: readonly { readonly createdAt: number; readonly running: boolean }[];
  /** Deployments created at or after the promotion, newest first. */
  readonly deployments: readonly Deployment[];
};

export type Deployment = {
  readonly createdAt: number;
  readonly status: 'under way' | 'successful' | 'failed';
  /** AWS's own words, where it gives any. */
  readonly detail: string;
};

export type Verdict =
  | { readonly is: 'new' }
  | { readonly is: 'idle' }
  | { readonly is: 'paused' }
  | { readonly is: 'reads by itself' }
  | { readonly is: 'stale' }
  | { readonly is: 'rolling' }
  | { readonly is: 'failed'; readonly detail: string }
  | { readonly is: 'late' }
  | { readonly is: 'short'; readonly running: number }
  | { readonly is: 'not ours to restart'; readonly controller: string };

export type Promotion = {
  /** When the version became current, epoch seconds. */
  readonly since: number;
  readonly now: number;
  readonly deadlineSeconds: number;
};

/**
 * Where one consumer stands (DESIGN §7). New or old is judged on tasks, because deployment dates lie (scale-out,
 * replaced tasks, circuit-breaker roll-backs); already restarted is judged on deployments, because a service that
 * failed once must not be restarted again for the same promotion. A task created before the promotion counts as old
 * even if its container started after it: without a probe nobody knows which version it read. Where no task is old
 * and no deployment is under way, missing tasks are waited for until the deadline; after it they are said, not paged:
 * a service that grows while it is looked at months later is not one that came too late.
 */
export function judge(consumer: Consumer, { since, now, deadlineSeconds }: Promotion): Verdict {
  if (!consumer.active || consumer.desired === 0) return { is: 'idle' };
  if (consumer.readsByItself) return { is: 'reads by itself' };
  const old = consumer.tasks.some((task) => task.createdAt < since);
  const running = consumer.tasks.filter((task) => task.running && task.createdAt >= since).length;
  const [newest] = consumer.deployments;
  if (!old && running >= consumer.desired && newest?.status !== 'under way') return { is: 'new' };
  if (newest?.status === 'failed') return { is: 'failed', detail: newest.detail };
  if (!newest && old) return notRestarted(consumer);
  if (now - (newest?.createdAt ?? since) <= deadlineSeconds) return { is: 'rolling' };
  return old || newest?.status === 'under way' ? { is: 'late' } : { is: 'short', running };
}

const notRestarted = ({ controller, paused }: Consumer): Verdict => {
  if (paused) return { is: 'paused' };
  return controller === 'ECS' ? { is: 'stale' } : { is: 'not ours to restart', controller };
};

export type Judged = { readonly consumer: Consumer; readonly verdict: Verdict };

/** What the rollout as a whole needs next. */
export type RolloutStep =
  | { readonly do: 'restart'; readonly consumers: readonly Consumer[] }
  | { readonly do: 'stop'; readonly failed: readonly Judged[] }
  | { readonly do: 'wait' }
  | { readonly do: 'hold'; readonly paused: readonly Consumer[] }
  /** `left` is not seen on the new version, and nothing that we could do would bring it there. */
  | { readonly do: 'finish'; readonly left: readonly Judged[] };

export function nextRolloutStep(judged: readonly Judged[]): RolloutStep {
  const those = (...wanted: Verdict['is'][]) => judged.filter(({ verdict }) => wanted.includes(verdict.is));
  const failed = those('failed', 'late');
  if (failed.length > 0) return { do: 'stop', failed };
  const stale = those('stale');
  if (stale.length > 0) return { do: 'restart', consumers: stale.map(({ consumer }) => consumer) };
  if (those('rolling').length > 0) return { do: 'wait' };
  const paused = those('paused');
  if (paused.length > 0) return { do: 'hold', paused: paused.map(({ consumer }) => consumer) };
  return { do: 'finish', left: those('not ours to restart', 'short', 'reads by itself') };
}
