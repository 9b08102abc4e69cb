import * as z from 'zod/mini';
import { readQueued } from './queued.ts';
import { read } from './read.ts';

const cursor = z.object({
  runId: z.string(),
  /** What the sweep answers for ends here, epoch seconds. */
  until: z.number(),
  /** Whether the schedule began it: only its sweeps answer for an hour. */
  scheduled: z.boolean(),
  /** The last certificate that was dealt with: its end (epoch seconds, null without one) and ARN. */
  after: z.object({ notAfter: z.nullable(z.number()), arn: z.string() }),
  /** Invocations before this one. */
  hops: z.number(),
  queued: z.number(),
});

/** Where a sweep goes on that had no time left. */
export type Cursor = z.infer<typeof cursor>;

const owners = z.array(z.nullable(z.string()));

/** Values of courier:owner; null stands for what nobody owns. */
export type Owners = z.infer<typeof owners>;

const handedOn = z.union([z.object({ cursor }), z.object({ owners })]);

const sweep = z.strictObject({
  digest: z.optional(z.boolean()),
  dryRun: z.optional(z.boolean()),
  /** When the schedule meant it to run, be it late: what each sweep answers for then has no gaps and no overlaps. */
  scheduledAt: z.optional(z.iso.datetime({ offset: true })),
});

export type SweepOrder = {
  readonly digest: boolean;
  /** To whom the digest goes; absent: to everybody. */
  readonly owners?: Owners;
  readonly dryRun: boolean;
  /** Epoch seconds. */
  readonly scheduledAt?: number;
  readonly resume?: Cursor;
};

/**
 * What the schedules, or a person by hand, ask of a sweep: to put right what is behind, to say what it would do, or to
 * write the digest. Or a sweep of itself, by its queue: to go on, or to send the digest to whom it could not be sent.
 */
export function readSweep(value: unknown): SweepOrder {
  const [queued] = readQueued(value) ?? [];
  if (queued) {
    const order = read(handedOn, JSON.parse(queued.body));
    if ('owners' in order) return { digest: true, dryRun: false, owners: order.owners };
    return { digest: false, dryRun: false, resume: order.cursor };
  }
  const { digest = false, dryRun = false, scheduledAt } = read(sweep, value);
  return { digest, dryRun, ...(scheduledAt && { scheduledAt: Math.floor(Date.parse(scheduledAt) / 1000) }) };
}
