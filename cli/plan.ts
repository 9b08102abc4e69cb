import type { PlanStep } from '../shared/domain/plan.ts';
import type { PlannedNotice } from '../shared/expected-notices.ts';
import type { Problem } from '../shared/problem.ts';
import { type Answer, reExport } from '../shared/re-export.ts';
import { type ExitCode, exitCode, Failure } from './failure.ts';
import { note, paint, print, printJson, progress, table } from './screen.ts';
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
  const request = { ...whichOf(asked, { all: options.all, stack }), ...asking(options) };
  return showAnswer(await rehearse(request, stack), { ...options, stack });
}

export const asking = ({ force, accept }: Pick<PlanOptions, 'force' | 'accept'>) => ({
  ...(force && { force }),
  ...(accept && { accept }),
});

type Asking = Readonly<Record<string, unknown>>;

/** Plans what is asked for, with a bar where that is everything. What was assumed of the stack is not seen, either. */
export async function rehearse(request: Asking, stack: Stack): Promise<Answer> {
  const answer = await inSlices('Planning', request, rehearsal(stack));
  const assumed = stack.unseen
    ? [`${stack.unseen}: planned with the defaults, secrets below "${stack.settings.secretPrefix}"`]
    : [];
  return { ...answer, unseen: [...assumed, ...answer.unseen] };
}

/** The function's own use case, without the means to act; what is listed is listed once, whatever it is asked. */
export function rehearsal(stack: Stack): (request: Asking) => Promise<Answer> {
  const cannot = async () => {
    throw new Error('A rehearsal does nothing');
  };
  const sight = sightOf(stack);
  const tagged = {
    ...sight.tagged,
    certificates: lastingly(() => sight.tagged.certificates()),
    services: lastingly(() => sight.tagged.services()),
  };
  const wire = { ...sight, tagged, deliveries: { add: cannot }, worker: { ask: cannot } };
  const limits = { requestId: 'rehearsal', remaining: () => Number.POSITIVE_INFINITY };
  return (request) => reExport({ ...request, dryRun: true }, { limits, wire });
}

function lastingly<Known>(see: () => Promise<Known>): () => Promise<Known> {
  let known: Promise<Known> | undefined;
  return () => {
    known ??= see();
    return known;
  };
}

/** Certificates that are asked for at a time: a bar moves every few seconds, and no call comes near its fifteen minutes. */
const slice = 25;

/**
 * Asks for everything a slice at a time, one behind the other, and joins the answers; what is named is asked for at once.
 * A Failure half way says how many were reached: what they were asked to do goes on.
 */
export async function inSlices(
  what: string,
  request: Asking,
  ask: (request: Asking) => Promise<Answer>,
): Promise<Answer> {
  if (request.all !== true) return ask(request);
  let answer = await ask({ ...request, atMost: slice });
  const bar = progress(what, slice + (answer.next?.left ?? 0));
  let reached = slice;
  try {
    while (answer.next) {
      bar.step(reached);
      const { after, left } = answer.next;
      const more = await ask({ ...request, atMost: slice, after });
      reached += left - (more.next?.left ?? 0);
      answer = joined(answer, more);
    }
  } catch (error) {
    note(`${reached} certificates were reached before this; asked again, it passes over what is done already`);
    throw error;
  } finally {
    bar.end();
  }
  return answer;
}

const joined = (one: Answer, { next, ...more }: Answer): Answer => ({
  ok: one.ok && more.ok,
  plan: [...one.plan, ...more.plan],
  results: [...one.results, ...more.results],
  errors: [...one.errors, ...more.errors],
  ...(one.notices && { notices: [...one.notices, ...(more.notices ?? [])] }),
  unseen: [...one.unseen, ...more.unseen],
  ...(next && { next }),
});

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
    showPlan(answer.plan);
    showNotices(answer.notices ?? []);
    for (const { name, state } of answer.results) print(`${paint('bold', name)}: ${state}`);
    for (const problem of answer.errors) showProblem(problem);
    for (const one of answer.unseen) note(`Not seen: ${one}`);
    if (answer.plan.length + answer.results.length + answer.errors.length === 0)
      print(`Nothing is tagged courier:secret in ${stack.place.region}, account ${stack.place.account}.`);
  }
  return answer.ok ? exitCode.ok : exitCode.problems;
}

/** Secret by secret; at the end which restarts would ship more than a certificate. */
export function showPlan(plan: readonly PlanStep[]): void {
  for (const [secret, steps] of Map.groupBy(plan, (step) => step.secret)) showSteps(secret, steps);
  const images = plan.flatMap(({ service, mutableImages = [] }) =>
    mutableImages.map((image) => `  ${service}  ${paint('yellow', image)}`),
  );
  if (images.length === 0) return;
  print(paint('bold', 'Images that are not pinned by digest: a restart also ships what they name by then'));
  for (const one of new Set(images)) print(one);
  print('');
}

/** Whom a run would tell what: the subjects of its mails, with what filters go by. */
export function showNotices(notices: readonly PlannedNotice[]): void {
  if (notices.length > 0) print(`${paint('bold', 'Mails')}\n${table(noticeHead, notices.map(noticeCells))}\n`);
}

const noticeHead = ['SEVERITY', 'REASON', 'OWNER', 'SUBJECT'];
const noticeCells = ({ subject, attributes }: PlannedNotice) => [
  attributes.severity,
  attributes.reason,
  attributes.owner ?? '-',
  subject,
];

function showSteps(secret: string, steps: readonly PlanStep[]): void {
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
