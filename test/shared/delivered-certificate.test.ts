import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeptSecret } from '../../shared/aws/kept-secret.ts';
import { Trouble } from '../../shared/aws/trouble.ts';
import { deliveredCertificate } from '../../shared/delivered-certificate.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { PresentSecret } from '../../shared/domain/secret.ts';
import type { StackRequest } from '../../shared/events/stack-request.ts';
import type { StackAnswer } from '../../shared/network/stack-answer.ts';
import { arn, certificate, idOf, place, present } from './domain/sample.ts';

const stackId = 'arn:aws:cloudformation:us-east-1:111122223333:stack/api/51af3dc0';
const request: StackRequest = {
  RequestType: 'Create',
  ResponseURL: 'https://example.com/answer',
  StackId: stackId,
  RequestId: 'request-1',
  LogicalResourceId: 'Delivered',
  ResourceProperties: { CertificateArn: arn, SecretName: 'courier/api' },
};
const current = present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT'] });
const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/api-AbCdEf';

type World = {
  /** Takes what the secret becomes meanwhile. */
  readonly ask: (put: (secret: PresentSecret) => void) => Promise<unknown>;
  /** What the secret is before the worker was asked; null where there is none. */
  readonly before?: PresentSecret | null;
  readonly tags?: Readonly<Record<string, string>>;
  readonly asked?: Partial<StackRequest>;
  /** What else the secret is seen to be. */
  readonly look?: Partial<KeptSecret>;
  readonly mode?: 'observe' | 'deliver';
};

/** One request in a world whose worker answers `ask`; the secret is current once it said so. */
async function answered({ ask, before = null, tags = {}, asked = {}, look = {}, mode = 'deliver' }: World) {
  let secret = before;
  const startedAt = Date.now();
  const answers: StackAnswer[] = [];
  const find = async () => secret ?? { state: 'absent' };
  const wire = {
    place,
    settings: { mode, secretPrefix: 'courier/', notices: 'all' },
    now: () => Math.floor(Date.now() / 1000),
    log: () => {},
    sleep: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    certificates: { find: async () => ({ ...certificate, notBefore: 1000, tags: { ...certificate.tags, ...tags } }) },
    secrets: { find },
    keptSecrets: {
      look: async () =>
        secret && { arn: secretArn, deleting: false, ours: true, createdAt: certificate.notAfter, ...look, secret },
    },
    worker: {
      ask: async () => {
        const outcome = await ask((now) => {
          secret = now;
        });
        if ((outcome as { is: string }).is === 'done') secret = current;
        return outcome;
      },
    },
    answer: async (_: string, answer: StackAnswer) => void answers.push(answer),
  };
  const remaining = () => 300_000 - (Date.now() - startedAt);
  const running = deliveredCertificate({ ...request, ...asked }, { remaining, wire: wire as never });
  await vi.advanceTimersByTimeAsync(300_000);
  await running;
  const [answer, ...others] = answers;
  expect(others).toEqual([]);
  return answer;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const done = async () => ({ is: 'done', because: 'current' });
const again = async () => ({ is: 'again', seconds: 30, because: 'AccessDenied' });

describe('a stack never hangs', () => {
  it('where the worker does not answer: the reason comes ten seconds before the time is up', async () => {
    const answer = await answered({ ask: () => new Promise(() => {}) });
    expect(answer).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining(
        'The time of the custom resource ended before its secret was current: AWS had not answered',
      ),
      PhysicalResourceId: `${arn} courier/api made`,
    });
  });

  it('where the worker goes on waiting: the reason says for what', async () => {
    expect(await answered({ ask: again })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('was current: AccessDenied. See the log of the function deliver'),
    });
  });

  it('where something breaks that nobody thought of', async () => {
    const ask = async () => {
      throw new TypeError('x is not a function');
    };
    expect(await answered({ ask })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('Something failed that acm-courier knows no words for: TypeError'),
    });
  });

  it('where the worker refuses: its reason and hint are the answer', async () => {
    const problem = { reason: 'KeyMismatch', message: 'No pair', hint: 'Export again' };
    expect(await answered({ ask: async () => ({ is: 'told', problem }) })).toMatchObject({
      Status: 'FAILED',
      Reason: 'No pair. Export again',
    });
  });
});

it('looks again while AWS throttles, and still knows that the resource made the secret', async () => {
  let asked = 0;
  const ask = async (put: (secret: PresentSecret) => void) => {
    // The worker's answer got lost, but it had made the secret.
    put(present({}));
    if (++asked < 3) throw new Trouble(finding('Throttled', { detail: 'lambda:InvokeFunction: slow down' }));
    return done();
  };
  expect(await answered({ ask })).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: `${arn} courier/api made`,
    Data: { SecretArn: secretArn, VersionId: idOf() },
  });
});

it('an Update that fails leaves the resource what it was, however far it came', async () => {
  const problem = { reason: 'KeyMismatch', message: 'No pair', hint: 'Export again' };
  const asked = { RequestType: 'Update', PhysicalResourceId: `${arn} courier/before made` } as const;
  const answer = await answered({ ask: async () => ({ is: 'told', problem }), asked });
  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `${arn} courier/before made` });
});

it('Delete in mode observe leaves the secret, says so, and lets the stack go', async () => {
  const asked = {
    RequestType: 'Delete',
    PhysicalResourceId: `${arn} courier/api made`,
    ResourceProperties: { DeleteSecret: 'true' },
  } as const;
  expect(await answered({ ask: done, before: current, asked, mode: 'observe' })).toMatchObject({
    Status: 'SUCCESS',
    Reason: 'Left secret "courier/api": acm-courier is deployed in mode observe',
  });
});

const ofThisStack = { 'aws:cloudformation:stack-id': stackId };

it.each<[string, PresentSecret, Partial<KeptSecret>]>([
  ['somebody else created it', current, { ours: false }],
  ['it is older than the certificate', current, { createdAt: 1 }],
  ['somebody prepared it empty', present({}), {}],
  [
    'it held another certificate before',
    present({ ...current.versions, [idOf({ serial: 'f'.repeat(40) })]: ['AWSPREVIOUS'] }),
    {},
  ],
  ['somebody put a version into it', present({ ...current.versions, mine: ['COPY'] }), {}],
])('a secret of a certificate of the same stack was there before where %s', async (_, before, look) => {
  const answer = await answered({ ask: done, before, tags: ofThisStack, look });
  expect(answer?.PhysicalResourceId).toBe(`${arn} courier/api`);
});

it.each([
  ['there was no secret', null, {}, ' made'],
  ['the secret was there', current, {}, ''],
  ['it belongs to a certificate of the same stack', current, { 'aws:cloudformation:stack-id': stackId }, ' made'],
  ['it belongs to a certificate of another stack', current, { 'aws:cloudformation:stack-id': 'other' }, ''],
  [
    'a person prepared it for a certificate of the same stack',
    present(current.versions, { team: 'web' }),
    { 'aws:cloudformation:stack-id': stackId },
    '',
  ],
])('a secret is the resource’s own or not: %s', async (_, before, tags, mark) => {
  const answer = await answered({ ask: done, before, tags });
  expect(answer?.PhysicalResourceId).toBe(`${arn} courier/api${mark}`);
});
