import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Place } from './domain/shell.ts';
import { readSettings } from './settings.ts';
import type { Base } from './world.ts';

/** The composition root: what every function takes from Lambda and its environment, and how it is wrapped. */
const logger = new Logger();

/** A handler: the function with the middleware that all share. Events are never logged whole (they may hold anything). */
export const entry = <Event, Answer>(run: (event: Event, context: Context) => Promise<Answer>) =>
  middy(run).use(injectLambdaContext(logger, { logEvent: false }));

/** What every use case is given. Throws where the stack's environment is incomplete: nothing could be right then. */
export const base = (): Base => ({
  place: place(),
  settings: readSettings(process.env),
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
