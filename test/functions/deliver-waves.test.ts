import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

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
afterAll(() => {
  ssm.destroy();
  return courier.stop();
});

async function renewed(arn: string): Promise<string> {
  await courier.renew(arn);
  await courier.settle();
  return courier.serialOf(arn);
}

/** The services that `deliver` restarted since a mark, in their order. */
const restarted = (mark: number) =>
  courier.lab
    .calls()
    .slice(mark)
    .filter(({ operation }) => operation === 'UpdateService').length;

describe('a rollout in waves', () => {
  it('goes on only when the wave before is complete, and asks about the present one', async () => {
    const arn = await courier.issue({ name: 'waves.example.com', secret: 'courier/waves' });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await courier.service({ name, secret: 'courier/waves', tags: { 'courier:order': name === 'f' ? '1' : '100' } });
    await courier.renew(arn);
    const mark = courier.lab.calls().length;
    await courier.lab.clock.advance(11_000);
    expect([await courier.restarts('f'), await courier.restarts('a')]).toEqual([1, 0]);
    await courier.lab.clock.advance(30_000);
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(courier.restarts))).toEqual([1, 1, 1, 1, 0]);
    await courier.settle();
    const serial = await courier.serialOf(arn);
    expect(await courier.served('e')).toEqual([serial]);
    expect(restarted(mark)).toBe(6);

    const ecs = courier.callsOf('deliver', mark).filter(({ service }) => service === 'ecs');
    expect(ecs.length).toBeLessThanOrEqual(4 * 6);
    expect(ecs.filter(({ operation }) => operation === 'ListServiceDeployments')).toEqual([]);
    const told = courier.lab.events().filter(({ source }) => source === 'acm-courier');
    const ours = told.filter(({ detail }) => detail.secret === 'courier/waves').map((one) => one['detail-type']);
    expect(ours.slice(-5)).toEqual([
      ...['Rollout Started', 'Wave Completed', 'Wave Completed', 'Wave Completed', 'Certificate Delivered'],
    ]);
  });

  it('restarts a service that reads two of its secrets once for both', async () => {
    const arn = await courier.issue({ name: 'both.example.com', secret: 'courier/one courier/two' });
    await courier.service({
      name: 'both',
      secret: 'courier/one',
      tags: { 'courier:secret': 'courier/one courier/two' },
    });
    await renewed(arn);
    expect(await courier.restarts('both')).toBe(1);
    expect(courier.told(arn).slice(2)).toEqual(['info Delivered', 'info Delivered']);
  });
});

describe('a canary', () => {
  it('serves the new certificate before it is current for anybody else, and is restarted once', async () => {
    const arn = await courier.issue({ name: 'bird.example.com', secret: 'courier/bird' });
    const { id } = await courier.current('courier/bird');
    await courier.service({ name: 'canary', secret: 'courier/bird', stage: 'COURIER_NEXT' });
    await courier.service({ name: 'flock', secret: 'courier/bird' });
    await courier.renew(arn);
    await courier.lab.clock.advance(11_000);
    const serial = await courier.serialOf(arn);
    expect([(await courier.current('courier/bird')).id, await courier.restarts('flock')]).toEqual([id, 0]);
    expect(await courier.served('canary')).toEqual([serial]);

    await courier.settle();
    expect(await courier.served('flock')).toEqual([serial]);
    expect([await courier.restarts('canary'), await courier.restarts('flock')]).toEqual([1, 1]);
  });
});

describe('the kill switch', () => {
  const set = (Value: string) =>
    ssm.send(new PutParameterCommand({ Name: '/acm-courier-lab/acts', Value, Type: 'String', Overwrite: true }));

  it('keeps a renewed certificate where it is until it is set back', async () => {
    const arn = await courier.issue({ name: 'held.example.com', secret: 'courier/held' });
    const before = await courier.current('courier/held');
    await set('stop');
    await renewed(arn);
    expect([(await courier.current('courier/held')).id, courier.told(arn).at(-1)]).toEqual([
      before.id,
      'warning StackStopped',
    ]);
    await set('go');
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect((await courier.current('courier/held')).id.slice(0, 40)).toBe(await courier.serialOf(arn));
  });
});

it('by hand a certificate is taken back, and the tasks that had it serve the one before', async () => {
  const arn = await courier.issue({ name: 'back.example.com', secret: 'courier/back' });
  const before = await courier.serialOf(arn);
  await courier.service({ name: 'back', secret: 'courier/back' });
  const after = await renewed(arn);
  expect(await courier.served('back')).toEqual([after]);

  expect(await courier.invoke('re-export', { secret: 'courier/back', rollBack: true })).toMatchObject({ ok: true });
  await courier.settle();
  expect(await courier.served('back')).toEqual([before]);
  expect(courier.told(arn).slice(2)).toEqual(['warning BackOnPrevious']);
  await courier.invoke('sweep', {});
  await courier.settle();
  expect((await courier.current('courier/back')).id.slice(0, 40)).toBe(before);
});
