import type { SweepPlan } from '../shared/rehearse-sweep.ts';
import type { Swept } from '../shared/sweep.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { showNotices, showPlan } from './plan.ts';
import { note, print, printJson, whileWaiting } from './screen.ts';
import { askFunction, findStack, type Where } from './stack.ts';

export type SweepOptions = Where & { readonly dryRun?: boolean; readonly json?: boolean };

/** Runs the function that the schedule runs; the plan is its own, too, for it knows what it has told already. */
export async function sweep({ dryRun, json, ...where }: SweepOptions): Promise<ExitCode> {
  const stack = await findStack(where);
  const ask = () => askFunction(stack, 'sweep', dryRun ? { dryRun } : {});
  const answer = (await whileWaiting(dryRun ? 'Planning a sweep' : 'Sweeping', ask)) as SweepPlan | Swept;
  if (json) printJson(answer);
  else if ('dryRun' in answer) show(answer);
  else print(inWords(answer));
  return exitCode.ok;
}

function show({ plan, notices, unseen, certificates, mode }: SweepPlan): void {
  showPlan(plan);
  showNotices(notices);
  for (const one of unseen) note(`Not seen: ${one}`);
  if (plan.length === 0) print(`Nothing is behind, of ${certificates} certificates.`);
  else if (mode === 'observe') print('The stack is in mode observe: none of this will be done.');
}

const inWords = ({ certificates, differences, queued, notices, handedOn }: Swept) =>
  [
    `${certificates} certificates looked at, ${differences} differences, ${queued} queued, ${notices} notices.`,
    ...(handedOn ? ['It took long: another invocation goes on.'] : []),
  ].join('\n');
