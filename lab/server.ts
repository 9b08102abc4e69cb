import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from './clock.ts';
import type { CallFault, Faults } from './faults.ts';
import { AwsError, type HttpAnswer, type HttpRequest, principal, type Service } from './service.ts';
import { type Wire, wires } from './wire.ts';

/** One request and what became of it. `ok`: the operation was performed and answered. */
export type RecordedCall = {
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly ok: boolean;
  /** Bodies as they were on the wire. */
  readonly request: string;
  readonly response: string;
};

export type ServerOptions = {
  readonly services: readonly Service[];
  /** Routes that are the lab's own (`/_lab/…`); null for anything else. */
  readonly extra?: (request: HttpRequest) => Promise<HttpAnswer | null>;
  readonly clock: Pick<Clock, 'now'>;
  readonly faults?: Pick<Faults, 'takeForCall'>;
  /** On 127.0.0.1; by default one that is free. */
  readonly port?: number;
  readonly onCall: (call: RecordedCall) => void;
};

export type Server = { readonly url: string; stop(): Promise<void> };

type Found = {
  readonly service: Service;
  readonly operation: string;
  readonly wire: Wire;
  readonly read: () => unknown;
};

/** What became of a call: no answer means that the connection is to be cut (`cut`) or left hanging. */
type Outcome = { readonly ok: boolean; readonly answer?: HttpAnswer; readonly cut?: boolean };

/** Serves all services on one port, each in its own protocol. Rejects when the port is taken. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = createServer((request, response) => void serve(request, response, options));
  // Never by the server: a client would sooner or later send into a connection that is just being closed.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // The SDK keeps connections alive: they would hold the server open for minutes.
        server.closeAllConnections();
      }),
  };
}

async function serve(incoming: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const request = await read(incoming);
  // A client that gave up while sending is nobody to answer.
  if (!request) return;
  const own = await options.extra?.(request).catch(brokenRoute);
  const outcome = own ? { ok: true, answer: own } : await perform(request, options);
  if (outcome.cut) incoming.socket.destroy();
  else if (outcome.answer) send(response, outcome.answer, options.clock.now());
}

async function read(incoming: IncomingMessage): Promise<HttpRequest | null> {
  const headers = incoming.headers as Record<string, string | undefined>;
  const path = (incoming.url ?? '/').split('?')[0] ?? '/';
  return text(incoming).then(
    (body) => ({ method: incoming.method ?? 'GET', path, headers, body }),
    () => null,
  );
}

function brokenRoute(error: unknown): HttpAnswer {
  console.error('The lab failed:', error);
  return { status: 500, headers: { 'content-type': 'text/plain' }, body: `The lab failed: ${String(error)}\n` };
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer, now: Date): void {
  // Lab time: from the machine's, the SDK would conclude that its own clock is wrong and sign with a corrected one.
  response.writeHead(status, { ...headers, date: now.toUTCString(), 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function perform(request: HttpRequest, options: ServerOptions): Promise<Outcome> {
  const found = find(request, options.services);
  const caller = callerOf(request);
  const outcome = await outcomeOf(request, { found, caller, fault: faultOf(found, options) });
  options.onCall({
    service: found.service.name,
    operation: found.operation,
    caller: caller ?? 'anonymous',
    ok: outcome.ok,
    request: request.body,
    response: outcome.answer?.body ?? '',
  });
  return outcome;
}

function faultOf({ service, operation }: Found, { faults }: ServerOptions): CallFault | undefined {
  return faults?.takeForCall(service.name, operation);
}

async function outcomeOf(
  request: HttpRequest,
  { found, caller, fault }: { found: Found; caller: string | null; fault: CallFault | undefined },
): Promise<Outcome> {
  const named = { service: found.service, operation: found.operation, requestId: randomUUID() };
  if (fault === 'timeout') return { ok: false };
  if (fault === 'cut') return { ok: false, cut: true };
  try {
    if (caller === null)
      throw new AwsError('MissingAuthenticationToken', 'Missing Authentication Token', { status: 403 });
    if (fault && fault !== 'effect-then-cut') throw errorOf(fault, { found, caller });
    const operation = Object.hasOwn(found.service.operations, found.operation)
      ? found.service.operations[found.operation]
      : undefined;
    if (!operation) throw unknownOperation(`${found.service.name}:${found.operation}`);
    const output = await operation(inputOf(found), { operation: found.operation, caller });
    return {
      ok: true,
      answer: withRequestId(found.wire.output(output, named), named),
      cut: fault === 'effect-then-cut',
    };
  } catch (error) {
    const answer = withRequestId(found.wire.error(asAwsError(error, request), named), named);
    return { ok: false, answer, cut: fault === 'effect-then-cut' };
  }
}

/** By X-Amz-Target (JSON), by Action and Version (query) or by method and path (REST). */
function find(request: HttpRequest, services: readonly Service[]): Found {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    const service = services.find((one) => one.protocol.startsWith('json') && one.target === target.slice(0, dot));
    return foundIn(service ?? nobody(target.slice(0, dot)), target.slice(dot + 1), request);
  }
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(request.body);
    const version = form.get('Version') ?? '';
    const service = services.find((one) => one.protocol === 'query' && one.target === version);
    return foundIn(service ?? { ...nobody(version), protocol: 'query' }, form.get('Action') ?? '', request);
  }
  for (const service of services) {
    const route = service.route?.(request);
    if (route) return { service, operation: route.operation, wire: wires[service.protocol], read: () => route.input };
  }
  return foundIn(nobody(request.path), request.method, request);
}

function foundIn(service: Service, operation: string, request: HttpRequest): Found {
  const wire = wires[service.protocol];
  return { service, operation, wire, read: () => wire.input(request) };
}

/** Stands for a service that the lab does not have, so that the call is recorded and refused like any other. */
const nobody = (name: string): Service => ({ name, protocol: 'json-1.1', target: name, operations: {} });

const unknownOperation = (name: string) =>
  new AwsError(
    'UnknownOperationException',
    `The lab does not implement "${name}": lab/OPERATIONS.md lists what it does`,
  );

/** The access key id names the caller; null without a signature. */
function callerOf({ headers }: HttpRequest): string | null {
  return /\bCredential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1] ?? null;
}

function inputOf(found: Found): unknown {
  try {
    return found.read();
  } catch (cause) {
    throw new AwsError('SerializationException', `The request body cannot be read: ${(cause as Error).message}`);
  }
}

function errorOf(fault: CallFault, { found, caller }: { found: Found; caller: string }): AwsError {
  if (fault === 'throttle') return new AwsError('ThrottlingException', 'Rate exceeded');
  if (fault === '500') return new AwsError('InternalFailure', 'An internal error occurred', { status: 500 });
  const action = `${found.service.name}:${found.operation}`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${principal(caller)} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  );
}

/** Anything else than an AwsError is the lab's own bug: told on stderr, and to the caller as AWS's failure. */
function asAwsError(error: unknown, { path }: HttpRequest): AwsError {
  if (error instanceof AwsError) return error;
  console.error(`The lab failed at ${path}:`, error);
  return new AwsError('InternalFailure', `The lab failed: ${String(error)}`, { status: 500 });
}

function withRequestId(answer: HttpAnswer, { requestId }: { requestId: string }): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } };
}
