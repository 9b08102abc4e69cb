import { describe, expect, it } from 'vitest';
import type { Tags } from '../../../shared/domain/certificate.ts';
import { type BadTag, consumedSecrets, isPaused, readWishes, renamed } from '../../../shared/domain/wish.ts';

const names = 'secret names or name:format, separated by spaces';
const all = 'standard, plain, kafka, keystore';
const renaming =
  'key=name, separated by spaces, each key once, of certificate, certificateChain, privateKey, passphrase, fullChain, ' +
  'trustBundle, keystore, truststore, password; names of letters, digits and _.-, each once';
const standard = (secret: string) => ({ secret, format: 'standard' });

describe('the tags of a certificate', () => {
  it.each([
    ['ask for nothing without courier:secret', {}, []],
    ['ask for nothing with an empty courier:secret', { 'courier:secret': ' ' }, []],
    ['ask for nothing by a format alone', { 'courier:format': 'standard' }, []],
    ['ask for one secret in the standard format', { 'courier:secret': 'courier/api' }, [standard('courier/api')]],
    [
      'ask for several secrets, whatever space is between',
      { 'courier:secret': '  a  b/c ' },
      [standard('a'), standard('b/c')],
    ],
    ['name the format behind a colon', { 'courier:secret': 'a:standard' }, [standard('a')]],
    ['name the format for all', { 'courier:secret': 'a', 'courier:format': 'standard' }, [standard('a')]],
    ['prefer the format behind the colon', { 'courier:secret': 'a:standard', 'courier:format': 'x' }, [standard('a')]],
    [
      'rename keys where a format has them',
      { 'courier:secret': 'a b:keystore', 'courier:keys': 'certificate=tlsCert password=secret' },
      [
        { ...standard('a'), keys: { certificate: 'tlsCert' } },
        { secret: 'b', format: 'keystore', keys: { password: 'secret' } },
      ],
    ],
    ['may name a secret of 512 characters', { 'courier:secret': 's'.repeat(512) }, [standard('s'.repeat(512))]],
    ['may use all characters of a secret name', { 'courier:secret': 'a/B_9+=.@-' }, [standard('a/B_9+=.@-')]],
  ])('%s', (_, tags, deliveries) => expect(readWishes(tags)).toEqual({ deliveries, problems: [] }));

  it.each<[string, Tags, BadTag]>([
    [
      'a secret of 513 characters',
      { 'courier:secret': 's'.repeat(513) },
      { tag: 'courier:secret', value: 's'.repeat(513), accepted: names },
    ],
    [
      'a colon without a name',
      { 'courier:secret': ':standard' },
      { tag: 'courier:secret', value: ':standard', accepted: names },
    ],
    ['a name with a bracket', { 'courier:secret': 'a(b)' }, { tag: 'courier:secret', value: 'a(b)', accepted: names }],
    ['a name with an umlaut', { 'courier:secret': 'ä' }, { tag: 'courier:secret', value: 'ä', accepted: names }],
    [
      'an unknown format for all',
      { 'courier:secret': 'a', 'courier:format': 'jks' },
      { tag: 'courier:format', value: 'jks', accepted: all },
    ],
    [
      'an empty format for all',
      { 'courier:secret': 'a', 'courier:format': '' },
      { tag: 'courier:format', value: '', accepted: all },
    ],
    [
      'an unknown format behind the name',
      { 'courier:secret': 'a:jks' },
      { tag: 'courier:secret', value: 'a:jks', accepted: `a with format ${all}` },
    ],
    [
      'nothing behind the colon',
      { 'courier:secret': 'a:' },
      { tag: 'courier:secret', value: 'a:', accepted: `a with format ${all}` },
    ],
    [
      'two colons',
      { 'courier:secret': 'a:standard:x' },
      { tag: 'courier:secret', value: 'a:standard:x', accepted: `a with format ${all}` },
    ],
    [
      'a name of Object.prototype as format',
      { 'courier:secret': 'a:toString' },
      { tag: 'courier:secret', value: 'a:toString', accepted: `a with format ${all}` },
    ],
    ...(
      [
        ['a key that no format has', 'cert=x', 'cert=x'],
        ['a key of Object.prototype', 'toString=x', 'toString=x'],
        ['no name for a key', 'privateKey=', 'privateKey='],
        ['a name that JSON would have to escape', 'privateKey="', 'privateKey="'],
        ['a key twice', 'privateKey=x privateKey=y', 'privateKey=y'],
        ['two keys under one name', 'privateKey=x passphrase=x', 'privateKey=x'],
        ['a name that another key has', 'privateKey=certificate', 'privateKey=certificate'],
      ] as const
    ).map(([name, keys, value]): [string, Tags, BadTag] => [
      name,
      { 'courier:secret': 'a', 'courier:keys': keys },
      { tag: 'courier:keys', value, accepted: renaming },
    ]),
  ])('are a problem with %s', (_, tags, problem) =>
    expect(readWishes(tags)).toEqual({ deliveries: [], problems: [problem] }),
  );

  it('are delivered as far as they can be read', () => {
    const { deliveries, problems } = readWishes({ 'courier:secret': 'a b:jks c' });
    expect(deliveries).toEqual([standard('a'), standard('c')]);
    expect(problems.map(({ value }) => value)).toEqual(['b:jks']);
  });
});

describe('a renamed secret', () => {
  it.each([
    ['stands alone', 'other/a', 'courier/a'],
    ['keeps its format', 'other/a:standard', 'courier/a:standard'],
    ['leaves the others as they are', 'courier/b other/a courier/c:standard', 'courier/b courier/a courier/c:standard'],
    ['is not mistaken for one whose name it begins', 'other/ab other/a', 'other/ab courier/a'],
  ])('%s', (_, value, mended) =>
    expect(renamed({ 'courier:secret': value }, { from: 'other/a', to: 'courier/a' })).toBe(mended),
  );
});

describe('the tags of a service', () => {
  it.each([
    ['consume nothing when absent', {}, []],
    ['consume one secret', { 'courier:secret': 'courier/api' }, ['courier/api']],
    ['consume several', { 'courier:secret': 'a  b' }, ['a', 'b']],
  ])('%s', (_, tags, secrets) => expect(consumedSecrets(tags)).toEqual(secrets));
});

it.each([
  ['true', true],
  [' True ', true],
  ['TRUE', true],
  ['', false],
  ['false', false],
  ['yes', false],
  ['true false', false],
])('courier:pause = "%s" pauses: %s', (value, pauses) => expect(isPaused({ 'courier:pause': value })).toBe(pauses));

it('nothing is paused without the tag', () => expect(isPaused({})).toBe(false));
