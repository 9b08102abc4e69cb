import type { ListedCertificate, Tags } from './certificate.ts';
import { consumedBy, type Difference, type Inventory } from './inventory.ts';
import { page, section, shortened, subjectLine } from './layout.ts';
import type { Note } from './noteworthy.ts';
import { type Notice, todo } from './notice.ts';
import { printable } from './printable.ts';
import { count } from './reason.ts';
import { anchorOf, finding, headlineOf, sentenceOf, severityOf } from './reasons.ts';
import { holderOf } from './secret.ts';
import { shownService } from './service-arn.ts';
import type { Place } from './shell.ts';
import { daysUntil, lifetimeDays } from './warning-days.ts';
import { isPaused } from './wish.ts';

export type Findings = {
  readonly inventory: Inventory;
  readonly differences: readonly Difference[];
  /** What else stands, be it told before or not. */
  readonly notes?: readonly Note[];
};

type Policy = { readonly notices: 'tagged' | 'all'; readonly now: number; readonly place: Place };

/** One thing to say, in the section of its kind, to its owner. */
type Entry = Row & {
  readonly kind: keyof typeof titles;
  readonly owner: string | undefined;
  /** No digest is sent for it alone. */
  readonly isOld?: boolean;
};

/** `days` until the certificate ends, negative after; absent for a service, and for a certificate without an end. */
type Row = { readonly days?: number; readonly name: string; readonly why: string };

const titles = {
  ending: 'Will not renew by itself',
  found: 'Found by the sweep',
  waiting: 'Paused, or stopped until a person acts',
  unowned: 'Tagged for delivery, without an owner',
} as const;

const day = 86_400;
/** Of each kind; whoever has more has another way to list them. */
const mostRows = 50;
/** A line of a section: 72 columns without its margin. */
const lineColumns = 70;
const nameColumns = 32;

/**
 * The mails of a week, one for each owner who has something to do and one for what has no owner; none where all is well.
 * What ACM renews and acm-courier delivers by itself is not in them.
 */
export function digestsOf(found: Findings, policy: Policy): readonly Notice[] {
  const lasting = ending(found, policy);
  // What keeps a certificate from its renewal is said there.
  const isSaid = (one: Entry) =>
    lasting.some(({ name, why, owner }) => name === one.name && why === one.why && owner === one.owner);
  const said = (found.notes ?? []).filter((note) => isSure(note, found)).flatMap((note) => noteEntry(note, policy));
  const others = [...waiting(found, policy), ...unowned(found, policy)];
  const entries = [...lasting, ...said.filter((one) => !isSaid(one)), ...others];
  return [...Map.groupBy(entries, ({ owner }) => owner)]
    .filter(([, own]) => own.some(({ isOld }) => !isOld))
    .map(([owner, own]) => compose(own, { owner, ...policy }));
}

/** Of what ECS was to be asked first, only what people were told of, once it was. */
const isSure = ({ doubtful, memory }: Note, { inventory: { secrets } }: Findings) => {
  const seen = memory && secrets.get(memory.secret);
  return !doubtful || (seen?.state === 'present' && holderOf(seen.versions, memory?.label ?? '') !== undefined);
};

/** In place of more notices of one run than anybody reads. */
export const notesDigest = (notes: readonly Note[], policy: Policy & { readonly owner: string | undefined }): Notice =>
  compose(
    notes.flatMap((note) => noteEntry(note, policy)),
    policy,
  );

const noteEntry = (
  { finding: found, name, certificate, owner, isOld = false }: Note,
  { now }: Pick<Policy, 'now'>,
): readonly Entry[] => {
  const notAfter = certificate?.notAfter;
  const days = notAfter === undefined ? {} : { days: daysUntil(notAfter, now) };
  return [{ kind: 'found', owner, name, why: headlineOf(found), ...days, isOld }];
};

/** Certificates of which nobody may expect that ACM renews them. */
function ending({ inventory, differences }: Findings, { notices, now }: Policy): readonly Entry[] {
  const { certificates } = inventory;
  const byArn = Map.groupBy(differences, ({ certificate }) => certificate.arn);
  return certificates.flatMap((certificate) => {
    if (notices === 'tagged' && !isOurs(certificate.tags)) return [];
    const of = { differences: byArn.get(certificate.arn) ?? [], certificates, now };
    const why = isServed(certificate) ? whyNotRenewed(certificate, of) : undefined;
    return why ? [entry('ending', certificate, { why, now })] : [];
  });
}

/** Somebody may be served by it; what ended unused is history. */
const isServed = ({ status, inUse, tags }: ListedCertificate) =>
  status === 'issued' || (status === 'expired' && (inUse || isOurs(tags)));

type Around = {
  readonly differences: readonly Difference[];
  readonly certificates: readonly ListedCertificate[];
  readonly now: number;
};

