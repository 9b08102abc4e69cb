import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judged } from '../counterparts.ts';
import { algorithmNames, type Delivered, deliverAll, formatNames } from './delivered.ts';
import { noteCell } from './format-table.ts';
import { has } from './has.ts';
import { judges, opensslStandard } from './judges.ts';
import { servedSerial, startServer } from './started-server.ts';

let delivered: Delivered;
let folder: string;
let rootFile: string;
beforeAll(async () => {
  delivered = await deliverAll();
  folder = mkdtempSync(join(tmpdir(), 'acm-courier-formats-'));
  rootFile = join(folder, 'root.pem');
  writeFileSync(rootFile, delivered.root);
});
afterAll(() => folder && rmSync(folder, { recursive: true }));

describe.each(judges)('$name', (judge) => {
  const cells = formatNames.flatMap((format) => algorithmNames.map((algorithm) => ({ format, algorithm })));
  const own = cells.flatMap((cell) => {
    const reads = judge.reads[cell.format];
    return typeof reads === 'string' ? [] : [{ ...cell, ...reads }];
  });

  const found: string[] = [];
  afterAll(() => {
    if (found.length > 0) judged(judge.name, `takes what was delivered as ${found.join(', ')}`);
  });

  test.runIf(has(...judge.programs)).each(own)(
    'serves what was delivered as $format, $algorithm',
    async ({ format, algorithm, serve, closer }) => {
      const { name, serial, secret } = delivered.of(format, algorithm);
      const server = await startServer({ secret, command: serve });
      try {
        expect(await servedSerial(server.host, { name, ca: delivered.root })).toBe(serial);
        closer?.(server, { name, rootFile });
      } finally {
        await server.stop();
      }
      noteCell({ judge: judge.name, format, algorithm });
      found.push(`${format} ${algorithm}`);
    },
  );
});

const container = join(import.meta.dirname, '../../../container');

describe('the start-up helper', () => {
  test.runIf(has('dash', 'busybox')).each([
    ['dash', ['dash']],
    ['busybox', ['busybox', 'sh']],
  ] as const)('starts a server in %s', async (name, shell) => {
    const { name: domain, serial, secret } = delivered.of('standard', 'P-256');
    const server = await startServer({ secret, shell, command: opensslStandard });
    try {
      expect(await servedSerial(server.host, { name: domain, ca: delivered.root })).toBe(serial);
    } finally {
      await server.stop();
    }
    judged(name, 'runs the start-up helper: a server has what was delivered');
  });

  test.runIf(has('shellcheck'))('is clean to shellcheck, as is what starts HAProxy', () => {
    const scripts = ['courier-start', 'haproxy/haproxy-start'].map((script) => join(container, script));
    expect(spawnSync('shellcheck', scripts, { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
    judged('shellcheck', 'the start-up helper, and what starts HAProxy: clean');
  });
});
