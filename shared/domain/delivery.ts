import { type Claim, type Claimed, ofSecret, whyNotOurs } from './ownership.ts';
import { type Finding, finding } from './reasons.ts';
import {
  hasLabel,
  holderOf,
  label,
  ourVersions,
  type PresentSecret,
  type Secret,
  sinceLabel,
  sinceOf,
  spareSinceLabels,
  triedLabel,
  triedOf,
  trustLabels,
  type Versions,
} from './secret.ts';
import { contentHash, noNonce, readVersionId, type VersionId, writeVersionId } from './version-id.ts';
import { renamed } from './wish.ts';

/** What a person asked for beyond the ordinary; each is absent for events. */
export type Asked = {
  /** Look at the consumers even where the version is labelled DELIVERED or STOPPED long ago. */
  readonly thorough?: boolean | undefined;
  /** After a promotion, by its label event or a sweep: whatever is found, the message that promoted has said it. */
  readonly echo?: boolean | undefined;
  /** From a sweep, which comes every hour: what cannot be done was said when it was first found. */
  readonly quiet?: boolean | undefined;
  /** Export again, as a version with this nonce (four hex digits). */
  readonly force?: string | undefined;
  /** Take the held or stopped version as it is. */
  readonly accept?: boolean | undefined;
  /** Take the version back that ACM's certificate is in, and go back to the one before. */
  readonly rollBack?: boolean | undefined;
  /** The serial (40 hex digits) of an earlier certificate that its authority has revoked. */
  readonly revoked?: string | undefined;
};

export type DeliveryView<One extends Claimed = Claimed> = Claim<One> & {
  readonly secret: Secret;
  readonly prefix: string;
  readonly asked: Asked;
};

/**
 * The next thing to do for one delivery. Each act changes the view so that the next call decides the next step; the
 * last ones (`roll out`, `rest`, `refuse`) leave the secret alone.
 */
export type Step =
  | { readonly do: 'export'; readonly create: boolean; readonly versionId: string }
  | { readonly do: 'label next'; readonly versionId: string; readonly from: string | undefined }
  /** Once its canaries serve it: `triedSince` says since when they have been restarted for it (epoch seconds). */
  | {
      readonly do: 'promote';
      readonly versionId: string;
      readonly from: string | undefined;
      readonly triedSince?: number;
      /** It has served before: nothing is tried. */
      readonly back?: true;
    }
  /** Write down that a person takes the version as it is, then take off the label that kept it back, if any. */
  | { readonly do: 'accept'; readonly versionId: string; readonly label?: string }
  /** Take off what a label says of a promotion that somebody has undone since. */
  | { readonly do: 'forget'; readonly versionId: string; readonly label: string }
  /** Say that its trust bundle trusts another issuer than the version that carries this label, then take that off. */
  | { readonly do: 'tell of trust'; readonly versionId: string; readonly label: string }
  | { readonly do: 'mark since'; readonly versionId: string; readonly since: number }
  /** Canaries read what was barred: they are restarted for this version, since then or from now on. */
  | { readonly do: 'mark tried'; readonly versionId: string; readonly since?: number }
  /** Bar the version's serial: the next step is back to the version before. */
  | { readonly do: 'reject'; readonly versionId: string }
  | {
      readonly do: 'roll out';
      readonly versionId: string;
      readonly since: number;
      readonly told: boolean;
      readonly triedSince?: number;
      /** It is gone back to: it has served before. */
      readonly back?: true;
      /** Since when the version that was taken back was current; absent where it never was. */
      readonly exposedSince?: number;
    }
  | { readonly do: 'rest'; readonly because: 'delivered' | 'stopped' | 'held' | 'rejected' }
  | { readonly do: 'refuse'; readonly finding: Finding };

/** Ordered: each check assumes that those above it found nothing to do. */
export function nextStep(seen: DeliveryView): Step {
  const view = forcedByPersonsOnly(seen);
  const { delivery, secret, prefix, asked } = view;
  const claim = ofSecret(view);
  if (!delivery.secret.startsWith(prefix))
    return { do: 'refuse', finding: finding('SecretOutsidePrefix', { ...claim, prefix, tag: tagBelow(view) }) };
  if (secret.state === 'deleting') return { do: 'refuse', finding: finding('SecretPendingDeletion', claim) };
  if (secret.state === 'absent') return { do: 'export', create: true, versionId: wantedVersionId(view) };

  const notOurs = whyNotOurs(secret, view);
  if (notOurs) return { do: 'refuse', finding: notOurs };
  const rejected = rejectedOf(secret, view);
  if (rejected !== undefined && asked.accept) return { do: 'accept', versionId: rejected, label: label.rejected };
  if (rejected !== undefined) return stepBack(rejected, secret, view);

  const versionId = holding(secret, view);
  if (versionId === undefined && asked.rollBack) return { do: 'refuse', finding: finding('CannotRollBack', claim) };
  if (versionId === undefined) return { do: 'export', create: false, versionId: wantedVersionId(view) };
  if (isBehind(versionId, secret, view)) {
    const detail = `secret "${delivery.secret}" holds a newer certificate than ACM shows`;
    return { do: 'refuse', finding: finding('WorldMoved', { detail }) };
  }
  const isLast = hasLabel(secret.versions, versionId, label.current) && versionBefore(secret) === undefined;
  if (asked.rollBack && isLast) return { do: 'refuse', finding: finding('CannotRollBack', claim) };
  if (asked.rollBack) return { do: 'reject', versionId };
  return stepFor(versionId, secret, asked);
}

