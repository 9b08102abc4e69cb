import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** `node lab/demo.ts` as `npm run demo` runs it; rejects unless it exits with 0. */
const demo = async (...args: string[]) => {
  const ended = { cwd: root, maxBuffer: 2 ** 24, timeout: patience - 10_000 };
  return (await promisify(execFile)(process.execPath, ['lab/demo.ts', ...args], ended)).stdout;
};

/** A story ends before its test gives up, and takes its lab with it. */
const patience = 400_000;
vi.setConfig({ testTimeout: patience });

test('the demo tells what the README shows', async () => {
  const told = lines(await demo());
  const [, transcript = ''] =
    /```console\n\$ npm ci && npm run demo\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const shown = lines(transcript).filter((line) => line !== '…');
  expect(shown.length).toBeGreaterThan(10);
  expect(inOrder(shown, told)).toEqual(shown);
});

test('the demo with --json is one document, in which what is served is what ACM has', async () => {
  const document = JSON.parse(await demo('--json'));
  expect(Object.keys(document)).toEqual(['ok', 'story', 'checks', 'deliveries', 'mails']);
  expect(document).toMatchObject({ ok: true, story: 'renewal' });
  expect(document.deliveries).toHaveLength(2);
  for (const { certificateArn, serial, secret, versionId, consumers } of document.deliveries) {
    expect(certificateArn).toMatch(/^arn:aws:acm:us-east-1:111122223333:certificate\//);
    expect(secret).toMatch(/^courier\//);
    expect(versionId.slice(0, 40)).toBe(serial);
    expect(consumers.length).toBeGreaterThan(0);
    for (const consumer of consumers) expect(consumer).toMatchObject({ servedSerial: serial, port: 8443 });
  }
  expect(document.mails.length).toBeGreaterThan(4);
});

test('the story of blocked renewals ends with each of them told, mended, renewed and cleared', async () => {
  const document = JSON.parse(await demo('--story', 'blocked', '--json'));
  expect(document).toMatchObject({ ok: true, story: 'blocked' });
  expect(document.checks.length).toBeGreaterThan(8);
  expect(document.deliveries).toHaveLength(3);
  for (const { serial, consumers } of document.deliveries) expect(consumers).toMatchObject([{ servedSerial: serial }]);
  // How many whole days are left hangs on how busy this machine is: ACM's events come to the second.
  const subjects = document.mails.map(({ subject }: { subject: string }) => subject.replace(/, \d+ days left$/, ''));
  const ofSeverity = (severity: string) => subjects.filter((subject: string) => subject.startsWith(`[${severity}] `));
  expect(ofSeverity('action').sort()).toEqual([
    '[action] api.example.com: renewal blocked, CA does not permit ACM',
    '[action] shop.example.com: renewal blocked by CAA',
    '[action] www.example.org: renewal waits for a click',
  ]);
  expect(ofSeverity('resolved')).toHaveLength(3);
});

test('the story of a roll-back ends with the bad certificate where it stopped, and the others untouched', async () => {
  const document = JSON.parse(await demo('--story', 'rollback', '--json'));
  expect(document).toMatchObject({ ok: true, story: 'rollback' });
  expect(document.checks.length).toBeGreaterThan(5);
  const [api, shop] = document.deliveries;
  expect(api.consumers.map((one: { servedSerial: string }) => one.servedSerial)).toEqual(Array(3).fill(api.serial));
  const before = shop.versionId.slice(0, 40);
  expect(before).not.toBe(shop.serial);
  expect(shop.consumers.map((one: { servedSerial: string }) => one.servedSerial)).toEqual(Array(3).fill(before));
});

test('the story of a broken image keeps the certificate and ends with all three services serving it', async () => {
  const document = JSON.parse(await demo('--story', 'broken-image', '--json'));
  expect(document).toMatchObject({ ok: true, story: 'broken-image' });
  expect(document.checks.length).toBeGreaterThan(5);
  const [{ serial, versionId, consumers }] = document.deliveries;
  expect(versionId.slice(0, 40)).toBe(serial);
  expect(consumers.map((one: { servedSerial: string }) => one.servedSerial)).toEqual(Array(3).fill(serial));
});

/** Without what differs from run to run: serials, versions, addresses, dates, seconds. */
const lines = (text: string) =>
  text
    .replace(/[0-9a-f]{40}(-\d{12}-[0-9a-f]{10})?/g, (id) => (id.length > 40 ? 'VERSION' : 'SERIAL'))
    .replace(/127\.\d+\.\d+\.\d+:\d+/g, 'ADDRESS')
    .replace(/\d{4}-\d\d-\d\d/g, 'DATE')
    .replace(/\d+ s\)/g, 'SECONDS)')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

/** Those of `wanted` that stand in `all`, one after the other. */
function inOrder(wanted: readonly string[], all: readonly string[]): readonly string[] {
  let from = 0;
  return wanted.filter((line) => {
    const at = all.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at >= 0;
  });
}
