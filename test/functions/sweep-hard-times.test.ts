import { KeyObject } from 'node:crypto';
import { ImportCertificateCommand, RequestCertificateCommand, SearchCertificatesCommand } from '@aws-sdk/client-acm';
import { CreateServiceCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mint, mintKeys } from '../shared/mint.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const hour = 3_600_000;

describe('a sweep', () => {
  let courier: CourierLab;
  const arns: string[] = [];
  beforeAll(async () => {
    courier = await startCourierLab();
    for (const name of ['one', 'two', 'three']) {
      arns.push(await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` }));
      await courier.service({ name, secret: `courier/${name}` });
    }
    await courier.lab.clock.advance(2 * hour);
    for (const arn of arns) {
      courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
      await courier.renew(arn);
    }
    await courier.settle();
  });
  afterAll(() => courier.stop());

  it('that is rehearsed says which exports, versions and restarts will come, with the notices, and does none of it', async () => {
    const mark = courier.lab.calls().length;
    const plan = await courier.invoke('sweep', { dryRun: true });
    const steps = plan.plan.map(({ step, secret }: { step: string; secret: string }) => `${step} ${secret}`);
    expect(steps).toEqual(
      ['one', 'two', 'three'].flatMap((name) =>
        ['export', 'store', 'promote', 'restart', 'tell'].map((step) => `${step} courier/${name}`),
      ),
    );
    expect(plan.notices.map(({ attributes }: { attributes: object }) => attributes)).toEqual(
      arns.map((certificateArn, index) => ({
        severity: 'info',
        reason: 'Delivered',
        domain: `${['one', 'two', 'three'][index]}.example.com`,
        certificateArn,
      })),
    );
    const calls = courier.callsOf('sweep', mark).map(({ operation }) => operation);
    expect(calls.filter((one) => !/^(Search|Describe|List|Get)/.test(one))).toEqual([]);
    expect(await courier.waiting('deliveries.fifo')).toBe(0);
  });

  it('that dies half way is taken up by the next: each certificate is delivered, each service restarted once', async () => {
    courier.fail('SendMessage', 'denied', { nth: 2, attempts: 1 });
    expect(await courier.invoke('sweep', {})).toHaveProperty('errorType');
    const [one, other] = await Promise.all([courier.invoke('sweep', {}), courier.invoke('sweep', {})]);
    expect([one.handedOn, other.handedOn]).toEqual([false, false]);
    await courier.settle();
    for (const [index, name] of ['one', 'two', 'three'].entries()) {
      expect(await courier.served(name)).toEqual([await courier.serialOf(arns[index] ?? '')]);
      expect(await courier.restarts(name)).toBe(1);
      expect(courier.told(arns[index] ?? '')).toEqual(['info Delivered', 'info Delivered']);
    }
  });
});

describe('a sweep beside a delivery', () => {
  let courier: CourierLab;
  let arn: string;
  const secret = 'courier/bird';
  beforeAll(async () => {
    courier = await startCourierLab();
    await courier.lab.clock.advance(2 * hour);
    arn = await courier.issue({ name: 'bird.example.com', secret });
    await courier.service({ name: 'flock', secret });
    await courier.service({ name: 'canary', secret, stage: 'COURIER_NEXT' });
  });
  afterAll(() => courier.stop());

  const exports = (since: number) =>
    courier.callsOf('deliver', since).filter(({ operation, ok }) => operation === 'ExportCertificate' && ok).length;

  it('whose export AWS throttles and whose canary is being tried adds no export, no restart and no mail', async () => {
    const mark = courier.lab.calls().length;
    courier.fail('ExportCertificate', 'throttle');
    await courier.renew(arn);
    await courier.lab.clock.settled();
    expect(exports(mark)).toBe(0);
    await courier.invoke('sweep', {});
    // Until the canary is restarted, and is not proven yet.
    for (let step = 0; (await courier.restarts('canary')) === 0 && step < 20; step++)
      await courier.lab.clock.advance(10_000);
    expect([await courier.restarts('canary'), await courier.restarts('flock')]).toEqual([1, 0]);
    await courier.invoke('sweep', {});

    await courier.settle();
    const serial = await courier.serialOf(arn);
    expect([await courier.served('canary'), await courier.served('flock')]).toEqual([[serial], [serial]]);
    expect([await courier.restarts('canary'), await courier.restarts('flock')]).toEqual([1, 1]);
    expect(exports(mark)).toBe(1);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });
});

/** What an old account is full of, so many of each; every second thing is owned by the team `edge`, the others by `shop`. */
type Counts = Readonly<
  Record<'imported' | 'pending' | 'failed' | 'expired' | 'refused' | 'paused' | 'healthy' | 'misspelt', number>
>;

const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188';

/** No event tells of what was before the stack. What ends later, as all that has ended must, is told. */
async function fill(courier: CourierLab, counts: Counts): Promise<void> {
  const { acm, ecs, lab } = courier;
  const all = (Object.keys(counts) as (keyof Counts)[]).flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, index) => ({ kind, index, name: `${kind}-${index}.example.com` })),
  );
  for (const operation of ['ACM Certificate Available', 'ACM Certificate Renewal Action Required'])
    for (const _ of all) lab.faults.add({ service: 'events', operation, fault: 'lose', nth: 1 });
  const tags = { imported: {}, paused: { 'courier:pause': 'true' }, refused: { 'courier:format': 'unknown' } } as const;
  const tagged = ({ kind, index, name }: (typeof all)[number]) => ({
    'courier:secret': `courier/${name}`,
    'courier:owner': index % 2 === 0 ? 'shop' : 'edge',
    ...(kind in tags && tags[kind as keyof typeof tags]),
  });
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'nothing',
      containerDefinitions: [{ name: 'app', image: 'https-server:1' }],
    }),
  );
  const failing: string[] = [];
  const keys = await mintKeys();
  const PrivateKey = await pemOf(keys);
  for (const one of all) {
    const Tags = Object.entries(tagged(one)).map(([Key, Value]) => ({ Key, Value }));
    if (one.kind === 'misspelt') {
      const wanted = { ...tagged(one), 'courier:secret': `courier/helthy-${one.index}.example.com` };
      await ecs.send(
        new CreateServiceCommand({
          cluster: 'prod',
          serviceName: `misspelt-${one.index}`,
          desiredCount: 0,
          taskDefinition: 'nothing',
          tags: Object.entries(wanted).map(([key, value]) => ({ key, value })),
        }),
      );
    } else if (one.kind === 'imported' || one.kind === 'expired') {
      const seconds = Math.floor(lab.clock.now().getTime() / 1000);
      const notAfter = seconds + (one.kind === 'expired' ? 600 : 300 * 86_400);
      const { pem } = await mint({ name: one.name, keys, names: [one.name], notBefore: seconds - 86_400, notAfter });
      await acm.send(new ImportCertificateCommand({ Certificate: Buffer.from(pem), PrivateKey, Tags }));
    } else {
      const { CertificateArn = '' } = await acm.send(
        new RequestCertificateCommand({
          DomainName: one.name,
          // Nobody proves that the name is theirs.
          ...(one.kind === 'pending'
            ? { ValidationMethod: 'DNS' as const, Options: { Export: 'ENABLED' as const } }
            : { CertificateAuthorityArn: lab.caArns.subordinate }),
          Tags,
        }),
      );
      if (one.kind === 'failed') failing.push(CertificateArn);
    }
  }
  await lab.clock.advance(900_000);
  for (const arn of failing) {
    lab.acm.setInUseBy(arn, [balancer]);
    lab.acm.force(arn, 'PCA_ACCESS_DENIED');
    await lab.acm.attempt(arn);
  }
  await courier.settle();
}

const pemOf = async ({ privateKey }: Awaited<ReturnType<typeof mintKeys>>) =>
  Buffer.from(KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }));

/** A sweep, what it and all that comes of it said, by owner. */
async function said(courier: CourierLab, order: object) {
  const mark = courier.lab.mail().length;
  await courier.invoke('sweep', order);
  await courier.lab.clock.settled();
  await courier.settle();
  return courier.lab
    .mail()
    .slice(mark)
    .map(({ subject }) => subject)
    .toSorted();
}

const scheduled = (courier: CourierLab) => ({ scheduledAt: courier.lab.clock.now().toISOString() });

describe('on its first day in an old account', () => {
  it('a stack makes one digest for each owner of 300 certificates in seven states, and no other mail', async () => {
    const courier = await startCourierLab({ mode: 'observe' });
    const counts = { imported: 40, pending: 46, failed: 20, expired: 4, refused: 30, paused: 80, healthy: 80 };
    await fill(courier, { ...counts, misspelt: 20 });
    const { Results = [] } = await courier.acm.send(new SearchCertificatesCommand({ MaxResults: 500 }));
    expect(Results).toHaveLength(300);

    expect(await said(courier, {})).toEqual([]);
    // What has ended in that very hour is told by itself, whether its event came or not.
    const subjects = await said(courier, scheduled(courier));
    expect(subjects.filter((one) => !/^\[critical\] expired-\d\.example\.com: has expired$/.test(one))).toEqual([
      '[warning] weekly digest for edge: 47 will not renew, 40 paused',
      '[warning] weekly digest for shop: 47 will not renew, 40 paused',
    ]);
    const mail = courier.lab.mail().findLast(({ attributes }) => attributes.reason === 'Digest') ?? { body: '' };
    for (const [why, rows] of [
      ['renewal failed', 10],
      ['has ended', 2],
      ['tagged courier:pause', 40],
      ['tagged for delivery, but imported', 20],
      ['unreadable tag courier:format', 15],
    ] as const)
      expect(mail.body.match(new RegExp(`${why}$`, 'gm'))).toHaveLength(rows);
    expect(mail.body).not.toMatch(/ days {2}(pending|healthy)-/);

    expect(await said(courier, {})).toEqual([]);
    // What would fill a service's secret may be created within an hour of it.
    await courier.lab.clock.advance(hour);
    expect(await said(courier, scheduled(courier))).toEqual([
      '[warning] weekly digest for edge: 10 found',
      '[warning] weekly digest for shop: 10 found',
    ]);
    await courier.lab.clock.advance(hour);
    expect(await said(courier, scheduled(courier))).toEqual([]);
    await courier.stop();
  }, 300_000);

  it('a stack whose first sweep hands itself on makes it once as well, and delivers what it can', async () => {
    const courier = await startCourierLab({ sweepSeconds: 59 });
    const counts = { imported: 2, pending: 2, failed: 2, expired: 2, refused: 2, paused: 2, healthy: 4 };
    await fill(courier, { ...counts, misspelt: 2 });
    const invocations = () =>
      courier.lab
        .calls()
        .filter(({ operation, caller }) => operation === 'SearchCertificates' && caller.endsWith('-sweep'));
    const mark = invocations().length;
    const subjects = await said(courier, scheduled(courier));
    expect(invocations().length - mark).toBeGreaterThan(3);
    const digests = subjects.filter((one) => one.includes('digest'));
    expect(digests).toEqual([
      expect.stringMatching(/^\[warning\] weekly digest for edge: 4 will not renew, 1 paused$/),
      expect.stringMatching(/^\[warning\] weekly digest for shop: 4 will not renew, 1 paused$/),
    ]);
    expect(subjects.filter((one) => /^\[info\] healthy-\d\.example\.com: delivered/.test(one))).toHaveLength(4);
    await courier.stop();
  }, 300_000);
});
