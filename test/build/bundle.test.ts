import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';

const dist = join(import.meta.dirname, '../../dist/functions');
const files = (name: string) => globSync('*.js', { cwd: join(dist, name) });

/** Files that Node reads until the handler is there, by asking it. */
function readAtStart(name: string): readonly string[] {
  const script = `require(${JSON.stringify(join(dist, name, 'index.js'))}); console.log(Object.keys(require.cache).join('\\n'))`;
  const env = {
    AWS_REGION: 'us-east-1',
    DELIVERIES_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/deliveries.fifo',
    CONCERNS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/deliveries.fifo',
    TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:notices',
    FUNCTION_ARN_PREFIX: 'arn:aws:lambda:us-east-1:111122223333:function:acm-courier-test-',
    KILL_SWITCH: '/acm-courier/test/kill-switch',
    RUNBOOK_URL: 'https://example.com/runbook.md',
    POWERTOOLS_SERVICE_NAME: 'acm-courier-test',
  };
  return execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => basename(path));
}

/** Sources with code in these files of the bundle. */
function sourcesOf(name: string, inFiles: readonly string[]): readonly string[] {
  const { outputs } = JSON.parse(readFileSync(join(dist, `${name}.meta.json`), 'utf8')) as Metafile;
  return Object.entries(outputs)
    .filter(([path]) => inFiles.includes(basename(path)))
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

const clientsIn = (sources: readonly string[]) =>
  [...new Set(sources.flatMap((path) => /@aws-sdk\/client-([^/]+)/.exec(path)?.[1] ?? []))].sort().join(' ');

const bytes = (name: string, these: readonly string[]) =>
  these.reduce((sum, file) => sum + statSync(join(dist, name, file)).size, 0);

/** Ceilings a tenth above what was measured. Raise one knowingly: docs/performance.md says what a kilobyte costs. */
describe.each([
  { name: 'certificate-available', atStart: 'sqs', kilobytes: 335, later: 'acm sns', inAll: 390 },
  { name: 'secret-changed', atStart: 'resource-groups-tagging-api sqs', kilobytes: 305, later: '', inAll: 305 },
  { name: 'renewal-action-required', atStart: 'sqs', kilobytes: 305, later: 'acm', inAll: 325 },
  { name: 'certificate-expiring', atStart: 'sqs', kilobytes: 300, later: '', inAll: 300 },
  {
    name: 'diagnose',
    atStart: 'acm sqs',
    kilobytes: 415,
    later: 'acm-pca cloudwatch ecs iam resource-groups-tagging-api secrets-manager securityhub sns',
    inAll: 875,
  },
  {
    name: 'deliver',
    atStart: 'acm secrets-manager',
    kilobytes: 450,
    later: 'acm-pca ec2 ecs eventbridge lambda resource-groups-tagging-api sns sqs ssm',
    inAll: 1950, // a third of it is EC2's schemas, which are read where a task is probed through its instance
  },
  {
    name: 're-export',
    atStart: 'acm ecs resource-groups-tagging-api secrets-manager',
    kilobytes: 470,
    later: 'lambda sqs',
    inAll: 575,
  },
  {
    name: 'delivered-certificate',
    atStart: 'acm lambda secrets-manager',
    kilobytes: 430,
    later: '',
    inAll: 430,
  },
])('$name', ({ name, atStart, kilobytes, later, inAll }) => {
  const started = readAtStart(name);
  const others = files(name).filter((file) => !started.includes(file));

  test(`starts with these clients: ${atStart}`, () => {
    expect(clientsIn(sourcesOf(name, started))).toBe(atStart);
  });

  test(`loads these when an answer needs them: ${later || 'none'}`, () => {
    expect(clientsIn(sourcesOf(name, others))).toBe(later);
  });

  test(`reads at most ${kilobytes} kB at its start, and is at most ${inAll} kB`, () => {
    expect(bytes(name, started)).toBeLessThan(kilobytes * 1000);
    expect(bytes(name, files(name))).toBeLessThan(inAll * 1000);
  });

  test('leaves out what the SDK carries for other places than Lambda', () => {
    const foreign =
      /credential-provider-(ini|sso|process|login|http|web-identity|cognito)|parseIni|eventstream-codec|EventStreamSerde|bowser\.mjs/;
    const sources = sourcesOf(name, files(name)).filter((path) => !/\/client-acm-pca\/node_modules\//.test(path));
    expect(sources.filter((path) => foreign.test(path))).toEqual([]);
    expect(sources.length).toBeGreaterThan(100);
  });

  test('sends no source and no map of one along', () => {
    expect(globSync('*', { cwd: join(dist, name) }).filter((file) => !/\.js$|^package\.json$/.test(file))).toEqual([]);
  });
});
