import {
  holderOf,
  type Labelled,
  sinceLabel,
  spareSinceLabels,
  triedLabel,
  triedLabels,
  type Versions,
  withLabel,
  without,
} from './domain/secret.ts';
import type { World } from './world.ts';

/** Where labels are moved: a secret, its versions as they were seen, and who moves them. */
export type At = { readonly secret: string; readonly versions: Versions; readonly world: Moving };

type Moving = { readonly secrets: Pick<World['secrets'], 'move'> };

/** Puts a label on a version and returns the versions as they are then. Trouble (WorldMoved) if somebody was faster. */
export async function setLabel(label: string, versionId: string, { secret, versions, world }: At): Promise<Versions> {
  const from = holderOf(versions, label);
  if (from !== versionId) await world.secrets.move(secret, { label, from, to: versionId });
  return withLabel(versions, label, versionId);
}

/** Takes a label off a version. */
export async function takeLabel(label: string, versionId: string, { secret, versions, world }: At): Promise<Versions> {
  await world.secrets.move(secret, { label, from: versionId });
  return without(versions, label);
}

/**
 * Writes since when (epoch seconds) a version is current, and takes every other such label off: a labelled version is
 * never pruned, and one version has become current once.
 */
export const markSince = (since: number, versionId: string, at: At): Promise<Versions> =>
  mark({ versionId, name: sinceLabel(since) }, { instead: spareSinceLabels(at.versions), ...at });

/** Writes since when canaries are restarted for a version, in the same way. */
export const markTried = (since: number, versionId: string, at: At): Promise<Versions> =>
  mark({ versionId, name: triedLabel(since) }, { instead: triedLabels(at.versions), ...at });

async function mark({ versionId, name }: Labelled, { instead, ...at }: At & { instead: readonly Labelled[] }) {
  let versions = await setLabel(name, versionId, at);
  for (const old of instead.filter((one) => one.name !== name))
    versions = await takeLabel(old.name, old.versionId, { ...at, versions });
  return versions;
}
