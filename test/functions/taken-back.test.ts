import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const delivered = 'info Delivered';
const back = ['critical RolledBack', 'warning BackOnPrevious'];

let courier: CourierLab;
let ssm: SSMClient;
beforeAll(async () => {
  courier = await startCourierLab();
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  ssm = new SSMClient({ endpoint: courier.lab.url, region: 'us-east-1', credentials });
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(() => courier.stop());

const kill = (Value: 'stop' | 'go') =>
  ssm.send(new PutParameterCommand({ Name: '/acm-courier-lab/acts', Value, Type: 'String', Overwrite: true }));
const tag = (resourceArn: string, key: string, value: string) =>
  courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key, value }] }));
const lastMail = () => courier.lab.mail().at(-1)?.body.replace(/\s+/g, ' ');

/** A delivered certificate, and a consumer whose start-up helper refuses the next one: its key stays behind. */
async function refused(name: string): Promise<string> {
  const arn = await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` });
  const { id } = await courier.current(`courier/${name}`);
  await courier.service({
    ...{ name, secret: `courier/${name}`, pinned: { privateKey: id, passphrase: id } },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  return arn;
}

it('what a person has accepted is not taken back, though a kill switch ended the message and a sweep goes on', async () => {
  const arn = await refused('kept');
  await courier.renew(arn);
  await courier.settle();
  expect(courier.told(arn)).toEqual([delivered, ...back]);
  await kill('stop');
  await courier.invoke('re-export', { certificateArn: arn, accept: true });
  await courier.settle();
  await kill('go');
  await courier.lab.clock.advance(3_600_000);
  expect(await courier.invoke('sweep', {})).toMatchObject({ queued: 1 });
  await courier.settle();
  expect(courier.told(arn).filter((one) => one.startsWith('critical'))).toEqual([back[0], 'critical DeploymentFailed']);
  const { id } = await courier.current('courier/kept');
  expect(id.slice(0, 40)).toBe(await courier.serialOf(arn));
  expect((await courier.labels('courier/kept'))[id]).toEqual(
    expect.arrayContaining(['COURIER_ACCEPTED', 'COURIER_STOPPED']),
  );
});

it('whoever may have picked up what is taken back is restarted outside its window, and paged where it is paused', async () => {
  const arn = await refused('zebra');
  const service = (name: string) => courier.service({ name, secret: 'courier/zebra', tags: { 'courier:order': '1' } });
  const [free, held] = [await service('free'), await service('held')];
  await courier.renew(arn);
  for (let step = 0; (await courier.restarts('zebra')) === 0; step++) {
    expect(step).toBeLessThan(60);
    await courier.lab.clock.advance(10_000);
  }
  const today = courier.lab.clock.now().toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' });
  const other = ['Sun', 'Wed'].find((day) => day !== today);
  await tag(free, 'courier:window', `${other} 00:00-00:01 UTC`);
  await tag(held, 'courier:pause', 'true');
  await courier.settle();
  const before = (await courier.current('courier/zebra')).id.slice(0, 40);
  expect(courier.told(arn)).toEqual([delivered, back[0], 'critical ServesBarred']);
  expect([await courier.served('free'), await courier.served('held')]).toEqual([
    [before],
    [await courier.serialOf(arn)],
  ]);
  expect(lastMail()).toContain(
    'Restarted "free" in cluster "prod" outside its window (courier:window): it may have served what is taken back',
  );
  expect(lastMail()).toContain('"held" in cluster "prod", which the tag courier:pause keeps from being restarted');
});
