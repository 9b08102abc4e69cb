import type { Issued } from './domain/certificate.ts';
import { type DeliveryView, isAccepted, type Step } from './domain/delivery.ts';
import type { Judged } from './domain/rollout.ts';
import { endOf, label, type PresentSecret } from './domain/secret.ts';
import { markTried } from './labels.ts';
import type { Held, Outcome } from './outcome.ts';
import { judgeConsumers } from './plan.ts';
import { reportStart, type Start } from './report-start.ts';
import { proven, rollOut } from './roll-out.ts';
import { afterNow } from './store-export.ts';
import type { World } from './world.ts';

/** A version that canaries are to serve before it is current; they are restarted for it since then (epoch seconds). */
export type Trial = Start & { readonly secret: PresentSecret };

type Sight = {
  readonly view: DeliveryView<Issued>;
  readonly secret: PresentSecret;
  readonly world: World;
};

/** Null where nothing stands in the way of the promotion: there are no canaries, or a person takes the version as it is. */
export async function beginTrial(
  step: Extract<Step, { do: 'promote' }>,
  { view, secret, world }: Sight,
): Promise<Trial | null> {
  if (step.back || step.from === undefined || isAccepted(step.versionId, secret, view.asked)) return null;
  const since = step.triedSince ?? (await begin(step.versionId, { view, secret, world }));
  return since === undefined ? null : { wanted: view, versionId: step.versionId, since, secret };
}

type Means = {
  /** When the last of the certificate's trials began: a canary that reads several of its secrets is restarted once for all. */
  readonly notBefore: number;
  /** A denied call may still be a fresh tag that IAM does not see. */
  readonly patient: boolean;
  readonly world: World;
};

/**
 * Restarts the consumers that read COURIER_NEXT and sees that they serve it, before anybody else does. Null once they do, and
 * nothing stands in the way of the promotion.
 */
export async function tryOnCanaries(
  { wanted, versionId, since, secret }: Trial,
  means: Means,
): Promise<Outcome | Held | null> {
  const step = { versionId, since, told: false };
  const outcome = await rollOut({ wanted, step, secret, onTrial: true, problems: [], ...means });
  return outcome === proven ? null : outcome;
}

/** Writes down since when canaries are restarted, before the first one is; undefined where there is none to restart. */
async function begin(versionId: string, { view, secret, world }: Sight): Promise<number | undefined> {
  const servedNotAfter = endOf(secret.versions, label.current);
  const judged = await judgeConsumers(view, { since: world.now(), servedNotAfter, sight: world });
  if (!judged.some(isCanary)) return undefined;
  const since = afterNow(world);
  await reportStart({ wanted: view, versionId, since }, world);
  await markTried(since, versionId, { secret: view.delivery.secret, versions: secret.versions, world });
  return since;
}

/** One that is paused, or that others must restart, would prove nothing. */
const isCanary = ({ consumer, verdict }: Judged) =>
  consumer.canary && ['stale', 'rolling', 'outside window'].includes(verdict.is);
