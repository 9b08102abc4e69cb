/**
 * Runs in a process of its own: loads one function's bundle and answers invocations, one at a time, as Lambda's runtime
 * does. Arguments: the bundle's folder, the handler (`index.handler`), the lab clock's offset in milliseconds, the text
 * that ends what an invocation has written.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Invocation, InvocationResult } from './function-runner.ts';

const [folder = '', handlerName = '', startOffset = '0', endOfOutput = ''] = process.argv.slice(2);
let offset = Number(startOffset);
let loaded: Promise<(event: unknown, context: object) => unknown> | undefined;

followLabTime();
process.on('message', (invocation: Invocation) => void answer(invocation));
// The lab has gone, however it ended: nothing of it stays behind.
process.on('disconnect', () => process.exit());

async function answer(invocation: Invocation): Promise<void> {
  offset = invocation.clockOffset;
  const result = await perform(invocation).catch(failure);
  for (const output of [process.stdout, process.stderr]) output.write(`${endOfOutput}\n`);
  process.send?.(result);
}

async function perform({ event, timeoutMs, context }: Invocation): Promise<InvocationResult> {
  const deadline = performance.now() + timeoutMs;
  loaded ??= load();
  const handler = await loaded;
  const getRemainingTimeInMillis = () => Math.max(0, Math.round(deadline - performance.now()));
  const answer = await handler(JSON.parse(event), { ...context, getRemainingTimeInMillis });
  return { ok: true, payload: JSON.stringify(answer) ?? 'null' };
}

async function load() {
  const [file, name = ''] = handlerName.split('.');
  const handler = createRequire(join(folder, 'bundle'))(`./${file}.js`)[name];
  if (typeof handler !== 'function') throw new Error(`"${handlerName}" is undefined or not exported`);
  return handler;
}

/** As the runtime logs it and the caller gets it. */
function failure(thrown: unknown): InvocationResult {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const payload = { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
  console.error('Invoke Error', JSON.stringify(payload));
  return { ok: false, payload: JSON.stringify(payload) };
}

/** Only JavaScript's idea of now: timers and TLS follow the machine. */
function followLabTime(): void {
  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  const now = () => realNow() + offset;
  const LabDate = new Proxy(RealDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.now = now;
  RealDate.prototype.constructor = LabDate;
  globalThis.Date = LabDate;
}
