import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../shared/domain/printable.ts';
import { quoted, writeCommand } from '../../../shared/domain/shell.ts';
import { arn, place } from './sample.ts';

/** What a POSIX shell makes of the pasted text: the arguments that a program named `aws` would be given. */
function argvOf(lines: readonly string[]): readonly string[] {
  const script = `aws() { printf '%s\\0' "$@"; }\n${lines.join('\n')}\n`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env.PATH } })
    .split('\0')
    .slice(0, -1);
}

const hostile = [
  'it’s',
  "it's",
  '"; rm -rf / #',
  '$(touch /tmp/owned)',
  '`id`',
  '$HOME',
  '~',
  '*',
  'a b  c',
  '\\',
  "'\\''",
  '&& true',
  '|',
  '>',
  '{"a":[1]}',
  '!',
  '',
  '-x',
  '--query; id',
  '--$(id)',
  'übung',
];

describe('a pasted command', () => {
  it.each(hostile)('hands %j over as it is', (value) => {
    const lines = writeCommand(['aws', 'acm', 'list', '--name', value, '--end', 'x'], place);
    expect(argvOf(lines)).toEqual(['acm', 'list', '--name', value, '--end', 'x', '--region', 'us-east-1']);
  });

  it('hands any value over as it is, but for what cannot be seen', () => {
    const words = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(words, (values) => {
        const lines = writeCommand(['aws', 'acm', 'list', '--names', ...values], place);
        expect(argvOf(lines)).toEqual(['acm', 'list', '--names', ...values.map(printable), '--region', 'us-east-1']);
      }),
      { numRuns: 25 },
    );
  });

  it('is one option a line, continued to the last', () => {
    expect(writeCommand(['aws', 'acm', 'describe-certificate', '--certificate-arn', arn], place)).toEqual([
      'aws acm describe-certificate \\',
      `  --certificate-arn ${arn} \\`,
      '  --region us-east-1',
    ]);
  });

  it('asks the stack’s own function to export again, with the payload on standard input', () => {
    const lines = writeCommand({ reExport: { certificateArn: arn, force: true } }, place);
    expect(lines).toEqual([
      `printf %s '{"certificateArn":"${arn}","force":true}' |`,
      'aws lambda invoke \\',
      '  --function-name acm-courier-prod-re-export \\',
      '  --payload fileb:///dev/stdin /dev/stdout \\',
      '  --region us-east-1',
    ]);
    const piped = execFileSync('sh', ['-c', lines.slice(0, 1).join('').replace(/\|$/, '')], { encoding: 'utf8' });
    expect(JSON.parse(piped)).toEqual({ certificateArn: arn, force: true });
  });
});

describe('a word', () => {
  it.each([
    ['is left bare when no shell cares', 'courier/api:standard', 'courier/api:standard'],
    ['is quoted when it is empty', '', "''"],
    ['is quoted when it has a space', 'a b', "'a b'"],
    ['is quoted around its own quotes', "it's", "'it'\\''s'"],
    ['loses a line break', 'a\nb', "'a?b'"],
    ['loses an escape sequence', 'a\x1b[2Jb', "'a?[2Jb'"],
    ['loses what would reorder it on the screen', 'a\u202Etxt', "'a?txt'"],
    ['loses a separator of lines', 'a\u2028b', "'a?b'"],
    ['loses half a character', 'a\uD800b', "'a?b'"],
    ['keeps letters of any language', 'größe', "'größe'"],
  ])('%s', (_, word, text) => expect(quoted(word)).toBe(text));
});
