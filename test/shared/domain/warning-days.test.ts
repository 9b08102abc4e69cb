import { describe, expect, it } from 'vitest';
import type { Certificate, Renewal } from '../../../shared/domain/certificate.ts';
import {
  daysLeft,
  hasJustFailed,
  isDue,
  isNearEnd,
  isOverdue,
  lifetimeDays,
  unseenDays,
  warnedWithin,
  warningDays,
  windowDays,
} from '../../../shared/domain/warning-days.ts';
import { but, day, now } from './sample.ts';

type Type = Certificate['type'];

const ending = (type: Type, lifetime: number, secondsLeft: number, renewal?: Renewal) =>
  but({
    type,
    notBefore: now + secondsLeft - lifetime * day,
    notAfter: now + secondsLeft,
    renewal: renewal ?? { status: 'pending', updatedAt: 0 },
  });

/** ACM's events from the first day to the last, as they come: once a day, some seconds after the full day. */
const spoken = (type: Type, lifetime: number, first = 45): readonly number[] =>
  Array.from({ length: Math.min(first, lifetime) }, (_, index) => Math.min(first, lifetime) - index).filter((days) =>
    isDue(ending(type, lifetime, days * day - 1800), { days, now }),
  );

describe('the days on which an end is spoken of', () => {
  it.each([
    [395, [45, 30, 15, 7, 3, 1]],
    [198, [45, 30, 15, 7, 3, 1]],
    [100, [33, 16, 8, 4, 2, 1]],
    [47, [15, 7, 3, 1]],
    [7, [2, 1]],
    [1, [1]],
  ])('of %i days are %j', (lifetime, days) => expect(warningDays(lifetime)).toEqual(days));

  it.each([
    ['private', 395, [45, 30, 15, 7, 3, 1]],
    ['imported', 395, [45, 30, 15, 7, 3, 1]],
    ['imported', 7, [2, 1]],
    ['public', 395, [30, 15, 7, 3, 1]],
    ['public', 198, [30, 15, 7, 3, 1]],
    ['public', 100, [30, 16, 8, 4, 2, 1]],
    ['public', 47, [15, 7, 3, 1]],
  ] as const)('of a %s certificate of %i days come in a daily series as %j', (type, lifetime, days) => {
    expect(spoken(type, lifetime)).toEqual(days);
    expect(days.length).toBeGreaterThanOrEqual(2);
    expect(days.length).toBeLessThanOrEqual(6);
  });

  it('are the same for public certificates whose events begin at 30 days', () => {
    for (const lifetime of [395, 198, 100, 47])
      expect(spoken('public', lifetime, 30)).toEqual(spoken('public', lifetime));
  });
});

describe('an event that a certificate ends', () => {
  const at15 = ending('private', 395, 15 * day);
  it.each([
    ['is due at a threshold', at15, 15, true],
    ['is not due a day before or after it', at15, 16, false],
    ['is due where its days are a fraction, of a day that has begun', at15, 14.98, true],
    ['is due however late it comes', ending('private', 395, 2 * day), 15, true],
    ['is not due when the certificate was renewed since', ending('private', 395, 395 * day), 15, false],
    ['is due two days early, as days are rounded', ending('private', 395, 17 * day), 15, true],
    ['is not due a second earlier', ending('private', 395, 17 * day + 1), 15, false],
    ['is not due on a day on which an attempt failed', tried(15, 'failed', 0.4 * day), 15, false],
    ['is due a day after an attempt failed', tried(15, 'failed', day), 15, true],
    ['is not due while a fresh attempt waits for validation', tried(15, 'validating'), 15, false],
    ['is due while ACM is at it', tried(15, 'pending'), 15, true],
    ['is due on the day of an attempt of which ACM says nothing', tried(16, 'failed', 0, 100), 16, true],
    ['is due on day 7, on which ACM announces nothing, whatever was tried', tried(7), 7, true],
    ['is not due on the last day when an attempt failed, which is announced', tried(1), 1, false],
  ] as const)('%s', (_, certificate, days, due) => expect(isDue(certificate, { days, now })).toBe(due));

  it('is left to the attempt of that day wherever ACM announces it', () => {
    expect(isDue(tried(45), { days: 45, now })).toBe(false);
    expect(isDue(tried(30), { days: 30, now })).toBe(false);
    expect(isDue(tried(3), { days: 3, now })).toBe(false);
    expect(isDue({ ...tried(30), type: 'public' }, { days: 30, now })).toBe(false);
  });

  function tried(left: number, status: Renewal['status'] = 'failed', ago = 0, lifetime = 395) {
    return ending('private', lifetime, left * day, { status, updatedAt: now - ago });
  }
});

