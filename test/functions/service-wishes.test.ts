import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
let ssm: SSMClient;
beforeAll(async () => {
  courier = await startCourierLab({ rolloutParallel: '1' });
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

const delivered = 'info Delivered';
const hour = 3_600_000;

async function renewed(arn: string): Promise<string> {
  await courier.renew(arn);
  await courier.settle();
  return courier.serialOf(arn);
}

const calls = (operation: string, since: number) =>
  courier.callsOf('deliver', since).filter((call) => call.operation === operation).length;

const bodyOf = (arn: string) =>
  courier.lab
    .mail()
    .findLast(({ attributes }) => attributes.certificateArn === arn)
    ?.body.replace(/\s+/g, ' ') ?? '';

/** Open for an hour, on the day and at the full hour that come so many hours from now. */
function windowIn(hours: number): string {
  const opening = new Date(courier.lab.clock.now().getTime() + hours * hour);
  const weekday = opening.toLocaleString('en', { weekday: 'short', timeZone: 'UTC' });
  return `${weekday} ${`${opening.getUTCHours()}`.padStart(2, '0')}:00-${`${opening.getUTCHours()}`.padStart(2, '0')}:59 UTC`;
}

describe('a service with courier:window', () => {
  it('is held, and named with its opening, while the others go on; and restarted once it opens', async () => {
    const arn = await courier.issue({ name: 'night.example.com', secret: 'courier/night' });
    const before = await courier.serialOf(arn);
    const tags = { 'courier:window': windowIn(5) };
    const resourceArn = await courier.service({ name: 'night', secret: 'courier/night', tags });
    await courier.service({ name: 'noon', secret: 'courier/night' });
    const serial = await renewed(arn);
    expect([await courier.served('night'), await courier.served('noon')]).toEqual([[before], [serial]]);
    expect([await courier.restarts('night'), courier.told(arn)]).toEqual([0, [delivered, 'info ServiceOutsideWindow']]);
    expect(bodyOf(arn)).toContain(`"night" in cluster "prod"`);

    await courier.invoke('sweep', {});
    await courier.settle();
    expect(await courier.restarts('night')).toBe(0);
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:order', value: 'first' }] }));
    for (let step = 0; courier.lab.clock.now().getUTCHours() !== Number(tags['courier:window'].slice(4, 6)); step++) {
      expect(step).toBeLessThan(40);
      await courier.lab.clock.advance(hour / 4);
    }
    await courier.invoke('sweep', {});
    await courier.settle();
    expect([await courier.served('night'), await courier.restarts('night'), await courier.restarts('noon')]).toEqual([
      [serial],
      1,
      1,
    ]);
    expect(courier.told(arn).filter((one) => one === 'warning BadServiceTag')).toHaveLength(1);
  });
});

describe('a service with courier:mutable-image=refuse', () => {
  it('is held and its images named, while the others go on; and restarted once a person allows it', async () => {
    const arn = await courier.issue({ name: 'exact.example.com', secret: 'courier/exact' });
    const tags = { 'courier:mutable-image': 'refuse' };
    const resourceArn = await courier.service({ name: 'exact', secret: 'courier/exact', tags });
    await courier.service({ name: 'loose', secret: 'courier/exact' });
    const serial = await renewed(arn);
    expect([await courier.restarts('exact'), await courier.served('loose')]).toEqual([0, [serial]]);
    expect(courier.told(arn).slice(1)).toEqual(['warning MutableImageHeld']);
    expect(bodyOf(arn)).toContain('https-server:1');

    const value = 'allow';
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:mutable-image', value }] }));
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect([await courier.restarts('exact'), await courier.served('exact')]).toEqual([1, [serial]]);
    expect(courier.told(arn).slice(2)).toEqual([delivered]);
  });
});

describe('a renewal in the middle of a rollout', () => {
  it('ends with all on the newest, each service restarted at most once for each version', async () => {
    const arn = await courier.issue({ name: 'twice.example.com', secret: 'courier/twice' });
    const names = ['t1', 't2', 't3', 't4', 't5'];
    for (const name of names) await courier.service({ name, secret: 'courier/twice' });
    await courier.renew(arn);
    for (let step = 0; (await courier.restarts('t1')) === 0; step++) {
      expect(step).toBeLessThan(20);
      await courier.lab.clock.advance(10_000);
    }
    const serial = await renewed(arn);
    for (const name of names) expect([name, await courier.served(name)]).toEqual([name, [serial]]);
    const restarts = await Promise.all(names.map(courier.restarts));
    // The last one was not yet at its turn when ACM had renewed again.
    expect([restarts[0], restarts.at(-1), Math.max(...restarts)]).toEqual([2, 1, 2]);
    expect([courier.told(arn), courier.progress(arn).filter((type) => type === 'Certificate Delivered')]).toEqual([
      [delivered, delivered],
      Array(2).fill('Certificate Delivered'),
    ]);
    const { id } = await courier.current('courier/twice');
    expect((await courier.labels('courier/twice'))[id]).toContain('COURIER_DELIVERED');
  });
});

describe('a call of UpdateService', () => {
  it('whose answer is lost is not made again: the service is found to be in deployment', async () => {
    const arn = await courier.issue({ name: 'lost.example.com', secret: 'courier/lost' });
    await courier.service({ name: 'lost', secret: 'courier/lost' });
    courier.fail('UpdateService', 'effect-then-cut', { attempts: 1 });
    const mark = courier.lab.calls().length;
    const serial = await renewed(arn);
    expect([calls('UpdateService', mark), await courier.restarts('lost')]).toEqual([1, 1]);
    expect([await courier.served('lost'), courier.told(arn)]).toEqual([[serial], [delivered, delivered]]);
  });
});

describe('the kill switch', () => {
  const set = (Value: string) =>
    ssm.send(new PutParameterCommand({ Name: '/acm-courier-lab/acts', Value, Type: 'String', Overwrite: true }));

  it('keeps every key in ACM: nothing is exported, stored or restarted while it is off', async () => {
    const arn = await courier.issue({ name: 'off.example.com', secret: 'courier/off' });
    await courier.service({ name: 'off', secret: 'courier/off' });
    const labels = await courier.labels('courier/off');
    const mark = courier.lab.calls().length;
    await set('stop');
    await renewed(arn);
    await courier.invoke('sweep', {});
    await courier.settle();
    const acts = ['ExportCertificate', 'PutSecretValue', 'UpdateSecretVersionStage', 'UpdateService'];
    expect(acts.map((operation) => [operation, calls(operation, mark)])).toEqual(acts.map((one) => [one, 0]));
    expect([await courier.labels('courier/off'), courier.told(arn)]).toEqual([
      labels,
      [delivered, 'warning StackStopped'],
    ]);
    await set('go');
    await courier.invoke('sweep', {});
    await courier.settle();
    expect(await courier.served('off')).toEqual([await courier.serialOf(arn)]);
  });
});
