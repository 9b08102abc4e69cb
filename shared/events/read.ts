import * as z from 'zod/mini';

/**
 * How JSON becomes a type; the schemas beside this file are the only place where it does. What AWS may add is ignored,
 * what is not for us is skipped with a reason, and what should be readable but is not throws: Lambda then keeps the event
 * in the stack's failed-invocations queue instead of losing it.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export function read<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Unreadable(`Cannot read the event: ${describeIssues(parsed.error)}`);
}

/** Which member is wrong and how, never its value: whatever came in may be anything. */
export const describeIssues = (error: z.core.$ZodError): string =>
  error.issues
    .map((issue) => {
      const where = issue.path.length > 0 ? `"${issue.path.join('.')}"` : 'it';
      switch (issue.code) {
        case 'unrecognized_keys':
          return `${issue.keys.map((key) => `"${key}"`).join(', ')} is not known`;
        case 'invalid_type':
          return `${where} must be of type ${issue.expected}`;
        case 'invalid_format':
          return `${where} does not have the right form`;
        case 'invalid_value':
          return `${where} can only be ${issue.values.join(' or ')}`;
        default:
          return `${where} is not accepted`;
      }
    })
    .join('; ');

export const arnForm = /^arn:aws[a-z-]*:acm:([a-z0-9-]+):(\d{12}):certificate\/[A-Za-z0-9-]+$/;
export const certificateArn = z.string().check(z.regex(arnForm));
