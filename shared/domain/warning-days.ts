import type { Certificate } from './certificate.ts';

const day = 86_400;

/** The days before an end on which to speak, and the share of the lifetime that each may be at most. */
const steps = [
  { days: 45, share: 3 },
  { days: 30, share: 6 },
  { days: 15, share: 12 },
  { days: 7, share: 24 },
  { days: 3, share: 48 },
  { days: 1, share: 96 },
] as const;

/** A short-lived certificate is warned of in days that are shorter too: 395 days 45, 30, 15, 7, 3, 1; 47 days 15, 7, 3, 1. */
export const warningDays = (lifetimeDays: number): readonly number[] =>
  distinct(steps.map(({ days, share }) => Math.max(1, Math.min(days, Math.floor(lifetimeDays / share)))));

/** Who and what a certificate is, as far as its days are concerned. */
export type Span = Pick<Certificate, 'type' | 'notBefore' | 'notAfter'>;

/** Days from its beginning to its end; what ACM issues today where it does not say. */
export function lifetimeDays({ type, notBefore, notAfter }: Span): number {
  if (notBefore !== undefined && notAfter !== undefined) return Math.max(1, Math.round((notAfter - notBefore) / day));
  return type === 'public' ? 198 : 395;
}

/**
 * Days from `now` to `end`, both in epoch seconds; negative after it. A day that has begun counts whole, so that what ACM's
 * event of 45 days tells of has 45 days left whenever it is handled on that day; of the last day nothing does.
 */
export function daysUntil(end: number, now: number): number {
  const left = (end - now) / day;
  return left < 1 ? Math.floor(left) : Math.ceil(left);
}

/** Days until the end, 0 on the last one and after it; `now` in epoch seconds. */
export const daysLeft = ({ notAfter }: Pick<Span, 'notAfter'>, now: number): number =>
  Math.max(0, daysUntil(notAfter ?? now, now));

/**
 * The days on which ACM's daily events are spoken of. They begin 45 days before the end; for public certificates some of
 * AWS's pages say 30, so that nothing is hung on an earlier one that may never come.
 */
export const spokenDays = (type: Certificate['type'], lifetime: number): readonly number[] =>
  distinct(warningDays(lifetime).map((days) => Math.min(days, type === 'public' ? 30 : 45)));

/**
 * Whether ACM's event that a certificate ends in `days` is to be spoken of: the first of the daily events at or below a
 * threshold (a day that has begun is counted whole), however late it comes, of a certificate that has not been renewed
 * since, on a day on which no attempt at renewing it speaks for itself.
 */
export const isDue = (certificate: Certificate, { days, now }: { readonly days: number; readonly now: number }) =>
  spokenDays(certificate.type, lifetimeDays(certificate)).includes(Math.ceil(days)) &&
  stillEndsIn(certificate, { days, now }) &&
  !speaksForItself(certificate, now);

/** An event is tried for a day, and its days are rounded: what ends later than that was renewed. */
export const stillEndsIn = (certificate: Span, { days, now }: { readonly days: number; readonly now: number }) =>
  certificate.notAfter !== undefined && certificate.notAfter - now <= (days + 2) * day;

/**
 * Days before the end on which ACM tells of an attempt that failed: of others it says nothing (ACM User Guide, "Amazon
 * EventBridge support for ACM", ACM Certificate Renewal Action Required). Public ones begin with the second.
 */
const announcedDays: readonly number[] = [45, 30, 15, 3, 1];

const speaksForItself = (certificate: Certificate, now: number): boolean =>
  hasJustFailed(certificate, now) &&
  announcedDays
    .slice(certificate.type === 'public' ? 1 : 0)
    .includes(Math.round(((certificate.notAfter ?? 0) - (certificate.renewal?.updatedAt ?? 0)) / day));

/** Whether ACM tried within the last 24 hours and could not. */
export const hasJustFailed = ({ renewal }: Certificate, now: number): boolean =>
  (renewal?.status === 'failed' || renewal?.status === 'validating') && now - renewal.updatedAt < day;

/** How many days before the end ACM begins to renew: 60 of a private certificate, 45 of a public one, a third at most. */
export const windowDays = (type: Certificate['type'], lifetime: number): number =>
  Math.min(type === 'private' ? 60 : 45, Math.floor(lifetime / 3));

/** Whether ACM should have renewed it by now: more than a third of the days that it takes for it have passed. */
export const isOverdue = (certificate: Certificate, now: number): boolean =>
  certificate.notAfter !== undefined &&
  3 * (certificate.notAfter - now) < 2 * day * windowDays(certificate.type, lifetimeDays(certificate));

/**
 * Days within which people must have been warned, if they were, of an end that was `daysBefore` days away when ACM last
 * measured it; null where it was too early for a warning. ACM measures up to half a day before the certificate is renewed
 * or imported anew, in whole days, and hints come as soon as it begins to renew. The days of an imported certificate are
 * counted by the longest lifetime: that of the one that was replaced is not known any more.
 */
export function warnedWithin({
  type,
  lifetimeDays: lifetime,
  daysBefore,
}: {
  readonly type: Certificate['type'];
  readonly lifetimeDays: number;
  readonly daysBefore: number;
}): number | null {
  const first = type === 'imported' ? steps[0].days + 2 : windowDays(type, lifetime);
  return daysBefore < first ? first - daysBefore + 2 : null;
}

/** Whether a certificate was issued or imported so close to its end that this one is to be warned of at once. */
export const isNearEnd = (certificate: Certificate, now: number): boolean =>
  certificate.status === 'expired' || certificate.status === 'revoked' || isShort(certificate, now);

function isShort(certificate: Certificate, now: number): boolean {
  const lifetime = lifetimeDays(certificate);
  const left = (certificate.notAfter ?? now + lifetime * day) - now;
  // Of a few days' certificate every day is one of the last.
  return left <= (spokenDays(certificate.type, lifetime)[0] ?? 0) * day && 2 * left < lifetime * day;
}

/** Days on which an end is told of where the certificate cannot be looked at, and its lifetime is not known. */
export const unseenDays: readonly number[] = [45, 30, 15, 7, 3, 2, 1];

const distinct = (days: readonly number[]) => [...new Set(days)];
