import type { ListedCertificate, Tags } from './certificate.ts';
import { consumedBy, consumersOf, type Difference, type Inventory, type Policy, type Service } from './inventory.ts';
import { isCrowded, labelsOf, roomToTell } from './label-room.ts';
import { type Memory, memoryOf } from './memory.ts';
import { nearName } from './near-name.ts';
import { byGravity, type Finding, finding, type ReasonCode } from './reasons.ts';
import {
  endOf,
  hasLabel,
  holderOf,
  label,
  ourVersions,
  type PresentSecret,
  type Secret,
  sinceOf,
  toldLabels,
} from './secret.ts';
import { namesIn, shownService } from './service-arn.ts';
import { readServiceWish } from './service-wish.ts';
import { readVersionId } from './version-id.ts';
import { daysLeft, lifetimeDays, windowDays } from './warning-days.ts';
import { consumedSecrets, isPaused, isReadElsewhere, namedSecrets, readWishes } from './wish.ts';

export type { Memory } from './memory.ts';

/**
 * What a sweep has to say itself, because no event does and no delivery comes of it. Each is said once: `memory` is the
 * label that remembers it, on a version of ours; what has none is noteworthy only in the sweep after it arose.
 */
export type Note = {
  readonly finding: Finding;
  /** Of the certificate, or of the secret where there is none. */
  readonly name: string;
  readonly certificate?: ListedCertificate;
  readonly owner?: string | undefined;
  readonly memory?: Memory;
  /** A service, by its ARN, of which lists and dates alone say so: ECS is asked before people are told. */
  readonly doubtful?: string;
  /** It stands in a digest that is sent for something else, and makes none. */
  readonly isOld?: boolean;
};

/** What a sweep answers for: it arose after `after` and not after `until`, epoch seconds. */
export type Interval = { readonly after: number; readonly until: number };

type Found = { readonly inventory: Inventory; readonly differences: readonly Difference[] };

/** Days after a renewal on which a pause is worth a word. */
const longPauses = [7, 30];
const hour = 3600;
const day = 86_400;

/**
 * `remembered` is all that stands, told before or not, and in the digest alone where it has no memory; `passing` what came
 * up in the interval.
 */
export function noteworthy(
  { inventory, differences }: Found,
  { interval, ...policy }: Policy & { interval: Interval },
) {
  return {
    remembered: [
      ...lost(inventory, policy),
      ...misspelt(inventory, policy),
      ...unreadable(inventory),
      ...crowded(inventory),
      ...outlived(inventory, policy),
      ...unsaid(inventory),
      ...refused(differences, inventory),
      ...left(differences, inventory),
      ...unread(inventory, policy),
    ],
    passing: [
      ...misspeltAnew(inventory, interval),
      ...crowdedAnew(inventory, interval),
      ...pausedForLong(inventory, interval),
      ...longPausedServices(differences, interval),
      ...deleted(differences, { inventory, interval }),
    ],
  };
}

/** What is to be said now, and which labels that say what was said are not where they belong. */
export type Memories = {
  readonly due: readonly Note[];
  readonly moved: readonly Memory[];
  readonly forgotten: readonly Memory[];
};

/**
 * Of each secret as much as its labels have room to remember, the gravest first; the digest has the rest.
 * Said once for as long as it stands: a label that no note stands for any more comes off, and it would be said again; but
 * for `kept`, of which nobody knows whether it stands.
 */
export function memoriesOf(
  notes: readonly Note[],
  { inventory, mayForget, kept = [] }: { inventory: Inventory; mayForget: boolean; kept?: readonly Memory[] },
): Memories {
  const holder = ({ secret, label: name }: Memory) => {
    const seen = inventory.secrets.get(secret);
    return seen?.state === 'present' ? holderOf(seen.versions, name) : undefined;
  };
  const memories = notes.flatMap(({ memory }) => memory ?? []);
  const room = (secret: string) => {
    const seen = inventory.secrets.get(secret);
    return seen?.state === 'present' ? roomToTell(seen.versions) : 0;
  };
  const news = notes.filter(({ memory }) => memory && holder(memory) === undefined);
  const fitting = [...Map.groupBy(news, ({ memory }) => memory?.secret ?? '')].flatMap(([secret, own]) =>
    own.toSorted((a, b) => byGravity(a.finding, b.finding)).slice(0, room(secret)),
  );
  const wanted = new Set([...memories, ...kept].map(({ secret, label: name }) => `${secret} ${name}`));
  const frozen = pausedSecrets(inventory.certificates);
  const forgotten = [...inventory.secrets].flatMap(([secret, seen]) =>
    seen.state === 'present' && !frozen.has(secret)
      ? toldLabels(seen.versions)
          .map(({ versionId, name }) => ({ secret, versionId, label: name }))
          .filter((one) => !wanted.has(`${secret} ${one.label}`))
      : [],
  );
  return {
    due: news.filter((one) => fitting.includes(one)),
    moved: memories.filter((one) => ![undefined, one.versionId].includes(holder(one))),
    forgotten: mayForget ? forgotten : [],
  };
}

