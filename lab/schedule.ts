import { Cron } from 'croner';
import type { Clock } from './clock.ts';

type Repeated = {
  readonly clock: Clock;
  /** In which a cron expression is read: an IANA name, UTC by default. */
  readonly timezone?: string | undefined;
  readonly what: (time: Date) => void;
};

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Runs `what` at each time of `rate(…)`, counted from now, or `cron(…)`, as EventBridge and its Scheduler write them. One
 * time is armed after the other. Throws on an expression that AWS refuses, and on cron's `L` in place of a day of the week.
 */
export function repeat(expression: string, { clock, timezone = 'UTC', what }: Repeated): void {
  const next = rate(expression) ?? cron(expression, timezone);
  if (!next) throw new Error(`Invalid Schedule Expression ${expression}.`);
  arm(clock.now());

  function arm(after: Date): void {
    const time = next?.(after);
    if (!time) return;
    clock.at(time, () => {
      arm(time);
      what(time);
    });
  }
}

export const isRate = (expression: string) => expression.startsWith('rate(');

/** The first time after another; null where there is none. */
type Recurrence = (after: Date) => Date | null;

function rate(expression: string): Recurrence | null {
  const [, count, unit = '', plural] = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  if (count === undefined || (count === '1') === (plural === 's')) return null;
  return (after) => new Date(after.getTime() + Number(count) * (unitMs[unit] ?? 0));
}

/** AWS counts days of the week from Sunday, 1, and has one of day-of-month and day-of-week be `?`. */
function cron(expression: string, timezone: string): Recurrence | null {
  const fields = /^cron\(([^ ?]+) ([^ ?]+) (\?|[^ ?]+) ([^ ?]+) (\?|[^ ?]+) ([^ ?]+)\)$/.exec(expression)?.slice(1);
  if (fields?.filter((field) => field === '?').length !== 1) return null;
  const pattern = `0 ${fields.join(' ').replace('?', '*')}`;
  const options = { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true, timezone } as const;
  const times = new Cron(pattern, { ...options, fixedTimeRule: 'no-wildcard' });
  return (after) => {
    let time = times.nextRun(after);
    // A time that summer time leaves out is left out; croner would run it after the gap.
    while (time && !times.match(time)) time = times.nextRun(time);
    return time;
  };
}