/** What is stopped, held or barred waits for a person: a sweep that has the export of another secret counted forces nothing here. */
function forcedByPersonsOnly(view: DeliveryView): DeliveryView {
  const { certificate, secret, asked } = view;
  if (!asked.quiet || asked.force === undefined || secret.state !== 'present') return view;
  const own = ourVersions(secret.versions).filter(({ holds }) => holds.serial === certificate.serial);
  const waits = own.some(({ id }) =>
    [label.stopped, label.held, label.rejected].some((name) => hasLabel(secret.versions, id, name)),
  );
  return waits ? { ...view, asked: { ...asked, force: undefined } } : view;
}

/**
 * ACM's certificate is barred: what was current before it is what is to be served. Where that is not possible, or done,
 * nothing is left to do until ACM has another one.
 */
function stepBack(rejected: string, secret: PresentSecret, { certificate, asked }: DeliveryView): Step {
  const { versions } = secret;
  const current = holderOf(versions, label.current);
  const target = current === rejected ? versionBefore(secret) : current;
  const holds = target === undefined ? null : readVersionId(target);
  if (target === undefined || holds === null) return { do: 'rest', because: 'rejected' };
  const step = stepFor(target, secret, { thorough: asked.thorough });
  if (step.do === 'promote') return { ...step, back: true };
  // Exported again by force since: it is on its way like any other.
  if (holds.serial === certificate.serial && holds.nonce !== noNonce) return step;
  const isDelivered = step.do === 'rest' && step.because === 'delivered';
  if (step.do !== 'roll out' && !isDelivered) return step;
  if (triedOf(versions, rejected) !== undefined) return bringCanariesBack(target, versions);
  if (step.do !== 'roll out') return { do: 'rest', because: 'rejected' };
  const exposedSince = sinceOf(versions, rejected);
  return { ...step, back: true, ...(exposedSince !== undefined && { exposedSince }) };
}

/**
 * Those that were restarted for the barred version are restarted once more. Its own label says that this is to be done,
 * and comes off as this version gets one; that it was delivered says nothing of them.
 */
function bringCanariesBack(versionId: string, versions: Versions): Step {
  if (hasLabel(versions, versionId, label.delivered)) return { do: 'forget', versionId, label: label.delivered };
  const since = triedOf(versions, versionId);
  return { do: 'mark tried', versionId, ...(since !== undefined && { since }) };
}

/** A person takes the version as it is: it is tried on no canary, and never taken back by itself. */
export const isAccepted = (versionId: string, { versions }: PresentSecret, asked: Asked): boolean =>
  asked.accept === true || hasLabel(versions, versionId, label.accepted);

/** AWSPREVIOUS, where it may serve again: ours, neither barred nor stopped itself, and ending after that (epoch seconds). */
export function versionBefore({ versions }: PresentSecret, endingAfter = 0): string | undefined {
  const id = holderOf(versions, label.previous);
  const holds = id === undefined ? null : readVersionId(id);
  if (id === undefined || holds === null || holds.notAfter <= endingAfter) return undefined;
  return [label.rejected, label.stopped, label.held].some((name) => hasLabel(versions, id, name)) ? undefined : id;
}

