import { describe, expect, it } from 'vitest';
import { tokenBucket } from '../../../shared/aws/paced.ts';

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