/** Secrets that hold a certificate that ACM does not have any more, and that no other is to be delivered to. */
function lost({ certificates, secrets, services }: Inventory, { now }: Policy): readonly Note[] {
  const serials = new Set(certificates.map(({ serial }) => serial));
  const wished = wishedSecrets(certificates);
  const consumers = consumersOf({ services });
  return [...secrets].flatMap(([secret, seen]) => {
    if (seen.state !== 'present' || wished.has(secret)) return [];
    const notAfter = endOf(seen.versions, label.current);
    const isKnown = ourVersions(seen.versions).some(({ holds }) => serials.has(holds.serial));
    if (notAfter === undefined || notAfter <= now || isKnown || handedOver(seen, certificates)) return [];
    const readers = consumers.get(secret) ?? [];
    const found = finding('CertificateLost', { secret, ends: dateOf(notAfter), services: readers.map(shown) });
    const mark = `${found.reason} ${notAfter}`;
    return [{ finding: found, name: secret, owner: ownerOf(readers), ...remember(found, { secret, seen, mark }) }];
  });
}

/** A person names its certificate, which is there: the tag on the certificate is missing, not the certificate. */
const handedOver = ({ tags }: PresentSecret, certificates: readonly ListedCertificate[]) =>
  certificates.some(({ arn }) => arn === tags['courier:certificate']);

/**
 * Services that name a secret which nothing is delivered to; remembered at the one that was probably meant. An hour after the
 * service was created at the earliest, for what fills its secret may be created with it.
 */
function misspelt({ certificates, secrets, services }: Inventory, { now }: Pick<Policy, 'now'>): readonly Note[] {
  const frozen = pausedSecrets(certificates);
  const wished = wishedSecrets(certificates);
  const grown = thatAreThere(services).filter(({ state }) => (state?.createdAt ?? 0) + hour <= now);
  return grown.flatMap((service) =>
    consumedSecrets(service.tags).flatMap((secret) => {
      const seen = secrets.get(secret);
      const isFilled = seen?.state === 'present' && holderOf(seen.versions, label.current) !== undefined;
      if (wished.has(secret) || isFilled || seen?.state === 'deleting' || isPaused(service.tags)) return [];
      const near = nearName(secret, wished);
      const found = finding('ConsumerOfNothing', { secret, ...namesIn(service.arn), ...(near && { near }) });
      const meant = near === undefined ? undefined : secrets.get(near);
      const memory =
        near && meant?.state === 'present' && !frozen.has(near) ? remember(found, { secret: near, seen: meant }) : {};
      return [{ finding: found, name: secret, owner: service.tags['courier:owner'], ...memory }];
    }),
  );
}

/** Tags outlive a service by hours; where ECS was asked, it has a state of each that there is. */
const thatAreThere = (services: readonly Service[]) =>
  services.some(({ state }) => state !== undefined) ? services.filter(({ state }) => state !== undefined) : services;

/** Tags of consumers that nobody can read: a window that never opens is to be heard of before a rollout waits for it. */
function unreadable({ certificates, secrets, services }: Inventory): readonly Note[] {
  const frozen = pausedSecrets(certificates);
  const wishes = new Map(
    certificates.flatMap((one) => [...wishedSecrets([one])].map((secret) => [secret, one] as const)),
  );
  return thatAreThere(services).flatMap((service) => {
    const bad = consumedBy(service)
      .filter((secret) => wishes.has(secret))
      .flatMap((secret) => readServiceWish(service.tags, secret).problems.map((problem) => ({ secret, problem })));
    // A tag is read once for each secret of a service.
    const once = new Map(bad.map((one) => [`${one.problem.tag} ${one.problem.value}`, one]));
    return [...once.values()].flatMap(({ secret, problem }) => {
      const [certificate, seen] = [wishes.get(secret), secrets.get(secret)];
      if (!certificate) return [];
      const of = { name: certificate.name, certificateArn: certificate.arn, secret, ...namesIn(service.arn) };
      const found = finding('BadServiceTag', { ...of, ...problem });
      const memory = seen?.state === 'present' && !frozen.has(secret) ? remember(found, { secret, seen }) : {};
      return [{ finding: found, name: of.name, certificate, owner: ownerOf([service, certificate]), ...memory }];
    });
  });
}

