import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
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
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeKeystore, writeTruststore } from '../../shared/material/keystore.ts';
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

/** A key on a disk is warned of. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

type Secret = Readonly<Record<string, string>>;

/** A passphrase with all that a shell and JSON could trip over. */
const awkward = `a"b\\c $(d) 'e' \`f\` %s\\n`;
let good: Secret;
let renewed: Secret;
let expired: Secret;
let early: Secret;
/** In the format keystore: `good`, one whose key belongs to another certificate, and one without a key. */
let stored: Secret;
let mixed: Secret;
let keyless: Secret;
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

/** A key store of the certificate of one and the key of the other. */
async function storedOf({ certificate = '', trustBundle = '' }: Secret, { privateKey = '' }: Secret): Promise<Secret> {
  const leaf = new X509Certificate(certificate);
  const key = createPrivateKey({ key: privateKey, passphrase: awkward });
  const keystore = await writeKeystore({ fullChain: [leaf], privateKey: { key } } as never, 'opens');
  const truststore = await writeTruststore([new X509Certificate(trustBundle)], 'opens');
  return { keystore: keystore.toString('base64'), truststore: truststore.toString('base64'), password: 'opens' };
}

beforeAll(async () => {
  [good, renewed, expired, early] = await Promise.all([
    secretOf(),
    secretOf(),
    secretOf({ notBefore: now - 2 * day, notAfter: now - day }),
    secretOf({ notBefore: now + day }),
  ]);
  stored = await storedOf(good, good);
  mixed = await storedOf(good, renewed);
  keyless = { ...stored, keystore: stored.truststore ?? '' };
});

