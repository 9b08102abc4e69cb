import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { idleCosts, pageWith } from '../../build/idle-costs.ts';
import { packagedTemplate } from '../../build/packaged-template.ts';

const root = join(import.meta.dirname, '../..');

test('docs/costs.md is what a stack of the present template costs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acm-courier-costs-'));
  for (const part of ['serverless.yml', 'build/probes.cjs', 'build/clusters.cjs', 'dist/functions'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  const template = await packagedTemplate({ folder });
  rmSync(folder, { recursive: true });
  expect(readFileSync(join(root, 'docs/costs.md'), 'utf8')).toBe(pageWith(idleCosts(template)));
});

test('a type of resource whose cost nobody looked up is refused', () => {
  const template = { Resources: { Db: { Type: 'AWS::RDS::DBInstance', Properties: {} } } };
  expect(() => idleCosts(template)).toThrow('Cannot tell what these cost: AWS::RDS::DBInstance');
});

test('each alarm more costs ten cents more', () => {
  const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: {} };
  expect(idleCosts({ Resources: { A: alarm, B: alarm } })).toContain('| 2 | alarms | 0.10 | 0.20 |');
});
