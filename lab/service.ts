/**
 * What the lab's server needs to know of one AWS service. Each service is a module that exports one
 * `create…(world parts)` function; `lab/world.ts` puts them together, `lab/server.ts` speaks the wire.
 */
export type Service = {
  /** As in `/_lab/calls` and `/_lab/faults`, and as in the request's signing scope: `acm`, `secretsmanager`, … */
  readonly name: string;
  readonly protocol: 'json-1.0' | 'json-1.1' | 'query' | 'ec2' | 'rest-json' | 'rpc-v2-cbor';
  /** `X-Amz-Target` prefix for JSON protocols, API version for `query` and `ec2`, unused for `rest-json`. */
  readonly target: string;
  /** Anything not named here answers UnknownOperationException. */
  readonly operations: Readonly<Record<string, Operation>>;
  /**
   * `rest-json` only: the operation that a method and a path mean, with its input where that is not the body; null if it
   * is not this service's.
   */
  readonly route?: (request: HttpRequest) => { readonly operation: string; readonly input?: unknown } | null;
};

export type HttpRequest = {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The body as it was sent, for it need not be text. */
  readonly bytes?: Uint8Array;
};

/** What goes back over HTTP; a `rest-json` operation answers it itself, because its output is more than a body. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/**
 * One operation: parsed input in, output out. The server writes dates of an output as epoch seconds (`query`: ISO 8601);
 * bytes of an input arrive as base64 text. Input members are unchecked, as on the wire: hence `any`.
 */
// biome-ignore lint/suspicious/noExplicitAny: the wire carries what the caller sent; operations check what they use.
export type Operation = (input: any, call: Call) => unknown;

export type Call = {
  readonly operation: string;
  /** Name of the caller's key: `operator`, or the function's name for a function. */
  readonly caller: string;
};

/**
 * An error as AWS words it: `code` is the exception's name on the wire, `queryCode` the older name that a service which
 * once spoke `query` (SQS) still sends along.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly queryCode: string | undefined;

  constructor(code: string, message: string, options: { status?: number; queryCode?: string } = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.queryCode = options.queryCode;
  }
}

/** Throws an AwsError: in an expression, too. */
export function refuse(code: string, message: string, options?: { status?: number; queryCode?: string }): never {
  throw new AwsError(code, message, options);
}

/** Sends an event to the default bus; the envelope (id, time, account, region) is the bus's business. */
export type Emit = (event: {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}) => void;

/** Where the lab says it is. */
export const account = '111122223333';
export const region = 'us-east-1';
export const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
