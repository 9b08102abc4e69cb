import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
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
  const { stdout } = await runCourier(['status', '--probe', '--json'], { url: courier.lab.url });
  const rows = JSON.parse(stdout);
  expect(rows).toHaveLength(2);
  for (const { name, certificateArn, secret, serial, notAfter, versionId, renewal, consumers } of rows) {
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
    const tasks = consumers.flatMap((one: { tasks: readonly object[] }) => one.tasks);
    expect(tasks).toHaveLength(2);
    for (const { host, port, shows } of tasks) {
      const shown = await shell(
        `openssl s_client -connect ${host}:${port} -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -serial`,
      );
      expect([plainSerial(shown.replace('serial=', '')), shows.is]).toEqual([serial, 'serving']);
    }
  }
  judged(
    'AWS CLI',
    'courier status: serial, end and eligibility of each certificate, the current version of each secret',
  );
  judged('OpenSSL', 'courier status --probe: the serial of every task');
});
