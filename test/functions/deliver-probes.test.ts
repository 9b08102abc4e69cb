import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const volume = await mkdtemp(join(tmpdir(), 'courier-volume-'));
afterAll(() => rm(volume, { recursive: true }));

const delivered = 'info Delivered';
const probed = { 'courier:probe': '8443' };

type Wish = Partial<Parameters<CourierLab['service']>[0]>;

/** A delivered certificate with one consumer of its name. */
async function consumed(courier: CourierLab, name: string, more: Wish = {}): Promise<string> {
  const arn = await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` });
  await courier.service({ name, secret: `courier/${name}`, tags: probed, ...more });
  return arn;
}

/**
 * Goes on for as long as a new process may take until it serves. Nobody may ask the probe meanwhile, which is no evidence,
 * and saves the seconds that it would repeat its handshakes for at each look.
 */
async function settledBehindTheProbe(courier: CourierLab): Promise<void> {
  const asked = () => courier.callsOf('deliver').filter(({ operation }) => operation === 'Invoke').length;
  const [begin, before] = [courier.lab.clock.now().getTime(), asked()];
  for (let looks = 1; courier.lab.clock.now().getTime() < begin + 360_000; looks++) {
    courier.lab.faults.add({ service: 'lambda', operation: 'Invoke', fault: 'denied', nth: 1 });
    for (let step = 0; asked() < before + looks; step++) {
      expect(step).toBeLessThan(12);
      await courier.lab.clock.advance(10_000);
    }
  }
}

async function renewedBehindTheProbe(courier: CourierLab, arn: string): Promise<string> {
  await courier.renew(arn);
  await settledBehindTheProbe(courier);
  expect(courier.told(arn)).toEqual([delivered]);
  await courier.settle();
  return courier.serialOf(arn);
}

/** A service that serves its first certificate for ever. */
const stale = { image: 'stale:1', environment: { VOLUME: volume } };

const mailsOf = (courier: CourierLab, arn: string) =>
  courier.lab.mail().filter(({ attributes }) => attributes.certificateArn === arn);

/** What the probe saw of tasks, oldest first. */
const sightings = (courier: CourierLab) =>
  courier.lab
    .logs()
    .filter(({ function: name, line }) => name.endsWith('-probe') && line.includes('Probed a task'))
    .map(({ line }) => JSON.parse(line) as { readonly task: string; readonly serial?: string });

const oneLine = (text = '') => text.replace(/\s+/g, ' ');

describe('where a probe stands', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab();
  });
  afterEach(async () => {
    expect(await courier.wreckage()).toEqual([]);
  });
  afterAll(() => courier.stop());

  it('a certificate is delivered once a handshake with each task has shown it', async () => {
    const arn = await consumed(courier, 'seen', { count: 2 });
    await courier.service({ name: 'unseen', secret: 'courier/seen' });
    const mark = sightings(courier).length;
    await courier.renew(arn);
    // The wave of `seen` ends with its handshakes, and only then `unseen` is restarted.
    for (let step = 0; (await courier.restarts('unseen')) === 0; step++) {
      expect(step).toBeLessThan(20);
      expect([sightings(courier).length, courier.told(arn)]).toEqual([mark, [delivered]]);
      await courier.lab.clock.advance(10_000);
    }
    const serial = await courier.serialOf(arn);
    const tasks = (await courier.lab.tasks()).filter(({ service }) => service === 'seen');
    expect(
      sightings(courier)
        .slice(mark)
        .map((one) => [one.task, one.serial])
        .sort(),
    ).toEqual(tasks.map(({ taskArn }) => [taskArn, serial]).sort());
    await courier.settle();
    expect(courier.told(arn)).toEqual([delivered, delivered]);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toContain(
      'those of 1 service were seen serving it, the others were not probed',
    );
  });

  it('a daemon, whose old task is stopped before the new one starts, is restarted and seen like any other', async () => {
    const arn = await consumed(courier, 'daemon', { schedulingStrategy: 'DAEMON' });
    await courier.renew(arn);
    await courier.settle();
    expect(await courier.served('daemon')).toEqual([await courier.serialOf(arn)]);
    expect([await courier.restarts('daemon'), courier.told(arn)]).toEqual([1, [delivered, delivered]]);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toContain('was seen serving it');
  });

  it.each([
    ['bridge', 'bridged', {}],
    // Two tasks cannot have one port of one instance.
    ['host', 'hosted', { schedulingStrategy: 'DAEMON' }],
  ] as const)('a task in the network mode %s is seen at its container instance', async (networkMode, name, more) => {
    const arn = await consumed(courier, name, { networkMode, ...more });
    const [task] = (await courier.lab.tasks()).filter(({ service }) => service === name);
    expect([task?.host.slice(0, 6), task?.port === 8443]).toEqual(['127.2.', networkMode === 'host']);
    await courier.renew(arn);
    await courier.settle();
    expect(await courier.served(name)).toEqual([await courier.serialOf(arn)]);
    expect(courier.told(arn)).toEqual([delivered, delivered]);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toContain('was seen serving it');
  });

  it('a service that is restarted and serves the old one is found, and the certificate from before comes back', async () => {
    const arn = await consumed(courier, 'apple', stale);
    const before = await courier.current('courier/apple');
    await courier.service({ name: 'zebra', secret: 'courier/apple', tags: probed });
    const serial = await renewedBehindTheProbe(courier, arn);

    expect(courier.told(arn)).toEqual([delivered, 'critical RolledBack', 'warning BackOnPrevious']);
    const page = mailsOf(courier, arn).find(({ attributes }) => attributes.reason === 'RolledBack');
    expect(page?.subject).toBe('[critical] apple.example.com: rolled back, apple does not serve it');
    const saw = `task [0-9a-f]{32} was restarted and serves the certificate with serial ${before.id.slice(0, 40)}`;
    expect(oneLine(page?.body)).toMatch(new RegExp(`at service "apple" in cluster "prod" ${saw}`));
    expect((await courier.current('courier/apple')).id).toBe(before.id);
    const labels = await courier.labels('courier/apple');
    const barred = Object.entries(labels).find(([id]) => id.startsWith(serial))?.[1];
    expect(barred).toEqual(expect.arrayContaining(['AWSPREVIOUS', 'COURIER_REJECTED']));
    expect([await courier.restarts('apple'), await courier.restarts('zebra')]).toEqual([2, 0]);
    expect(await courier.served('zebra')).toEqual([before.id.slice(0, 40)]);
  });

  it.each([
    ['slow', 'needs moments until it listens'],
    ['fragile', 'dies of its first visitor, whom it has shown the certificate'],
  ])('a service that is %s, and %s, is seen and restarted once', async (name) => {
    const arn = await consumed(courier, name, { image: `${name}:1` });
    await courier.renew(arn);
    await courier.settle();
    expect([courier.told(arn), await courier.restarts(name)]).toEqual([[delivered, delivered], 1]);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toContain('was seen serving it');
  });

  it('a consumer added later that serves another leaf is paged, and the certificate stays with all others', async () => {
    const arn = await consumed(courier, 'pear');
    const elsewhere = { ...probed, 'courier:secret': 'courier/elsewhere' };
    const resourceArn = await courier.service({ name: 'quince', secret: 'courier/pear', ...stale, tags: elsewhere });
    await courier.renew(arn);
    await courier.settle();
    const { id } = await courier.current('courier/pear');
    const labels = await courier.labels('courier/pear');
    const tags = [{ key: 'courier:secret', value: 'courier/pear' }];
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags }));
    await courier.invoke('sweep', {});
    await settledBehindTheProbe(courier);
    await courier.settle();
    const pages = () => courier.told(arn).filter((one) => one.startsWith('critical'));
    expect(pages()).toEqual(['critical ConsumerFailed']);
    const page = mailsOf(courier, arn).at(-1);
    expect(page?.subject).toBe('[critical] pear.example.com: delivered before, but quince fails with it');
    expect(oneLine(page?.body)).toMatch(/task [0-9a-f]{32} was restarted and serves the certificate with serial/);
    expect([(await courier.current('courier/pear')).id, await courier.labels('courier/pear')]).toEqual([id, labels]);
    expect([await courier.restarts('pear'), await courier.restarts('quince')]).toEqual([1, 1]);
    await courier.lab.clock.advance(3_600_000);
    expect(await courier.invoke('sweep', {})).toMatchObject({ queued: 0 });
    expect(pages()).toHaveLength(1);
  });

  it.each([
    ['82', 'passphrase', 'passphrase', true],
    ['83', 'key', 'privateKey passphrase', true],
    ['83', 'loop', 'privateKey passphrase', false],
  ])(
    'exit code %s of the start-up helper, for a %s that stays behind, speaks against the certificate',
    async (code, name, members, enable) => {
      const arn = await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` });
      const before = await courier.current(`courier/${name}`);
      await courier.service({
        name,
        secret: `courier/${name}`,
        pinned: Object.fromEntries(members.split(' ').map((member) => [member, before.id])),
        deploymentConfiguration: { deploymentCircuitBreaker: { enable, rollback: enable } },
      });
      await courier.renew(arn);
      const began = courier.lab.clock.now().getTime();
      await courier.settle();
      // Without a circuit breaker ECS tries again for ever; the deadline is an hour.
      expect(courier.lab.clock.now().getTime() - began).toBeLessThan(600_000);
      expect(courier.told(arn)).toEqual([delivered, 'critical RolledBack', 'warning BackOnPrevious']);
      const page = mailsOf(courier, arn).find(({ attributes }) => attributes.reason === 'RolledBack');
      expect(oneLine(page?.body)).toContain(
        `service "${name}" in cluster "prod" the start-up helper in container "app" refused the certificate (exit code ${code}`,
      );
      expect((await courier.current(`courier/${name}`)).id).toBe(before.id);
      expect(await courier.served(name)).toEqual([before.id.slice(0, 40)]);
      const sent = courier.progress(arn).filter((type) => type !== 'Wave Completed');
      expect(sent.slice(3)).toEqual([
        ...['Certificate Stored', 'Rollout Started', 'Rolled Back', 'Rollout Started', 'Certificate Delivered'],
      ]);
    },
  );
});

