import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Place } from './domain/shell.ts';
import { type Parallel, readParallel } from './domain/waves.ts';
import type { Base, Settings } from './world.ts';

/** The composition root: what every function takes from Lambda and its environment, and how it is wrapped. */
const logger = new Logger();

/** A handler: the function with the middleware that all share. Events are never logged whole (they may hold anything). */
export const entry = <Event, Answer>(run: (event: Event, context: Context) => Promise<Answer>) =>
  middy(run).use(injectLambdaContext(logger, { logEvent: false }));

/** What every use case is given. Throws where the stack's environment is incomplete: nothing could be right then. */
export const base = (): Base => ({
  place: place(),
  settings: settings(),
  now: () => Math.floor(Date.now() / 1000),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  log: (level, message, facts) => logger[level](message, { ...facts }),
});

/** A variable of the function's environment, as serverless.yml sets it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`Cannot start: the environment variable ${name} is not set`);
  return value;
}

/** `arn:PARTITION:lambda:REGION:ACCOUNT:function:PREFIX`, see FUNCTION_ARN_PREFIX in serverless.yml. */
function place(): Place {
  const [, partition = '', , region = '', account = '', , functionPrefix = ''] =
    environment('FUNCTION_ARN_PREFIX').split(':');
  return { partition, region, account, functionPrefix, runbook: environment('RUNBOOK_URL') };
}

const settings = (): Settings => ({
  mode: process.env.COURIER_MODE === 'deliver' ? 'deliver' : 'observe',
  secretPrefix: prefix(process.env.SECRET_PREFIX),
  deadlineSeconds: minutes('ROLLOUT_DEADLINE_MINUTES', process.env.ROLLOUT_DEADLINE_MINUTES ?? '60') * 60,
  rolloutParallel: parallel(process.env.ROLLOUT_PARALLEL ?? '4'),
  rollBack: process.env.ROLL_BACK === 'never' ? 'never' : 'evidence',
  rollbackFloorSeconds: days(process.env.ROLLBACK_FLOOR_DAYS ?? '3') * 86_400,
  notices: process.env.NOTICES === 'tagged' ? 'tagged' : 'all',
  renewPrivate: process.env.RENEW_PRIVATE === 'true',
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

/** A rollout that restarts none at a time would never end. */
function parallel(value: string): Parallel {
  const read = readParallel(value);
  if (read) return read;
  throw new Error(`Cannot start: the parameter rolloutParallel is "${value}", neither a number nor a percentage`);
}
