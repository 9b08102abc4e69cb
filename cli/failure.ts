import { nameOf, Trouble } from '../shared/aws/trouble.ts';
import { type Finding, mendOf, sentenceOf } from '../shared/domain/reasons.ts';

/** How a command ends; docs/cli.md and every `--help` say the same. */
export const exitCode = {
  ok: 0,
  /** The answer is that something is wrong, or what was asked could not be done. */
  problems: 1,
  usage: 2,
  /** AWS could not be asked: no credentials, denied, not reachable. */
  unreachable: 3,
  interrupted: 130,
  /** Whoever read standard output went away, as `head` does: what a shell shows of a program that SIGPIPE ended. */
  pipeClosed: 141,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The end of a command, in words for whoever typed it: a sentence, and what would be right. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly hint: string;
  readonly code: ExitCode;

  constructor(message: string, { hint, code, cause }: { hint: string; code: ExitCode; cause?: unknown }) {
    super(message, { cause });
    this.hint = hint;
    this.code = code;
  }
}

/** Any error as a failure; null for one that is a mistake of ours. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  // A denial is worded by what was called; what got no answer at all, by what kept it from one.
  if (error instanceof Trouble)
    return (error.finding.reason === 'AccessDenied' ? null : withoutAnswer(error.cause)) ?? found(error);
  return withoutAnswer(error);
}

function found(trouble: Trouble): Failure {
  const { message, hint, code } = saidOf(trouble.finding);
  return new Failure(message, { hint, code, cause: trouble });
}

/** The catalogue's sentences speak for a function that looks again: a command ends. */
function saidOf(of: Finding): { message: string; hint: string; code: ExitCode } {
  switch (of.reason) {
    case 'AccessDenied':
      return { message: `AWS denied a call: ${of.facts.detail}`, hint: deniedHint, code: exitCode.unreachable };
    case 'Throttled':
      return { message: `AWS asked to slow down: ${of.facts.detail}`, hint: laterHint, code: exitCode.unreachable };
    case 'AwsUnavailable':
      return { message: `AWS did not answer: ${of.facts.detail}`, hint: reachHint, code: exitCode.unreachable };
    default:
      return { message: sentenceOf(of), hint: mendOf(of).text, code: exitCode.problems };
  }
}

const deniedHint = 'Use a profile that may do this (--profile); docs/cli.md lists what each command needs';
const laterHint = 'Try again in a minute';
const reachHint = 'Check the network, --region and AWS_ENDPOINT_URL; "aws sts get-caller-identity" asks the same way';
const credentialsHint =
  'Sign in as for the AWS CLI (aws sso login, aws configure, AWS_PROFILE or AWS_ACCESS_KEY_ID), or name a --profile';

/** The SDK's own errors, from before there was any answer, and AWS's word on who asks. */
function withoutAnswer(error: unknown): Failure | null {
  const name = nameOf(error);
  const message = error instanceof Error ? error.message.split('\n')[0] : '';
  if (/Credentials?Provider|TokenProvider|SSOToken/.test(name) || /Could not load credentials/.test(message ?? ''))
    return failure(`There are no AWS credentials: ${message}`, credentialsHint, error);
  if (/^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature)/.test(name))
    return failure(`AWS does not accept the credentials: ${message}`, credentialsHint, error);
  if (/^Region is missing/.test(message ?? ''))
    return failure('There is no region', 'Name one: --region eu-central-1, or AWS_REGION', error);
  if (/^AccessDenied|^AuthorizationError/.test(name))
    return failure(`AWS denied a call: ${message}`, deniedHint, error);
  if (systemErrors.has((error as NodeJS.ErrnoException | undefined)?.code ?? '') || name === 'TimeoutError')
    return failure(`AWS cannot be reached: ${message || name}`, reachHint, error);
  return null;
}

const systemErrors = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ECONNRESET',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'CERT_HAS_EXPIRED',
]);

const failure = (message: string, hint: string, cause: unknown) =>
  new Failure(message, { hint, code: exitCode.unreachable, cause });
