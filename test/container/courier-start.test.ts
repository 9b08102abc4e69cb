import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { encrypted, mint, mintKeys, now } from '../shared/mint.ts';

const script = join(import.meta.dirname, '../../container/courier-start');
const day = 86_400;
/** In CI nothing is left out: what is not installed fails there. */
const installed = (program: string) =>
  process.env.CI === 'true' || spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const openssl = installed('openssl');
/** Every shell that a base image may bring. */
const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(([program = '']) =>
  installed(program),
);

type Secret = Readonly<Record<string, string>>;

/** A passphrase with all that a shell and JSON could trip over. */
const awkward = `a"b\\c $(d) 'e' \`f\` %s\\n`;
let good: Secret;
let renewed: Secret;
let expired: Secret;
let early: Secret;
let home: string;
let children: ChildProcess[];

async function secretOf(dates: { notBefore?: number; notAfter?: number } = {}): Promise<Secret> {
  const [keys, issuerKeys] = await Promise.all([mintKeys(), mintKeys()]);
  const issuer = await mint({ name: 'Root', keys: issuerKeys, authority: true });
  const leaf = await mint({ name: 'api.example.com', keys, issuer, names: ['api.example.com'], ...dates });
  return {
    certificate: leaf.pem,
    certificateChain: issuer.pem,
    privateKey: encrypted(keys, awkward),
    passphrase: awkward,
    fullChain: leaf.pem,
    trustBundle: issuer.pem,
  };
}

beforeAll(async () => {
  [good, renewed, expired, early] = await Promise.all([
    secretOf(),
    secretOf(),
    secretOf({ notBefore: now - 2 * day, notAfter: now - day }),
    secretOf({ notBefore: now + day }),
  ]);
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'courier-start-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  }
  for (const folder of deliveriesIn(home)) chmodSync(join(home, 'files', folder), 0o700);
  rmSync(home, { recursive: true });
});

const deliveriesIn = (folder: string) =>
  existsSync(join(folder, 'files')) ? readdirSync(join(folder, 'files')).filter((name) => name !== 'current') : [];
const variable = (key: string) => `COURIER_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
const injected = (secret: Secret) =>
  Object.fromEntries(Object.entries(secret).map(([key, value]) => [variable(key), value]));
const environment = (more: Secret) => ({
  PATH: `${home}/bin:${process.env.PATH}`,
  COURIER_DIRECTORY: join(home, 'files'),
  ...more,
});
const file = (name: string) => readFileSync(join(home, 'files/current', name), 'utf8');

type Options = { readonly shell?: readonly string[]; readonly command?: readonly string[] };

function start(variables: Secret, { shell = ['sh'], command = ['true'] }: Options = {}) {
  const [program = '', ...options] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...options, script, ...command], {
    env: environment(variables),
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** An `aws` that answers as the AWS CLI would, from files that a test may change. */
function answerAs(versions: Readonly<Record<string, Secret>>, current: string): void {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [id, secret] of Object.entries(versions)) writeFileSync(join(bin, id), `${JSON.stringify(secret)}\n`);
  writeFileSync(join(bin, 'current'), `${current}\n`);
  const cases = `list-secret-version-ids) cat "${bin}/current" ;; get-secret-value) cat "${bin}/$6" ;;`;
  writeFileSync(join(bin, 'aws'), `#!/bin/sh\ncase $2 in ${cases} esac\n`, { mode: 0o755 });
}

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('under %s', (_, shell) => {
  test('the files hold what was injected, for nobody else to read, and the command starts without it', () => {
    const command = ['sh', '-c', 'env; cat /proc/$$/environ'];
    const { code, stdout, stderr } = start(injected(good), { shell, command });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/BEGIN|COURIER_P/);
    expect(file('certificate.pem')).toBe(`${good.certificate}\n`);
    expect(file('private-key.pem').trimEnd()).toBe(good.privateKey?.trimEnd());
    expect(file('passphrase')).toBe(awkward);
    const current = join(home, 'files/current');
    expect(readdirSync(current)).toHaveLength(6);
    expect(readdirSync(current).map((name) => statSync(join(current, name)).mode & 0o777)).toEqual(
      Array(6).fill(0o400),
    );
    expect(statSync(join(home, 'files')).mode & 0o777).toBe(0o700);
  });

  test('a secret that it reads itself gives the same files, whatever its keys are called', () => {
    const { certificate = '', privateKey = '', ...rest } = good;
    const nested = { notOurs: '{"certificate":"no"}', tlsCert: certificate, tlsKey: privateKey };
    answerAs({ v1: { ...nested, ...rest } }, 'v1');
    const keys = 'certificate=tlsCert privateKey=tlsKey';
    expect(start({ COURIER_SECRET: 'courier/api', COURIER_KEYS: keys }, { shell })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect([file('certificate.pem'), file('passphrase')]).toEqual([`${certificate}\n`, awkward]);
  });

  test('what is not whole replaces nothing', () => {
    expect(start(injected(good), { shell }).code).toBe(0);
    const before = readlinkSync(join(home, 'files/current'));
    const { code, stderr } = start(injected({ ...renewed, privateKey: 'cut off' }), { shell });
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 82, lines: 2 });
    expect([readlinkSync(join(home, 'files/current')), deliveriesIn(home)]).toEqual([before, [before]]);
  });
});

