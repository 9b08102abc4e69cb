import * as z from 'zod/mini';
import { nonceOf } from '../domain/version-id.ts';
import type { Message } from './queued.ts';
import { certificateArn, describeIssues } from './read.ts';

const request = z.strictObject({
  certificateArn: z.optional(certificateArn),
  domainName: z.optional(z.string().check(z.minLength(1), z.maxLength(253))),
  secret: z.optional(z.string().check(z.minLength(1), z.maxLength(512))),
  all: z.optional(z.literal(true)),
  after: z.optional(certificateArn),
  atMost: z.optional(z.number().check(z.int(), z.minimum(1), z.maximum(1_000))),
  dryRun: z.optional(z.boolean()),
  wait: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  accept: z.optional(z.boolean()),
  rollBack: z.optional(z.boolean()),
  requestId: z.optional(z.string().check(z.regex(/^[\w.:-]{1,80}$/))),
});

export type Request = {
  readonly which: Which;
  readonly dryRun: boolean;
  readonly wait: boolean;
  /** What of it goes into the message. */
  readonly asked: Pick<Message, 'thorough' | 'force' | 'accept' | 'rollBack'>;
  readonly requestId: string;
};

export type Which =
  | { readonly by: 'certificateArn'; readonly value: string }
  | { readonly by: 'domainName'; readonly value: string }
  | { readonly by: 'secret'; readonly value: string }
  /** In the order of their ARNs, from behind `after`, `atMost` so many. */
  | { readonly by: 'all'; readonly after?: string; readonly atMost?: number };

/** A request to re-export, or what is wrong with it, in words. `requestId` is the default for the one not given. */
export function readRequest(
  value: unknown,
  { requestId }: { requestId: string },
): Request | { readonly wrong: string } {
  const parsed = request.safeParse(value);
  if (!parsed.success) return { wrong: describeIssues(parsed.error) };
  const { dryRun = false, wait = false, force = false, accept = false, rollBack = false, ...asked } = parsed.data;
  const selectors = (['certificateArn', 'domainName', 'secret', 'all'] as const).filter(
    (by) => asked[by] !== undefined,
  );
  const [by, second] = selectors;
  if (by === undefined) return { wrong: 'it names nothing to export' };
  if (second !== undefined) return { wrong: `it names both ${by} and ${second}` };
  if (by === 'all' && (wait || force || accept || rollBack))
    return { wrong: 'wait, force, accept and rollBack go with one certificate, not with all' };
  if (by !== 'all' && (asked.after ?? asked.atMost) !== undefined)
    return { wrong: 'after and atMost go with all only' };
  if (dryRun && wait) return { wrong: 'dryRun does nothing that could be waited for' };
  if (force && accept) return { wrong: 'force exports again and accept takes what is there: choose one' };
  if (rollBack && (force || accept)) return { wrong: 'rollBack goes with neither force nor accept' };
  const id = asked.requestId ?? requestId;
  const { after, atMost } = asked;
  return {
    which: by === 'all' ? { by, ...(after && { after }), ...(atMost && { atMost }) } : { by, value: asked[by] ?? '' },
    dryRun,
    wait,
    asked: {
      thorough: true,
      ...(force && { force: nonceOf(id) }),
      ...(accept && { accept }),
      ...(rollBack && { rollBack }),
    },
    requestId: id,
  };
}

export const acceptedRequest =
  'Name one of {"certificateArn": "arn:aws:acm:…"}, {"domainName": "api.example.com"}, {"secret": "courier/api"} or ' +
  '{"all": true}; add "dryRun": true to see the plan only, "wait": true to follow it to the end, "force": true to ' +
  'export again, "accept": true to take what was held, stopped or barred, "rollBack": true to go back to the version before';
