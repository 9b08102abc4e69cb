import { type Parallel, readParallel } from './domain/waves.ts';
import type { Settings } from './world.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a stack was deployed with, from the environment of its functions as serverless.yml writes it. Throws where that
 * could not be right, whoever reads it: a function as it starts, or the command line.
 */
export const readSettings = (env: Environment): Settings => ({
  mode: env.COURIER_MODE === 'deliver' ? 'deliver' : 'observe',
  secretPrefix: prefix(env.SECRET_PREFIX),
  deadlineSeconds: minutes('ROLLOUT_DEADLINE_MINUTES', env.ROLLOUT_DEADLINE_MINUTES ?? '60') * 60,
  rolloutParallel: parallel(env.ROLLOUT_PARALLEL ?? '4'),
  rollBack: env.ROLL_BACK === 'never' ? 'never' : 'evidence',
  rollbackFloorSeconds: days(env.ROLLBACK_FLOOR_DAYS ?? '3') * 86_400,
  probeSample: services(env.PROBE_SAMPLE ?? '10'),
  notices: env.NOTICES === 'tagged' ? 'tagged' : 'all',
  discoverConsumers: clusters(env.DISCOVER_CONSUMERS ?? '', env.FUNCTION_ARN_PREFIX ?? ''),
  renewPrivate: env.RENEW_PRIVATE === 'true',
});

/** Without its slash `prod` would name `production/db`, too; functions that write no secret are given none. */
function prefix(value: string | undefined): string {
  if (value === undefined || value.endsWith('/')) return value ?? '';
  throw new Error(`Cannot start: the parameter secretPrefix is "${value}", which does not end with a slash`);
}

/** Anything else would never be over, or at once; a message is handed back for eight hours before it dies. */
function minutes(name: string, value: string): number {
  const number = Number(value);
  if (number > 0 && number <= 480) return number;
  throw new Error(`Cannot start: the environment variable ${name} is "${value}", not a number of minutes up to 480`);
}

/** Less than nothing would bring back what has ended. */
function days(value: string): number {
  const number = Number(value);
  if (number >= 0 && number <= 400) return number;
  throw new Error(`Cannot start: the parameter rollbackFloorDays is "${value}", not a number of days up to 400`);
}

/** Each costs a few calls, and a sweep has some minutes. */
function services(value: string): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  throw new Error(`Cannot start: the parameter probeSample is "${value}", not a number of services up to 999`);
}

/** A rollout that restarts none at a time would never end. */
function parallel(value: string): Parallel {
  const read = readParallel(value);
  if (read) return read;
  throw new Error(`Cannot start: the parameter rolloutParallel is "${value}", neither a number nor a percentage`);
}

/** By name, or by ARN where the functions are: services of other accounts and regions are not seen from there. */
function clusters(value: string, functions: string): readonly string[] {
  const [, partition, , region, account] = functions.split(':');
  const here = `arn:${partition}:ecs:${region}:${account}:cluster/`;
  return value
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) => {
      const name = word.startsWith(here) ? word.slice(here.length) : word;
      if (/^[A-Za-z0-9_-]{1,255}$/.test(name)) return name;
      throw new Error(
        `Cannot start: the parameter discoverConsumers has "${word}", neither a cluster's name nor an ARN of this account and region`,
      );
    });
}
