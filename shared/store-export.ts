import { Trouble } from './aws/trouble.ts';
import type { Issued } from './domain/certificate.ts';
import type { DeliveryView, Step } from './domain/delivery.ts';
import { keptMembers, keysBeside, type Members, type Writer } from './domain/form.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Finding, finding } from './domain/reasons.ts';
import {
  endOf,
  holderOf,
  label,
  type PresentSecret,
  type Secret,
  sinceLabels,
  trustLabel,
  type Versions,
  withLabel,
} from './domain/secret.ts';
import { readVersionId } from './domain/version-id.ts';
import { inspectedExport } from './inspected-export.ts';
import { type At, setLabel } from './labels.ts';
import type { Wanted } from './plan.ts';
import { facts, tell } from './tell.ts';
import type { World } from './world.ts';

/** The first whole second that is surely after what has just happened. */
export const afterNow = (world: World) => world.now() + 1;

/** The secret is not as it was seen: look again. */
export const moved = ({ delivery }: Wanted, what: string) =>
  new Trouble(finding('WorldMoved', { detail: `secret "${delivery.secret}": ${what}` }));

/** Exports, inspects and stores a new version; the secret as it is then. Trouble where nothing may be stored. */
export async function storeExport(
  step: Extract<Step, { do: 'export' }>,
  view: DeliveryView<Issued>,
  world: World,
): Promise<Secret> {
  const { secret, delivery } = view;
  const present: PresentSecret =
    secret.state === 'present' ? secret : { state: 'present', tags: {}, changedAt: 0, versions: {} };
  const current = holderOf(present.versions, label.current);
  const { value, trust, warnings, held } = await inspectedExport(view, {
    previousNotAfter: endOf(present.versions, label.current),
    kept: await heldForOthers(present, view, world),
    world,
  });

  const hold = held !== undefined && !view.asked.accept;
  if (hold && current === undefined) throw new Trouble(held);
  // Told before it is stored: after a crash in between people are told twice, the other way round never.
  if (hold) await tell([held], view, world);
  const version = { versionId: step.versionId, value };
  const at = { secret: delivery.secret, world };
  const trusts = trust === undefined ? [] : [trustLabel(trust)];
  const versions = step.create
    ? await create(version, { ...at, trusts, view })
    : await put(version, { ...at, versions: present.versions, stages: [hold ? label.held : label.next, ...trusts] });
  await warn(warnings, view, world);
  return { ...present, versions, changedAt: afterNow(world) };
}

/**
 * Only of a secret that a person handed over: any other holds nothing but what we wrote. Trouble where that cannot be
 * kept beside the certificate.
 */
async function heldForOthers({ tags, versions }: PresentSecret, wanted: Wanted, world: World): Promise<Members> {
  const { certificate, delivery: form } = wanted;
  const versionId = holderOf(versions, label.current);
  if (!tags['courier:certificate'] || versionId === undefined) return {};
  const members = await world.secrets.members(form.secret, { versionId });
  if (members === null) throw new Trouble(finding('SecretIsNoObject', ofSecret(wanted)));
  const held = keptMembers(members, { form, writer: writerOf(versionId, versions) });
  if ('kept' in held) return held.kept;
  const { taken } = held;
  const keys = keysBeside(taken, { form, tag: certificate.tags['courier:keys'] });
  throw new Trouble(finding('SecretMembersTaken', { ...ofSecret(wanted), taken, keys }));
}

/** A version of ours that is not current yet says nothing of who wrote the current one: SINCE is set after the swap. */
function writerOf(versionId: string, versions: Versions): Writer {
  if (readVersionId(versionId)) return 'acm-courier';
  return sinceLabels(versions).length > 0 ? 'somebody after acm-courier' : 'somebody';
}

type NewVersion = { readonly versionId: string; readonly value: string };

/** Versions are made there, not only labelled. */
type Making = At & { readonly world: Pick<World, 'secrets'> };

type Creating = Omit<Making, 'versions'> & { readonly trusts: readonly string[]; readonly view: Wanted };

async function create(version: NewVersion, { trusts, view, ...at }: Creating) {
  const created = await at.world.secrets.create(at.secret, version);
  if (created === 'exists') throw moved(view, 'somebody created it just now');
  let versions: Versions = { [version.versionId]: [label.current] };
  for (const one of trusts) versions = await setLabel(one, version.versionId, { ...at, versions });
  return versions;
}

async function put(
  version: NewVersion,
  { stages, ...at }: Making & { readonly stages: readonly [string, ...string[]] },
) {
  const stored = await at.world.secrets.put(at.secret, { ...version, stages });
  if (stored === 'exists') return setLabel(stages[0], version.versionId, at);
  const versions = stages.reduce((all, stage) => withLabel(all, stage, version.versionId), at.versions);
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
