import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, startLab } from '../../lab/world.ts';
import { type Ended, runCourier, startCourier } from './run-courier.ts';

let lab: Lab;
let folder: string;
beforeAll(async () => {
  // In another time the SDK would ask again after each error, for the clocks' sake.
  lab = await startLab({ start: new Date() });
  folder = await mkdtemp(join(tmpdir(), 'courier-cli-'));
});
afterAll(async () => {
  await lab.stop();
  await rm(folder, { recursive: true });
});

type Env = Readonly<Record<string, string | undefined>>;
const run = (line: string, env: Env = {}): Promise<Ended> =>
  runCourier(line.split(' ').filter(Boolean), { url: lab.url, env });

describe('what was not understood ends with 2, and a word on what would be', () => {
  it.each([
    ['', 'Usage: courier'],
    ['statsu', 'Did you mean status?'],
    ['status --dayz 3', "unknown option '--dayz'"],
    ['status --days soon', 'It is not a whole number of days.'],
    ['status --json --csv', "option '--json' cannot be used with option '--csv'"],
    ['status extra', 'too many arguments'],
    ['show', "missing required argument 'name'"],
    ['re-export', 'Nothing is named'],
    ['re-export api.example.com --all', 'Both "api.example.com" and --all are named'],
    ['re-export api.example.com --wait --dry-run', 'cannot be used with'],
  ])('courier %s', async (line, said) => {
    const { code, stdout, stderr } = await run(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('help teaches', () => {
  it('names every command and the exit codes', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const word of commands()) expect(stdout).toContain(word);
    expect(stdout).toContain('3  AWS could not be asked');
  });

  it.each(commands())('courier %s --help has examples', async (name) => {
    const { code, stdout } = await run(`${name} --help`);
    expect(code).toBe(0);
    expect(stdout.split('Examples:\n')[1]).toContain(`  courier ${name}`);
  });

  it('shows the version of the package', async () => {
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('AWS that cannot be asked ends with 3: a sentence and a hint, no trace', () => {
  it.each<[string, Env, RegExp]>([
    [
      'no credentials',
      { AWS_ACCESS_KEY_ID: undefined },
      /^courier: There are no AWS credentials: .*\n {2}Sign in as for the AWS CLI/,
    ],
    [
      'credentials that AWS does not know',
      { AWS_ACCESS_KEY_ID: 'nobody' },
      /^courier: AWS does not accept the credentials: /,
    ],
    ['no region', { AWS_REGION: undefined }, /^courier: There is no region\n {2}Name one: --region/],
    [
      'nobody at the endpoint',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
      /^courier: AWS cannot be reached: .*\n {2}Check the network/,
    ],
    [
      'a profile that nobody wrote down',
      { AWS_PROFILE: 'none', AWS_ACCESS_KEY_ID: undefined },
      /^courier: There are no AWS credentials: /,
    ],
  ])('%s', async (_, env, said) => {
    const { code, stdout, stderr } = await run('status --json', env);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('a call that is denied', async () => {
    lab.faults.add({ service: 'acm', operation: 'SearchCertificates', fault: 'denied', nth: 1 });
    const { code, stderr } = await run('status');
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^courier: AWS denied a call: acm:SearchCertificates: .*\n {2}Use a profile that may do this/,
    );
  });

  it('and with DEBUG the trace of it', async () => {
    const { stderr } = await run('status', { AWS_ACCESS_KEY_ID: 'nobody', DEBUG: '1' });
    expect(stderr).toMatch(/^\s+at /m);
  });
});

describe('it finds profile, region and endpoint where the AWS CLI does', () => {
  const written = async (profile: string) => {
    const path = join(folder, 'config');
    await writeFile(path, profile);
    return { AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') };
  };
  const keys = 'aws_access_key_id = operator\naws_secret_access_key = operator\n';

  it('a --profile goes before keys of the environment, with its region and endpoint', async () => {
    const files = await written(`[profile lab]\n${keys}region = us-east-1\nendpoint_url = ${lab.url}\n`);
    const env = { ...files, AWS_ACCESS_KEY_ID: 'nobody', AWS_REGION: undefined, AWS_ENDPOINT_URL: undefined };
    const { code, stdout, stderr } = await run('status --profile lab --json', env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '[]\n' });
    // The SDK would write a page about two sources of credentials.
    expect(stderr.split('\n')).toEqual([expect.stringMatching(/^There is no stack/), '']);
  });

  it('AWS_PROFILE without keys', async () => {
    const files = await written(`[profile lab]\n${keys}`);
    const env = { ...files, AWS_PROFILE: 'lab', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect(await run('status --json', env)).toMatchObject({ code: 0 });
  });

  it.each([
    ['--region', 'status --json --region us-east-1', {}],
    ['AWS_DEFAULT_REGION', 'status --json', { AWS_DEFAULT_REGION: 'us-east-1' }],
  ])('%s', async (_, line, env) => {
    expect(await run(line, { AWS_REGION: undefined, ...env })).toMatchObject({ code: 0 });
  });
});

describe('where there is no stack', () => {
  it('it still lists what is there, and says what it assumed', async () => {
    expect(await run('status --json --stage none')).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr:
        'There is no stack of stage "none" here (acm-courier-none-deliver): the defaults are assumed, secrets below "courier/"\n',
    });
  });

  it('it does not act', async () => {
    const { code, stderr } = await run('sweep');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'courier: There is no function "acm-courier-lab-sweep" in us-east-1, account 111122223333\n' +
        '  Name the stage that was deployed (--stage), or its --region and --profile\n',
    );
  });

  it('the doctor says so', async () => {
    const { code, stdout } = await run('doctor');
    expect(code).toBe(1);
    expect(stdout).toContain('✗ stack: There is no stack of stage "lab" here\n');
  });
});

it('paints where it is asked to, and nowhere else', async () => {
  expect((await run('doctor')).stdout).not.toContain('\u001B');
  expect((await run('doctor', { FORCE_COLOR: '1' })).stdout).toContain('\u001B[31m✗');
  expect((await run('doctor', { NO_COLOR: '1' })).stdout).not.toContain('\u001B');
});

it('ends silently, as by SIGPIPE, when its reader has gone', async () => {
  const child = startCourier(['status', '--json'], { url: lab.url });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ code, lines: stderr.split('\n') }).toEqual({
    code: 141,
    lines: [expect.stringMatching(/^There is no stack/), ''],
  });
});

it.each(['SIGINT', 'SIGTERM'] as const)('ends at once with 130 on %s', async (signal) => {
  const before = lab.calls().length;
  lab.faults.add({ service: 'acm', operation: 'SearchCertificates', fault: 'timeout', nth: 1 });
  const child = startCourier(['status'], { url: lab.url });
  const asks = () =>
    lab
      .calls()
      .slice(before)
      .some(({ operation }) => operation === 'SearchCertificates');
  await expect.poll(asks, { timeout: 30_000 }).toBe(true);
  child.kill(signal);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: '', stderr: '' });
});

it('hands over to the Node.js of the repository where its own does not read TypeScript', async () => {
  const ended = await runCourier(['status', '--json'], { url: lab.url, node: ['--no-experimental-strip-types'] });
  expect(ended).toMatchObject({ code: 0, stdout: '[]\n' });
  const wrong = await runCourier(['statsu'], { url: lab.url, node: ['--no-experimental-strip-types'] });
  expect(wrong.code).toBe(2);
});

function commands(): readonly string[] {
  return ['status', 'show', 'plan', 're-export', 'roll-back', 'sweep', 'doctor', 'redrive', 'before-removal'];
}
