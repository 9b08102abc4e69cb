import { Trouble } from './aws/trouble.ts';
import type { Issued } from './domain/certificate.ts';
import { type DeliveryView, nextStep, type Step, versionBefore } from './domain/delivery.ts';
import { inTheWay, labelsOf, lacksRoom, needsRoom } from './domain/label-room.ts';
import { ofSecret } from './domain/ownership.ts';
import { ofVersion } from './domain/progress.ts';
import { finding } from './domain/reasons.ts';
import {
  hasLabel,
  holderOf,
  label,
  type PresentSecret,
  type Secret,
  sinceOf,
  triedOf,
  type Versions,
} from './domain/secret.ts';
import { markSince, markTried, setLabel, takeLabel } from './labels.ts';
import { beforeActing } from './may-act.ts';
import { observeDelivery, type Wanted } from './plan.ts';
import { report } from './report.ts';
import { reportStart } from './report-start.ts';
import { afterNow, moved, storeExport } from './store-export.ts';
import { tellOfTrust } from './tell-of-trust.ts';
import { beginTrial, type Trial } from './try-canaries.ts';
import type { World } from './world.ts';

/** What is left once the secret is as it should be, or why it cannot be. */
export type Final = Extract<Step, { do: 'roll out' | 'rest' | 'refuse' }>;
type Acting = Exclude<Step, Final>;

export type Brought = { readonly final: Final; readonly secret: Secret } | { readonly trial: Trial };

type Means = {
  /** The version that canaries serve already. */
  readonly tried?: string | undefined;
  readonly world: World;
};

/** Every step moves the secret forward and no delivery takes more: more means that somebody moves it back. */
const mostSteps = 14;

/**
 * Takes the steps that make the certificate's newest version current: export and inspect, COURIER_NEXT, canaries,
 * AWSCURRENT, COURIER_SINCE. The version's labels say how far it has come, so a run that died is taken up where it was
 * left. A trial where canaries are to serve it first.
 */
export async function bringCurrent(wanted: Wanted, means: Means): Promise<Brought> {
  const reports: Promise<void>[] = [];
  try {
    return await takeSteps(wanted, { ...means, reports });
  } finally {
    await Promise.all(reports);
  }
}

/** Machines are told beside what is done: a version is not to become current later because of them. */
type Taking = Means & { readonly reports: Promise<void>[] };

async function takeSteps(wanted: Wanted, taking: Taking): Promise<Brought> {
  const { tried, world } = taking;
  let view = await observeDelivery(wanted, world);
  for (let steps = 0; steps < mostSteps; steps++) {
    const step = nextStep(view);
    const { certificate, delivery } = wanted;
    world.log('info', 'Decided the next step', { certificateArn: certificate.arn, secret: delivery.secret, step });
    view = await withRoom(step, view, world);
    if (isFinal(step)) return { final: step, secret: view.secret };
    if (step.do === 'promote' && step.versionId !== tried) {
      const trial = await beginTrial(step, { view, secret: present(view), world });
      if (trial) return { trial };
    }
    view = { ...view, secret: await act(step, view, taking) };
  }
  throw moved(wanted, 'its labels do not stay where they are put');
}

/** What sweeps remember makes room for a delivery's own labels. Trouble where others' labels leave none: nothing is begun. */
async function withRoom(step: Step, view: DeliveryView<Issued>, world: World): Promise<DeliveryView<Issued>> {
  const { secret, delivery } = view;
  if (secret.state !== 'present' || !needsRoom(step)) return view;
  let { versions } = secret;
  for (const { name, versionId } of inTheWay(versions))
    versions = await takeLabel(name, versionId, { secret: delivery.secret, versions, world });
  if (lacksRoom(step, versions))
    throw new Trouble(finding('LabelsAtLimit', { ...ofSecret(view), ...labelsOf(versions) }));
  return { ...view, secret: { ...secret, versions } };
}

const isFinal = (step: Step): step is Final => step.do === 'roll out' || step.do === 'rest' || step.do === 'refuse';

async function act(step: Acting, view: DeliveryView<Issued>, { world, reports }: Taking): Promise<Secret> {
  if (step.do === 'export') {
    const stored = await storeExport(step, view, world);
    reports.push(report({ type: 'Certificate Stored', detail: ofVersion(ofSecret(view), step.versionId) }, world));
    return stored;
  }
  const { delivery } = view;
  const secret = present(view);
  const at = { secret: delivery.secret, versions: secret.versions, world };
  switch (step.do) {
    case 'label next':
      return { ...secret, versions: await setLabel(label.next, step.versionId, at) };
    case 'promote':
      await beforeActing(world);
      // The time is read after the swap: a task that started before it has read the version before.
      return { ...secret, versions: await setLabel(label.current, step.versionId, at), changedAt: afterNow(world) };
    case 'accept': {
      const versions = await setLabel(label.accepted, step.versionId, at);
      return {
        ...secret,
        versions:
          step.label === undefined ? versions : await takeLabel(step.label, step.versionId, { ...at, versions }),
      };
    }
    case 'forget':
      return { ...secret, versions: await takeLabel(step.label, step.versionId, at) };
    case 'tell of trust':
      await tellOfTrust(step.label, view, world);
      return { ...secret, versions: await takeLabel(step.label, step.versionId, at) };
    case 'reject':
      if (hasLabel(secret.versions, step.versionId, label.current) && versionBefore(secret, world.now()) === undefined)
        throw new Trouble(finding('CannotRollBack', ofSecret(view)));
      return { ...secret, versions: await setLabel(label.rejected, step.versionId, at) };
    case 'mark since':
      // With the trial it has started before.
      if (triedOf(secret.versions, step.versionId) === undefined)
        reports.push(reportStart({ wanted: view, ...step }, world));
      return { ...secret, versions: await markSince(step.since, step.versionId, at) };
    case 'mark tried': {
      const since = step.since ?? afterNow(world);
      if (hasStayed(secret.versions)) reports.push(reportStart({ wanted: view, ...step, since }, world));
      return { ...secret, versions: await markTried(since, step.versionId, at) };
    }
  }
}

/** What was barred has never been current, and no promotion begins the way back from it. */
function hasStayed(versions: Versions): boolean {
  const barred = holderOf(versions, label.rejected);
  return barred === undefined || sinceOf(versions, barred) === undefined;
}

function present(view: DeliveryView<Issued>): PresentSecret {
  if (view.secret.state !== 'present') throw moved(view, 'it is gone');
  return view.secret;
}
