import type { Issued } from './domain/certificate.ts';
import { type Asked, type DeliveryView, nextStep, type Step } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Planned, type PlanStep, planOf } from './domain/plan.ts';
import { type Finding, finding } from './domain/reasons.ts';
import { type Judged, judge, nextRolloutStep, type Promotion } from './domain/rollout.ts';
import { findingOf } from './domain/rollout-findings.ts';
import { endOf, hasLabel, label, type Secret, sinceOf } from './domain/secret.ts';
import { readServiceWish } from './domain/service-wish.ts';
import { type Nominee, wavesOf } from './domain/waves.ts';
import type { Delivery } from './domain/wish.ts';
import type { Sight } from './world.ts';

export type Wanted = { readonly certificate: Issued; readonly delivery: Delivery; readonly asked: Asked };

/** One delivery as it is now: the secret, what is to be done next, and how its consumers stand. Reads only. */
export type Seen = { readonly next: Step; readonly judged: readonly Judged[]; readonly steps: readonly PlanStep[] };

export async function planDelivery(wanted: Wanted, sight: Sight): Promise<Seen> {
  const { secret, ...view } = await observeDelivery(wanted, sight);
  const next = nextStep({ ...view, secret });
  const since = sinceFor(next, secret, sight.now());
  const judged = goesOn(next) ? await judgeConsumers(wanted, { ...timesOf(next, secret), since, sight }) : [];
  return { next, judged, steps: planOf(plannedOf(wanted, { next, judged, parallel: sight.settings.rolloutParallel })) };
}

/** Nothing is left to do: no step of the plan does anything. */
export const isDone = ({ next, steps }: Seen): boolean =>
  steps.length === 0 || (next.do === 'rest' && next.because === 'delivered');

/** Why nothing automatic goes on from here, in words for whoever asked; undefined where something does. */
export function obstacleOf(wanted: Wanted, { next, judged }: Seen): Finding | undefined {
  const of = ofSecret(wanted);
  if (next.do === 'refuse') return next.finding;
  if (next.do === 'rest' && next.because !== 'delivered') return finding('Resting', { ...of, state: next.because });
  if (next.do !== 'roll out') return undefined;
  const rollout = nextRolloutStep(judged);
  const [held] = rollout.do === 'hold' ? rollout.held : [];
  return held && findingOf(held, { of, deadlineSeconds: 0 });
}

/** A secret outside the prefix is not asked for: IAM would deny it, and the denial would hide what is wrong. */
export async function observeDelivery(
  wanted: Wanted,
  sight: Pick<Sight, 'settings' | 'secrets'>,
): Promise<DeliveryView<Issued>> {
  const name = wanted.delivery.secret;
  const prefix = sight.settings.secretPrefix;
  const secret = name.startsWith(prefix) ? await sight.secrets.find(name) : ({ state: 'absent' } as const);
  return { ...wanted, secret, prefix };
}

/** Every consumer of the secret with its state for a promotion at `since`, in the order of a rollout. */
export async function judgeConsumers(
  { delivery }: Pick<Wanted, 'delivery'>,
  { sight, ...times }: Times & { readonly sight: Sight },
): Promise<readonly Judged[]> {
  const { secret } = delivery;
  const nominees = await nomineesOf(secret, sight);
  const arns = wavesOf(nominees, { parallel: { count: 1 }, proven: true }).flatMap((wave) =>
    wave.map(({ arn }) => arn),
  );
  const consumers = await sight.services.consumers(arns, { secret, ...times });
  const promotion = promotionAt(times, sight);
  return consumers
    .toSorted((a, b) => arns.indexOf(a.arn) - arns.indexOf(b.arn))
    .map((consumer) => ({ consumer, verdict: judge(consumer, promotion) }));
}

type Times = Pick<Promotion, 'since' | 'triedSince' | 'exposedSince' | 'servedNotAfter'>;

export const promotionAt = (times: Times, { now, settings }: Pick<Sight, 'now' | 'settings'>): Promotion => ({
  ...times,
  now: now(),
  deadlineSeconds: settings.deadlineSeconds,
});

/** Whoever says by tags that it reads the secret, with what its tags say of the order. */
export async function nomineesOf(secret: string, { tagged }: Pick<Sight, 'tagged'>): Promise<readonly Nominee[]> {
  const services = await tagged.services();
  return services
    .filter(({ secrets }) => secrets.includes(secret))
    .map(({ arn, tags }) => ({ arn, order: readServiceWish(tags, secret).order }));
}

const goesOn = (next: Step) => next.do !== 'rest' && next.do !== 'refuse';

/** A promotion that has not happened yet happens now, for a plan: every task of today will be old. */
function sinceFor(next: Step, secret: Secret, now: number): number {
  if (next.do === 'roll out' || next.do === 'mark since') return next.since;
  if (next.do !== 'accept' || secret.state !== 'present') return now;
  // A stopped version is current already.
  const isCurrent = hasLabel(secret.versions, next.versionId, label.current);
  return (isCurrent && sinceOf(secret.versions, next.versionId)) || now;
}

/** When that ends what tasks from before the promotion serve, and since when others than those are new or old. */
function timesOf(next: Step, secret: Secret): Omit<Times, 'since'> {
  if (secret.state !== 'present') return {};
  const isCurrent = next.do === 'roll out' || next.do === 'mark since';
  const servedNotAfter = endOf(secret.versions, isCurrent ? label.previous : label.current);
  if (next.do === 'promote') return { servedNotAfter, triedSince: next.triedSince };
  if (next.do !== 'roll out') return { servedNotAfter };
  return { servedNotAfter, triedSince: next.triedSince, exposedSince: next.exposedSince };
}

const plannedOf = (
  { certificate, delivery }: Wanted,
  seen: Pick<Planned, 'next' | 'judged' | 'parallel'>,
): Planned => ({
  certificateArn: certificate.arn,
  name: certificate.name,
  delivery,
  ...seen,
});
