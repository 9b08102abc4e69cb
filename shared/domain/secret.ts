import { readVersionId, type VersionId } from './version-id.ts';

/** The staging labels of a secret's versions; `COURIER_SINCE_…`, `COURIER_NEXT_SINCE_…` and `COURIER_TRUST_…` carry a value. */
export const label = {
  current: 'AWSCURRENT',
  previous: 'AWSPREVIOUS',
  next: 'COURIER_NEXT',
  delivered: 'COURIER_DELIVERED',
  held: 'COURIER_HELD',
  stopped: 'COURIER_STOPPED',
  rejected: 'COURIER_REJECTED',
  accepted: 'COURIER_ACCEPTED',
} as const;

const sincePrefix = 'COURIER_SINCE_';
const sinceForm = /^COURIER_SINCE_(\d{1,12})$/;
export const sinceLabel = (since: number): string => `${sincePrefix}${since}`;

const triedPrefix = 'COURIER_NEXT_SINCE_';
const triedForm = /^COURIER_NEXT_SINCE_(\d{1,12})$/;
/** Since when canaries have been restarted for a version, before it is current (docs/decisions/0014). */
export const triedLabel = (since: number): string => `${triedPrefix}${since}`;

const trustPrefix = 'COURIER_TRUST_';
/** `COURIER_TRUST_<12 hex>`: whom the trust bundle of a version trusts, see trustMark. */
export const trustLabel = (mark: string): string => `${trustPrefix}${mark}`;

/** A secret as DescribeSecret shows it: labelled versions only. Times are epoch seconds. */
export type Secret =
  | { readonly state: 'absent' }
  /** Where a list says it: when somebody deleted it, and the ids of its labelled versions. */
  | { readonly state: 'deleting'; readonly since?: number; readonly held?: readonly string[] }
  | {
      readonly state: 'present';
      readonly tags: Readonly<Record<string, string>>;
      readonly changedAt: number;
      /** Staging labels by version id. */
      readonly versions: Versions;
    };

export type PresentSecret = Extract<Secret, { state: 'present' }>;
export type Versions = Readonly<Record<string, readonly string[]>>;

/** The id of the version that carries a label, or undefined. A label sits on one version at a time. */
export const holderOf = (versions: Versions, wanted: string): string | undefined =>
  Object.keys(versions).find((id) => versions[id]?.includes(wanted));

export const hasLabel = (versions: Versions, id: string, wanted: string): boolean =>
  versions[id]?.includes(wanted) ?? false;

/**
 * When a version became current, by its own label; undefined where the label is missing or says no time. The latest
 * counts where two workers promoted side by side.
 */
export const sinceOf = (versions: Versions, id: string): number | undefined =>
  timeOf(versions, { id, form: sinceForm });

/** Since when canaries have been restarted for a version, by its own label. */
export const triedOf = (versions: Versions, id: string): number | undefined =>
  timeOf(versions, { id, form: triedForm });

function timeOf(versions: Versions, { id, form }: { id: string; form: RegExp }): number | undefined {
  const times = versions[id]?.flatMap((name) => form.exec(name)?.[1] ?? []) ?? [];
  return times.map(Number).toSorted((a, b) => b - a)[0];
}

export type Labelled = { readonly versionId: string; readonly name: string };

/** Every version that carries a COURIER_SINCE label, with the label: what must come off once another is current. */
export const sinceLabels = (versions: Versions): readonly Labelled[] => labelsFrom(versions, sincePrefix);

/** The same without the version that was taken back, which keeps its own. */
export const spareSinceLabels = (versions: Versions): readonly Labelled[] =>
  sinceLabels(versions).filter(({ versionId }) => !hasLabel(versions, versionId, label.rejected));

/** Every version that canaries were restarted for, with the label that says so. */
export const triedLabels = (versions: Versions): readonly Labelled[] => labelsFrom(versions, triedPrefix);

/** Every version that says whom its trust bundle trusts, with the label that says it. */
export const trustLabels = (versions: Versions): readonly Labelled[] => labelsFrom(versions, trustPrefix);

const toldPrefix = 'COURIER_TOLD_';
/** `COURIER_TOLD_<8 hex>`: people were told of what a sweep found about this secret; the digits say of what. */
export const toldLabel = (mark: string): string => `${toldPrefix}${mark}`;

/** Every version that says of what people were told, with the label that says it. */
export const toldLabels = (versions: Versions): readonly Labelled[] => labelsFrom(versions, toldPrefix);

const labelsFrom = (versions: Versions, prefix: string): readonly Labelled[] =>
  Object.entries(versions).flatMap(([versionId, names]) =>
    names.filter((name) => name.startsWith(prefix)).map((name) => ({ versionId, name })),
  );

/** The versions after a label was moved, as UpdateSecretVersionStage moves it: AWSPREVIOUS follows AWSCURRENT. */
export function withLabel(versions: Versions, name: string, to: string): Versions {
  const from = holderOf(versions, name);
  const moved = put(without(versions, name), name, to);
  return name === label.current && from !== undefined && from !== to
    ? put(without(moved, label.previous), label.previous, from)
    : moved;
}

/** The versions without a label. */
export const without = (versions: Versions, name: string): Versions =>
  Object.fromEntries(Object.entries(versions).map(([id, names]) => [id, names.filter((other) => other !== name)]));

const put = (versions: Versions, name: string, to: string): Versions => ({
  ...versions,
  [to]: [...(versions[to] ?? []), name],
});

/** When the certificate ends that the version under a label holds (epoch seconds); undefined where none of ours does. */
export function endOf(versions: Versions, wanted: string): number | undefined {
  const holder = holderOf(versions, wanted);
  return holder === undefined ? undefined : readVersionId(holder)?.notAfter;
}

/** The labelled versions of our form. */
export const ourVersions = (versions: Versions): readonly { readonly id: string; readonly holds: VersionId }[] =>
  Object.keys(versions).flatMap((id) => {
    const holds = readVersionId(id);
    return holds ? [{ id, holds }] : [];
  });
