import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** One answered call: when it came and went, milliseconds on one clock. */
export type SeenCall = { readonly operation: string; readonly from: number; readonly to: number };

export type MockAws = {
  readonly url: string;
  readonly seen: readonly SeenCall[];
  close(): void;
};

/** Operation → its answer; a function where the answer depends on what is asked. */
// biome-ignore lint/suspicious/noExplicitAny: an operation's input, as it came over the wire.
export type Answers = Readonly<Record<string, object | ((input: any) => object)>>;

/**
 * Answers each operation always alike: a world in which nothing happens, however often it is asked, so that all runs
 * of a measurement do the same. An answer takes `slow` milliseconds. An operation without an answer fails the run.
 */
export async function startMockAws(answers: Answers, { slow = 0 } = {}): Promise<MockAws> {
  const seen: SeenCall[] = [];
  const server = createServer(async (request, response) => {
    const from = performance.now();
    const input = JSON.parse(await text(request));
    const operation = operationOf(request);
    const answer = answers[operation];
    if (slow > 0) await sleep(slow);
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    const known = typeof answer === 'function' ? answer(input) : answer;
    response.end(JSON.stringify(known ?? { __type: 'UnknownOperationException', message: operation }));
    seen.push({ operation, from, to: performance.now() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => server.close(),
  };
}

/** JSON protocols name the operation in a header: all services that the measured paths call, but for Lambda. */
const operationOf = ({ headers, url = '' }: IncomingMessage): string =>
  url.endsWith('/invocations') ? 'Invoke' : (String(headers['x-amz-target']).split('.').at(-1) ?? '');
