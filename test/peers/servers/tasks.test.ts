import { CreateServiceCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { type CourierLab, startCourierLab } from '../../functions/courier-lab.ts';
import { judged } from '../counterparts.ts';
import { has } from './has.ts';

let lab: CourierLab;
beforeAll(async () => {
  // A task finds programs where the lab does.
  vi.stubEnv('PATH', `${inject('programs')}:${process.env.PATH}`);
  lab = await startCourierLab();
});
afterAll(async () => {
  await lab?.stop();
  vi.unstubAllEnvs();
});

test.runIf(has('envoy'))(
  'Envoy takes a renewed certificate from the watching start-up helper, and is seen serving it in the task that it had',
  async () => {
    const secret = 'courier/sds';
    const certificateArn = await lab.issue({ name: 'sds.example.com', secret });
    await runWatchingService('sds', secret);
    const before = (await tasksOf('sds'))[0];
    expect(before?.servedSerial).toBe(await lab.serialOf(certificateArn));

    await lab.renew(certificateArn);
    await lab.settle();
    const renewed = await lab.serialOf(certificateArn);
    expect(renewed).not.toBe(before?.servedSerial);
    await vi.waitFor(async () => expect(await tasksOf('sds')).toEqual([{ ...before, servedSerial: renewed }]), {
      timeout: 60_000,
      interval: 200,
    });
    await lab.settle();
    expect(await lab.restarts('sds')).toBe(0);
    expect(sightings().at(-1)).toMatchObject({ task: before?.taskArn, serial: renewed });
    expect(lab.told(certificateArn)).toEqual(['info Delivered', 'info Delivered']);
    judged(
      'Envoy',
      'SDS: probed but not restarted, serves the renewed certificate from the files that courier-start --watch replaced',
    );
  },
);

test.runIf(has('nginx'))(
  'nginx serves what the task definition injects, after a renewal the new certificate, and no start fails',
  async () => {
    const secret = 'courier/nginx';
    const certificateArn = await lab.issue({ name: 'nginx.example.com', secret });
    await lab.service({ name: 'nginx', secret, image: 'nginx:1' });
    expect((await tasksOf('nginx')).map(({ servedSerial }) => servedSerial)).toEqual([
      await lab.serialOf(certificateArn),
    ]);
    await lab.renew(certificateArn);
    await lab.settle();
    expect((await tasksOf('nginx')).map(({ servedSerial }) => servedSerial)).toEqual([
      await lab.serialOf(certificateArn),
    ]);
    expect(await lab.restarts('nginx')).toBe(1);
    expect(lab.told(certificateArn)).toEqual(['info Delivered', 'info Delivered']);
    judged('nginx', 'a task of the lab: serves the delivered certificate, and the renewed one after one restart');
  },
);

const tasksOf = async (name: string) => (await lab.lab.tasks()).filter(({ service }) => service === name);

/** What the probe saw of tasks, oldest first. */
const sightings = () =>
  lab.lab
    .logs()
    .filter(({ function: name, line }) => name.endsWith('-probe') && line.includes('Probed a task'))
    .map(({ line }) => JSON.parse(line) as { readonly task: string; readonly serial?: string });

/** Its tag says that it is not restarted: its helper asks Secrets Manager itself, with the AWS CLI. */
async function runWatchingService(name: string, secret: string): Promise<void> {
  const environment = {
    COURIER_SECRET: secret,
    COURIER_WATCH_SECONDS: '1',
    CONFIGURATION: 'sds.yaml',
    AWS_ENDPOINT_URL: lab.lab.url,
    // The first version of the AWS CLI does not read AWS_REGION.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: 'operator',
  };
  const container = {
    name,
    image: 'envoy:1',
    entryPoint: ['courier-start', '--watch', '--'],
    portMappings: [{ containerPort: 8443 }],
    environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
  };
  await lab.ecs.send(new RegisterTaskDefinitionCommand({ family: name, containerDefinitions: [container] }));
  const wishes = { 'courier:secret': secret, 'courier:restart': 'false', 'courier:probe': '8443' };
  const tags = Object.entries(wishes).map(([key, value]) => ({ key, value }));
  const service = { cluster: 'prod', serviceName: name, taskDefinition: name, desiredCount: 1, tags };
  await lab.ecs.send(new CreateServiceCommand(service));
  await lab.lab.clock.advance(30_000);
}
