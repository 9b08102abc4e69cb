import { cbor, tag, tagSymbol } from '@smithy/core/cbor';
import type { AwsError, HttpAnswer, HttpRequest, Service } from './service.ts';

/** How one protocol of AWS writes inputs, outputs and errors; the SDK's clients are the judges of it. */
export type Wire = {
  /** Throws a SyntaxError when the body is not of this protocol. */
  input(request: HttpRequest): unknown;
  output(output: unknown, named: Named): HttpAnswer;
  error(error: AwsError, named: Named): HttpAnswer;
};

type Named = { readonly service: Service; readonly operation: string; readonly requestId: string };

const query: Wire = {
  input: (request) => fromForm(request.body),
  output: (output, { service, operation, requestId }) =>
    xmlAnswer(200, {
      root: `${operation}Response xmlns="https://${service.name}.amazonaws.com/doc/${service.target}/"`,
      content: { [`${operation}Result`]: output ?? {}, ResponseMetadata: { RequestId: requestId } },
    }),
  error: (error, { requestId }) =>
    xmlAnswer(error.status, {
      root: 'ErrorResponse',
      content: { Error: { Type: fault(error), Code: error.code, Message: error.message }, RequestId: requestId },
    }),
};

export const wires: Readonly<Record<Service['protocol'], Wire>> = {
  'json-1.0': json('1.0'),
  'json-1.1': json('1.1'),
  query,
  ec2: {
    input: query.input,
    output: (output, { service, operation, requestId }) => {
      const root = `${operation}Response xmlns="http://ec2.amazonaws.com/doc/${service.target}/"`;
      const { body, ...answer } = xmlAnswer(200, { root, content: { requestId, ...(output as object) } });
      return { ...answer, body: String(body).replaceAll('member>', 'item>') };
    },
    error: ({ status, code, message }, { requestId }) =>
      xmlAnswer(status, {
        root: 'Response',
        content: { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId },
      }),
  },
  'rpc-v2-cbor': rpcCbor(),
  'rest-json': {
    input: (request) => JSON.parse(request.body || '{}'),
    output: (output) => output as HttpAnswer,
    error: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: JSON.stringify({ Type: fault(error) === 'Sender' ? 'User' : 'Server', message: error.message }),
    }),
  },
};

/** Smithy RPC v2: what the AWS CLI speaks to CloudWatch, to which the SDK speaks JSON. */
function rpcCbor(): Wire {
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  // A time is a tagged number of seconds.
  const untagged = (_: string, value: { [tagSymbol]?: true; value?: unknown } | null) =>
    value?.[tagSymbol] ? value.value : value;
  return {
    input: ({ bytes = new Uint8Array() }) => JSON.parse(JSON.stringify(cbor.deserialize(bytes), untagged)),
    output: (output) => ({ status: 200, headers, body: cbor.serialize(toCbor(output)) }),
    error: (error) => ({
      status: error.status,
      headers: { ...headers, ...queryError(error) },
      body: cbor.serialize({ __type: error.code, message: error.message }),
    }),
  };
}

function toCbor(value: unknown): unknown {
  if (value instanceof Date) return tag({ tag: 1, value: value.getTime() / 1000 });
  if (Array.isArray(value)) return value.map(toCbor);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toCbor(member)]));
}

function json(version: string): Wire {
  const headers = { 'content-type': `application/x-amz-json-${version}` };
  return {
    input: (request) => JSON.parse(request.body || '{}'),
    output: (output) => ({ status: 200, headers, body: JSON.stringify(output ?? {}, toWire) }),
    error: (error) => ({
      status: error.status,
      headers: { ...headers, ...queryError(error) },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    }),
  };
}

/** For clients that knew the service when it spoke `query`. */
const queryError = (error: AwsError): HttpAnswer['headers'] =>
  error.queryCode ? { 'x-amzn-query-error': `${error.queryCode};${fault(error)}` } : {};

const fault = (error: AwsError) => (error.status < 500 ? 'Sender' : 'Receiver');

/** JSON.stringify has called `toJSON` on `value` already, so a date is looked up in its holder. */
function toWire(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Date ? original.getTime() / 1000 : value;
}

function xmlAnswer(status: number, { root, content }: { root: string; content: object }): HttpAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body: `<?xml version="1.0"?>\n${xml(root, content)}` };
}

function xml(tag: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  return `<${tag}>${xmlContent(value)}</${tag.split(' ')[0]}>`;
}

function xmlContent(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => xml('member', item)).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, member]) => xml(name, member))
      .join('');
  }
  return String(value).replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Form = { [name: string]: Form | string };

/** `A.member.1=x`, `B.entry.1.key=k` and `C.D=y` become `{A: ['x'], B: {k: …}, C: {D: 'y'}}`. */
function fromForm(body: string): unknown {
  const form: Form = Object.create(null);
  for (const [path, value] of new URLSearchParams(body)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let node = form;
    for (const name of names) {
      const below = node[name] ?? (Object.create(null) as Form);
      if (typeof below === 'string') throw new SyntaxError(`"${path}" is below a value`);
      node[name] = below;
      node = below;
    }
    node[last] = value;
  }
  return shaped(form);
}

function shaped(node: Form | string): unknown {
  if (typeof node === 'string') return node;
  const { member, entry } = node;
  if (typeof member === 'object') return Object.values(member).map(shaped);
  if (typeof entry === 'object') return Object.fromEntries(Object.values(entry).map(entryOf));
  return Object.fromEntries(Object.entries(node).map(([name, below]) => [name, shaped(below)]));
}

/** SNS names a map's halves `key`/`value` or, for message attributes, `Name`/`Value`. */
function entryOf(entry: Form | string): [string, unknown] {
  if (typeof entry === 'string') throw new SyntaxError('A map entry has no key');
  return [String(entry.key ?? entry.Name), shaped(entry.value ?? entry.Value ?? '')];
}
