import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Clock } from './clock.ts';
import type { CallFault, Faults } from './faults.ts';
import { denial, type Iam, type Principal } from './iam.ts';
import { AwsError, account, type HttpAnswer, type HttpRequest, refuse, type Service } from './service.ts';
import { wires } from './wire.ts';

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
  /** By default every key is believed, and may do everything. */
  readonly iam?: Doorkeeper;
  /** On 127.0.0.1; by default one that is free. */
  readonly port?: number;
  readonly onCall: (call: RecordedCall) => void;
};

type Doorkeeper = Pick<Iam, 'callerOf' | 'authenticate' | 'authorize'>;

export type Server = { readonly url: string; stop(): Promise<void> };

/** What a request asks for; `input` is what a route has read already. */
type Found = { readonly service: Service; readonly operation: string; readonly input?: unknown };

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
  const bytes = await buffer(incoming).catch(() => null);
  // A client that gave up while sending is nobody to answer.
  if (bytes === null) return;
  const headers = incoming.headers as HttpRequest['headers'];
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const request = { method: incoming.method ?? 'GET', path, query, headers, body: bytes.toString(), bytes };
  const own = await options.extra?.(request).catch(brokenRoute);
  const { answer, cut } = own ? { answer: own, cut: false } : await perform(request, options);
  if (cut) incoming.socket.destroy();
  if (cut || !answer) return;
  // Lab time: from the machine's, the SDK would conclude that its own clock is wrong and sign with a corrected one.
  const date = options.clock.now().toUTCString();
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, date, 'content-length': length }).end(answer.body);
}

function brokenRoute(error: unknown): HttpAnswer {
  console.error('The lab failed:', error);
  return { status: 500, headers: { 'content-type': 'text/plain' }, body: `The lab failed: ${String(error)}\n` };
}

async function perform(request: HttpRequest, options: ServerOptions): Promise<Outcome> {
  const { services, faults, iam = believing, onCall } = options;
  const found = find(request, services);
  const { service, operation } = found;
  const caller = iam.callerOf(request) ?? 'anonymous';
  const fault = faults?.takeForCall(service.name, operation);
  const { ok, answer, cut = false } = await outcomeOf(request, { found, iam, fault });
  const response = Buffer.from(answer?.body ?? '').toString();
  onCall({ service: service.name, operation, caller, ok, request: request.body, response });
  return { ok, cut, ...(answer && { answer }) };
}

type Call = { readonly found: Found; readonly iam: Doorkeeper; readonly fault: CallFault | undefined };

async function outcomeOf(request: HttpRequest, { found, iam, fault }: Call): Promise<Outcome> {
  if (fault === 'timeout' || fault === 'cut') return { ok: false, cut: fault === 'cut' };
  const { service, operation } = found;
  const wire = wires[service.protocol];
  const named = { service, operation, requestId: randomUUID() };
  const cut = fault === 'effect-then-cut';
  const answered = (ok: boolean, { headers, ...answer }: HttpAnswer) => ({
    ok,
    answer: { ...answer, headers: { ...headers, 'x-amzn-requestid': named.requestId } },
    cut,
  });
  try {
    if (!iam.callerOf(request)) refuse('MissingAuthenticationToken', 'Missing Authentication Token', { status: 403 });
    const principal = iam.authenticate(request, service);
    if (fault && !cut) fail(fault, { found, principal });
    if (!Object.hasOwn(service.operations, operation))
      refuse('UnknownOperationException', `The lab has no "${service.name}:${operation}": see lab/OPERATIONS.md`);
    const input = found.input ?? readInput(() => wire.input(request));
    await iam.authorize(principal, { service, operation, input });
    const output = await service.operations[operation]?.(input, { operation, caller: principal.caller });
    return answered(true, wire.output(output, named));
  } catch (error) {
    return answered(false, wire.error(asAwsError(error, request), named));
  }
}

/** By X-Amz-Target (JSON), by Action and Version (query), by path (CBOR) or by method and path (REST). */
function find(request: HttpRequest, services: readonly Service[]): Found {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    const [, prefix = '', operation = ''] = /^(.*)\.(.*)$/.exec(target) ?? [];
    return { service: services.find((one) => one.target === prefix) ?? nobody(prefix), operation };
  }
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(request.body);
    const version = form.get('Version') ?? '';
    const unknown: Service = { ...nobody(version), protocol: 'query' };
    return { service: services.find((one) => one.target === version) ?? unknown, operation: form.get('Action') ?? '' };
  }
  const [, prefix, operation = ''] = /^\/service\/(\w+)\/operation\/(\w+)$/.exec(request.path) ?? [];
  if (prefix !== undefined) {
    const service = services.find((one) => one.target === prefix) ?? nobody(prefix);
    return { service: { ...service, protocol: 'rpc-v2-cbor' }, operation };
  }
  for (const service of services) {
    const route = service.route?.(request);
    if (route) return { service, ...route };
  }
  return { service: nobody(request.path), operation: request.method };
}

/** Stands for a service that the lab does not have, so that the call is recorded and refused like any other. */
const nobody = (name: string): Service => ({ name, protocol: 'json-1.1', target: name, operations: {} });

/** The access key id names the caller. */
const believing: Doorkeeper = {
  callerOf: ({ headers }) => /\bCredential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1] ?? null,
  authenticate(request) {
    const caller = believing.callerOf(request) ?? '';
    return { caller, arn: `arn:aws:iam::${account}:user/${caller}` };
  },
  authorize: async () => {},
};

function readInput(read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    return refuse('SerializationException', `The request body cannot be read: ${(cause as Error).message}`);
  }
}

function fail(fault: CallFault, { found, principal }: { found: Found; principal: Principal }): never {
  if (fault === 'throttle') refuse('ThrottlingException', 'Rate exceeded');
  if (fault === '500') refuse('InternalFailure', 'An internal error occurred', { status: 500 });
  const action = `${found.service.name}:${found.operation}`;
  const why = `because no identity-based policy allows the ${action} action`;
  throw denial(found.service, { principal: principal.arn, action, resource: '*', why });
}

/** Anything else than an AwsError is the lab's own bug: told on stderr, and to the caller as AWS's failure. */
function asAwsError(error: unknown, { path }: HttpRequest): AwsError {
  if (error instanceof AwsError) return error;
  console.error(`The lab failed at ${path}:`, error);
  return new AwsError('InternalFailure', `The lab failed: ${String(error)}`, { status: 500 });
}
