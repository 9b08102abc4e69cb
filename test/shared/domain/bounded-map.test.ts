import { expect, it } from 'vitest';
import { BoundedMap } from '../../../shared/domain/bounded-map.ts';

it('a full map forgets what was set first', () => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  expect([...map]).toEqual([
    ['b', 2],
    ['c', 4],
  ]);
});
