import { Trouble } from './aws/trouble.ts';
import { type DeliveryView, nextStep, type Step } from './domain/delivery.ts';
import { type Finding, finding } from './domain/reasons.ts';
import { endOf, holderOf, label, type PresentSecret, type Secret, withLabel } from './domain/secret.ts';
import { inspectedExport } from './inspected-export.ts';
import { markSince, setLabel, takeLabel } from './labels.ts';
import { observeDelivery, type Wanted } from './plan.ts';
import { facts, tell } from './tell.ts';
import type { World } from './world.ts';

/** What is left once the secret is as it should be, or why it cannot be. */
export type Final = Extract<Step, { do: 'roll out' | 'rest' | 'refuse' }>;
type Acting = Exclude<Step, Final>;

/** Every step moves the secret forward and no delivery takes more: more means that somebody moves it back. */
const mostSteps = 8;

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

const moved = ({ delivery }: Wanted, what: string) =>
  new Trouble(finding('WorldMoved', { detail: `secret "${delivery.secret}": ${what}` }));

async function act(step: Acting, view: DeliveryView, world: World): Promise<Secret> {
  if (step.do === 'export') return store(step, view, world);
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
    case 'mark since':
      return { ...secret, versions: await markSince(step.since, step.versionId, at) };
  }
}

/** The first whole second that is surely after what has just happened. */
const afterNow = (world: World) => world.now() + 1;

async function store(step: Extract<Step, { do: 'export' }>, view: DeliveryView, world: World): Promise<Secret> {
  const { secret, delivery } = view;
  const present: PresentSecret =
    secret.state === 'present' ? secret : { state: 'present', tags: {}, changedAt: 0, versions: {} };
  const current = holderOf(present.versions, label.current);
  const { value, warnings, held } = await inspectedExport(view, {
    previousNotAfter: endOf(present.versions, label.current),
    world,
  });

  const hold = held !== undefined && !view.asked.accept;
  if (hold && current === undefined) throw new Trouble(held);
  // Told before it is stored: after a crash in between people are told twice, the other way round never.
  if (hold) await tell([held], view, world);
  const version = { versionId: step.versionId, value };
  const versions = step.create
    ? await create(version, view, world)
    : await put(version, {
        secret: delivery.secret,
        versions: present.versions,
        world,
        stage: hold ? label.held : label.next,
      });
  await warn(warnings, view, world);
  return { ...present, versions, changedAt: afterNow(world) };
}

type NewVersion = { readonly versionId: string; readonly value: string };

async function create(version: NewVersion, view: Wanted, world: World) {
  const created = await world.secrets.create(view.delivery.secret, version);
  if (created === 'exists') throw moved(view, 'somebody created it just now');
  return { [version.versionId]: [label.current] };
}

async function put(version: NewVersion, { stage, ...at }: Parameters<typeof setLabel>[2] & { stage: string }) {
  const stored = await at.world.secrets.put(at.secret, { ...version, stage });
  if (stored === 'exists') return setLabel(stage, version.versionId, at);
  const versions = withLabel(at.versions, stage, version.versionId);
  // Secrets Manager makes a secret's first version current, whatever stages are asked for.
  const first = holderOf(at.versions, label.current) === undefined;
  return first ? withLabel(versions, label.current, version.versionId) : versions;
}

/**
 * Told after the version is stored, lest every attempt to store it tells anew. It must not hold up a delivery: if it
 * cannot be sent, the log has it.
 */
async function warn(warnings: readonly Finding[], view: Wanted, world: World): Promise<void> {
  const [first, ...others] = warnings;
  if (!first) return;
  try {
    await tell([first, ...others], view, world);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot send a warning', facts(error.finding, world));
  }
}
