import { expect, it } from 'vitest';
import { nominations } from '../../../shared/aws/nominations.ts';

const one = (name: string, ...secrets: string[]) => ({ arn: `arn:${name}`, tags: { named: name }, secrets });

/** What is nominated, and how often task definitions were looked at for it. */
function given(byTags: readonly ReturnType<typeof one>[], found: readonly ReturnType<typeof one>[]) {
  const world = { now: 1_000, searches: 0, broken: false };
  const { services } = nominations({
    tagged: { services: async () => byTags },
    followers: async () => {
      world.searches += 1;
      if (world.broken) throw new Error('denied');
      return found;
    },
    now: () => world.now,
  });
  return { world, services };
}

it('whoever says it and whoever was found reading it consume it, each once, with what either says', async () => {
  const { services } = given([one('tagged', 'a'), one('both', 'a')], [one('both', 'a', 'b'), one('found', 'b')]);
  expect(await services()).toEqual([one('tagged', 'a'), one('both', 'a', 'b'), one('found', 'b')]);
});

it('a service that is tagged keeps the tags by which it was nominated', async () => {
  const { services } = given([one('both', 'a')], [{ ...one('both', 'b'), tags: { named: 'otherwise' } }]);
  expect(await services()).toEqual([one('both', 'a', 'b')]);
});

it.each([
  ['not again within a quarter of an hour', 1_899, 1_000, 1],
  ['again after it', 1_900, 1_000, 2],
  ['not again where something was promoted within seconds', 1_006, 1_005, 1],
  ['again where something was promoted since', 1_007, 1_006, 2],
])('task definitions are looked at %s', async (_, now, since, searches) => {
  const { world, services } = given([], [one('found', 'a')]);
  await services();
  world.now = now;
  expect(await services(since)).toHaveLength(1);
  expect(world.searches).toBe(searches);
});

it('a search that fails is nobody’s answer, and is not remembered', async () => {
  const { world, services } = given([one('tagged', 'a')], [one('found', 'a')]);
  world.broken = true;
  await expect(services()).rejects.toThrow('denied');
  world.broken = false;
  expect(await services()).toHaveLength(2);
});
