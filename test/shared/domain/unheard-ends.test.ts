import { expect, it } from 'vitest';
import type { ListedCertificate } from '../../../shared/domain/certificate.ts';
import { unheardEnds } from '../../../shared/domain/unheard-ends.ts';
import { arn, day, listed, now } from './sample.ts';

const hour = 3600;
const imported = { type: 'imported', origin: 'customer', eligible: false } as const;

/** What a sweep at `now`, or seconds before it, finds unheard of a certificate of 395 days that ends in so many. */
const found = (other: Partial<ListedCertificate>, { ends, at = now }: { ends: number; at?: number }) =>
  unheardEnds([listed({ notBefore: ends - 395 * day, notAfter: ends, ...other })], { after: at - hour, until: at });

const expired = { certificateArn: arn, name: 'api.example.com', about: 'expired', days: 0 };

it.each([
  ['an end, a day later', {}, now - day],
  ['an end that ACM shows', { status: 'expired' }, now - day],
  ['an end, up to the next sweep', {}, now - day - hour + 1],
] as const)('is to be told of: %s', (_, other, ends) => {
  expect(found(other, { ends })).toEqual([{ ...expired, since: ends }]);
});

it('the end of what was imported is told of at once: ACM sends no event of it', () => {
  expect(found(imported, { ends: now })).toEqual([expired]);
  expect(found(imported, { ends: now + 1 })).toEqual([]);
  expect(found(imported, { ends: now - hour })).toEqual([]);
});

it.each([
  ['an end that is newer: its event may be on the way', {}, now - day + 1],
  ['an end that the sweep before has answered for', {}, now - day - hour],
  ['the end of what was revoked', { status: 'revoked' }, now - day],
  ['a day before the end of what ACM renews', {}, now + 29 * day],
] as const)('is left alone: %s', (_, other, ends) => {
  expect(found(other, { ends })).toEqual([]);
});

/** ACM tells of public ones from 30 days before on. */
const publicDays = [3, 7, 15, 30];

it.each([
  ['was imported', imported],
  ['is left to an ACME client', { type: 'public', origin: 'acme' }],
  ['nobody exports or uses', { eligible: false, inUse: false }],
] as const)('of what %s each day of warnings is to be told of, once it is over', (_, other) => {
  const days = Array.from({ length: 60 * 24 }, (_, hours) => now + 1 + hours * hour);
  const told = days.flatMap((ends) => found(other, { ends }).map((one) => ({ ...one, ends })));
  expect(told.map((one) => one.days)).toEqual(
    'type' in other && other.type === 'public' ? publicDays : [...publicDays, 45],
  );
  for (const one of told) {
    expect(one).toMatchObject({ about: 'expiring', since: one.ends - (one.days + 1) * day });
    // Of the hours after that day the first.
    expect(Math.floor((one.ends - now) / hour) + 1).toBe((one.days - 1) * 24);
  }
});
