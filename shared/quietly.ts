import type { Base } from './world.ts';

/** Milliseconds that what comes after a mail may take: the function's own time must not end with it. */
const longest = 6_000;

/**
 * Does what comes after a mail: it may neither fail nor take long, for what is handed back then, or ends with the
 * function, would be mailed again. `message` is for the log, where it did not come to pass.
 */
export async function quietly(
  message: string,
  { act, log }: Pick<Base, 'log'> & { readonly act: () => Promise<void> },
): Promise<void> {
  const late = Promise.withResolvers<never>();
  const tooLong = new Error(`There was no answer within ${longest / 1000} seconds`);
  const timer = setTimeout(() => late.reject(tooLong), longest);
  try {
    await Promise.race([act(), late.promise]);
  } catch (error) {
    log('warn', message, { detail: `${error}` });
  } finally {
    clearTimeout(timer);
  }
}
