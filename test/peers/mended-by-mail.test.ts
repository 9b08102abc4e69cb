import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Mail } from '../../lab/sns.ts';
import { mendKindOf } from '../../shared/domain/reasons.ts';
import { attempt, mailsOf, mend, type Played, plots, prepare } from '../functions/blocked-world.ts';
import { type CourierLab, startCourierLab } from '../functions/courier-lab.ts';
import { judged } from './counterparts.ts';
import { has } from './servers/has.ts';

/** Those whose mail has a command. */
const mendable = plots.filter(({ blockage }) => mendKindOf(blockage.says) === 'command');

/** The mails' commands are pasted into each of them in turn; each but fish stops at the first that fails. */
const shells = (
  [
    ['dash', '-euc'],
    ['zsh', '-feuc'],
    ['fish', '--no-config', '-c'],
  ] as const
).filter(([program]) => has(program));
type Shell = (typeof shells)[number];

let courier: CourierLab;
let folder: string;
/** In which shell the commands of each mail were pasted, what they said on stderr, and what people were told afterwards. */
const seen = new Map<string, { shell?: Shell; body: string; stderr: string; after: readonly Mail[] }>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acm-courier-mended-'));
  courier = await startCourierLab();
  const played = await prepare(courier, mendable);
  const before = courier.lab.mail().length;
  await attempt(courier, played);
  const attempted = courier.lab.mail().length;
  await mend(courier, { played, by: (one) => mendByMail(one, mailsOf(one, before, attempted)[0]) });
  for (const one of played) {
    const told = seen.get(one.title);
    if (told) told.after = mailsOf(one, attempted);
  }
}, 600_000);
afterAll(async () => {
  await courier.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Pastes what the mail gives; what people do outside of AWS, such as following a link, is done by the lab's own means. */
async function mendByMail({ title, blockage, one }: Played, mail: Mail | undefined): Promise<void> {
  if (!mail) throw new Error(`Nothing was told of "${title}"`);
  await blockage.passes?.({ ...one, mail });
  const shell = shells[seen.size % shells.length];
  const { stderr } = await paste(pasted(mail), shell);
  seen.set(title, { ...(shell && { shell }), body: mail.body, stderr, after: [] });
  await blockage.byHand?.({ ...one, mail });
}

/** The lines of a mail that are to be pasted, as they stand there. */
const pasted = ({ body }: Mail) =>
  body
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .join('\n');

/** With nothing of this machine's own AWS settings. */
function paste(script: string, shell: readonly [string, ...string[]] = ['sh', '-euc']) {
  const path = [inject('programs'), process.env.PATH].join(delimiter);
  const keys = { AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'operator' };
  const env = { PATH: path, HOME: folder, AWS_ENDPOINT_URL: courier.lab.url, AWS_PAGER: '', ...keys };
  const [program, ...options] = shell;
  return promisify(execFile)(program, [...options, script], { cwd: folder, env });
}

describe.each(mendable)('$title', ({ title, blockage, name }) => {
  it('is mended by the commands of its mail, as they stand there: ACM renews, and one all-clear comes', () => {
    const { shell, body, stderr, after } = seen.get(title) ?? { body: '', stderr: 'was not played', after: [] };
    expect(stderr).toBe('');
    expect(body).toMatch(/^ {2}In account 111122223333, us-east-1:\n {4}aws /m);
    expect(after.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`)).toEqual([
      'resolved RenewedAfterAll',
    ]);
    judged('AWS CLI', `mends ${blockage.says} by its mail (${name})`);
    if (shell) judged(shell[0], `takes the commands of that mail (${name})`);
  });
});

it('a command removes itself what is in the way, but for what docs/renewal-reasons.md says passes before', async () => {
  const lifted = mendable.filter(({ blockage }) => blockage.passes).map(({ cell }) => cell.reason);
  expect(new Set(lifted)).toEqual(new Set(['NO_AVAILABLE_CONTACTS', 'PCA_REQUEST_FAILED']));
  const page = await readFile(join(import.meta.dirname, '../../docs/renewal-reasons.md'), 'utf8');
  const [, said = ''] = /but for two reasons(.*?)the lab lifts these/s.exec(page) ?? [];
  expect(new Set(said.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g))).toEqual(new Set(lifted));
});

it('each kind of certificate has such a mail', () => {
  expect(new Set(mendable.map(({ cell }) => cell.kind))).toEqual(new Set(['private', 'public-email']));
  expect(mendable.length).toBeGreaterThan(10);
});

it('nothing went wrong on the way', async () => {
  expect(await courier.wreckage()).toEqual([]);
});
