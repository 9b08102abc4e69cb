import type { Issued } from './domain/certificate.ts';
import { type Asked, type DeliveryView, nextStep, type Step } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Planned, type PlanStep, planOf } from './domain/plan.ts';
import { type Finding, finding } from './domain/reasons.ts';
import { type Judged, judge, nextRolloutStep } from './domain/rollout.ts';
import { hasLabel, label, type Secret, sinceOf } from './domain/secret.ts';
import type { Delivery } from './domain/wish.ts';
import type { Sight } from './world.ts';

export type Wanted = { readonly certificate: Issued; readonly delivery: Delivery; readonly asked: Asked };

/** One delivery as it is now: the secret, what is to be done next, and how its consumers stand. Reads only. */
export type Seen = { readonly next: Step; readonly judged: readonly Judged[]; readonly steps: readonly PlanStep[] };

export async function planDelivery(wanted: Wanted, sight: Sight): Promise<Seen> {
  const { secret, ...view } = await observeDelivery(wanted, sight);
  const next = nextStep({ ...view, secret });
  const since = sinceFor(next, secret, sight.now());
  const judged = goesOn(next) ? await judgeConsumers(wanted, { since, sight }) : [];
  return { next, judged, steps: planOf(plannedOf(wanted, { next, judged })) };
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
  const [paused] = rollout.do === 'hold' ? rollout.paused : [];
  return paused && finding('ServicePaused', { ...of, service: paused.service, cluster: paused.cluster });
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

/** Every consumer of the secret with its state, for a promotion at `since`. */
export async function judgeConsumers(
  { delivery }: Pick<Wanted, 'delivery'>,
  { since, sight }: { since: number; sight: Sight },
): Promise<readonly Judged[]> {
  const tagged = await sight.tagged.services();
  const nominated = tagged.filter(({ secrets }) => secrets.includes(delivery.secret)).map(({ arn }) => arn);
  const consumers = await sight.services.consumers(nominated, { secret: delivery.secret, since });
  const promotion = { since, now: sight.now(), deadlineSeconds: sight.settings.deadlineSeconds };
  return consumers.map((consumer) => ({ consumer, verdict: judge(consumer, promotion) }));
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

const plannedOf = ({ certificate, delivery }: Wanted, seen: Pick<Planned, 'next' | 'judged'>): Planned => ({
  certificateArn: certificate.arn,
  name: certificate.name,
  delivery,
  ...seen,
});
