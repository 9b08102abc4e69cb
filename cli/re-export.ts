import type { PlanStep } from '../shared/domain/plan.ts';
import type { Answer } from '../shared/re-export.ts';
import type { ExitCode } from './failure.ts';
import { asking, inSlices, type PlanOptions, rehearsal, rehearse, showAnswer, whichOf } from './plan.ts';
import { note, progress } from './screen.ts';
import { askFunction, findStack, type Stack } from './stack.ts';

export type ReExportOptions = PlanOptions & { readonly wait?: boolean; readonly dryRun?: boolean };

/** Asks the function `re-export`, whose permissions act; with `wait` it follows, and shows how far it is. */
export async function reExport(asked: string | undefined, options: ReExportOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  // By the same id the function and our own looks mean the same forced version.
  const requestId = `courier-${crypto.randomUUID()}`;
  const request = { ...whichOf(asked, { all: options.all ?? false, stack }), ...asking(options), requestId };
  if (options.dryRun) return showAnswer(await rehearse(request, stack), { ...options, stack });
  const answer = options.wait ? await followed(request, stack) : await inSlices('Queueing', request, asker(stack));
  // The plan is what was to be done; the results say what became of it.
  return showAnswer(options.json ? answer : { ...answer, plan: [] }, { ...options, stack });
}

const asker = (stack: Stack) => async (request: object) => (await askFunction(stack, 're-export', request)) as Answer;

/** Seconds between two looks of ours: the function looks for itself. */
const pace = 5;

/** The function says how it ends; meanwhile the plan, which gets shorter, says how far it is. */
async function followed(request: Readonly<Record<string, unknown>>, stack: Stack): Promise<Answer> {
  const answer = asker(stack)({ ...request, wait: true });
  const over = answer.then(
    () => 'over' as const,
    () => 'over' as const,
  );
  const look = rehearsal(stack);
  const steps = async () => (await look(request)).plan.filter(isWork);
  const whole = await Promise.race([over, steps()]);
  if (whole === 'over') return answer;
  const bar = progress('Delivering', whole.length);
  try {
    for (;;) {
      const waited = await Promise.race([over, seconds(pace)]);
      if (waited === 'over') return await answer;
      const left = await Promise.race([over, steps().catch(unseen)]);
      if (left !== 'over' && left) bar.step(Math.max(0, whole.length - left.length));
    }
  } finally {
    bar.end();
  }
}

const isWork = ({ step }: PlanStep) => step !== 'rest' && step !== 'refuse';

/** That we cannot look for a moment stops nothing. */
const unseen = (error: unknown) => {
  if (process.env.DEBUG) note(String(error));
  return null;
};

const seconds = (count: number) => new Promise<void>((resolve) => setTimeout(resolve, count * 1000).unref());

export type RollBackOptions = Omit<ReExportOptions, 'force' | 'accept' | 'all'>;

/** Makes the version before current again, in one secret. */
export async function rollBack(secret: string, options: RollBackOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const request = { secret, rollBack: true };
  if (options.dryRun) return showAnswer(await rehearse(request, stack), { ...options, stack });
  const answer = options.wait ? await followed(request, stack) : await asker(stack)(request);
  return showAnswer(options.json ? answer : { ...answer, plan: [] }, { ...options, stack });
}
