import type { Issued } from './domain/certificate.ts';
import { type Course, courseOf } from './domain/course.ts';
import { type Asked, type DeliveryView, isAccepted } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Ahead, pastLabels } from './domain/past-labels.ts';
import { type Planned, type PlanStep, planOf } from './domain/plan.ts';
import { type Finding, finding } from './domain/reasons.ts';
import { isFailed, type Judged, judge, nextRolloutStep, type Promotion } from './domain/rollout.ts';
import { findingOf } from './domain/rollout-findings.ts';
import { endOf, holderOf, label, type PresentSecret, type Secret, sinceOf, triedOf } from './domain/secret.ts';
import { readServiceWish } from './domain/service-wish.ts';
import { type Nominee, wavesOf } from './domain/waves.ts';
import type { Delivery } from './domain/wish.ts';
import type { Sight } from './world.ts';

export type Wanted = { readonly certificate: Issued; readonly delivery: Delivery; readonly asked: Asked };

/** One delivery as it is now: the secret, what is to be done next, and how its consumers stand. Reads only. */
export type Seen = {
  /** Behind all that only moves labels. */
  readonly next: Ahead;
  readonly tellsOfTrust: boolean;
  readonly bars?: string;
  readonly judged: readonly Judged[];
  readonly course: Course;
  readonly steps: readonly PlanStep[];
};

export async function planDelivery(wanted: Wanted, sight: Sight): Promise<Seen> {
  const { view, ...past } = pastLabels(await observeDelivery(wanted, sight), sight.now());
  const { next } = past;
  const { secret } = view;
  const times = { ...timesOf(next, secret, sight.now()), since: sinceFor(next, sight.now()) };
  const tries = secret.state === 'present' && hasCurrent(secret) && !isTakenAsIs(next, secret, wanted.asked);
  const all = goesOn(next) ? await judgeConsumers(wanted, { ...times, sight }) : [];
  const judged = tries ? onTrial(all, promotionAt(times, sight)) : all;
  const planned = plannedOf(wanted, { ...past, tries, judged, parallel: sight.settings.rolloutParallel });
  return { ...past, judged, steps: planOf(planned), course: courseOf(planned) };
}

const isTakenAsIs = (next: Ahead, secret: PresentSecret, asked: Asked) =>
  'versionId' in next && isAccepted(next.versionId, secret, asked);

const hasCurrent = ({ versions }: PresentSecret) => holderOf(versions, label.current) !== undefined;

/** A canary that failed since its trial began has failed the version, which is not current: nobody has accepted it. */
const onTrial = (judged: readonly Judged[], { triedSince, ...promotion }: Promotion): readonly Judged[] =>
  judged.map(({ consumer, verdict }) => {
    const isOpen = consumer.canary && triedSince !== undefined && triedSince < promotion.since;
    return { consumer, verdict: isOpen ? judge(consumer, { ...promotion, since: triedSince }) : verdict };
  });

/** Nothing is left to do: no step of the plan does anything. */
export const isDone = ({ next, steps }: Seen): boolean =>
  steps.length === 0 || (next.do === 'rest' && next.because === 'delivered');

/** Why nothing automatic goes on from here, in words for whoever asked; undefined where something does. */
export function obstacleOf(
  wanted: Wanted,
  { next, bars, course }: Pick<Seen, 'next' | 'bars'> & Partial<Pick<Seen, 'course'>>,
): Finding | undefined {
  const of = ofSecret(wanted);
  if (next.do === 'refuse') return next.finding;
  if (bars !== undefined) return undefined;
  if (next.do === 'rest' && next.because !== 'delivered') return finding('Resting', { ...of, state: next.because });
  if (next.do !== 'roll out' || course === undefined) return undefined;
  const rollout = nextRolloutStep(course.rollout, course);
  const failed = rollout.do === 'finish' && next.told ? rollout.left.filter(isFailed) : [];
  const [held] = rollout.do === 'hold' ? rollout.held : failed;
  return held && findingOf(held, { of, deadlineSeconds: 0, served: course.served });
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
  const nominees = await nomineesOf({ secret, since: times.since }, sight);
  const arns = wavesOf(nominees, { parallel: { count: 1 }, tried: true }).flatMap((wave) => wave.map(({ arn }) => arn));
  const consumers = await sight.services.consumers(arns, { secret, ...times });
  const promotion = promotionAt(times, sight);
  return consumers
    .toSorted((a, b) => arns.indexOf(a.arn) - arns.indexOf(b.arn))
    .map((consumer) => ({ consumer, verdict: judge(consumer, promotion) }));
}

type Times = Pick<Promotion, 'since' | 'triedSince' | 'exposedSince' | 'back' | 'servedNotAfter'>;

export const promotionAt = (times: Times, { now, settings }: Pick<Sight, 'now' | 'settings'>): Promotion => ({
  ...times,
  now: now(),
  deadlineSeconds: settings.deadlineSeconds,
});

/** Whoever consumes the secret, not as it was before `since` (epoch seconds), with what its tags say of the order. */
export async function nomineesOf(
  { secret, since }: { readonly secret: string; readonly since: number },
  { tagged }: Pick<Sight, 'tagged'>,
): Promise<readonly Nominee[]> {
  const services = await tagged.services(since);
  return services
    .filter(({ secrets }) => secrets.includes(secret))
    .map(({ arn, tags }) => ({ arn, order: readServiceWish(tags, secret).order }));
}

const goesOn = (next: Ahead) => next.do !== 'rest' && next.do !== 'refuse';

/** A promotion that has not happened yet happens now, for a plan: every task of today will be old. */
const sinceFor = (next: Ahead, now: number): number => (next.do === 'roll out' ? next.since : now);

/** When that ends what tasks from before the promotion serve, and since when others than those are new or old. */
function timesOf(next: Ahead, secret: Secret, now: number): Omit<Times, 'since'> {
  if (secret.state !== 'present') return {};
  const isCurrent = next.do === 'roll out';
  const servedNotAfter = endOf(secret.versions, isCurrent ? label.previous : label.current);
  const barred = holderOf(secret.versions, label.rejected);
  if (next.do === 'promote' && next.back && barred !== undefined) {
    const isTried = triedOf(secret.versions, barred) !== undefined;
    const exposedSince = sinceOf(secret.versions, barred);
    return { servedNotAfter, exposedSince, back: true, ...(isTried && { triedSince: now }) };
  }
  if (next.do === 'promote') return { servedNotAfter, triedSince: next.triedSince };
  if (next.do !== 'roll out') return { servedNotAfter };
  return { servedNotAfter, triedSince: next.triedSince, exposedSince: next.exposedSince, back: next.back };
}

const plannedOf = (
  { certificate, delivery }: Wanted,
  seen: Omit<Planned, 'certificateArn' | 'name' | 'delivery'>,
): Planned => ({
  certificateArn: certificate.arn,
  name: certificate.name,
  delivery,
  ...seen,
});
