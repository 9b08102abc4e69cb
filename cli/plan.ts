import type { PlanStep } from '../shared/domain/plan.ts';
import type { Problem } from '../shared/problem.ts';
import { type Answer, reExport } from '../shared/re-export.ts';
import { type ExitCode, exitCode, Failure } from './failure.ts';
import { note, paint, print, printJson } from './screen.ts';
import { sightOf } from './sight.ts';
import { findStack, type Stack, type Where } from './stack.ts';

export type PlanOptions = Where & {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
  readonly accept?: boolean;
};

/** What a run would do, in order: planned here, with the operator's own permissions, by what the function plans with. */
export async function plan(asked: string | undefined, options: PlanOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  if (stack.unseen) note(`${stack.unseen}: planned with the defaults, secrets below "${stack.settings.secretPrefix}"`);
  const answer = await rehearse({ ...whichOf(asked, { all: options.all, stack }), ...asking(options) }, stack);
  return showAnswer(answer, { ...options, stack });
}

export const asking = ({ force, accept }: Pick<PlanOptions, 'force' | 'accept'>) => ({
  ...(force && { force }),
  ...(accept && { accept }),
});

/** The function's own use case, without the means to act. */
export function rehearse(request: Readonly<Record<string, unknown>>, stack: Stack): Promise<Answer> {
  const cannot = async () => {
    throw new Error('A rehearsal does nothing');
  };
  const wire = { ...sightOf(stack), deliveries: { add: cannot }, worker: { ask: cannot } };
  const limits = { requestId: 'rehearsal', remaining: () => Number.POSITIVE_INFINITY };
  return reExport({ ...request, dryRun: true }, { limits, wire });
}

type Asked = { readonly all?: boolean | undefined; readonly stack: Pick<Stack, 'settings'> };

/** An ARN, a secret's name (which begins with the prefix, or has a slash) or a certificate's domain name; or all. */
export function whichOf(asked: string | undefined, { all, stack }: Asked): Readonly<Record<string, string | true>> {
  if (asked !== undefined && all)
    throw new Failure(`Both "${asked}" and --all are named`, { hint: 'Choose one', code: exitCode.usage });
  if (asked === undefined && all === false)
    throw new Failure('Nothing is named', {
      hint: 'Name a certificate by its domain name or ARN, or a secret; or say --all',
      code: exitCode.usage,
    });
  if (asked === undefined) return { all: true };
  if (asked.startsWith('arn:')) return { certificateArn: asked };
  const isSecret = asked.includes('/') || asked.startsWith(stack.settings.secretPrefix);
  return isSecret ? { secret: asked } : { domainName: asked };
}

type Showing = { readonly json?: boolean; readonly stack: Stack };

/** A plan, what became of it, and what is in the way: for people, or as it is for machines. */
export function showAnswer(answer: Answer, { json, stack }: Showing): ExitCode {
  if (json) printJson(answer);
  else {
    for (const [secret, steps] of Map.groupBy(answer.plan, ({ secret }) => secret)) showSteps(secret, steps);
    for (const { name, state } of answer.results) print(`${paint('bold', name)}: ${state}`);
    for (const problem of answer.errors) showProblem(problem);
    if (answer.plan.length + answer.results.length + answer.errors.length === 0)
      print(`Nothing is tagged courier:secret in ${stack.place.region}, account ${stack.place.account}.`);
  }
  return answer.ok ? exitCode.ok : exitCode.problems;
}

export function showSteps(secret: string, steps: readonly PlanStep[]): void {
  print(`${paint('bold', secret)}  ${paint('dim', steps[0]?.certificateArn ?? '')}`);
  for (const [index, step] of steps.entries()) {
    const number = `${index + 1}.`.padStart(4);
    print(`${number} ${step.step === 'refuse' ? paint('red', step.text) : step.text}`);
  }
  print('');
}

export function showProblem({ reason, message, hint }: Problem): void {
  print(`${paint('red', '✗')} ${message} ${paint('dim', `(${reason})`)}`);
  for (const line of hint.split('\n').filter(Boolean)) print(`    ${line}`);
}
