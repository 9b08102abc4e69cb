import { ACMClient, ListCertificatesCommand } from '@aws-sdk/client-acm';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createIam } from '../../lab/iam.ts';
import type { HttpRequest, Service } from '../../lab/service.ts';
import { isSignedWith, readClaim } from '../../lab/signature.ts';
import { createTags } from '../../lab/tags.ts';

type Signed = {
  method: string;
  path: string;
  headers: Record<string, string>;
  query: object;
  body?: string | Uint8Array;
};

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
const session: Credentials = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' };
const operator: Credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };

/** What the SDK, which signs with code that nobody here wrote, would send. */
async function signedBy(send: (config: object) => Promise<unknown>, credentials = session): Promise<HttpRequest> {
  let signed: Signed | undefined;
  const handle = async (request: Signed) => {
    signed = request;
    throw new Error('Not sent');
  };
  const config = { region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: { handle } };
  await send(config).catch(() => {});
  if (!signed) throw new Error('The SDK did not come to sending');
  const query = new URLSearchParams(signed.query as Record<string, string>).toString();
  const { body = '' } = signed;
  return { ...signed, query, body: typeof body === 'string' ? body : new TextDecoder().decode(body) };
}

const listed = (credentials?: Credentials) =>
  signedBy((to) => new ACMClient(to).send(new ListCertificatesCommand({ NextToken: 'ü/%' })), credentials);

function isSigned(request: HttpRequest, secret = 'secret'): boolean {
  const claim = readClaim(request);
  return claim !== null && isSignedWith(secret, { request, claim });
}

describe('a request of the SDK', () => {
  it.each<[string, () => Promise<HttpRequest>]>([
    ['in JSON', () => listed()],
    [
      'as a form',
      () => signedBy((to) => new SNSClient(to).send(new PublishCommand({ TopicArn: 't', Message: 'a b&c=d' }))),
    ],
    [
      'with a path and a query that need encoding',
      () =>
        signedBy((to) =>
          new LambdaClient(to).send(
            new InvokeCommand({ FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:f', Qualifier: 'a:b c' }),
          ),
        ),
    ],
  ])('%s is signed', async (_, make) => {
    const request = await make();
    expect(isSigned(request)).toBe(true);
    expect(isSigned(request, 'another')).toBe(false);
  });

  it.each<[string, (request: HttpRequest) => HttpRequest]>([
    ['body', (request) => ({ ...request, body: `${request.body} ` })],
    ['path', (request) => ({ ...request, path: `${request.path}x` })],
    ['query', (request) => ({ ...request, query: 'x=1' })],
    ['method', (request) => ({ ...request, method: 'PUT' })],
    ['operation', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-target': 'x' } })],
    ['host', (request) => ({ ...request, headers: { ...request.headers, host: 'x' } })],
    ['token', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-security-token': 'x' } })],
    ['time', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-date': '20200101T000000Z' } })],
  ])('is not signed any more with another %s', async (_, change) => {
    expect(isSigned(change(await listed()))).toBe(false);
  });

  it('is refused by a service for which it was not signed', async () => {
    const iam = createIam({ tags: createTags(), keyOf: () => undefined });
    const request = await listed(operator);
    const service = (name: string): Service => ({ name, protocol: 'json-1.1', target: '', operations: {} });
    expect(iam.authenticate(request, service('acm')).caller).toBe('operator');
    expect(() => iam.authenticate(request, service('ecs'))).toThrow("scoped to correct service: 'ecs'.");
  });
});

describe('no claim is read from', () => {
  const whole =
    'AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/acm/aws4_request, SignedHeaders=host;x-amz-date, Signature=0';
  it.each([
    ['nothing', ''],
    ['another algorithm', whole.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')],
    ['a scope that is cut off', whole.replace('/aws4_request', '')],
    ['no signed headers', whole.replace('SignedHeaders', 'Headers')],
    ['no signature', whole.replace('Signature', 'Sign')],
  ])('%s', (_, authorization) => {
    const request = { method: 'POST', path: '/', query: '', body: '' };
    expect(readClaim({ ...request, headers: { authorization } })).toBeNull();
    expect(readClaim({ ...request, headers: { authorization: whole } })?.accessKeyId).toBe('key');
  });
});
