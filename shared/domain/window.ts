/**
 * When a service may be restarted, as its tag `courier:window` says it (docs/windows.md). Minutes count from midnight
 * on the clock of the zone; `to` is more than a day's where the opening ends on the day after.
 */
export type Opening = {
  /** On which it begins, 0 is Sunday. */
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly zone: string;
};
export type Window = readonly Opening[];

/** The word that cannot be carried out, and what could be. */
export type BadWindow = { readonly wrong: string; readonly accepted: string };

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const accepted = {
  all: 'weekdays, times and a time zone, as in "Mon-Thu 09:00-16:00 Europe/Berlin + Sat 02:00-04:00 UTC"',
  day: 'Mon, Tue, Wed, Thu, Fri, Sat or Sun, or a range of two different ones as in Fri-Mon',
  time: 'HH:MM-HH:MM, from 00:00 to 24:00, whose end is not its beginning',
  zone: 'a time zone of the IANA database, as in Europe/Berlin or UTC',
} as const;

/**
 * `Mon-Thu 09:00-16:00 Europe/Berlin + Sat 02:00-04:00 UTC`: openings joined by ` + `, each of weekdays, then times, then
 * the zone. What this reads opens every week; all that would never open is wrong.
 */
export function readWindow(text: string): Window | BadWindow {
  const openings = text.split(/(?<=^|\s)\+(?=\s|$)/).map((opening) => opening.trim());
  if (openings.includes('')) return { wrong: text, accepted: accepted.all };
  const read = openings.map(readOpenings);
  return read.find((one): one is BadWindow => 'wrong' in one) ?? read.flatMap((one) => ('wrong' in one ? [] : one));
}

function readOpenings(text: string): Window | BadWindow {
  const words = text.split(/\s+/);
  const zone = words.at(-1) ?? '';
  const firstTime = words.findIndex((word) => word.includes(':'));
  if (firstTime < 1 || firstTime === words.length - 1 || zone.includes(':'))
    return { wrong: text, accepted: accepted.all };
  const days = words.slice(0, firstTime).map((word) => ({ word, read: readDays(word) }));
  const times = words.slice(firstTime, -1).map((word) => ({ word, read: readTimes(word) }));
  const wrongDay = days.find(({ read }) => read === null);
  if (wrongDay) return { wrong: wrongDay.word, accepted: accepted.day };
  const wrongTime = times.find(({ read }) => read === null);
  if (wrongTime) return { wrong: wrongTime.word, accepted: accepted.time };
  if (!isZone(zone)) return { wrong: zone, accepted: accepted.zone };
  const all = [...new Set(days.flatMap(({ read }) => read ?? []))];
  return times.flatMap(({ read }) => (read ? [{ days: all, ...read, zone }] : []));
}

/** `Sat`, or `Fri-Mon` over the end of the week. `Mon-Mon` may mean a day or a week, so it means nothing. */
function readDays(word: string): readonly number[] | null {
  const [first = -1, last = first, ...more] = word.split('-').map((name) => dayNames.indexOf(name.toLowerCase()));
  if (first < 0 || last < 0 || more.length > 0) return null;
  if (!word.includes('-')) return [first];
  return first === last
    ? null
    : Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7);
}

const day = 1440;

/** `22:00-02:00` ends on the day after. */
function readTimes(word: string): Pick<Opening, 'from' | 'to'> | null {
  const [, hour, minute, endHour, endMinute] = /^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/.exec(word)?.map(Number) ?? [];
  const [from, to] = [minutes(hour, minute), minutes(endHour, endMinute)];
  if (from >= day || to > day || from === to || Number.isNaN(from + to)) return null;
  return { from, to: to > from ? to : to + day };
}

const minutes = (hour = Number.NaN, minute = Number.NaN) => hour * 60 + minute;

/** Known to Node by a name: it takes `+02:00` as well, which no daylight saving moves, though nobody means that. */
function isZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** @param now epoch seconds, as all that follows. */
export const isOpen = (window: Window, now: number): boolean => nextOpening(window, now) === now;

/**
 * The first second from `now` on in which the window is open: `now` itself where it is. At most eight days ahead; null
 * only where a zone leaves out a whole day, as Pacific/Apia did in 2011.
 */
export function nextOpening(window: Window, now: number): number | null {
  const starts = window
    .flatMap((opening) => around(opening, now))
    .filter(({ to }) => to > now)
    .map(({ from }) => Math.max(from, now));
  return starts.length > 0 ? Math.min(...starts) : null;
}

export type Hold =
  | { readonly is: 'open' }
  /** What is served would end first: the window does not count, and people are told so. */
  | { readonly is: 'overridden'; readonly opening: number }
  | { readonly is: 'held'; readonly until: number };

type Restart = {
  readonly window: Window;
  readonly now: number;
  /** The end of the certificate that the service serves, undefined where nobody knows. */
  readonly servedNotAfter: number | undefined;
  /** How long a rollout may take: one that begins minutes before that end comes too late. */
  readonly rolloutSeconds: number;
};

/** Whether a restart waits for the window. A certificate never ends because of one. */
export function holdsUntil({ window, now, servedNotAfter, rolloutSeconds }: Restart): Hold {
  const opening = nextOpening(window, now);
  if (opening === null || opening === now) return { is: 'open' };
  const endsFirst = servedNotAfter !== undefined && servedNotAfter <= opening + rolloutSeconds;
  return endsFirst ? { is: 'overridden', opening } : { is: 'held', until: opening };
}

type Span = { readonly from: number; readonly to: number };

/** The spans of an opening that begin up to two days before `now` (over midnight, in any zone) or in the week after. */
function around({ days, from, to, zone }: Opening, now: number): readonly Span[] {
  const offsetAt = offsetsOf(zone);
  const today = Math.floor((now + offsetAt(now)) / 86_400);
  const dates = Array.from({ length: 11 }, (_, index) => today - 2 + index);
  // The first of January 1970 was a Thursday.
  const begins = dates.filter((date) => days.includes((((date + 4) % 7) + 7) % 7)).map((date) => date * 86_400);
  return begins.map((midnight) => {
    const begin = instantOf(midnight + from * 60, offsetAt);
    const end = instantOf(midnight + to * 60, offsetAt);
    // The clock skipped all of it: it keeps its length.
    return { from: begin, to: end > begin ? end : begin + (to - from) * 60 };
  });
}

type OffsetAt = (instant: number) => number;

/**
 * The instant at which a zone's clock shows a time (in seconds, as if it were UTC). One that it shows twice is the first
 * of both; one that it skips comes later by what is skipped. Temporal calls that `compatible`.
 */
function instantOf(shown: number, offsetAt: OffsetAt): number {
  const [before, after] = [offsetAt(shown - 86_400), offsetAt(shown + 86_400)];
  const showing = [shown - before, shown - after].filter((instant) => instant + offsetAt(instant) === shown);
  return showing.length > 0 ? Math.min(...showing) : shown - before;
}

/** How many seconds a zone's clock is ahead of UTC, at an instant. */
function offsetsOf(timeZone: string): OffsetAt {
  const clock = new Intl.DateTimeFormat('en', {
    ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (instant) => {
    const parts = clock.formatToParts(instant * 1000).map(({ type, value }) => [type, Number(value)]);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
  };
}
