import type { SweepPlan } from '../shared/rehearse-sweep.ts';
import type { Swept } from '../shared/sweep.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { showPlan } from './plan.ts';
import { note, paint, print, printJson, table, whileWaiting } from './screen.ts';
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
  if (notices.length > 0) print(`${paint('bold', 'Mails')}\n${table(noticeHead, notices.map(noticeCells))}\n`);
  for (const one of unseen) note(`Not seen: ${one}`);
  if (plan.length === 0) print(`Nothing is behind, of ${certificates} certificates.`);
  else if (mode === 'observe') print('The stack is in mode observe: none of this will be done.');
}

const noticeHead = ['SEVERITY', 'REASON', 'OWNER', 'SUBJECT'];
const noticeCells = ({ subject, attributes }: SweepPlan['notices'][number]) => [
  attributes.severity,
  attributes.reason,
  attributes.owner ?? '-',
  subject,
];

const inWords = ({ certificates, differences, queued, notices, handedOn }: Swept) =>
  [
    `${certificates} certificates looked at, ${differences} differences, ${queued} queued, ${notices} notices.`,
    ...(handedOn ? ['It took long: another invocation goes on.'] : []),
  ].join('\n');
