import type { Issued } from './domain/certificate.ts';
import { type DeliveryView, nextStep, type Step } from './domain/delivery.ts';
import { label, type Secret } from './domain/secret.ts';
import { markSince, setLabel, takeLabel } from './labels.ts';
import { observeDelivery, type Wanted } from './plan.ts';
import { afterNow, moved, storeExport } from './store-export.ts';
import { tellOfTrust } from './tell-of-trust.ts';
import type { World } from './world.ts';

/** What is left once the secret is as it should be, or why it cannot be. */
export type Final = Extract<Step, { do: 'roll out' | 'rest' | 'refuse' }>;
type Acting = Exclude<Step, Final>;

/** Every step moves the secret forward and no delivery takes more: more means that somebody moves it back. */
const mostSteps = 9;

/**
 * Takes the steps that make the certificate's newest version current: export and inspect, COURIER_NEXT, AWSCURRENT,
 * COURIER_SINCE. The version's labels say how far it has come, so a run that died is taken up where it was left.
 */
export async function bringCurrent(wanted: Wanted, world: World): Promise<{ final: Final; secret: Secret }> {
  let view = await observeDelivery(wanted, world);
  for (let steps = 0; steps < mostSteps; steps++) {
    const step = nextStep(view);
    const { certificate, delivery } = wanted;
    world.log('info', 'Decided the next step', { certificateArn: certificate.arn, secret: delivery.secret, step });
    if (isFinal(step)) return { final: step, secret: view.secret };
    view = { ...view, secret: await act(step, view, world) };
  }
  throw moved(wanted, 'its labels do not stay where they are put');
}

const isFinal = (step: Step): step is Final => step.do === 'roll out' || step.do === 'rest' || step.do === 'refuse';

async function act(step: Acting, view: DeliveryView<Issued>, world: World): Promise<Secret> {
  if (step.do === 'export') return storeExport(step, view, world);
  const { secret, delivery } = view;
  if (secret.state !== 'present') throw moved(view, 'it is gone');
  const at = { secret: delivery.secret, versions: secret.versions, world };
  switch (step.do) {
    case 'label next':
      return { ...secret, versions: await setLabel(label.next, step.versionId, at) };
    case 'promote':
      // The time is read after the swap: a task that started before it has read the version before.
      return { ...secret, versions: await setLabel(label.current, step.versionId, at), changedAt: afterNow(world) };
    case 'accept':
    case 'forget':
      return { ...secret, versions: await takeLabel(step.label, step.versionId, at) };
    case 'tell of trust':
      await tellOfTrust(step.label, view, world);
      return { ...secret, versions: await takeLabel(step.label, step.versionId, at) };
    case 'mark since':
      return { ...secret, versions: await markSince(step.since, step.versionId, at) };
  }
}
