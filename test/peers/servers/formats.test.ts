import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { algorithmNames, type Delivered, deliverAll, formatNames } from './delivered.ts';
import { noteCell } from './format-table.ts';
import { has } from './has.ts';
import { judges } from './judges.ts';
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
    },
  );
});
