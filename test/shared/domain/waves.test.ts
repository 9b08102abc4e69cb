import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Nominee, readParallel, wavesOf } from '../../../shared/domain/waves.ts';

const of = (name: string, order = 100, cluster = 'prod'): Nominee => ({
  arn: `arn:aws:ecs:us-east-1:111122223333:service/${cluster}/${name}`,
  order,
});
const names = (waves: readonly (readonly Nominee[])[]) =>
  waves.map((wave) => wave.map(({ arn }) => arn.split('/').slice(1).join('/')).join(' '));

describe('services are restarted in waves', () => {
  const many = [of('e'), of('a'), of('c', 200), of('b'), of('d', 200), of('last', 1)];
  it.each([
    ['one first, which stands in for a canary, then by order and name', false, '2', ['last', 'a b', 'e', 'c d']],
    ['all of them where canaries came first', true, '2', ['last', 'a b', 'e', 'c d']],
    ['none larger than asked', true, '1', ['last', 'a', 'b', 'e', 'c', 'd']],
    ['none of two orders', true, '10', ['last', 'a b e', 'c d']],
    ['of a share of all, rounded up', true, '25%', ['last', 'a b', 'e', 'c d']],
    ['of all at once', true, '100%', ['last', 'a b e', 'c d']],
  ] as const)('%s', (_, tried, parallel, expected) =>
    expect(names(wavesOf(many, { parallel: readParallel(parallel) ?? { count: 0 }, tried }))).toEqual(
      expected.map((wave) => wave.replaceAll(/\w+/g, 'prod/$&')),
    ),
  );

  it('the first alone among services of one order', () =>
    expect(names(wavesOf([of('c'), of('b'), of('a')], { parallel: { count: 4 }, tried: false }))).toEqual([
      'prod/a',
      'prod/b prod/c',
    ]));

  it('namesakes of two clusters in the order of their clusters', () =>
    expect(names(wavesOf([of('a', 1, 'b'), of('a', 1, 'a')], { parallel: { count: 4 }, tried: true }))).toEqual([
      'a/a b/a',
    ]));

  it('none without services', () => expect(wavesOf([], { parallel: { percent: 50 }, tried: false })).toEqual([]));
});

it.each([
  ['4', { count: 4 }],
  ['1', { count: 1 }],
  ['25%', { percent: 25 }],
  ['100%', { percent: 100 }],
  ['0', null],
  ['0%', null],
  ['101%', null],
  ['-1', null],
  ['1.5', null],
  ['four', null],
  ['', null],
])('rolloutParallel %s', (text, expected) => expect(readParallel(text)).toEqual(expected));

it('every service is in one wave, whatever the fleet, and the same waves come out of any order of nomination', () => {
  const nominees = fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,3}$/), order: fc.nat(2) }), {
    selector: ({ name }) => name,
  });
  const parallel = fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  );
  fc.assert(
    fc.property(nominees, parallel, fc.boolean(), (all, parallel, tried) => {
      const fleet = all.map(({ name, order }) => of(name, order));
      const waves = wavesOf(fleet, { parallel, tried });
      const size = 'count' in parallel ? parallel.count : Math.ceil((fleet.length * parallel.percent) / 100);
      expect(new Set(waves.flat())).toEqual(new Set(fleet));
      expect(waves.flat()).toHaveLength(fleet.length);
      expect(waves.every((wave) => wave.length <= size && new Set(wave.map(({ order }) => order)).size === 1)).toBe(
        true,
      );
      expect(names(wavesOf(fleet.toReversed(), { parallel, tried }))).toEqual(names(waves));
    }),
  );
}, 60_000);
