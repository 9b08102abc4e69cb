import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeNotice } from '../../../shared/domain/notice.ts';
import { printable } from '../../../shared/domain/printable.ts';
import { quoted, writeCommand } from '../../../shared/domain/shell.ts';
import { arn, place } from './sample.ts';
import { sampleOf } from './sample-facts.ts';

/** Shells at whose prompt people paste: there zsh knows no comments, and bash and zsh expand what an exclamation mark names. */
const shells = {
  sh: ['sh'],
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-f', '-i'],
  fish: ['fish', '--no-config', '-i'],
} as const;
type Shell = keyof typeof shells;
const shellNames = Object.keys(shells) as Shell[];
const isMissing = (shell: Shell) => spawnSync(shell, ['-c', 'true']).error !== undefined;
const present = shellNames.filter((shell) => !isMissing(shell));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pasted-'));
  // Each call: its arguments and what it was piped, ended by a byte that neither can hold. STS has something to say.
  const recorder = `#!/bin/sh\n{ printf '%s\\0' "$@"; [ "$1" = lambda ] && cat; printf '\\001'; } >> '${folder}/calls'\n[ "$1" != sts ] || echo 'what it says'\n`;
  writeFileSync(join(folder, 'aws'), recorder);
  chmodSync(join(folder, 'aws'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Pastes lines at the prompt of a shell whose `aws` writes down how it was called: with which arguments, piped what. */
function paste(lines: readonly string[], shell: Shell): readonly (readonly string[])[] {
  const [program, ...options] = shells[shell];
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' };
  writeFileSync(join(folder, 'calls'), '');
  // From a file: fish does not read from the socket that node would hand it.
  writeFileSync(join(folder, 'lines'), `${lines.join('\n')}\n`);
  const stdin = openSync(join(folder, 'lines'), 'r');
  const stdio = [stdin, 'pipe', 'pipe'] as const;
  const { stdout, stderr } = spawnSync(program, options, { stdio: [...stdio], cwd: folder, env, encoding: 'utf8' });
  closeSync(stdin);
  if (shell === 'sh') expect(stdout).toBe('');
  expect(stderr).not.toMatch(/command not found|unknown command|no matches found|event not found/i);
  const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\u0001').slice(0, -1);
  return calls.map((call) => call.split('\0'));
}

/** The arguments of the one call that a command is. */
const argvOf = (lines: readonly string[], shell: Shell) => paste(lines, shell).flat().slice(0, -1);

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
  '!!',
  'a!b',
  "it's!x",
  'back\\',
  '%self',
  '?[a]{b,c}(d)',
  '-x',
  '--query; id',
  '--$(id)',
  'übung',
];

describe.each(shellNames)('a command pasted into %s', (shell) => {
  it.skipIf(isMissing(shell)).each(hostile)('hands %j over as it is', (value) => {
    const lines = writeCommand(['aws', 'acm', 'list', '--name', value, '--end', 'x'], place);
    expect(argvOf(lines, shell)).toEqual(['acm', 'list', '--name', value, '--end', 'x', '--region', 'us-east-1']);
  });

  it.skipIf(isMissing(shell))('hands any value over as it is, but for what cannot be seen', { timeout: 60_000 }, () => {
    const words = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(words, (values) => {
        const lines = writeCommand(['aws', 'acm', 'list', '--names', ...values], place);
        const seen = values.map(printable);
        expect(argvOf(lines, shell)).toEqual(['acm', 'list', '--names', ...seen, '--region', 'us-east-1']);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a pasted command', () => {
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
    for (const shell of present) {
      const [call = []] = paste(lines, shell);
      expect(JSON.parse(call.at(-1) ?? ''), shell).toEqual({ certificateArn: arn, force: true });
    }
  });

  const region = ['--region', 'us-east-1'];

  it('of several hands on what the one before writes, each with its options below it', () => {
    const pipe = [
      ['aws', 'sts', 'get-caller-identity', '--query', "[?a=='b']"],
      ['xargs', '-I', '{}', 'aws', 'deploy', 'get-deployment', '--deployment-id', '{}'],
      ['tee', 'it.json'],
    ];
    const lines = writeCommand({ pipe }, place);
    expect(lines).toEqual([
      'aws sts get-caller-identity \\',
      `  --query '[?a=='\\''b'\\'']' \\`,
      '  --region us-east-1 |',
      "xargs -I '{}' aws deploy get-deployment \\",
      "  --deployment-id '{}' \\",
      '  --region us-east-1 |',
      'tee it.json',
    ]);
    for (const shell of present) {
      const [first, ...others] = paste(lines, shell);
      expect(first, shell).toEqual([...['sts', 'get-caller-identity', '--query', "[?a=='b']"], ...region, '']);
      expect(others, shell).toEqual([['deploy', 'get-deployment', '--deployment-id', 'what it says', ...region, '']]);
    }
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
    ['loses a letter that no font draws', 'a\u3164b', "'a?b'"],
    ['is quoted where zsh would look for a program', '=ls', "'=ls'"],
    ['is quoted where fish would look for a process', '%self', "'%self'"],
    ['has its backslashes outside of quotes, which fish reads otherwise', 'a\\b', "'a'\\\\'b'"],
    ['keeps letters of any language', 'größe', "'größe'"],
  ])('%s', (_, word, text) => expect(quoted(word)).toBe(text));
});

describe('what a mail says must be done', () => {
  const pastedOf = (body: string) => body.split('\n').filter((line) => line.startsWith('    '));

  function mailOf(value: string) {
    const of = { name: value, certificateArn: value, secret: value };
    return composeNotice(
      {
        findings: [
          sampleOf('SecretNotOurs', of),
          sampleOf('DeploymentFailed', { ...of, service: value, cluster: value, detail: value }),
          sampleOf('BadTag', { ...of, tag: value, value, accepted: value }),
        ],
        name: value,
        certificateArn: value,
        affects: [value],
        done: [value],
        planned: [value],
        unseen: [value],
      },
      place,
    );
  }

  /** Nothing runs but the commands that were meant, with the values that were meant. */
  function expectMeant(value: string): void {
    const seen = printable(value);
    const region = ['--region', 'us-east-1'];
    const reExport = (asked: object) => [
      ...['lambda', 'invoke', '--function-name', 'acm-courier-prod-re-export'],
      ...['--payload', 'fileb:///dev/stdin', '/dev/stdout', ...region],
      JSON.stringify({ certificateArn: value, ...asked }).replace(/[\s\S]*/, printable),
    ];
    const tag = ['--tags', `Key=courier:certificate,Value=${seen}`];
    const valued = (option: string) =>
      value.startsWith('-') ? [`${option}=${seen}`] : [option, seen.replace(/^\w+:\/\//, '?$&')];
    const describeService = [
      ...[...valued('--cluster'), ...valued('--services')],
      ...['--query', 'services[].events[:5].message'],
    ];
    const meant = [
      ['ecs', 'describe-services', ...describeService, ...region, ''],
      reExport({ force: true }),
      reExport({ accept: true }),
      ['secretsmanager', 'tag-resource', ...valued('--secret-id'), ...tag, ...region, ''],
      ['acm', 'list-tags-for-certificate', ...valued('--certificate-arn'), ...region, ''],
      reExport({}),
    ];
    for (const shell of present) expect(paste(pastedOf(mailOf(value).body), shell), shell).toEqual(meant);
  }

  it.each([
    ...hostile,
    '--debug',
    'file:///etc/passwd',
    'a\r\nrm -rf .',
    'a\n  aws iam create-user',
    '\x1b[2Jaws',
    '\u202Eaws',
    `${'x'.repeat(50)}${' '.repeat(20)}aws`,
  ])('is what was meant with %j', (value) => expectMeant(value));

  // A shell each time: a machine that is busy takes a while.
  it('is what was meant, whatever a name holds', { timeout: 60_000 }, () => {
    const nasty = fc.constantFrom(
      "'",
      '"',
      '`',
      '$(',
      ')',
      ';',
      '|',
      '&',
      '\\',
      '\n',
      '\r',
      '<',
      '>',
      '#',
      '!',
      ' ',
      '~',
      '*',
      '\0',
    );
    const value = fc.array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 });
    fc.assert(
      fc.property(value, (parts) => expectMeant(parts.join(''))),
      { numRuns: 15 },
    );
  });
});
