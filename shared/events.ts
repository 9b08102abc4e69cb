import * as z from 'zod/mini';
import { read } from './events/read.ts';

const sweep = z.strictObject({ digest: z.optional(z.boolean()) });

/** What the schedules, or a person by hand, ask of a sweep: to put right what is behind, or to write the digest. */
export const readSweep = (value: unknown): z.infer<typeof sweep> => read(sweep, value);