/** The same where there is nothing to remember it at, in that hour. A tag that came later waits for the digest. */
function misspeltAnew(inventory: Inventory, interval: Interval): readonly Note[] {
  const created = inventory.services.filter(
    ({ state }) => state?.createdAt !== undefined && isIn(state.createdAt + hour, interval),
  );
  return misspelt({ ...inventory, services: created }, { now: interval.until }).filter(
    ({ memory }) => memory === undefined,
  );
}

/** Services whose task definitions read what we deliver, and that are not restarted for it, or never see a new version. */
function unsaid({ certificates, secrets, services, readers = [] }: Inventory): readonly Note[] {
  const wished = wishedSecrets(certificates);
  const consumers = consumersOf({ services });
  const isOurs = (secret: string) => {
    const seen = secrets.get(secret);
    return wished.has(secret) || (seen?.state === 'present' && ourVersions(seen.versions).length > 0);
  };
  return readers.flatMap(({ arn, tags, readings }) => {
    const names = namesIn(arn);
    const note = (secret: string, found: Finding) => ({ finding: found, name: secret, owner: tags['courier:owner'] });
    return readings
      .filter(({ secret }) => isOurs(secret))
      .flatMap(({ secret, pinned }) => {
        const of = { secret, ...names };
        const tag = [...consumedSecrets(tags), secret].join(' ');
        // A restart would not help it.
        if (pinned) return [note(secret, finding('ConsumerPinned', of))];
        const isRestarted =
          consumedSecrets(tags).includes(secret) || consumers.get(secret)?.some((one) => one.arn === arn);
        return isRestarted ? [] : [note(secret, finding('ConsumerNotTagged', { ...of, serviceArn: arn, tag }))];
      });
  });
}

/** Secrets that others label so often that a delivery may find no room for its own labels. */
function crowded({ certificates, secrets }: Inventory): readonly Note[] {
  const frozen = pausedSecrets(certificates);
  return [...secrets].flatMap(([secret, seen]) => {
    if (frozen.has(secret) || seen.state !== 'present') return [];
    if (!isCrowded(seen.versions) || ourVersions(seen.versions).length === 0) return [];
    const found = finding('LabelsNearLimit', { secret, ...labelsOf(seen.versions) });
    // Not by the labels: that would be a word for each more.
    return [
      { finding: found, name: secret, owner: undefined, ...remember(found, { secret, seen, mark: found.reason }) },
    ];
  });
}

/** The same where there is no room to remember it: in the hour in which the secret was changed last. */
function crowdedAnew({ certificates, secrets }: Inventory, interval: Interval): readonly Note[] {
  const full = [...secrets].filter(
    ([, seen]) => seen.state === 'present' && roomToTell(seen.versions) === 0 && isIn(seen.changedAt, interval),
  );
  return crowded({ certificates, secrets: new Map(full), services: [] }).flatMap(({ memory, ...note }) => {
    const seen = secrets.get(note.name);
    const isTold = memory && seen?.state === 'present' && holderOf(seen.versions, memory.label) !== undefined;
    return isTold ? [] : [note];
  });
}

