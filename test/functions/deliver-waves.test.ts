import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
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

/** The most services that were in deployment at one time, by what ECS told of each since the mark. */
function mostInDeployment(since: number): number {
  const under = new Set<string>();
  const events = courier.lab.events().slice(since);
  const counts = events.flatMap(({ source, resources: [service], detail }) => {
    if (source !== 'aws.ecs' || service === undefined) return [];
    if (detail.eventName === 'SERVICE_DEPLOYMENT_IN_PROGRESS') under.add(service);
    else under.delete(service);
    return [under.size];
  });
  return Math.max(...counts);
}

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
    expect(courier.progress(arn)).toEqual([
      ...['Certificate Stored', 'Rollout Started', 'Certificate Delivered'],
      ...['Certificate Stored', 'Rollout Started', 'Wave Completed', 'Wave Completed', 'Wave Completed'],
      'Certificate Delivered',
    ]);
  });

  it('never has more in deployment than it may, though a service is tagged in the middle of a wave', async () => {
    const arn = await courier.issue({ name: 'shift.example.com', secret: 'courier/shift' });
    for (const name of ['s2', 's3', 's4', 's5', 's6']) await courier.service({ name, secret: 'courier/shift' });
    const tags = { 'courier:secret': 'courier/elsewhere' };
    const resourceArn = await courier.service({ name: 's1', secret: 'courier/shift', tags });
    const mark = courier.lab.events().length;
    await courier.renew(arn);
    for (let step = 0; (await courier.restarts('s6')) === 0; step++) {
      expect(step).toBeLessThan(20);
      await courier.lab.clock.advance(5_000);
    }
    const value = 'courier/shift';
    // Behind it, s6 would be in the wave after its own.
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:secret', value }] }));
    await courier.settle();
    expect(await courier.served('s1')).toEqual([await courier.serialOf(arn)]);
    expect(mostInDeployment(mark)).toBe(4);
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

describe('a canary that reads two secrets of one certificate', () => {
  it('is restarted once for both, before either is current', async () => {
    const arn = await courier.issue({ name: 'twins.example.com', secret: 'courier/first courier/second' });
    const before = await courier.current('courier/second');
    const { ARN } = await courier.manager.send(new DescribeSecretCommand({ SecretId: 'courier/second' }));
    await courier.service({
      name: 'twins',
      secret: 'courier/first',
      stage: 'COURIER_NEXT',
      alsoReads: `${ARN}:certificate:COURIER_NEXT:`,
      tags: { 'courier:secret': 'courier/first courier/second' },
    });
    await courier.renew(arn);
    await courier.lab.clock.advance(11_000);
    expect([await courier.restarts('twins'), (await courier.current('courier/second')).id]).toEqual([1, before.id]);
    await courier.settle();
    const serial = await courier.serialOf(arn);
    expect([await courier.restarts('twins'), await courier.served('twins')]).toEqual([1, [serial]]);
    expect((await courier.current('courier/second')).id.slice(0, 40)).toBe(serial);
  });
});

describe('a canary that failed', () => {
  it('is brought back by hand, and nobody else is touched; the plan says so before', async () => {
    const arn = await courier.issue({ name: 'sick.example.com', secret: 'courier/sick' });
    const before = await courier.current('courier/sick');
    await courier.service({ name: 'well', secret: 'courier/sick' });
    await courier.service({
      name: 'sick',
      secret: 'courier/sick',
      stage: 'COURIER_NEXT',
      pinned: { privateKey: before.id, passphrase: before.id },
    });
    const serial = await renewed(arn);
    expect(courier.told(arn).slice(1)).toEqual(['critical CanaryFailed']);

    const rollBack = { secret: 'courier/sick', rollBack: true };
    const { plan } = await courier.invoke('re-export', { ...rollBack, dryRun: true });
    const restarts = plan.filter(({ step }: { step: string }) => step === 'restart');
    expect(restarts.map(({ service }: { service: string }) => service)).toEqual(['prod/sick']);
    expect(await courier.invoke('re-export', rollBack)).toMatchObject({ ok: true });
    await courier.settle();
    expect([await courier.restarts('sick'), await courier.restarts('well')]).toEqual([2, 0]);
    expect(await courier.served('sick')).toEqual([before.id.slice(0, 40)]);
    const labels = await courier.labels('courier/sick');
    expect(labels[before.id]).toEqual([
      ...['AWSCURRENT', 'COURIER_DELIVERED', 'COURIER_NEXT', 'COURIER_NEXT_SINCE', 'COURIER_SINCE'],
    ]);
    expect(Object.entries(labels).find(([id]) => id.startsWith(serial))?.[1]).toEqual([
      ...['COURIER_REJECTED', 'COURIER_STOPPED'],
    ]);
    expect(courier.told(arn).slice(2)).toEqual(['warning BackOnPrevious']);
    await courier.invoke('sweep', {});
    await courier.settle();
    expect([await courier.restarts('sick'), courier.told(arn).length]).toEqual([2, 3]);
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
