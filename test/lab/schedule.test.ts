import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, createClock } from '../../lab/clock.ts';
import { repeat } from '../../lab/schedule.ts';

const dayMs = 86_400_000;
let clock: Clock | undefined;
afterEach(() => clock?.stop());

/** When it ran between two dates, in full minutes of UTC. */
async function runs(expression: string, [from, until]: [string, string], timezone?: string): Promise<string[]> {
  const times: string[] = [];
  clock = createClock(new Date(`${from}Z`));
  repeat(expression, { clock, timezone, what: (time) => void times.push(time.toISOString().slice(0, 16)) });
  await clock.advance(new Date(`${until}Z`).getTime() - new Date(`${from}Z`).getTime());
  return times;
}

describe('a schedule', () => {
  const january: [string, string] = ['2026-01-01T00:30', '2026-02-01T00:30'];
  it.each<[string, string, [string, string], string[]]>([
    [
      'counts a rate from its creation',
      'rate(1 day)',
      ['2026-01-01T00:30', '2026-01-03T12:00'],
      ['02T00:30', '03T00:30'],
    ],
    [
      'has its unit in the plural',
      'rate(12 hours)',
      ['2026-01-01T00:30', '2026-01-02T00:40'],
      ['01T12:30', '02T00:30'],
    ],
    ['knows minutes', 'rate(10 minutes)', ['2026-01-01T00:30', '2026-01-01T00:55'], ['01T00:40', '01T00:50']],
    [
      'counts days of the week from Sunday, 1',
      'cron(0 8 ? * 2 *)',
      january,
      ['05', '12', '19', '26'].map((day) => `${day}T08:00`),
    ],
    ['knows their names', 'cron(15 8 ? * SUN *)', january, ['04', '11', '18', '25'].map((day) => `${day}T08:15`)],
    ['knows the n-th of a month', 'cron(0 8 ? * 3#2 *)', january, ['13T08:00']],
    ['knows the last of a month', 'cron(0 8 ? * 6L *)', january, ['30T08:00']],
    ['knows the last day of a month', 'cron(0 8 L * ? *)', january, ['31T08:00']],
    ['knows the working day next to another', 'cron(0 8 3W * ? *)', january, ['02T08:00']],
    ['knows steps', 'cron(5/20 8 1 1 ? *)', january, ['01T08:05', '01T08:25', '01T08:45']],
    ['ends with its last year', 'cron(0 8 1 1 ? 2025)', january, []],
  ])('%s: %s', async (_, expression, span, expected) => {
    expect(await runs(expression, span)).toEqual(expected.map((time) => `2026-01-${time}`));
  });

  it.each<[string, string, [string, string], string[]]>([
    [
      'follows the time of its zone',
      'cron(0 8 * * ? *)',
      ['2026-03-28T00:00', '2026-03-30T00:00'],
      ['03-28T07:00', '03-29T06:00'],
    ],
    [
      'leaves out a time that summer time leaves out',
      'cron(30 2 * * ? *)',
      ['2026-03-28T00:00', '2026-03-31T00:00'],
      ['03-28T01:30', '03-30T00:30'],
    ],
    [
      'runs once at a time that comes twice',
      'cron(30 2,14 * * ? *)',
      ['2026-10-24T22:00', '2026-10-25T22:00'],
      ['10-25T00:30', '10-25T13:30'],
    ],
  ])('%s', async (_, expression, span, expected) => {
    expect(await runs(expression, span, 'Europe/Berlin')).toEqual(expected.map((time) => `2026-${time}`));
  });

  it.each(['rate(1 hour)', 'cron(0 * * * ? *)'])('%s runs 168 times in a week', async (expression) => {
    const times = await runs(expression, ['2026-03-25T00:30', '2026-04-01T00:30']);
    expect(new Set(times).size).toBe(168);
    expect(times.length).toBe(168);
  });

  it('has the clock wait for what each time starts', async () => {
    const seen: string[] = [];
    const own = createClock(new Date('2026-01-01T00:00Z'));
    clock = own;
    const work = (day: number) =>
      new Promise<void>((resolve) => setTimeout(resolve, 10)).then(() => void seen.push(`${day} done`));
    repeat('rate(1 day)', {
      clock,
      what: (time) => {
        seen.push(`${time.getUTCDate()} due`);
        own.busy(work(time.getUTCDate()));
      },
    });
    await clock.advance(2 * dayMs);
    expect(seen).toEqual(['2 due', '2 done', '3 due', '3 done']);
  });
});

it.each([
  'rate(0 hours)',
  'rate(1 hours)',
  'rate(2 hour)',
  'rate(1 week)',
  'rate(1 hour',
  'at(2026-01-01T00:00:00)',
  'cron(0 8 * * * *)',
  'cron(0 8 ? * ? *)',
  'cron(0 8 * * ?)',
  'cron(? 8 * * MON *)',
  '0 8 * * ? *',
])('"%s" is no schedule', (expression) => {
  clock = createClock(new Date());
  const parts = { clock, what: () => {} };
  expect(() => repeat(expression, parts)).toThrow(`Invalid Schedule Expression ${expression}.`);
});

it.each([
  ['cron(61 8 * * ? *)', 'UTC', 'Invalid value for minute: 61'],
  ['cron(0 8 ? * L *)', 'UTC', "dayOfWeek is not a number: 'L'"],
  ['cron(0 8 * * ? *)', 'Mars/Olympus', 'Invalid time zone specified: Mars/Olympus'],
])('%s in %s cannot be scheduled', (expression, timezone, why) => {
  clock = createClock(new Date());
  const parts = { clock, timezone, what: () => {} };
  expect(() => repeat(expression, parts)).toThrow(new RegExp(why, 'i'));
});
