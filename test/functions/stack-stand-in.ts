import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StackAnswer } from '../../shared/network/stack-answer.ts';
import type { CourierLab } from './courier-lab.ts';

type Request = {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: object;
};

/** Stands in for the bucket that takes answers to custom resources. */
export async function takeAnswers() {
  const answers: { answer: StackAnswer; contentType: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    answers.push({ answer: JSON.parse(await text(request)), contentType: request.headers['content-type'] });
    response.writeHead(request.method === 'PUT' ? 200 : 405).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=abc`;
  return { answers, url, stop: () => server.close() };
}

/** Stands in for CloudFormation with one custom resource. */
export async function startStack(courier: CourierLab) {
  const { answers, url: ResponseURL, stop } = await takeAnswers();
  let requests = 0;

  /** Sends a request as CloudFormation does, and answers what the function put at its URL. */
  async function ask(request: Request) {
    const before = answers.length;
    const RequestId = `request-${++requests}`;
    const event = { ...common, ResponseURL, RequestId, ...request };
    const returned = await courier.invoke('delivered-certificate', event);
    const [seen, ...others] = answers.slice(before);
    if (!seen || others.length > 0) throw new Error(`Answered other than once: ${JSON.stringify(returned)}`);
    return { ...seen.answer, contentType: seen.contentType, RequestId };
  }

  const create = (properties: object) => ask({ RequestType: 'Create', ResourceProperties: properties });
  const update = (PhysicalResourceId: string, properties: object) =>
    ask({ RequestType: 'Update', PhysicalResourceId, ResourceProperties: properties });
  const remove = (PhysicalResourceId: string, properties: object) =>
    ask({ RequestType: 'Delete', PhysicalResourceId, ResourceProperties: properties });
  return { create, update, remove, stop };
}

export const stackId = 'arn:aws:cloudformation:us-east-1:111122223333:stack/api/51af3dc0-da77-11e4-872e-1234567db123';

const common = {
  StackId: stackId,
  LogicalResourceId: 'Delivered',
  ResourceType: 'Custom::DeliveredCertificate',
};
