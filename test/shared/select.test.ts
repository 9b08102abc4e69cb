import { describe, expect, it } from 'vitest';
import { mendOf } from '../../shared/domain/reasons.ts';
import { readWishes } from '../../shared/domain/wish.ts';
import { type Sources, select } from '../../shared/select.ts';
import { place } from './domain/sample.ts';

/** An account without certificates. */
const sources: Sources = {
  place,
  settings: { secretPrefix: 'courier/' },
  certificates: { find: async () => null, named: async () => [] },
  tagged: { certificates: async () => [], certificatesOf: async () => [] },
};

/** What somebody is told to do who asked for the certificate of a secret that has none. */
const adviceFor = (value: string): Promise<string> =>
  select({ by: 'secret', value }, sources).then(
    () => 'one was found',
    ({ finding }) => mendOf(finding).text,
  );

describe('who asks for a secret that no certificate is delivered to', () => {
  it('is told the tag that delivers one there', async () => {
    expect(await adviceFor('courier/api')).toBe(
      'Tag the certificate that is to be delivered there: courier:secret=courier/api',
    );
  });

  it.each([
    ['./x', 'courier/x'],
    ['tls/api', 'courier/api'],
    ['courier/a b', 'courier/NAME'],
    ['courier/', 'courier/NAME'],
    ['tls/ä', 'courier/NAME'],
  ])('is told of a name that can be delivered to, where it is %s', async (secret, legal) => {
    const advice = await adviceFor(secret);
    expect(advice).toBe(
      `Secrets that acm-courier fills are named below "courier/"; tag the certificate that is to be delivered, as in courier:secret=${legal}`,
    );
    const { deliveries, problems } = readWishes({ 'courier:secret': advice.split('courier:secret=').at(-1) ?? '' });
    expect([deliveries.length, problems]).toEqual([1, []]);
  });
});