/** Ordered: the first that holds says most. Undefined where ACM renews it, or it is too early to say. */
function whyNotRenewed(certificate: ListedCertificate, { differences, certificates, now }: Around) {
  const { renewal, eligible, inUse, type, origin } = certificate;
  if (certificate.status === 'expired') return 'has ended';
  if (renewal?.status === 'failed') return 'renewal failed';
  if (renewal?.status === 'validating') return 'renewal waits for validation';
  const [refused] = differences.flatMap((one) => (one.is === 'refused' ? [headlineOf(one.finding)] : []));
  if (refused && !eligible) return refused;
  if (differences.some(({ is }) => is === 'unarmed')) return 'not exported since its renewal';
  if (!isNear(certificate, now) || isReplaced(certificate, certificates)) return undefined;
  if (origin === 'acme') return 'left to its ACME client';
  if (type === 'imported') return 'was imported';
  return eligible || inUse ? undefined : 'neither exported nor in use';
}

/** Sixty days, or a third of a short life: when ACM would have begun to renew it. */
const isNear = (certificate: ListedCertificate, now: number) =>
  certificate.notAfter !== undefined && certificate.notAfter - now <= Math.min(60, lifetimeDays(certificate) / 3) * day;

/** Nothing uses it, and another one of its name ends later: ACME clients and imports by hand leave such behind. */
const isReplaced = ({ arn, name, inUse, tags, notAfter = 0 }: ListedCertificate, all: Around['certificates']) =>
  !inUse &&
  !isOurs(tags) &&
  all.some((other) => other.arn !== arn && other.name === name && isServed(other) && (other.notAfter ?? 0) > notAfter);

function waiting({ inventory, differences }: Findings, { now }: Policy): readonly Entry[] {
  const certificates = differences.flatMap((one) =>
    one.is === 'waiting' && one.because !== 'service paused'
      ? [entry('waiting', one.certificate, { why: whyWaiting[one.because], now })]
      : [],
  );
  const services = inventory.services.filter((one) => consumedBy(one).length > 0 && isPaused(one.tags));
  return [...certificates, ...services.map((one) => serviceEntry('waiting', one, whyWaiting.paused))];
}

const whyWaiting = {
  paused: 'tagged courier:pause',
  held: 'its new version is held back',
  stopped: 'its rollout was stopped',
  rejected: 'was rolled back',
} as const;

/** An account in which nobody is named an owner does without, and is not asked for one. */
function unowned({ inventory }: Findings, { now }: Policy): readonly Entry[] {
  const { certificates, services } = inventory;
  const isUnowned = ({ tags }: { tags: Tags }) => isOurs(tags) && !tags['courier:owner'];
  if (![...certificates, ...services].some(({ tags }) => tags['courier:owner'])) return [];
  const why = 'no tag courier:owner';
  return [
    ...certificates.filter(isUnowned).map((one) => entry('unowned', one, { why, now })),
    ...services.filter(isUnowned).map((one) => serviceEntry('unowned', one, why)),
  ];
}

const isOurs = (tags: Tags) => tags['courier:secret'] !== undefined;

const entry = (
  kind: Entry['kind'],
  { name, notAfter, tags }: ListedCertificate,
  { why, now }: { readonly why: string; readonly now: number },
): Entry => ({
  kind,
  owner: tags['courier:owner'],
  name,
  why,
  ...(notAfter !== undefined && { days: daysUntil(notAfter, now) }),
});

/** Named as the console does, `cluster/service`. */
const serviceEntry = (kind: Entry['kind'], { arn, tags }: Inventory['services'][number], why: string): Entry => ({
  kind,
  owner: tags['courier:owner'],
  name: shownService(arn),
  why,
});

function compose(
  entries: readonly Entry[],
  { owner, place }: Pick<Policy, 'place'> & { readonly owner: string | undefined },
): Notice {
  const { ending = [], found = [], waiting = [], unowned = [] } = Object.groupBy(entries, ({ kind }) => kind);
  const said = finding('Digest', {
    ending: ending.length,
    found: found.length,
    waiting: waiting.length,
    unowned: unowned.length,
  });
  const name = owner ? `weekly digest for ${owner}` : 'weekly digest';
  const links = [`Runbook: ${place.runbook}#${anchorOf(said.reason)}`];
  return {
    subject: subjectLine(severityOf(said), { name, headline: headlineOf(said) }),
    body: page([
      section('What happened', [sentenceOf(said)]),
      table(titles.ending, ending),
      table(titles.found, found),
      table(titles.waiting, waiting),
      table(titles.unowned, unowned),
      todo([said], place),
      section('Where to look', [], [...links, `Account: ${place.account}, ${place.region}`]),
    ]),
    links,
    attributes: { severity: severityOf(said), reason: said.reason, ...(owner && { owner }) },
  };
}

/** The soonest to end first, then what has no end; empty without rows. */
function table(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const sorted = rows.toSorted((a, b) => (a.days ?? Infinity) - (b.days ?? Infinity));
  const width = Math.min(nameColumns, Math.max(...rows.map(({ name }) => name.length)));
  const left = rows.length - mostRows;
  const lines = [
    ...sorted.slice(0, mostRows).map((row) => line(row, width)),
    ...(left > 0 ? [`And ${left} more.`] : []),
  ];
  return section(title, [], lines);
}

/** `  12 days  api.example.com   was imported`. */
function line({ days, name, why }: Row, width: number): string {
  const start = `${(days === undefined ? '' : count(days, 'day')).padStart(9)}  ${shortened(printable(name), width).padEnd(width)}  `;
  return `${start}${shortened(why, lineColumns - start.length)}`;
}
