import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { judged } from './counterparts.ts';

const root = join(import.meta.dirname, '../..');
const keys = ['certificate', 'certificateChain', 'privateKey', 'passphrase', 'fullChain', 'trustBundle'];

let page: string;
let folder: string;
let lab: ChildProcessByStdio<Writable, Readable, null>;
let port: string;

beforeAll(async () => {
  page = await readFile(join(root, 'docs/aws-cli-session.md'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'acm-courier-session-'));
  ({ lab, port } = await startLab());
});
afterAll(async () => {
  if (lab) {
    lab.stdin.end();
    await once(lab, 'close');
  }
  await rm(folder, { recursive: true, force: true });
});

test('the page starts the lab in the way that has just been taken', () => {
  expect(blocks('console')).toEqual(['npm run package -- --stage lab --param="mode=deliver"\nnpm run lab\n']);
});

test('every command of the page succeeds, and they tell the story that the page tells', async () => {
  const { stdout, stderr } = await session(blocks('sh'));
  expect(stderr).toBe('');

  const versions = [
    ...new Set([...stdout.matchAll(/"([0-9a-f]{40})-\d{12}-[0-9a-f]{10}"/g)].map(([, serial]) => serial)),
  ];
  expect(versions).toHaveLength(2);
  const [first, second] = versions;
  const served = [...stdout.matchAll(/^serial=(\w+)$/gm)].map(([, serial = '']) =>
    serial.toLowerCase().padStart(40, '0'),
  );
  expect(served).toEqual([first, first, second, second]);
  judged(
    'OpenSSL',
    'verifies both tasks against the root, before and after the renewal: the serials of the version ids',
  );

  expect(stdout).toContain(`\n${keys.join('\n')}\n`);
  expect(stdout).toContain('COURIER_DELIVERED');
  expect(stdout).toContain('"NotAuthorizedForSourceException"');
  expect(stdout).toMatch(/"plan":\[\]/);
  expect(stdout).toMatch(/^.*\bapi\.example\.com\b.*\bcourier\/api\b.*$/m);
  expect(stdout.match(/^\[info\] api\.example\.com: .*$/gm)).toHaveLength(2);
  expect(stdout).not.toMatch(/PRIVATE KEY/);
  for (const command of commands(blocks('sh').join('\n'))) judged('AWS CLI', command);
});

/** The fenced blocks of one language, as they stand. */
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);

/** `acm request-certificate`, … : each operation that the page calls, once. */
const commands = (script: string) =>
  new Set([...script.matchAll(/\baws ([a-z-]+ (?:wait )?[a-z-]+)/g)].map(([, name = '']) => name));

/** In a shell that stops at the first command that fails, with nothing of this machine's own AWS settings. */
async function session(script: readonly string[]) {
  // The page's files belong into a folder of the test, and `npx courier` is that of the repository.
  await writeFile(join(folder, 'npx'), `#!/bin/sh\ncd '${root}' && PATH=\${PATH#*:} && exec npx "$@"\n`, {
    mode: 0o755,
  });
  const path = [folder, inject('programs'), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const env = { PATH: path, HOME: folder, LAB_PORT: port, npm_config_update_notifier: 'false' };
  return promisify(execFile)('sh', ['-euc', script.join('\n')], { cwd: folder, env });
}

/**
 * `npm run lab` on a port that is free, once it says where it is. It ends when its stdin does, and so also with a test
 * run that is killed.
 */
async function startLab() {
  const child = spawn('sh', ['-c', '(npm run lab; kill 0) & cat; kill 0'], {
    cwd: root,
    env: { ...process.env, LAB_PORT: '0' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own, for `kill 0`.
    detached: true,
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^lab ready on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (found === undefined) continue;
    child.stdout.resume();
    return { lab: child, port: found };
  }
  throw new Error('The lab ended before it was ready');
}
