import type { SweepPlan } from '../shared/rehearse-sweep.ts';
import type { Swept } from '../shared/sweep.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { showSteps } from './plan.ts';
import { note, paint, print, printJson } from './screen.ts';
import { askFunction, findStack, type Where } from './stack.ts';

export type SweepOptions = Where & { readonly dryRun?: boolean; readonly json?: boolean };

/** Runs the function that the schedule runs; the plan is its own, too, for it knows what it has told already. */
export async function sweep({ dryRun, json, ...where }: SweepOptions): Promise<ExitCode> {
  const stack = await findStack(where);
  const answer = (await askFunction(stack, 'sweep', dryRun ? { dryRun } : {})) as SweepPlan | Swept;
  if (json) printJson(answer);
  else if ('dryRun' in answer) showPlan(answer);
  else print(inWords(answer));
  return exitCode.ok;
}

function showPlan({ plan, notices, unseen, certificates, mode }: SweepPlan): void {
  for (const [secret, steps] of Map.groupBy(plan, (step) => step.secret)) showSteps(secret, steps);
  if (notices.length > 0) print(paint('bold', 'Mails'));
  for (const { subject } of notices) print(`  ${subject}`);
  for (const one of unseen) note(`Not seen: ${one}`);
  if (plan.length === 0) print(`Nothing is behind, of ${certificates} certificates.`);
  else if (mode === 'observe') print('The stack is in mode observe: none of this will be done.');
}

const inWords = ({ certificates, differences, queued, notices, handedOn }: Swept) =>
  [
    `${certificates} certificates looked at, ${differences} differences, ${queued} queued, ${notices} notices.`,
    ...(handedOn ? ['It took long: another invocation goes on.'] : []),
  ].join('\n');