test.runIf(openssl).each<[string, () => Secret, number, string]>([
  ['nothing', () => ({}), 81, 'there is no certificate: does the task definition inject it?'],
  ['no key', () => but({ privateKey: '' }), 81, 'there is a certificate, but no private key'],
  ['no password', () => ({ keystore: 'MIIB' }), 81, 'there is a keystore, but no password'],
  [
    'half a certificate',
    () => but({ certificate: halfOf(good) }),
    82,
    'the file certificate.pem is cut off or is no PEM',
  ],
  [
    'half a trust bundle',
    () => but({ trustBundle: halfOf(good) }),
    82,
    'the file trust-bundle.pem is cut off or is no PEM',
  ],
  [
    'a wrong passphrase',
    () => but({ passphrase: 'x' }),
    82,
    'the private key cannot be opened with the passphrase that came with it',
  ],
  [
    'no passphrase',
    () => but({ passphrase: '' }),
    82,
    'the private key cannot be opened with the passphrase that came with it',
  ],
  ['no keystore', () => ({ keystore: 'MIIB', password: 'x' }), 82, 'the keystore cannot be opened with its password'],
  [
    'another key',
    () => but({ privateKey: renewed.privateKey ?? '' }),
    83,
    'the private key does not belong to the certificate',
  ],
  ['an expired certificate', () => expired, 84, 'the certificate has expired'],
  ['an early certificate', () => early, 84, 'the certificate is not valid yet'],
])('with %s it says so on one line and starts nothing', (_, secret, code, said) => {
  expect(start(injected(secret()), { command: ['echo', 'started'] })).toEqual({
    code,
    stdout: '',
    stderr: `courier-start: ${said}\n`,
  });
  expect(deliveriesIn(home)).toEqual([]);
});

const but = (change: Secret): Secret => ({ ...good, ...change });
const halfOf = ({ certificate = '' }: Secret) => certificate.slice(0, certificate.length / 2);

test.each<[string, readonly string[], Secret, number, RegExp]>([
  ['no command', [], {}, 80, /which command/],
  ['an unknown option', ['--wach'], {}, 80, /no option --wach/],
  ['a prefix that is no name', ['--variables', '$(x)', 'true'], {}, 80, /--variables needs/],
  ['nothing to watch', ['--watch'], {}, 80, /--watch needs COURIER_SECRET/],
  ['no number of seconds', ['true'], { COURIER_WATCH_SECONDS: '5m' }, 80, /no[t]? a number of seconds/],
  ['a secret without versions', ['true'], { COURIER_SECRET: 'none' }, 81, /has no version AWSCURRENT yet/],
  ['a directory that cannot be made', ['true'], { COURIER_DIRECTORY: '/dev/null/x' }, 85, /cannot make the directory/],
])('%s is refused with what is wrong', (_, command, variables, code, said) => {
  answerAs({}, '');
  const { code: seen, stderr } = start({ ...injected(good), ...variables }, { command });
  expect({ seen, lines: stderr.trimEnd().split('\n').length }).toEqual({ seen: code, lines: 1 });
  expect(stderr).toMatch(said);
});

test('without the AWS CLI a secret cannot be read, and it says so', () => {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const program of ['sh', 'grep'])
    execFileSync('ln', ['-s', execFileSync('which', [program]).toString().trim(), bin]);
  const { status, stderr } = spawnSync(join(bin, 'sh'), [script, 'true'], {
    env: { PATH: bin, COURIER_SECRET: 'courier/api' },
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([
    86,
    'courier-start: COURIER_SECRET is to be read, but there is no AWS CLI in this image\n',
  ]);
});

test('two certificates in one task are two calls in a chain', () => {
  const gateway = Object.fromEntries(Object.entries(injected(renewed)).map(([name, value]) => [`GATE_${name}`, value]));
  const variables = { ...injected(good), ...gateway, GATE_COURIER_DIRECTORY: join(home, 'other') };
  const chain = ['--variables', 'GATE_COURIER_', '--', script, 'sh', '-c', 'env | grep -c BEGIN'];
  expect(start(variables, { command: chain })).toEqual({ code: 1, stdout: '0\n', stderr: '' });
  expect(readFileSync(join(home, 'other/current/certificate.pem'), 'utf8')).toBe(`${renewed.certificate}\n`);
});

test('watching, it replaces the files in one step when the secret has a new version, and keeps them when that is bad', async () => {
  answerAs({ v1: good, v2: { ...renewed, privateKey: good.privateKey ?? '' }, v3: renewed }, 'v1');
  const command = ['--watch', '--', 'sleep', '60'];
  const variables = { COURIER_SECRET: 'courier/api', COURIER_WATCH_SECONDS: '1' };
  const child = spawn(script, command, { env: environment(variables), stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const eventually = <T>(check: () => T) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

  await eventually(() => expect(file('certificate.pem')).toBe(`${good.certificate}\n`));
  writeFileSync(join(home, 'bin/current'), 'v2\n');
  if (openssl) await eventually(() => expect(said).toContain('does not belong to the certificate'));
  if (openssl) expect(file('certificate.pem')).toBe(`${good.certificate}\n`);
  writeFileSync(join(home, 'bin/current'), 'v3\n');
  await eventually(() => expect(file('certificate.pem')).toBe(`${renewed.certificate}\n`));
  await eventually(() => expect(said).toContain('replaced the files by version v3'));
  child.kill('SIGTERM');
  await once(child, 'close');
}, 60_000);

test.runIf(installed('shellcheck'))('shellcheck finds nothing', () => {
  const scripts = [script, join(script, '../haproxy/haproxy-start')];
  expect(spawnSync('shellcheck', scripts, { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
});

test('the help names every exit code', () => {
  const { code, stdout } = start({}, { command: ['--help'] });
  expect(code).toBe(0);
  const text = readFileSync(script, 'utf8');
  for (const [, used] of text.matchAll(/\bfail (\d\d)/g)) expect(stdout).toContain(` ${used}  `);
});
