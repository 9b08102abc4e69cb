import { Trouble } from '../shared/aws/trouble.ts';
import type { Place } from '../shared/domain/shell.ts';
import { readSettings } from '../shared/settings.ts';
import type { Settings } from '../shared/world.ts';
import { type Identity, identity } from './aws/identity.ts';
import { type StackFunctions, stackFunctions } from './aws/stack-functions.ts';
import { exitCode, Failure } from './failure.ts';

/** Options that every command has. */
export type Where = { readonly profile?: string; readonly region?: string; readonly stage: string };

export type Stack = {
  readonly identity: Identity;
  readonly place: Place;
  readonly settings: Settings;
  /** What `deliver` has in its environment; undefined where there is no stack, or it may not be looked at. */
  readonly environment: Readonly<Record<string, string>> | undefined;
  /** Why the settings are the defaults, in words; undefined where they are the stack's own. */
  readonly unseen: string | undefined;
  readonly functions: StackFunctions;
  readonly now: () => number;
};

/** Whose account this is, and how the stack of the stage was deployed there. Two calls. */
export async function findStack(where: Where): Promise<Stack> {
  asTheAwsCli(where);
  const who = await identity();
  const functionPrefix = `acm-courier-${where.stage}-`;
  const functions = stackFunctions(functionPrefix);
  const deployed = await settingsOf(functions, where);
  const { region, account, partition } = who;
  return {
    identity: who,
    place: { region, account, partition, functionPrefix, runbook: deployed.environment?.RUNBOOK_URL ?? runbook },
    settings: readSettings(deployed.environment ?? { SECRET_PREFIX: 'courier/' }),
    ...deployed,
    functions,
    now: () => Math.floor(Date.now() / 1000) + who.ahead,
  };
}

const runbook = 'https://github.com/acm-courier/acm-courier/blob/main/docs/runbook.md';

/**
 * Brings the environment into the form in which the SDK understands it as the AWS CLI does: the CLI prefers a --profile to
 * keys of the environment, and knows AWS_DEFAULT_REGION. Before any client is made.
 */
function asTheAwsCli({ profile, region }: Where): void {
  const { env } = process;
  if (profile !== undefined) {
    env.AWS_PROFILE = profile;
    for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete env[key];
  }
  const chosen = region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (chosen) env.AWS_REGION = chosen;
}

type Deployed = Pick<Stack, 'environment' | 'unseen'>;

/** Whoever may not look at functions may look at certificates all the same: the defaults are said, and go on. */
async function settingsOf(functions: StackFunctions, { stage }: Where): Promise<Deployed> {
  try {
    const found = await functions.settings('deliver');
    const unseen = found ? undefined : `There is no stack of stage "${stage}" here (acm-courier-${stage}-deliver)`;
    return { environment: found?.environment, unseen };
  } catch (error) {
    if (!(error instanceof Trouble) || error.finding.reason !== 'AccessDenied') throw error;
    return {
      environment: undefined,
      unseen: `The settings of the stack cannot be read: ${error.finding.facts.detail}`,
    };
  }
}

/** Asks a function of the stack and returns its answer; a Failure where there is none, or it failed. */
export async function askFunction({ functions, place }: Stack, name: string, event: unknown): Promise<unknown> {
  const whole = place.functionPrefix + name;
  const answer = await functions.invoke(name, event);
  if (!answer)
    throw new Failure(`There is no function "${whole}" in ${place.region}, account ${place.account}`, {
      hint: 'Name the stage that was deployed (--stage), or its --region and --profile',
      code: exitCode.problems,
    });
  const said = JSON.parse(answer.payload || 'null');
  if (!answer.failed) return said;
  throw new Failure(`The function "${whole}" failed: ${said?.errorMessage ?? answer.payload}`, {
    hint: `Its log says more: aws logs tail /aws/lambda/${whole} --since 15m --region ${place.region}`,
    code: exitCode.problems,
  });
}