describe('where nothing is to be rolled back', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab({ rollBack: 'never' });
  });
  afterAll(() => courier.stop());

  it('a service that does not serve it stops the rollout, is paged once, and the certificate stays', async () => {
    const VOLUME = await mkdtemp(join(volume, 'never-'));
    const arn = await consumed(courier, 'stays', { ...stale, environment: { VOLUME } });
    const serial = await renewedBehindTheProbe(courier, arn);
    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed']);
    const { id } = await courier.current('courier/stays');
    expect(id.slice(0, 40)).toBe(serial);
    expect((await courier.labels('courier/stays'))[id]).toContain('COURIER_STOPPED');
    expect(await courier.restarts('stays')).toBe(1);
    expect(await courier.wreckage()).toEqual([]);
  });

  it('one that takes connections and says nothing does the same', async () => {
    const arn = await consumed(courier, 'mute', { image: 'mute:1' });
    await renewedBehindTheProbe(courier, arn);
    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed']);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toMatch(/task [0-9a-f]{32} was restarted and shows none: /);
    expect(await courier.restarts('mute')).toBe(1);
  });
});

describe('where what is before ends within rollbackFloorDays', () => {
  let courier: CourierLab;
  beforeAll(async () => {
    courier = await startCourierLab({ rollbackFloorDays: 400 });
  });
  afterAll(() => courier.stop());

  it('nobody goes back to it, on whatever evidence: stopped, paged once, and the certificate stays', async () => {
    const arn = await courier.issue({ name: 'brief.example.com', secret: 'courier/brief' });
    const { id } = await courier.current('courier/brief');
    await courier.service({
      ...{ name: 'brief', secret: 'courier/brief', pinned: { privateKey: id, passphrase: id } },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed']);
    expect(oneLine(mailsOf(courier, arn).at(-1)?.body)).toContain('exit code 83');
    const current = await courier.current('courier/brief');
    expect(current.id.slice(0, 40)).toBe(await courier.serialOf(arn));
    expect((await courier.labels('courier/brief'))[current.id]).toEqual([
      ...['AWSCURRENT', 'COURIER_NEXT', 'COURIER_SINCE', 'COURIER_STOPPED'],
    ]);
    expect(courier.progress(arn).slice(3)).toEqual(['Certificate Stored', 'Rollout Started', 'Rollout Failed']);
    expect(await courier.wreckage()).toEqual([]);
  });
});