function stepFor(versionId: string, { versions, changedAt }: PresentSecret, asked: Asked): Step {
  const has = (name: string) => hasLabel(versions, versionId, name);
  if (has(label.held) && !asked.accept) return { do: 'rest', because: 'held' };
  // Before promoting: whoever moves AWSCURRENT back from a stopped version must not find it promoted again.
  if (has(label.stopped))
    return asked.accept ? { do: 'accept', versionId, label: label.stopped } : { do: 'rest', because: 'stopped' };
  const triedSince = triedOf(versions, versionId);
  // What canaries have read since then was another version.
  if (!has(label.next) && triedSince !== undefined) return { do: 'forget', versionId, label: triedLabel(triedSince) };
  if (!has(label.next)) return { do: 'label next', versionId, from: holderOf(versions, label.next) };
  // After NEXT: without any label it would be lost, and another version of this serial be taken for it.
  if (has(label.held)) return { do: 'accept', versionId, label: label.held };

  // Before promoting: whoever trusts the issuer from before only refuses the new certificate as soon as it is served.
  const trusts = trustLabels(versions);
  const own = trusts.find((one) => one.versionId === versionId);
  const before = trusts.find((one) => one.name !== own?.name);
  if (own && before) return { do: 'tell of trust', versionId: before.versionId, label: before.name };
  // Kept at the version: what a person said must outlast the message in which it was said (docs/decisions/0019).
  if (asked.accept && !has(label.accepted) && !has(label.delivered)) return { do: 'accept', versionId };

  const since = sinceOf(versions, versionId);
  if (!has(label.current)) {
    // Tasks that started while another version was current would pass for new by the times of the promotion before.
    if (since !== undefined) return { do: 'forget', versionId, label: sinceLabel(since) };
    if (has(label.delivered)) return { do: 'forget', versionId, label: label.delivered };
    const from = holderOf(versions, label.current);
    return { do: 'promote', versionId, from, ...(triedSince !== undefined && { triedSince }) };
  }
  // A run that died half way left the mark on the version before, which would then never be pruned. What was taken back
  // keeps its own: it says which tasks may have read it.
  if (since === undefined || spareSinceLabels(versions).length > 1)
    return { do: 'mark since', versionId, since: since ?? changedAt };
  const other = stepOnOther(versionId, versions, asked);
  if (other) return other;
  if (has(label.delivered) && !asked.thorough) return { do: 'rest', because: 'delivered' };
  return {
    do: 'roll out',
    versionId,
    since,
    told: has(label.delivered),
    ...(triedSince !== undefined && { triedSince }),
  };
}

/** Once a version is current: the one before is barred where it was revoked, and what was accepted before is over. */
function stepOnOther(versionId: string, versions: Versions, asked: Asked): Step | undefined {
  const [previous, accepted] = [holderOf(versions, label.previous), holderOf(versions, label.accepted)];
  const isBarred = previous === undefined || hasLabel(versions, previous, label.rejected);
  if (!isBarred && isRevoked(previous, asked) && !isRevoked(versionId, asked))
    return { do: 'reject', versionId: previous };
  if (accepted !== undefined && accepted !== versionId)
    return { do: 'forget', versionId: accepted, label: label.accepted };
  return undefined;
}

const isRevoked = (versionId: string, { revoked }: Asked) =>
  revoked !== undefined && readVersionId(versionId)?.serial === revoked;

/**
 * The labelled version that holds ACM's serial in the wanted form: the newest inspected one before any other, and before
 * that, for a person who accepts, the one that was held.
 */
function holding(secret: PresentSecret, view: DeliveryView): string | undefined {
  const wanted = wantedVersion(view);
  const fits = ourVersions(secret.versions).filter(
    ({ holds }) =>
      holds.serial === wanted.serial &&
      holds.content === wanted.content &&
      (view.asked.force === undefined || holds.nonce === wanted.nonce),
  );
  const labelled = (name: string) => fits.find(({ id }) => hasLabel(secret.versions, id, name));
  const best =
    (view.asked.accept && labelled(label.held)) || labelled(label.next) || labelled(label.accepted) || fits.at(0);
  return best?.id;
}

/**
 * ACM never goes back to a serial: where it shows one whose version was followed by one that ends later, it was asked
 * before the renewal, or answers late. Following it would make the older certificate current again.
 */
function isBehind(versionId: string, { versions }: PresentSecret, { certificate, asked }: DeliveryView): boolean {
  const next = holderOf(versions, label.next);
  if (next === undefined || next === versionId || asked.accept) return false;
  const holds = readVersionId(next);
  return holds !== null && holds.serial !== certificate.serial && holds.notAfter > certificate.notAfter;
}

/** The barred version of ACM's serial; undefined where there is none, or where a person forces another export. */
function rejectedOf({ versions }: PresentSecret, { certificate, asked }: DeliveryView): string | undefined {
  const barred = ourVersions(versions).find(({ id }) => hasLabel(versions, id, label.rejected));
  const isForced = asked.force !== undefined && barred?.holds.nonce !== asked.force;
  return barred?.holds.serial === certificate.serial && !isForced ? barred.id : undefined;
}

const wantedVersion = ({ certificate, delivery, asked }: DeliveryView): VersionId => ({
  serial: certificate.serial,
  notAfter: certificate.notAfter,
  content: contentHash(certificate.arn, delivery),
  nonce: asked.force ?? noNonce,
});

/** The certificate's tag with this secret's last part below the prefix, and all else that it asks for. */
const tagBelow = ({ certificate, delivery: { secret }, prefix }: DeliveryView) =>
  renamed(certificate.tags, { from: secret, to: `${prefix}${secret.split('/').at(-1)}` });

/** The id that a new version for this view will have. */
export const wantedVersionId = (view: DeliveryView): string => writeVersionId(wantedVersion(view));