beforeEach(() => {
  home = mkdtempSync(join(memory, 'courier-start-'));
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
  existsSync(join(folder, 'files'))
    ? readdirSync(join(folder, 'files')).filter((name) => name.startsWith('.delivery.'))
    : [];
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
  fake('aws', `case $2 in ${cases} esac`);
}

/** A program that comes before any other of its name. */
function fake(name: string, lines: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

/** Starts it and goes on; `said` is its stderr so far. */
function begin(variables: Secret, command: readonly string[]) {
  const child = spawn(script, command, { env: environment(variables), stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  return { child, ended: once(child, 'exit'), said: () => said };
}

const eventually = <T>(check: () => T) => vi.waitFor(check, { timeout: 20_000, interval: 50 });
const lines = (name: string) => readFileSync(join(home, name), 'utf8').trimEnd().split('\n');

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

  test.each([
    ['certificate.pem', () => but({ certificate: `${good.certificate}${good.certificate}` })],
    ['the full chain that it makes', () => but({ fullChain: '', certificateChain: good.certificate ?? '' })],
    ['keystore.p12', () => stored],
  ])('a full disk is no bad certificate: %s', (_, secret) => {
    const command = `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`;
    const { status, stderr } = spawnSync('sh', ['-c', command, ...shell, script, 'true'], {
      env: environment(injected(secret())),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([85, `courier-start: cannot write into ${join(home, 'files')}: is it full?\n`]);
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
  ['no key', () => but({ privateKey: '' }), 81, 'there is no private key: does the task definition inject it?'],
  [
    'no password',
    () => ({ keystore: 'MIIB' }),
    81,
    'there is no password of the keystore: does the task definition inject it?',
  ],
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
    'the private key cannot be opened, and no passphrase came with it',
  ],
  [
    'a trust bundle whose second certificate is none',
    () => but({ trustBundle: `${good.trustBundle}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` }),
    82,
    'the file trust-bundle.pem holds a certificate that cannot be read',
  ],
  ['no keystore', () => ({ keystore: 'MIIB', password: 'x' }), 82, 'the keystore cannot be opened with its password'],
  ['a keystore that is not base64', () => ({ keystore: '!!!', password: 'x' }), 82, 'the keystore is not base64'],
  ['a keystore without a key', () => keyless, 82, 'the keystore holds no certificate that belongs to a key'],
  [
    'a truststore of another password',
    () => ({ ...stored, truststore: 'MIIB' }),
    82,
    'the truststore cannot be opened with the password of the keystore',
  ],
  ['a keystore with another key', () => mixed, 83, 'the private key does not belong to the certificate'],
  [
    'another key beside a keystore',
    () => ({ ...stored, ...good, privateKey: renewed.privateKey ?? '' }),
    83,
    'the private key does not belong to the certificate',
  ],
  [
    'the full chain of another certificate',
    () => but({ fullChain: renewed.fullChain ?? '' }),
    83,
    'the full chain does not begin with the certificate',
  ],
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
  ['no number of days', ['true'], { COURIER_STOP_DAYS: '0' }, 80, /not a number of days/],
  ['a secret without versions', ['true'], { COURIER_SECRET: 'none' }, 86, /has no version AWSCURRENT yet/],
  ['a directory that cannot be made', ['true'], { COURIER_DIRECTORY: '/dev/null/x' }, 85, /cannot make the directory/],
])('%s is refused with what is wrong', (_, command, variables, code, said) => {
  answerAs({}, '');
  const { code: seen, stderr } = start({ ...injected(good), ...variables }, { command });
  expect({ seen, lines: stderr.trimEnd().split('\n').length }).toEqual({ seen: code, lines: 1 });
  expect(stderr).toMatch(said);
});

test.each([
  ['no JSON', 'just a token'],
  ['no certificate', JSON.stringify({ privateKey: 'x' })],
])('a secret that holds %s was not read, which is no evidence against a certificate', (_, value) => {
  answerAs({}, 'v1');
  writeFileSync(join(home, 'bin/v1'), value);
  expect(start({ COURIER_SECRET: 'courier/api' })).toEqual({
    code: 86,
    stdout: '',
    stderr: 'courier-start: there is no certificate in version v1 of the secret courier/api\n',
  });
});

describe('a directory is used, and never changed, where it is its own:', () => {
  const files = () => join(home, 'files');
  const refused = (said: RegExp) => {
    const { code, stderr } = start(injected(good));
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 85, lines: 1 });
    expect(stderr).toMatch(said);
  };

  test('an empty one, as it is', () => {
    mkdirSync(files(), { mode: 0o750 });
    expect([start(injected(good)).code, start(injected(good)).code]).toEqual([0, 0]);
    expect(statSync(files()).mode & 0o777).toBe(0o750);
  });

  test('not one that holds something else', () => {
    mkdirSync(files(), { mode: 0o755 });
    writeFileSync(join(files(), 'private'), '');
    refused(/holds what courier-start did not put there/);
    expect([statSync(files()).mode & 0o777, readdirSync(files())]).toEqual([0o755, ['private']]);
  });

  test('not a link', () => {
    mkdirSync(join(home, 'elsewhere'));
    symlinkSync('elsewhere', files());
    refused(/is a link or somebody else's/);
    expect(readdirSync(join(home, 'elsewhere'))).toEqual([]);
  });

  test('not one that others may write into', () => {
    mkdirSync(files());
    chmodSync(files(), 0o777);
    refused(/others may write into it/);
  });

  test('what is not memory is warned of', () => {
    fake('stat', 'echo ext2/ext3');
    expect(start(injected(good))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^[^\n]* is not in memory, so the key is written to a disk\n$/),
    });
  });

  test('the server is told which', () => {
    const { COURIER_DIRECTORY: _, ...rest } = environment({ GATE_DIRECTORY: files() });
    const { stdout } = spawnSync(script, ['--variables', 'GATE_', 'printenv', 'GATE_DIRECTORY'], {
      env: {
        ...rest,
        ...Object.fromEntries(
          Object.entries(injected(good)).map(([name, value]) => [name.replace('COURIER', 'GATE'), value]),
        ),
      },
      encoding: 'utf8',
    });
    expect(stdout).toBe(`${files()}\n`);
  });
});

test('the folder of another helper in the same directory stays while it is young', () => {
  expect(start(injected(good)).code).toBe(0);
  const [young, old] = [join(home, 'files/.delivery.young'), join(home, 'files/.delivery.old')];
  for (const folder of [young, old]) mkdirSync(folder);
  const longAgo = Date.now() / 1000 - 700;
  utimesSync(old, longAgo, longAgo);
  expect(start(injected(renewed)).code).toBe(0);
  expect([existsSync(young), existsSync(old)]).toEqual([true, false]);
});

test('the server has its own variables and mode as they came', () => {
  const own = {
    stage: 'prod',
    version: '7',
    keys: 'k',
    name: 'n',
    files: 'f',
    prefix: 'p',
    content: 'c',
    text: 't',
    AWS_REGION: 'x',
  };
  answerAs({ v1: good }, 'v1');
  const variables = { ...own, COURIER_SECRET: 'courier/api' };
  const { stdout } = start(variables, { command: ['sh', '-c', 'umask; exec env'] });
  const [mask, ...seen] = stdout.trimEnd().split('\n');
  expect(Number.parseInt(mask ?? '', 8)).toBe(process.umask());
  const set = Object.fromEntries(seen.map((line) => line.split(/=(.*)/)));
  for (const shells of ['PWD', 'OLDPWD', 'SHLVL', '_']) delete set[shells];
  expect(set).toEqual(environment(variables));
});

test('no program that it starts inherits a key', () => {
  for (const name of ['mktemp', 'mkdir', 'base64', 'openssl', 'find', 'stat', 'dirname'])
    fake(name, `env >>"${home}/seen"; PATH=\${PATH#*:}; exec ${name} "$@"`);
  expect(start(injected({ ...good, ...stored })).code).toBe(0);
  expect(lines('seen').filter((line) => /BEGIN|^COURIER_(P|K|T|C|F)/.test(line))).toEqual([]);
});

test('stopped during the start it ends at once and leaves nothing behind', async () => {
  fake('aws', `touch "${home}/asked"; while [ ! -e "${home}/go" ]; do sleep 0.05; done; echo v1`);
  const { child, ended } = begin({ COURIER_SECRET: 'courier/api' }, ['sleep', '60']);
  await eventually(() => expect(existsSync(join(home, 'asked'))).toBe(true));
  child.kill('SIGTERM');
  expect(await ended).toEqual([143, null]);
  writeFileSync(join(home, 'go'), '');
  expect(existsSync(join(home, 'files/current'))).toBe(false);
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
  const variables = { COURIER_SECRET: 'courier/api', COURIER_WATCH_SECONDS: '1' };
  const { child, said } = begin(variables, ['--watch', '--', 'sleep', '60']);
  await eventually(() => expect(file('certificate.pem')).toBe(`${good.certificate}\n`));
  writeFileSync(join(home, 'bin/current'), 'v2\n');
  if (openssl) await eventually(() => expect(said()).toContain('does not belong to the certificate'));
  if (openssl) expect(file('certificate.pem')).toBe(`${good.certificate}\n`);
  writeFileSync(join(home, 'bin/current'), 'v3\n');
  await eventually(() => expect(file('certificate.pem')).toBe(`${renewed.certificate}\n`));
  await eventually(() => expect(said()).toContain('replaced the files by version v3'));
  child.kill('SIGTERM');
  await once(child, 'close');
}, 60_000);

/** Naps of a tenth of a second: how long they should have been, and what whoever takes them was started with. */
const napShortly = () =>
  fake(
    'sleep',
    `echo "$1" >>"${home}/naps"; cat /proc/$PPID/environ >"${home}/environ"; PATH=\${PATH#*:} exec sleep 0.1`,
  );

test('watching, it asks at times of its own, and holds no key', async () => {
  answerAs({ v1: good }, 'v1');
  napShortly();
  const variables = { ...injected(good), COURIER_SECRET: 'courier/api', COURIER_WATCH_SECONDS: '10000' };
  const { child } = begin(variables, ['--watch']);
  await eventually(() => expect(lines('naps').length).toBeGreaterThan(5));
  child.kill('SIGTERM');
  const naps = lines('naps').map(Number);
  expect(new Set(naps).size).toBeGreaterThan(3);
  expect(naps.filter((nap) => nap < 8_000 || nap > 12_001)).toEqual([]);
  expect(readFileSync(join(home, 'environ'), 'utf8')).not.toMatch(/BEGIN|COURIER_P/);
});

test('watching in vain, it says so each time; near the end of what is served it stops, where it may', async () => {
  answerAs({ v1: good }, 'v1');
  napShortly();
  const variables = { COURIER_SECRET: 'courier/api', COURIER_STOP_DAYS: '20' };
  const alone = begin(variables, ['--watch']);
  await eventually(() => expect(lines('naps').length).toBeGreaterThan(1));
  rmSync(join(home, 'bin/current'));
  await eventually(() =>
    expect(alone.said()).toMatch(/courier\/api, 2 times in a row; what is served stays version v1/),
  );
  alone.child.kill('SIGTERM');
  expect(await alone.ended).toEqual([143, null]);

  writeFileSync(join(home, 'bin/current'), 'v1\n');
  const [near, beside] = [
    begin({ ...variables, COURIER_STOP_DAYS: '31' }, ['--watch']),
    begin({ ...variables, COURIER_STOP_DAYS: '31', COURIER_DIRECTORY: join(home, 'other') }, [
      '--watch',
      'tail',
      '-f',
      '/dev/null',
    ]),
  ];
  await eventually(() => expect(existsSync(join(home, 'other/current'))).toBe(true));
  await eventually(() => expect(existsSync(join(home, 'files/current'))).toBe(true));
  await eventually(() => expect(lines('naps').length).toBeGreaterThan(8));
  rmSync(join(home, 'bin/current'));
  expect(await near.ended).toEqual([86, null]);
  expect(await beside.ended).toEqual([null, 'SIGTERM']);
  expect(near.said()).toContain('stops: what the files hold is good for less than 31 days');
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
