import { describe, expect, it } from 'vitest';
import { readServiceWish } from '../../../shared/domain/service-wish.ts';

const read = (tags: Readonly<Record<string, string>>) => readServiceWish(tags, 'courier/api');
const nothing = { order: 100, paused: false, readsByItself: false, refusesMutableImages: false, problems: [] };

describe('the tags of a service', () => {
  it.each([
    ['none', {}, nothing],
    ['an order', { 'courier:order': '7' }, { ...nothing, order: 7 }],
    ['the order zero', { 'courier:order': '0' }, { ...nothing, order: 0 }],
    ['a pause', { 'courier:pause': 'True' }, { ...nothing, paused: true }],
    ['no pause', { 'courier:pause': 'false' }, nothing],
    ['no restart', { 'courier:restart': 'false' }, { ...nothing, readsByItself: true }],
    ['no image that moves', { 'courier:mutable-image': 'refuse' }, { ...nothing, refusesMutableImages: true }],
    ['a port to probe', { 'courier:probe': 'web:8443' }, { ...nothing, probe: { container: 'web', port: 8443 } }],
    [
      'a window',
      { 'courier:window': 'Sat 02:00-04:00 UTC' },
      { ...nothing, window: [{ days: [6], from: 120, to: 240, zone: 'UTC' }] },
    ],
  ])('%s', (_, tags, expected) => expect(read(tags)).toEqual(expected));

  it.each([
    ['courier:order', 'first', 'a whole number from 0 to 9999'],
    ['courier:order', '-1', 'a whole number from 0 to 9999'],
    ['courier:pause', 'yes', 'true or false'],
    ['courier:restart', 'no', 'false or true'],
    ['courier:mutable-image', 'deny', 'refuse or allow'],
  ])('%s = "%s" asks for nothing, and is said with what is accepted', (tag, value, accepted) =>
    expect(read({ [tag]: value })).toEqual({ ...nothing, problems: [{ tag, value, accepted }] }),
  );

  it('a window that nobody can read is none that is open', () =>
    expect(read({ 'courier:window': 'Sat 02:00-02:00 UTC' })).toMatchObject({
      window: 'unreadable',
      problems: [{ tag: 'courier:window', value: '02:00-02:00' }],
    }));

  it('all that cannot be read is said, and all else goes on', () => {
    const { problems, ...wish } = read({
      ...{ 'courier:order': 'x', 'courier:probe': 'https', 'courier:window': 'always', 'courier:pause': 'true' },
    });
    expect(problems.map(({ tag }) => tag)).toEqual(['courier:probe', 'courier:order', 'courier:window']);
    expect(wish).toEqual({
      order: 100,
      paused: true,
      readsByItself: false,
      refusesMutableImages: false,
      window: 'unreadable',
    });
  });
});
