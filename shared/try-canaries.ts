import type { Issued } from './domain/certificate.ts';
import { type DeliveryView, isAccepted, type Step } from './domain/delivery.ts';
import type { Judged } from './domain/rollout.ts';
import { endOf, label, type PresentSecret } from './domain/secret.ts';
import { markTried } from './labels.ts';
import type { Outcome } from './outcome.ts';
import { judgeConsumers } from './plan.ts';
import { proven, rollOut } from './roll-out.ts';
import { afterNow } from './store-export.ts';
import type { World } from './world.ts';

type Trial = {
  readonly view: DeliveryView<Issued>;
  readonly secret: PresentSecret;
  /** A denied call may still be a fresh tag that IAM does not see. */
  readonly patient: boolean;
  readonly world: World;
};

/**
 * Restarts the consumers that read COURIER_NEXT and sees that they serve it, before anybody else does. Null where nothing
 * stands in the way of the promotion: they do, there are none, or a person takes the version as it is.
 */
export async function tryOnCanaries(
  step: Extract<Step, { do: 'promote' }>,
  { view, secret, patient, world }: Trial,
): Promise<Outcome | null> {
  if (step.back || step.from === undefined || isAccepted(step.versionId, secret, view.asked)) return null;
  const since = step.triedSince ?? (await begin(step.versionId, { view, secret, world }));
  if (since === undefined) return null;
  const of = { versionId: step.versionId, since, told: false };
  const outcome = await rollOut({
    ...{ wanted: view, step: of, secret, onTrial: true, notBefore: since, problems: [], patient, world },
  });
  return outcome === proven ? null : outcome;
}

/** Writes down since when canaries are restarted, before the first one is; undefined where there is none to restart. */
async function begin(versionId: string, { view, secret, world }: Omit<Trial, 'patient'>): Promise<number | undefined> {
  const servedNotAfter = endOf(secret.versions, label.current);
  const judged = await judgeConsumers(view, { since: world.now(), servedNotAfter, sight: world });
  if (!judged.some(isCanary)) return undefined;
  const since = afterNow(world);
  await markTried(since, versionId, { secret: view.delivery.secret, versions: secret.versions, world });
  return since;
}

/** One that is paused, or that others must restart, would prove nothing. */
const isCanary = ({ consumer, verdict }: Judged) =>
  consumer.canary && ['stale', 'rolling', 'outside window'].includes(verdict.is);
