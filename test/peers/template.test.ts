import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagedTemplate } from '../../build/packaged-template.ts';
import { lint } from './cfn-lint.ts';
import { judged } from './counterparts.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'acm-courier-lint-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Rules of cfn-lint that cannot hold here, and why. */
const inherent = {
  W3002: 'Code is a folder beside the template: `aws cloudformation package` uploads it and writes where it is',
  W3005: 'the Serverless Framework writes DependsOn for each role that a function already refers to',
};

const everything = {
  mode: 'deliver',
  kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  email: 'ops@example.com',
  permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
  rolePath: '/courier/',
  discoverConsumers: 'prod batch',
  topicArn: 'arn:aws:sns:us-east-1:111122223333:ours',
  chatTopicArn: 'arn:aws:sns:us-east-1:111122223333:chat',
  renewPrivate: 'true',
  securityHub: 'true',
  dnsServers: '192.0.2.53,192.0.2.54',
  probes:
    'subnet-0000a001,subnet-0000a002/sg-0000a001 subnet-0000b001/sg-0000b001,sg-0000b002 subnet-0000c001/sg-0000c001',
  probeSample: '20',
};
const stacks = { observe: {}, deliver: { mode: 'deliver' }, everything };

beforeAll(async () => {
  for (const [name, params] of Object.entries(stacks)) {
    const folder = join(scratch, name);
    for (const part of ['serverless.yml', 'build/probes.cjs', 'build/clusters.cjs', 'dist/functions'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    const template = await packagedTemplate({ params, folder });
    writeFileSync(join(folder, 'dist/template.json'), JSON.stringify(template, null, 1));
  }
});

test('everything is all that the stack leaves out by default', () => {
  const configuration = readFileSync(join(root, 'serverless.yml'), 'utf8');
  const [, defaults = ''] = /^params:\n {2}default:\n((?: {4}.*\n)+)/m.exec(configuration) ?? [];
  const leftOut = [...defaults.matchAll(/^ {4}(\w+): (?:null|false)\b/gm)].map(([, name]) => name);
  expect(leftOut).toContain('probes');
  expect(Object.keys(everything)).toEqual(expect.arrayContaining(leftOut));
  const lambdas = readFileSync(join(scratch, 'everything/dist/template.json'), 'utf8').match(/"VpcConfig"/g);
  expect(lambdas).toHaveLength(everything.probes.split(' ').length);
});

describe.each(Object.keys(stacks))('the packaged template (%s)', (stack) => {
  const template = join(scratch, stack, 'dist/template.json');

  test.each(['us-east-1', 'cn-north-1', 'us-gov-west-1'])('is clean to cfn-lint in %s', async (region) => {
    expect(await lint(template, '--regions', region, '--ignore-checks', ...Object.keys(inherent))).toEqual([]);
    judged('cfn-lint', `${stack} in ${region}: clean`);
  });

  test('is excused from no rule that it would keep', async () => {
    const broken = (await lint(template)).map((line) => line.slice(0, 5));
    expect([...new Set(broken)].sort()).toEqual(Object.keys(inherent));
  });
});
