import { Readable } from 'node:stream';
import { ACMClient, GetCertificateCommand, ListTagsForCertificateCommand } from '@aws-sdk/client-acm';
import { describe, expect, it } from 'vitest';
import { paced, tokenBucket } from '../../../shared/aws/paced.ts';
import { arn } from '../domain/sample.ts';

/** A clock that goes on only while somebody sleeps, and when each of so many calls had its turn. */
function world(rate: { perSecond: number; burst: number }) {
  let now = 0;
  const sleep = async (milliseconds: number) => {
    now += milliseconds;
  };
  const bucket = tokenBucket(rate, { elapsed: () => now, sleep });
  const turns = async (calls: number) => {
    const at: number[] = [];
    for (let call = 0; call < calls; call++) {
      await bucket.take();
      at.push(Math.round(now));
    }
    return at;
  };
  return { bucket, turns, rest: sleep };
}

describe('a token bucket', () => {
  it('lets a burst pass at once and the rest at its rate', async () => {
    expect(await world({ perSecond: 4, burst: 3 }).turns(6)).toEqual([0, 0, 0, 250, 500, 750]);
  });

  it('fills up again while nobody calls, to a burst and no further', async () => {
    const { turns, rest } = world({ perSecond: 4, burst: 2 });
    await turns(2);
    await rest(60_000);
    expect(await turns(4)).toEqual([60_000, 60_000, 60_250, 60_500]);
  });

  it('halves its rate at each throttle, down to a tenth, without what was left of the burst', async () => {
    const { bucket, turns } = world({ perSecond: 10, burst: 5 });
    bucket.throttled();
    expect(await turns(2)).toEqual([200, 400]);
    for (let again = 0; again < 9; again++) bucket.throttled();
    expect(await turns(2)).toEqual([2200, 3200]);
  });

  it('takes its rate up again with each call that is taken', async () => {
    const { bucket, turns } = world({ perSecond: 10, burst: 1 });
    bucket.throttled();
    for (let call = 0; call < 5; call++) bucket.taken();
    expect(await turns(2)).toEqual([100, 200]);
  });

  it('gives those who wait together a turn each', async () => {
    const waits: number[] = [];
    const bucket = tokenBucket(
      { perSecond: 2, burst: 1 },
      { elapsed: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) },
    );
    await Promise.all([bucket.take(), bucket.take(), bucket.take()]);
    expect(waits).toEqual([500, 1000]);
  });
});

describe('a paced client', () => {
  /** When each attempt came through to ACM, which throttles the first of them, by a clock that only sleep moves. */
  function throttledOnce() {
    let now = 0;
    const attempts: number[] = [];
    const handle = async () => {
      const isFirst = attempts.push(Math.round(now)) === 1;
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      const body = Readable.from([isFirst ? '{"__type":"ThrottlingException"}' : '{}']);
      return { response: { statusCode: isFirst ? 400 : 200, headers, body } };
    };
    const client = new ACMClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
      requestHandler: { handle, metadata: { handlerProtocol: 'http/1.1' } },
    });
    const sleep = async (milliseconds: number) => {
      now += milliseconds;
    };
    const rates = { ListTagsForCertificate: { perSecond: 10, burst: 1 } };
    return { client: paced(client, rates, { elapsed: () => now, sleep }), attempts };
  }

  it('waits for a turn before each attempt, a retry too, more slowly after a throttle and less so once one is taken', async () => {
    const { client, attempts } = throttledOnce();
    await client.send(new ListTagsForCertificateCommand({ CertificateArn: arn }));
    await client.send(new ListTagsForCertificateCommand({ CertificateArn: arn }));
    expect(attempts).toEqual([0, 200, 333]);
  });

  it('lets an operation without a rate go as it comes', async () => {
    const { client, attempts } = throttledOnce();
    for (let call = 0; call < 3; call++) await client.send(new GetCertificateCommand({ CertificateArn: arn }));
    expect(attempts).toEqual([0, 0, 0, 0]);
  });

  it('is what a sweep calls ACM, Secrets Manager, the Tagging API and ECS by', async () => {
    const { pacedClients } = await import('../../../shared/aws/paced-clients.ts');
    for (const client of Object.values(pacedClients()))
      expect(client.middlewareStack.identify().join()).toMatch(/paced/);
  });
});