describe('a renewal', () => {
  it.each([
    ['private', 395, 60, 40],
    ['public', 395, 45, 30],
    ['public', 198, 45, 30],
    ['public', 100, 33, 22],
    ['public', 47, 15, 10],
    ['private', 7, 2, 4 / 3],
  ] as const)(
    'of a %s certificate of %i days begins at %i and is overdue below %d',
    (type, lifetime, begins, overdue) => {
      expect(windowDays(type, lifetime)).toBe(begins);
      expect(isOverdue(ending(type, lifetime, overdue * day), now)).toBe(false);
      expect(isOverdue(ending(type, lifetime, overdue * day - 1), now)).toBe(true);
    },
  );

  it('is never overdue of a certificate that has no end yet', () => {
    const { notAfter: _, ...endless } = but({});
    expect(isOverdue(endless, now)).toBe(false);
  });

  it('has just failed until a day has passed, and only if it did not succeed', () => {
    const tried = (status: Renewal['status'], ago: number) =>
      hasJustFailed(but({ renewal: { status, updatedAt: now - ago } }), now);
    expect([tried('failed', day - 1), tried('failed', day), tried('succeeded', 0)]).toEqual([true, false, false]);
  });
});

describe('a warning of the end before', () => {
  it.each([
    ['may have gone out within days where a private one was mailed about', 'private', 395, 45, 17],
    ['may be a hint from the first attempt on', 'private', 395, 59, 3],
    ['was not due where ACM renewed a private one at once', 'private', 395, 60, null],
    ['may have gone out where a public one was mailed about', 'public', 198, 30, 17],
    ['was not due where ACM renewed a public one at once', 'public', 198, 45, null],
    ['was not due where ACM renewed a short one at once', 'public', 47, 15, null],
    ['may have gone out where a short one came a day late', 'public', 47, 14, 3],
    ['may have gone out where an imported one was mailed about the day before', 'imported', 47, 46, 3],
    ['may be of the longer life that an imported one had before', 'imported', 47, 29, 20],
    ['was not due where a new one was imported early', 'imported', 395, 47, null],
    ['may be old where a certificate of a week was imported on its last day', 'imported', 7, 1, 48],
  ] as const)('%s', (_, type, lifetime, daysBefore, days) =>
    expect(warnedWithin({ type, lifetimeDays: lifetime, daysBefore })).toBe(days),
  );
});

describe('a certificate that was just renewed or imported', () => {
  it.each([
    ['is to be warned of where it has expired', but({ status: 'expired' }), true],
    ['is to be warned of where it was revoked', but({ status: 'revoked' }), true],
    ['is to be warned of where it ends at its first threshold', ending('imported', 395, 45 * day), true],
    ['is good where it ends a second later', ending('imported', 395, 45 * day + 1), false],
    ['is to be warned of where it ended meanwhile', ending('imported', 395, -1), true],
    ['is good where it lives for days only', ending('imported', 7, 6 * day), false],
    ['is good for half of a single day', ending('imported', 1, day / 2), false],
  ] as const)('%s', (_, certificate, near) => expect(isNearEnd(certificate, now)).toBe(near));
});

it('a certificate that cannot be looked at is spoken of on the last days of any lifetime', () => {
  const last = [395, 198, 100, 47, 7].flatMap((lifetime) =>
    warningDays(lifetime).filter((days) => days <= 3 || days === 7),
  );
  for (const days of last) expect(unseenDays).toContain(days);
});

describe('a certificate’s days', () => {
  it.each([
    ['count whole', 2 * day, 2],
    ['count one that has begun', 45 * day - 1, 45],
    ['count the one before the last', day + 1, 2],
    ['are one with a day to go', day, 1],
    ['are none on the last one', day - 1, 0],
    ['are none after the end', -day, 0],
  ])('%s', (_, left, days) => expect(daysLeft(ending('private', 395, left), now)).toBe(days));

  it.each([
    ['from beginning to end', { notBefore: now - 3600, notAfter: now + 198 * day }, 198],
    ['as ACM issues public ones where it does not say', { type: 'public', notBefore: undefined }, 198],
    ['as ACM issues private ones where it does not say', { type: 'private', notBefore: undefined }, 395],
    ['as one at least', { notBefore: now, notAfter: now + 60 }, 1],
  ] as const)('are counted %s', (_, { notBefore, ...other }, days) => {
    expect(lifetimeDays(but({ ...other, ...(notBefore !== undefined && { notBefore }) }))).toBe(days);
  });
});
