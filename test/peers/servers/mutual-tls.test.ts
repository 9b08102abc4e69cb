import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { judged } from '../counterparts.ts';
import { has } from './has.ts';

type Check = { readonly name: string; readonly ok: boolean; readonly seen: string };

test.runIf(has('envoy'))(
  'two Envoys of different authorities trust each other, and a client sees both renewed without a failed request',
  async () => {
    const root = join(import.meta.dirname, '../../..');
    const story = [join(root, 'lab/demo.ts'), '--story', 'mutual-tls', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, story, {
      cwd: root,
      maxBuffer: 2 ** 24,
      timeout: 170_000,
    });
    const { ok, checks, deliveries } = JSON.parse(stdout);
    const seen = Object.fromEntries(checks.map((check: Check) => [check.name, check.seen]));
    expect({ ok, checks: checks.length }).toEqual({ ok: true, checks: 10 });
    expect(seen['the gateway asks the teller, each verifying the other']).toMatch(/^answered 200: .* by Envoy$/);
    expect(seen['no request of the client failed']).toMatch(/^[1-9]\d+ requests, 0 failed, 2 serials/);
    for (const { serial, consumers } of deliveries)
      expect(consumers).toEqual([expect.objectContaining({ servedSerial: serial, port: 8443 })]);
    for (const { name, seen: what } of checks) judged('Envoy', `${name}: ${what.split('\n')[0]}`);
  },
);
