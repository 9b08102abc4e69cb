import { expect, test } from 'vitest';
import { aws } from '../../../shared/domain/aws-commands.ts';

test('a command is its words, and what is put in stays one word whatever it contains', () => {
  expect(aws`acm add-tags --arn ${'a b'} --tags Key=${'$(x)'},Value=${'\n'} --list one two`).toEqual([
    'aws',
    'acm',
    'add-tags',
    '--arn',
    'a b',
    '--tags',
    'Key=$(x),Value=\n',
    '--list',
    'one',
    'two',
  ]);
});
