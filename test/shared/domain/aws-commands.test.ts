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

test.each([
  ['--debug', ['--services=--debug', '--query', 'x']],
  ['-', ['--services=-', '--query', 'x']],
  ['file:///etc/passwd', ['--services', '?file:///etc/passwd', '--query', 'x']],
  ['fileb://key', ['--services', '?fileb://key', '--query', 'x']],
  ['web', ['--services', 'web', '--query', 'x']],
])('%j is a value, neither an option nor the name of a file', (value, argv) => {
  expect(aws`ecs describe-services --services ${value} --query x`.slice(3)).toEqual(argv);
});
