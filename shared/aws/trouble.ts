import { type Finding, finding, sentenceOf } from '../domain/reasons.ts';

/**
 * What went wrong in the world, as a finding from the catalogue: thrown by the adapters in this folder, caught by the
 * use cases, which hand back, tell or answer as the finding's `retry` says. `cause` keeps AWS's own error.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly finding: Finding;

  constructor(found: Finding, options: ErrorOptions = {}) {
    super(sentenceOf(found), options);
    this.finding = found;
  }
}

/** AWS's error names for "slow down", over all services that we call. */
const throttles = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestThrottled',
  'RequestLimitExceeded',
  // Of the keys that encrypt a topic or a queue.
  'KMSThrottlingException',
  'KmsThrottled',
]);
const denials = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationErrorException',
  'AuthorizationError',
  'NotAuthorized',
  // EC2's.
  'UnauthorizedOperation',
  'KMSAccessDeniedException',
  'KmsAccessDenied',
]);

/**
 * Runs one AWS call; turns its error into Trouble. `call` names it as IAM does (`acm:ExportCertificate`).
 * With `material` the call carries key material: AWS's message is then left out, lest it quote what it was sent.
 */
export async function ask<Answer>(
  call: string,
  send: () => Promise<Answer>,
  options: { readonly material?: boolean } = {},
): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble(readError(call, error, options.material ?? false), options.material ? {} : { cause: error });
  }
}

/** Like `ask`, but answers null where AWS says that the thing does not exist (error name ends in NotFoundException). */
export async function askFor<Answer>(call: string, send: () => Promise<Answer>): Promise<Answer | null> {
  return ask(call, async () => {
    try {
      return await send();
    } catch (error) {
      if (nameOf(error).endsWith('NotFoundException')) return null;
      throw error;
    }
  });
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

function readError(call: string, error: unknown, material: boolean): Finding {
  const name = nameOf(error);
  const message = error instanceof Error && !material ? error.message : name;
  const facts = { detail: `${call}: ${message}` };
  if (throttles.has(name)) return finding('Throttled', facts);
  if (denials.has(name)) return finding('AccessDenied', facts);
  if (name === 'RequestInProgressException' || name === 'ResourceInUseException')
    return finding('RequestInProgress', facts);
  return isAnswered(error) ? finding('CallRefused', facts) : finding('AwsUnavailable', facts);
}

/** AWS answered, and said that the caller is wrong; anything else (no answer, 5xx) may pass by itself. */
const isAnswered = (error: unknown): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status < 500;
};
