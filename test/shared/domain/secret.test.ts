import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasLabel,
  holderOf,
  label,
  ourVersions,
  sinceLabel,
  sinceLabels,
  sinceOf,
  withLabel,
  without,
} from '../../../shared/domain/secret.ts';
import { idOf } from './sample.ts';

describe('a label', () => {
  const versions = { a: ['AWSCURRENT', 'COURIER_NEXT'], b: ['AWSPREVIOUS'], c: [] };

  it('is found on its version', () => expect(holderOf(versions, 'AWSPREVIOUS')).toBe('b'));
  it('has no holder where no version carries it', () => expect(holderOf(versions, 'COURIER_HELD')).toBeUndefined());
  it('is on the version that carries it only', () => {
    expect(hasLabel(versions, 'a', 'COURIER_NEXT')).toBe(true);
    expect(hasLabel(versions, 'b', 'COURIER_NEXT')).toBe(false);
    expect(hasLabel(versions, 'unknown', 'COURIER_NEXT')).toBe(false);
  });
  it('leaves the version that it is taken off', () => {
    expect(without(versions, 'COURIER_NEXT')).toEqual({ a: ['AWSCURRENT'], b: ['AWSPREVIOUS'], c: [] });
  });

  it.each([
    [
      'AWSCURRENT leaves AWSPREVIOUS on the version that it left',
      'AWSCURRENT',
      'c',
      { a: ['COURIER_NEXT', 'AWSPREVIOUS'], b: [], c: ['AWSCURRENT'] },
    ],
    [
      'AWSCURRENT moved back swaps with AWSPREVIOUS',
      'AWSCURRENT',
      'b',
      { a: ['COURIER_NEXT', 'AWSPREVIOUS'], b: ['AWSCURRENT'], c: [] },
    ],
    [
      'AWSCURRENT may go to a version without any label',
      'AWSCURRENT',
      'd',
      { a: ['COURIER_NEXT', 'AWSPREVIOUS'], b: [], c: [], d: ['AWSCURRENT'] },
    ],
    [
      'AWSCURRENT stays where it is, and AWSPREVIOUS too',
      'AWSCURRENT',
      'a',
      { a: ['COURIER_NEXT', 'AWSCURRENT'], b: ['AWSPREVIOUS'], c: [] },
    ],
    ['another label moves alone', 'COURIER_NEXT', 'c', { a: ['AWSCURRENT'], b: ['AWSPREVIOUS'], c: ['COURIER_NEXT'] }],
    [
      'a new label is set',
      'COURIER_HELD',
      'c',
      { a: ['AWSCURRENT', 'COURIER_NEXT'], b: ['AWSPREVIOUS'], c: ['COURIER_HELD'] },
    ],
  ])('%s', (_, name, to, after) => expect(withLabel(versions, name, to)).toEqual(after));

  it('the first AWSCURRENT makes no AWSPREVIOUS', () => {
    expect(withLabel({}, 'AWSCURRENT', 'a')).toEqual({ a: ['AWSCURRENT'] });
  });

  it('sits on one version at a time, however labels are moved', () => {
    const move = fc.tuple(fc.constantFrom(...Object.values(label), sinceLabel(1)), fc.constantFrom('a', 'b', 'c'));
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const end = moves.reduce((so, [name, to]) => withLabel(so, name, to), {});
        const all = Object.values(end).flat();
        expect(new Set(all).size).toBe(all.length);
        for (const [name, to] of moves.slice(-1)) expect(holderOf(end, name)).toBe(to);
      }),
    );
  }, 60_000);
});

describe('the time of a promotion', () => {
  it('is written into its label', () => expect(sinceLabel(1_790_000_000)).toBe('COURIER_SINCE_1790000000'));
  it.each([
    ['is read from the label', ['AWSCURRENT', 'COURIER_SINCE_1790000000'], 1_790_000_000],
    ['is unknown without one', ['AWSCURRENT'], undefined],
    ['is not zero where the label ends too soon', ['COURIER_SINCE_'], undefined],
    ['is unknown where the label is no number', ['COURIER_SINCE_soon'], undefined],
    [
      'is unknown where the label is no whole second',
      ['COURIER_SINCE_1e9', 'COURIER_SINCE_1.5', 'COURIER_SINCE_-1'],
      undefined,
    ],
    ['is the latest of several', ['COURIER_SINCE_9', 'COURIER_SINCE_10', 'COURIER_SINCE_8'], 10],
    ['is found beside a label that says nothing', ['COURIER_SINCE_', 'COURIER_SINCE_7'], 7],
  ])('%s', (_, labels, since) => expect(sinceOf({ a: labels }, 'a')).toBe(since));
  it('is unknown for a version that is not there', () => expect(sinceOf({}, 'a')).toBeUndefined());
  it('is found on every version, to be taken off', () => {
    const versions = { a: ['COURIER_SINCE_1', 'AWSPREVIOUS'], b: ['AWSCURRENT', 'COURIER_SINCE_2'], c: [] };
    expect(sinceLabels(versions)).toEqual([
      { versionId: 'a', name: 'COURIER_SINCE_1' },
      { versionId: 'b', name: 'COURIER_SINCE_2' },
    ]);
  });
});

it('the versions of our form are told from others', () => {
  expect(
    ourVersions({ [idOf()]: ['AWSCURRENT'], '5f8a3c1e-7b2d-4e9f-a1b2-c3d4e5f60718': [] }).map(({ id }) => id),
  ).toEqual([idOf()]);
});