/** Private certificates whose next renewal would outlive its authority: ACM will not be able to renew them. */
function outlived({ certificates, secrets, authorities }: Inventory, { now }: Policy): readonly Note[] {
  return certificates.flatMap((certificate) => {
    const { arn, name, type, status, notAfter, eligible, issuedBy = '' } = certificate;
    const authority = authorities?.get(issuedBy);
    const [delivery] = readWishes(certificate.tags).deliveries;
    const seen = delivery && secrets.get(delivery.secret);
    if (type !== 'private' || status !== 'issued' || notAfter === undefined || authority?.notAfter === undefined)
      return [];
    if (!delivery || seen?.state !== 'present' || isPaused(certificate.tags)) return [];
    const lifetime = lifetimeDays(certificate);
    const nextEnd = notAfter + (lifetime - windowDays(type, lifetime)) * day;
    if (nextEnd <= authority.notAfter) return [];
    const found = finding('AuthorityEndsTooSoon', {
      name,
      certificateArn: arn,
      daysLeft: daysLeft(certificate, now),
      urgency: 'warning',
      authority: authority.arn,
      eligible,
      ends: dateOf(authority.notAfter),
      lifetimeDays: lifetime,
    });
    const mark = `${found.reason} ${authority.arn} ${authority.notAfter}`;
    return [
      {
        finding: found,
        name,
        certificate,
        owner: certificate.tags['courier:owner'],
        ...remember(found, { secret: delivery.secret, seen, mark }),
      },
    ];
  });
}

/** Certificates that ACM renewed while they are paused: said some days after, never written down. */
function pausedForLong({ certificates, secrets }: Inventory, interval: Interval): readonly Note[] {
  return certificates.flatMap((certificate) => {
    const { arn, name, tags, serial, notBefore } = certificate;
    const days =
      isPaused(tags) && notBefore !== undefined
        ? longPauses.find((one) => isIn(notBefore + one * day, interval))
        : undefined;
    if (days === undefined) return [];
    return readWishes(tags).deliveries.flatMap(({ secret }) => {
      const seen = secrets.get(secret);
      const current = seen?.state === 'present' ? readVersionId(holderOf(seen.versions, label.current) ?? '') : null;
      if (!current || current.serial === serial) return [];
      const found = finding('PausedForLong', {
        name,
        certificateArn: arn,
        secret,
        days,
        ends: dateOf(current.notAfter),
      });
      return [{ finding: found, name, certificate, owner: tags['courier:owner'] }];
    });
  });
}

/** Services that have been on the certificate before for days because they are paused. */
function longPausedServices(differences: readonly Difference[], interval: Interval): readonly Note[] {
  return differences.flatMap((one) => {
    if (one.is !== 'waiting' || one.because !== 'service paused' || one.since === undefined) return [];
    const { since, certificate, secret = '' } = one;
    if (!longPauses.some((days) => isIn(since + days * day, interval))) return [];
    const { name, arn: certificateArn, tags } = certificate;
    return (one.services ?? []).map((service) => {
      const found = finding('ServicePaused', { name, certificateArn, secret, ...namesIn(service) });
      return { finding: found, name, certificate, owner: tags['courier:owner'] };
    });
  });
}

/**
 * Secrets that somebody deleted and a certificate is to be delivered to. One that ACM has renewed since was told of by
 * whoever tried to deliver it.
 */
function deleted(differences: readonly Difference[], { inventory, interval }: Passing): readonly Note[] {
  return differences.flatMap((one) => {
    if (one.is !== 'refused' || one.finding.reason !== 'SecretPendingDeletion') return [];
    const { certificate, secret = '' } = one;
    const seen = inventory.secrets.get(secret);
    if (seen?.state !== 'deleting' || seen.since === undefined || !isIn(seen.since, interval)) return [];
    const holds = seen.held?.some((id) => readVersionId(id)?.serial === certificate.serial);
    return holds ? [{ finding: one.finding, name: certificate.name, certificate, owner: ownerOf([certificate]) }] : [];
  });
}

/** Events tell of these themselves, and of what has ended. */
const toldByEvents: readonly ReasonCode[] = ['CertificateNotIssued', 'SecretPendingDeletion'];

/** What cannot be delivered as things are: put by hand, or tagged otherwise, and no event said so. */
function refused(differences: readonly Difference[], inventory: Inventory): readonly Note[] {
  return differences.flatMap((one) => {
    if (one.is !== 'refused' || toldByEvents.includes(one.finding.reason)) return [];
    const { certificate, finding: found } = one;
    if (certificate.status !== 'issued' && certificate.status !== 'pending') return [];
    const memory = memoryNear(one, found, inventory);
    const owner = ownerOf([certificate]);
    return [{ finding: found, name: certificate.name, certificate, owner, ...(memory && { memory }) }];
  });
}

