import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BadWindow,
  holdsUntil,
  isOpen,
  nextOpening,
  readWindow,
  type Window,
} from '../../../shared/domain/window.ts';

function windowOf(text: string): Window {
  const read = readWindow(text);
  if ('wrong' in read) throw new Error(`Cannot read "${text}": "${read.wrong}" is not ${read.accepted}`);
  return read;
}
/** Epoch seconds. */
const at = (iso: string) => Date.parse(iso) / 1000;
const iso = (seconds: number | null) =>
  seconds === null ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

describe('reading a window', () => {
  const zone = 'UTC';
  it.each<[string, Window]>([
    ['Sat 02:00-04:00 UTC', [{ days: [6], from: 120, to: 240, zone }]],
    ['mon-THU 09:00-16:00 Europe/Berlin', [{ days: [1, 2, 3, 4], from: 540, to: 960, zone: 'Europe/Berlin' }]],
    ['Fri-Mon 00:00-24:00 UTC', [{ days: [5, 6, 0, 1], from: 0, to: 1440, zone }]],
    ['Mon Wed-Fri Fri 01:00-02:00 UTC', [{ days: [1, 3, 4, 5], from: 60, to: 120, zone }]],
    ['Sun 22:00-02:00 UTC', [{ days: [0], from: 1320, to: 1560, zone }]],
    ['Sun 23:00-00:00 Etc/GMT+5', [{ days: [0], from: 1380, to: 1440, zone: 'Etc/GMT+5' }]],
    ['Sun 23:00-24:00 UTC', [{ days: [0], from: 1380, to: 1440, zone }]],
    [
      ' Tue  09:00-12:00 13:00-16:00 Asia/Kathmandu + Sat 02:00-04:00 UTC ',
      [
        { days: [2], from: 540, to: 720, zone: 'Asia/Kathmandu' },
        { days: [2], from: 780, to: 960, zone: 'Asia/Kathmandu' },
        { days: [6], from: 120, to: 240, zone },
      ],
    ],
  ])('takes "%s"', (text, window) => {
    expect(readWindow(text)).toEqual(window);
  });

  const all = 'weekdays, times and a time zone, as in "Mon-Thu 09:00-16:00 Europe/Berlin + Sat 02:00-04:00 UTC"';
  const days = 'Mon, Tue, Wed, Thu, Fri, Sat or Sun, or a range of two different ones as in Fri-Mon';
  const times = 'HH:MM-HH:MM, from 00:00 to 24:00, whose end is not its beginning';
  const zones = 'a time zone of the IANA database, as in Europe/Berlin or UTC';
  it.each<[string, BadWindow]>([
    ['', { wrong: '', accepted: all }],
    ['always', { wrong: 'always', accepted: all }],
    ['Mon UTC', { wrong: 'Mon UTC', accepted: all }],
    ['09:00-16:00 UTC', { wrong: '09:00-16:00 UTC', accepted: all }],
    ['Mon 09:00-16:00', { wrong: 'Mon 09:00-16:00', accepted: all }],
    ['Mon 09:00-12:00 13:00-16:00', { wrong: 'Mon 09:00-12:00 13:00-16:00', accepted: all }],
    ['Mon 09:00-16:00 UTC +', { wrong: 'Mon 09:00-16:00 UTC +', accepted: all }],
    ['Mon 09:00-16:00 UTC + Sat', { wrong: 'Sat', accepted: all }],
    ['Monday 09:00-16:00 UTC', { wrong: 'Monday', accepted: days }],
    ['Mon-Mon 09:00-16:00 UTC', { wrong: 'Mon-Mon', accepted: days }],
    ['Mon- 09:00-16:00 UTC', { wrong: 'Mon-', accepted: days }],
    ['Mon-Wed-Fri 09:00-16:00 UTC', { wrong: 'Mon-Wed-Fri', accepted: days }],
    ['Mon 09:00-09:00 UTC', { wrong: '09:00-09:00', accepted: times }],
    ['Mon 00:00-00:00 UTC', { wrong: '00:00-00:00', accepted: times }],
    ['Mon 24:00-02:00 UTC', { wrong: '24:00-02:00', accepted: times }],
    ['Mon 09:00-24:01 UTC', { wrong: '09:00-24:01', accepted: times }],
    ['Mon 09:60-16:00 UTC', { wrong: '09:60-16:00', accepted: times }],
    ['Mon 9:00-16:00 UTC', { wrong: '9:00-16:00', accepted: times }],
    ['Mon 09:00 UTC', { wrong: '09:00', accepted: times }],
    ['Mon 09:00-16:00 Tue UTC', { wrong: 'Tue', accepted: times }],
    ['Mon 09:00-16:00 Europe/Berlni', { wrong: 'Europe/Berlni', accepted: zones }],
    ['Mon 09:00-16:00 UTC+Sat 02:00-04:00 UTC', { wrong: 'UTC+Sat', accepted: times }],
    ['Mon 09:00-16:00 +0200', { wrong: '+0200', accepted: zones }],
  ])('refuses "%s" and says which word, and what would be taken', (text, wrong) => {
    expect(readWindow(text)).toEqual(wrong);
  });
});

