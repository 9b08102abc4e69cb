import * as z from 'zod/mini';
import { certificateArn, read } from './read.ts';

const message = z.object({
  certificateArn,
  cause: z.string(),
  thorough: z.optional(z.boolean()),
  echo: z.optional(z.boolean()),
  quiet: z.optional(z.boolean()),
  force: z.optional(z.string().check(z.regex(/^[0-9a-f]{4}$/))),
  accept: z.optional(z.boolean()),
  rollBack: z.optional(z.boolean()),
  /** A serial that its authority has revoked: nobody goes back to it. */
  revoked: z.optional(z.string().check(z.regex(/^[0-9a-f]{40}$/))),
  /** `force` because ACM did not count the export of what is stored: said with the delivery. */
  uncounted: z.optional(z.boolean()),
  until: z.optional(z.literal('current')),
  /** When a person asked, epoch seconds: the queue knows by itself when a message was sent. */
  askedAt: z.optional(z.number()),
});

/** What `deliver` is asked: by the queue, or directly with `until: current`, which leaves the consumers alone. */
export type Message = z.infer<typeof message>;

export const readMessage = (value: unknown): Message => read(message, value);

const concern = z.object({
  certificateArn,
  cause: z.string(),
  about: z.enum(['expiring', 'blocked', 'hint', 'expired', 'revoked', 'renewed']),
  /** The common name, for a mail about a certificate that cannot be looked at. */
  name: z.optional(z.string()),
  /** To its end, as the event counted them. */
  days: z.optional(z.number()),
  /** ACM's RenewalStatusReason. */
  reason: z.optional(z.string()),
  /** Of what its authority, not ACM, revoked: ACM goes on showing it as issued. */
  revokedSerial: z.optional(z.string()),
});

/** Something that may be wrong with a certificate: what the worker `diagnose` is to look into. */
export type Concern = z.infer<typeof concern>;

export const readConcern = (value: unknown): Concern => read(concern, value);

const queued = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ SentTimestamp: z.string(), ApproximateReceiveCount: z.catch(z.string(), '1') }),
    }),
  ),
});

export type QueuedMessage = {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Epoch seconds. */
  readonly sentAt: number;
  /** How often it was handed over, this time included. */
  readonly attempt: number;
};

/** The messages of an SQS event, bodies unread; null for anything else: then somebody asks directly. */
export function readQueued(event: unknown): readonly QueuedMessage[] | null {
  const parsed = queued.safeParse(event);
  if (!parsed.success) return null;
  return parsed.data.Records.map(({ messageId, receiptHandle, body, attributes }) => ({
    id: messageId,
    receiptHandle,
    body,
    sentAt: Math.floor(Number(attributes.SentTimestamp) / 1000),
    attempt: Number(attributes.ApproximateReceiveCount),
  }));
}