/** In its own secret; where that is not there, in another that its tag names, or that holds the certificate. */
function memoryNear({ certificate, secret }: Difference, found: Finding, { certificates, secrets }: Inventory) {
  const own = secret !== undefined && secrets.has(secret) ? [secret] : undefined;
  const named = own ?? namedSecrets(certificate.tags).filter((name) => secrets.has(name));
  const names = named.length > 0 ? named : [...secrets.keys()].filter((name) => holds(secrets.get(name), certificate));
  const frozen = pausedSecrets(certificates);
  for (const name of names) {
    const seen = secrets.get(name);
    const memory = seen?.state === 'present' && !frozen.has(name) && memoryOf(found, { secret: name, seen });
    if (memory) return memory;
  }
  return undefined;
}

const holds = (seen: Secret | undefined, { serial }: ListedCertificate) =>
  seen?.state === 'present' && ourVersions(seen.versions).some((one) => one.holds.serial === serial);

/** Services that came to a delivered secret later, and that nothing of ours restarts. */
function left(differences: readonly Difference[], { secrets, services }: Inventory): readonly Note[] {
  const known = new Map(services.map((one) => [one.arn, one]));
  return differences.flatMap((one) => {
    const { certificate, secret = '' } = one;
    const seen = secrets.get(secret);
    if (one.is !== 'left' || seen?.state !== 'present') return [];
    return one.services.map((arn) => {
      const { tags = {}, state } = known.get(arn) ?? {};
      const of = { name: certificate.name, certificateArn: certificate.arn, secret, ...namesIn(arn) };
      const found =
        one.because === 'service paused'
          ? finding('ServicePaused', of)
          : finding('NotRestartable', { ...of, controller: state?.controller ?? 'EXTERNAL' });
      const owner = tags['courier:owner'] ?? ownerOf([certificate]);
      return {
        finding: found,
        name: certificate.name,
        certificate,
        owner,
        doubtful: arn,
        ...remember(found, { secret, seen }),
      };
    });
  });
}

/**
 * Delivered secrets that no service is known to read, where all were searched: a tag was forgotten, or the reader is gone.
 * Only a digest has looked everywhere. It is sent for it once, in the week after the first day, for who reads by other
 * means is nobody's mistake; in others it stands.
 */
function unread(
  { certificates, secrets, services, readers = [], everywhere }: Inventory,
  { now }: Policy,
): readonly Note[] {
  if (!everywhere) return [];
  const consumers = consumersOf({ services });
  const read = new Set(readers.flatMap(({ readings }) => readings.map(({ secret }) => secret)));
  return certificates.flatMap((certificate) => {
    const { arn: certificateArn, name, tags } = certificate;
    if (isPaused(tags) || isReadElsewhere(tags)) return [];
    return readWishes(tags).deliveries.flatMap(({ format, secret }) => {
      const isRead = format === 'kafka' || consumers.has(secret) || read.has(secret);
      const age = now - (deliveredSince(secrets.get(secret)) ?? now);
      if (isRead || age < day) return [];
      const found = finding('SecretWithoutConsumer', { name, certificateArn, secret });
      return [{ finding: found, name, certificate, owner: ownerOf([certificate]), isOld: age >= 8 * day }];
    });
  });
}

function deliveredSince(seen: Secret | undefined): number | undefined {
  const current = seen?.state === 'present' ? holderOf(seen.versions, label.current) : undefined;
  if (seen?.state !== 'present' || current === undefined || !hasLabel(seen.versions, current, label.delivered))
    return undefined;
  return sinceOf(seen.versions, current) ?? seen.changedAt;
}

type Passing = { readonly inventory: Inventory; readonly interval: Interval };

const wishedSecrets = (certificates: readonly ListedCertificate[]): ReadonlySet<string> =>
  new Set(
    certificates.flatMap(({ tags }) =>
      tags['courier:secret'] ? readWishes(tags).deliveries.map(({ secret }) => secret) : [],
    ),
  );

/** What a paused certificate would be delivered to: nothing is written there, not even a label. */
const pausedSecrets = (certificates: readonly ListedCertificate[]) =>
  wishedSecrets(certificates.filter(({ tags }) => isPaused(tags)));

const isIn = (time: number, { after, until }: Interval) => after < time && time <= until;

const remember = (found: Finding, of: { secret: string; seen: PresentSecret; mark?: string }) => {
  const memory = memoryOf(found, of);
  return memory ? { memory } : {};
};

const ownerOf = (tagged: readonly { readonly tags: Tags }[]) =>
  tagged.map(({ tags }) => tags['courier:owner']).find(Boolean);
const shown = ({ arn }: Service) => shownService(arn);
const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
