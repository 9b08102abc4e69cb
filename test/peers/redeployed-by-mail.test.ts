import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { judged } from './counterparts.ts';

const shells = (
  [
    ['sh', '-euc'],
    ['zsh', '-feuc'],
    ['fish', '--no-config', '-c'],
  ] as const
).filter(([program]) => spawnSync(program, ['-c', 'true']).error === undefined);

const arnOf = (resource: string) => `arn:aws:ecs:us-east-1:111122223333:${resource}`;
const own = {
  ...{ taskDefinition: arnOf('task-definition/web:7'), scale: { value: 100, unit: 'PERCENT' } },
  loadBalancers: [{ targetGroupArn: 'arn:target-group', containerName: 'app', containerPort: 8443 }],
};
const serverless = { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } };
const onInstances = { capacityProviderStrategy: [{ capacityProvider: 'spot', weight: 1, base: 0 }] };

/** The primary one, one that is newer and steady, and one that is newer still. */
const taskSets = (more: object) =>
  ['PRIMARY', 'ACTIVE', 'ACTIVE'].map((status, index) => ({
    ...{ status, taskSetArn: arnOf(`task-set/prod/web/${index}`), createdAt: 1_790_000_000 + index },
    ...{ clusterArn: arnOf('cluster/prod'), serviceArn: arnOf('service/prod/web'), externalId: `d-${index}` },
    ...{ stabilityStatus: index < 2 ? 'STEADY_STATE' : 'STABILIZING', serviceRegistries: [], ...own, ...more },
  }));
const revision = { revisionType: 'AppSpecContent', appSpecContent: { content: '{"version":0.0}', sha256: 'ab' } };
const deployed = { applicationName: 'shop', deploymentGroupName: 'shop-web', revision };

let answers: Readonly<Record<string, object>>;
const asked: [string, unknown][] = [];
let server: Server;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acm-courier-redeployed-'));
  server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    asked.push([operation, await json(request)]);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify(answers[operation] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** Pastes the commands of a mail as they stand there; answers what AWS was asked to change. */
async function pasted(mail: string, [program, ...options]: (typeof shells)[number]) {
  asked.splice(0);
  const text = await readFile(join(import.meta.dirname, `../golden/${mail}.txt`), 'utf8');
  const script = text.split('\n').filter((line) => line.startsWith('    '));
  const env = {
    ...{ PATH: [inject('programs'), process.env.PATH].join(delimiter), HOME: folder, AWS_PAGER: '' },
    ...{ AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'operator' },
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const { stderr } = await promisify(execFile)(program, [...options, script.join('\n')], { cwd: folder, env });
  expect(stderr).toBe('');
  return asked.filter(([operation]) => operation !== 'DescribeServices');
}

const deployers = shells.map((shell) => ({ name: shell[0], shell }));

it.each(deployers)(
  'under CODE_DEPLOY the deployment of the present tasks is started once more, by $name',
  async ({ name, shell }) => {
    answers = {
      DescribeServices: { services: [{ taskSets: taskSets(serverless) }] },
      GetDeployment: { deploymentInfo: { ...deployed, deploymentId: 'd-0', status: 'Succeeded' } },
    };
    expect(await pasted('NotRestartable.code-deploy', shell)).toEqual([
      ['GetDeployment', { deploymentId: 'd-0' }],
      ['CreateDeployment', deployed],
    ]);
    judged('AWS CLI', `starts a deployment of CodeDeploy again by its mail (${name})`);
  },
);

const replacers = deployers.flatMap((one) => [
  { ...one, where: 'Fargate', more: serverless },
  { ...one, where: 'instances', more: onInstances },
]);

it.each(replacers)(
  'under EXTERNAL a task set like the primary one on $where follows it, by $name',
  async ({ name, shell, where, more }) => {
    answers = { DescribeServices: { services: [{ taskSets: taskSets(more) }] } };
    const place = { cluster: arnOf('cluster/prod'), service: arnOf('service/prod/web') };
    const primaryTaskSet = arnOf('task-set/prod/web/1');
    expect(await pasted('NotRestartable.external', shell)).toEqual([
      ['CreateTaskSet', { ...place, ...own, ...more }],
      ['UpdateServicePrimaryTaskSet', { cluster: 'prod', service: 'web', primaryTaskSet }],
    ]);
    judged('AWS CLI', `replaces a task set by its mail (${name}, ${where})`);
  },
);
