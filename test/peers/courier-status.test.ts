import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runCourier } from '../cli/run-courier.ts';
import { type CourierLab, startCourierLab } from '../functions/courier-lab.ts';
import { judged } from './counterparts.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
  for (const name of ['api', 'shop']) {
    await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` });
    await courier.service({ name, secret: `courier/${name}`, count: 2, tags: { 'courier:probe': '8443' } });
  }
});
afterAll(() => courier.stop());

const keys = { AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'operator' };

/** With nothing of this machine's own AWS settings. */
async function shell(script: string): Promise<string> {
  const path = [inject('programs'), process.env.PATH].join(delimiter);
  const env = {
    PATH: path,
    HOME: '/nobody',
    AWS_ENDPOINT_URL: courier.lab.url,
    AWS_DEFAULT_REGION: 'us-east-1',
    ...keys,
  };
  const { stdout } = await promisify(execFile)('sh', ['-euc', script], { env });
  return stdout;
}

const plainSerial = (serial: string) => serial.trim().replaceAll(':', '').toLowerCase().padStart(40, '0');

/** AWS CLI 1 writes seconds, 2 a date. */
const timeOf = (told: number | string) => new Date(typeof told === 'number' ? told * 1000 : told).toISOString();

it('courier status agrees with the AWS CLI, and with what openssl s_client is shown by each task', async () => {
  const rows = await statusRows();
  expect(rows).toHaveLength(2);
  for (const { name, certificateArn, secret, serial, notAfter, versionId, renewal, consumers, served } of rows) {
    const query = 'Certificate.[Serial,NotAfter,DomainName,RenewalEligibility]';
    const described = JSON.parse(
      await shell(`aws acm describe-certificate --certificate-arn ${certificateArn} --query '${query}' --output json`),
    );
    expect([plainSerial(described[0]), timeOf(described[1]), ...described.slice(2)]).toEqual([
      serial,
      notAfter,
      name,
      renewal.toUpperCase(),
    ]);
    const stages = JSON.parse(
      await shell(`aws secretsmanager describe-secret --secret-id ${secret} --query VersionIdsToStages --output json`),
    );
    expect(stages[versionId]).toContain('AWSCURRENT');
    expect(served).toBe('2/2 tasks');
    expect(await shownBy(tasksOf(consumers), name)).toEqual([serial, serial]);
  }
  judged(
    'AWS CLI',
    'courier status: serial, end and eligibility of each certificate, the current version of each secret',
  );
  judged('OpenSSL', 'courier status --probe: the serial of every task');
});

it('courier status says of tasks from before a renewal what openssl s_client is shown by each', async () => {
  const [api = ''] = await statusRows().then((rows) => rows.map(({ certificateArn }) => certificateArn));
  const before = await courier.serialOf(api);
  const services = { 'courier:secret': 'courier/api', 'courier:probe': '8443', 'courier:pause': 'true' };
  const tags = Object.entries(services).map(([key, value]) => ({ key, value }));
  const resourceArn = 'arn:aws:ecs:us-east-1:111122223333:service/prod/api';
  await courier.ecs.send(new TagResourceCommand({ resourceArn, tags }));
  await courier.renew(api);
  await courier.settle();
  const [row] = (await statusRows()).filter(({ certificateArn }) => certificateArn === api);
  const tasks = tasksOf(row?.consumers ?? []);
  expect(row).toMatchObject({ serial: await courier.serialOf(api), served: '0/2 tasks' });
  expect(tasks.map(({ shows }) => shows)).toEqual(Array(2).fill({ is: 'another leaf', serial: before }));
  expect(await shownBy(tasks, 'api.example.com')).toEqual([before, before]);
  judged('OpenSSL', 'courier status --probe: the serial of a task that serves another certificate');
});

type Task = { readonly host: string; readonly port: number; readonly shows: object };
type Row = Readonly<Record<'name' | 'certificateArn' | 'secret' | 'serial' | 'notAfter', string>> &
  Readonly<Record<'versionId' | 'renewal' | 'served', string>> & {
    readonly consumers: readonly { readonly tasks: readonly Task[] }[];
  };

async function statusRows(): Promise<readonly Row[]> {
  const { stdout } = await runCourier(['status', '--probe', '--json'], { url: courier.lab.url });
  return JSON.parse(stdout);
}

const tasksOf = (consumers: Row['consumers']) => consumers.flatMap(({ tasks }) => tasks);

/** The serial that each shows to openssl. */
const shownBy = (tasks: readonly Task[], name: string) =>
  Promise.all(
    tasks.map(async ({ host, port }) => {
      const client = `openssl s_client -connect ${host}:${port} -servername ${name} </dev/null 2>/dev/null`;
      return plainSerial((await shell(`${client} | openssl x509 -noout -serial`)).replace('serial=', ''));
    }),
  );
