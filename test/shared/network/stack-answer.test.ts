import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { answerStack, type StackAnswer } from '../../../shared/network/stack-answer.ts';

const answer: StackAnswer = {
  Status: 'SUCCESS',
  Reason: '',
  PhysicalResourceId: 'of a certificate',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Delivered',
  Data: {},
};

/** What a bucket saw of the attempts to answer it, where it answers with these codes one after the other. */
async function attemptsAt(...codes: readonly number[]) {
  const seen: { method: string | undefined; type: string | undefined; body: unknown; url: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(String(await buffer(request)));
    seen.push({ method: request.method, type: request.headers['content-type'], body, url: request.url });
    response.writeHead(codes[seen.length - 1] ?? 200).end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?X-Amz-Signature=0123`;
  const problem = await answerStack(url, answer).catch((error: Error) => error.message);
  server.close();
  return { seen, problem };
}

it('puts the answer as it is, without a content type: the URL was signed for none', async () => {
  const { seen, problem } = await attemptsAt();
  const url = '/answer?X-Amz-Signature=0123';
  expect({ seen, problem }).toEqual({
    seen: [{ method: 'PUT', type: undefined, body: answer, url }],
    problem: undefined,
  });
});

it('tries again, and fails without a word of the URL', async () => {
  const recovered = await attemptsAt(503, 503);
  expect([recovered.seen.length, recovered.problem]).toEqual([3, undefined]);
  const failed = await attemptsAt(503, 403, 403);
  expect([failed.seen.length, failed.problem]).toEqual([3, 'Cannot answer CloudFormation: it answered 403']);
});