describe('docs/windows.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/windows.md'), 'utf8');
  /** The rows of the table with these columns, without backticks. */
  const rows = (...heading: readonly string[]) => {
    const [, table = ''] = page.split(`| ${heading.join(' | ')} |\n${'|---'.repeat(heading.length)}|\n`);
    const lines = table.split('\n\n')[0]?.split('\n') ?? [];
    return lines.map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1),
    );
  };

  it.each(rows('window', 'opens'))('shows a window that is read: %s', (text = '') => {
    expect(readWindow(text)).not.toHaveProperty('wrong');
  });

  it.each(rows('window', 'because of', 'which is'))('shows one that is refused: %s', (text = '', wrong = '') => {
    expect(readWindow(text)).toMatchObject({ wrong });
  });
});

describe('a window', () => {
  // 2026-11-23 is a Monday.
  it.each([
    ['Mon-Thu 09:00-16:00 Europe/Berlin', 'at its beginning', '2026-11-23T07:59:59Z', '2026-11-23T08:00:00Z'],
    ['Mon-Thu 09:00-16:00 America/New_York', 'in a zone west of UTC', '2026-11-23T13:59:59Z', '2026-11-23T14:00:00Z'],
    ['Mon 00:00-01:00 Asia/Kathmandu', "on the zone's own day", '2026-11-22T18:14:59Z', '2026-11-22T18:15:00Z'],
    [
      'Fri-Mon 10:00-11:00 UTC',
      'on a Sunday within days over the end of the week',
      '2026-11-22T09:59:59Z',
      '2026-11-22T10:00:00Z',
    ],
    [
      'Mon-Thu 09:00-16:00 UTC + Sat 02:00-04:00 UTC',
      'in its second part',
      '2026-11-28T01:59:59Z',
      '2026-11-28T02:00:00Z',
    ],
  ])('"%s" opens %s, to the second', (text, _, before, opening) => {
    const window = windowOf(text);
    expect([isOpen(window, at(before)), isOpen(window, at(opening))]).toEqual([false, true]);
    expect(iso(nextOpening(window, at(before)))).toBe(opening);
    expect(iso(nextOpening(window, at(opening)))).toBe(opening);
  });

  it.each([
    ['Mon-Thu 09:00-16:00 Europe/Berlin', 'on the same evening', '2026-11-23T15:00:00Z', '2026-11-24T08:00:00Z'],
    ['Mon-Thu 09:00-16:00 Europe/Berlin', 'after its last day', '2026-11-26T15:00:00Z', '2026-11-30T08:00:00Z'],
    ['Mon 00:00-24:00 UTC', 'at midnight', '2026-11-24T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['Sun 22:00-02:00 UTC', 'over midnight, on the day after', '2026-11-23T02:00:00Z', '2026-11-29T22:00:00Z'],
    [
      'Sat 22:00-02:00 Pacific/Kiritimati',
      'over midnight, fourteen hours ahead',
      '2026-11-28T12:00:00Z',
      '2026-12-05T08:00:00Z',
    ],
  ])('"%s" closes %s, to the second, until it opens again', (text, _, closing, next) => {
    const window = windowOf(text);
    expect([isOpen(window, at(closing) - 1), isOpen(window, at(closing))]).toEqual([true, false]);
    expect(iso(nextOpening(window, at(closing)))).toBe(next);
  });
});

describe('daylight saving', () => {
  // Clocks go forward in Berlin on 2026-03-29 (02:00 → 03:00, 01:00 UTC) and back on 2026-10-25 (03:00 → 02:00, 01:00 UTC);
  // in New York on 2026-03-08 (02:00 → 03:00, 07:00 UTC) and 2026-11-01 (02:00 → 01:00, 06:00 UTC).
  it.each([
    [
      'Sun 09:00-16:00 Europe/Berlin',
      'the day before summer time begins',
      '2026-03-22T08:00:00Z',
      '2026-03-22T15:00:00Z',
    ],
    ['Sun 09:00-16:00 Europe/Berlin', 'the day on which it begins', '2026-03-29T07:00:00Z', '2026-03-29T14:00:00Z'],
    [
      'Sun 01:00-04:00 Europe/Berlin',
      'around the hour that is skipped',
      '2026-03-29T00:00:00Z',
      '2026-03-29T02:00:00Z',
    ],
    ['Sun 02:00-04:00 Europe/Berlin', 'from the hour that is skipped', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
    ['Sun 02:00-03:00 Europe/Berlin', 'in the hour that is skipped', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
    [
      'Sun 02:15-02:45 Europe/Berlin',
      'within the hour that is skipped',
      '2026-03-29T01:15:00Z',
      '2026-03-29T01:45:00Z',
    ],
    [
      'Sun 02:30-03:30 Europe/Berlin',
      'over the end of the hour that is skipped',
      '2026-03-29T01:30:00Z',
      '2026-03-29T02:30:00Z',
    ],
    ['Sun 01:30-02:30 Europe/Berlin', 'into the hour that is skipped', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z'],
    ['Sat 22:00-06:00 Europe/Berlin', 'the night in which it begins', '2026-03-28T21:00:00Z', '2026-03-29T04:00:00Z'],
    ['Sun 02:00-03:00 Europe/Berlin', 'in the hour that comes twice', '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z'],
    [
      'Sun 02:15-02:45 Europe/Berlin',
      'within the hour that comes twice',
      '2026-10-25T00:15:00Z',
      '2026-10-25T00:45:00Z',
    ],
    [
      'Sun 02:30-03:30 Europe/Berlin',
      'from within the hour that comes twice',
      '2026-10-25T00:30:00Z',
      '2026-10-25T02:30:00Z',
    ],
    ['Sat 22:00-06:00 Europe/Berlin', 'the night in which it ends', '2026-10-24T20:00:00Z', '2026-10-25T05:00:00Z'],
    [
      'Sun 02:30-02:45 America/New_York',
      'in the hour that New York skips',
      '2026-03-08T07:30:00Z',
      '2026-03-08T07:45:00Z',
    ],
    [
      'Sun 01:15-01:45 America/New_York',
      'in the hour that New York has twice',
      '2026-11-01T05:15:00Z',
      '2026-11-01T05:45:00Z',
    ],
  ])('"%s" is open once, %s', (text, _, from, to) => {
    const window = windowOf(text);
    const week = 7 * 86_400;
    expect(iso(nextOpening(window, at(from) - 1))).toBe(from);
    expect([isOpen(window, at(to) - 1), isOpen(window, at(to))]).toEqual([true, false]);
    expect(nextOpening(window, at(to))).toBeGreaterThan(at(to) + week / 2);
  });

  it('counts times as Temporal does', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Africa/Casablanca'];
    const times = ['00:00', '01:30', '02:00', '02:15', '03:00'];
    const sundays = Array.from({ length: 104 }, (_, week) => new Date((at('2026-01-04') + week * 7 * 86_400) * 1000));
    const asked = zones.flatMap((zone) =>
      sundays.flatMap((date) => times.map((time) => `${date.toISOString().slice(0, 10)}T${time}[${zone}]`)),
    );
    const judge = `JSON.parse(require('node:fs').readFileSync(0)).map((text) => Temporal.ZonedDateTime.from(text).epochMilliseconds / 1000)`;
    const answer = execFileSync(process.execPath, ['--harmony-temporal', '-p', `JSON.stringify(${judge})`], {
      input: JSON.stringify(asked),
      maxBuffer: 1e7,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ours = zones.flatMap((zone) =>
      sundays.flatMap((date) =>
        times.map((time) => {
          const window = windowOf(`Sun ${time}-23:59 ${zone}`);
          // Noon of the day before is before it begins, in every one of these zones.
          return nextOpening(window, date.getTime() / 1000 - 43_200);
        }),
      ),
    );
    expect(ours).toEqual(JSON.parse(answer.toString()));
  });
});

describe('whatever is asked', () => {
  const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
  ];
  const time = fc.integer({ min: 0, max: 1439 });
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const opening = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...names), time, time, fc.constantFrom(...zones))
    .filter(([, , from, to]) => from !== to)
    .map(
      ([one, other, from, to, zone]) =>
        `${one === other ? one : `${one}-${other}`} ${clock(from)}-${clock(to)} ${zone}`,
    );
  const text = fc.array(opening, { minLength: 1, maxLength: 3 }).map((openings) => openings.join(' + '));
  const instant = fc.integer({ min: at('2024-01-01'), max: at('2037-12-31') });

  it('the next opening is open, within eight days, and nothing before it is', () => {
    fc.assert(
      fc.property(text, instant, fc.double({ min: 0, max: 1, noNaN: true }), (written, now, share) => {
        const window = windowOf(written);
        const opening = nextOpening(window, now) ?? Number.NaN;
        expect(isOpen(window, opening)).toBe(true);
        expect(opening - now).toBeLessThan(8 * 86_400);
        const between = now + Math.floor((opening - now) * share);
        expect(isOpen(window, between)).toBe(between === opening);
      }),
    );
  }, 60_000);

  it('a window is read, or refused in words, and never throws', () => {
    const word = fc.oneof(fc.constantFrom('Mon', '09:00-16:00', '+', 'UTC', '-', ':', ''), fc.string());
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), instant, (words, now) => {
        const read = readWindow(words.join(' '));
        if ('wrong' in read) expect(read.accepted).not.toBe('');
        else expect(nextOpening(read, now)).not.toBeNull();
      }),
    );
  }, 60_000);
});

describe('a restart', () => {
  const window = windowOf('Sat 02:00-04:00 UTC');
  const [monday, saturday] = [at('2026-11-23T12:00:00Z'), at('2026-11-28T02:00:00Z')];
  const hold = (now: number, servedNotAfter: number | undefined) =>
    holdsUntil({ window, now, servedNotAfter, rolloutSeconds: 3600 });

  it.each([
    ['goes on while the window is open', saturday, saturday + 60, { is: 'open' }],
    ['is held until the window opens', monday, saturday + 86_400, { is: 'held', until: saturday }],
    ['is held where nobody knows what is served', monday, undefined, { is: 'held', until: saturday }],
    [
      'is held where a rollout from the opening on is over in time',
      monday,
      saturday + 3601,
      { is: 'held', until: saturday },
    ],
    [
      'is not held where what is served ends during that rollout',
      monday,
      saturday + 3600,
      { is: 'overridden', opening: saturday },
    ],
    ['is not held where what is served has ended', monday, monday - 1, { is: 'overridden', opening: saturday }],
  ])('%s', (_, now, servedNotAfter, expected) => {
    expect(hold(now, servedNotAfter)).toEqual(expected);
  });
});
