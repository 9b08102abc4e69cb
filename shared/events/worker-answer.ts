import * as z from 'zod/mini';
import type { OutcomeAnswer } from '../outcome.ts';
import { read } from './read.ts';

const outcome = z.discriminatedUnion('is', [
  z.object({ is: z.literal('done'), because: z.string() }),
  z.object({ is: z.literal('again'), seconds: z.number(), because: z.string() }),
  z.object({ is: z.literal('told'), problem: z.object({ reason: z.string(), message: z.string(), hint: z.string() }) }),
]);

/** What `deliver` answers when it is asked directly. */
export const readOutcome = (value: unknown): OutcomeAnswer => read(outcome, value);
