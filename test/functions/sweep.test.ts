import { AddTagsToCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { UntagResourceCommand } from '@aws-sdk/client-ecs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const hour = 3_600_000;

let courier: CourierLab;
let count = 0;
beforeAll(async () => {
  courier = await startCourierLab();
  // The first hour of a stack is for its first digest.
  await courier.lab.clock.advance(2 * hour);
});
afterAll(() => courier.stop());

const sweep = () => courier.invoke('sweep', {});

/** A delivered certificate for each test. */
async function fresh() {
  const secret = `courier/host-${++count}`;
  return { secret, arn: await courier.issue({ name: `host-${count}.example.com`, secret }) };
}

/** ACM renews, and its event is lost. */
async function renewUnheard(arn: string): Promise<void> {
  courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
  await courier.renew(arn);
  await courier.settle();
}

const holds = async (secret: string, arn: string) =>
  (await courier.current(secret)).id.startsWith(await courier.serialOf(arn));

describe('a sweep', () => {
  afterEach(async () => {
    expect(await courier.wreckage()).toEqual([]);
  });

  it('delivers what a lost event was about, to the tasks, with one notice; the next finds nothing to do', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'web', secret });
    await renewUnheard(arn);
    expect(await holds(secret, arn)).toBe(false);

    expect(await sweep()).toMatchObject({ queued: 1 });
    await courier.settle();
    expect(await courier.served('web')).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts('web')).toBe(1);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);

    const mark = courier.lab.calls().length;
    expect(await sweep()).toMatchObject({ queued: 0, differences: 0 });
    await courier.settle();
    expect(courier.callsOf('deliver', mark)).toEqual([]);
    expect(courier.told(arn)).toHaveLength(2);
  });

  it('fills the secret of a certificate that was tagged after it was issued', async () => {
    const { name, secret } = { name: 'later.example.com', secret: 'courier/later' };
    const arn = await courier.issue({ name });
    const Tags = [{ Key: 'courier:secret', Value: secret }];
    await courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags }));
    expect(await sweep()).toMatchObject({ queued: 1 });
    await courier.settle();
    expect(await holds(secret, arn)).toBe(true);
    expect(courier.told(arn)).toEqual(['info Delivered']);
  });

  it('and another at the same time come to the same end: one version, one restart, one notice', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'twice', secret });
    await renewUnheard(arn);
    const [one, other] = await Promise.all([sweep(), sweep()]);
    expect([one.queued, other.queued]).toEqual([1, 1]);
    await courier.settle();
    expect(await courier.restarts('twice')).toBe(1);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });

  it('during a rollout leaves it to the message that is at it', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'rolling', secret });
    await renewUnheard(arn);
    await sweep();
    for (let steps = 0; !(await holds(secret, arn)) && steps < 12; steps++) await courier.lab.clock.advance(5_000);
    expect(await courier.waiting('deliveries.fifo')).toBeGreaterThan(0);
    expect(await sweep()).toMatchObject({ queued: 0 });
    await courier.settle();
    expect(await courier.restarts('rolling')).toBe(1);
  });

  it('leaves a service alone that is paused, says so once, and goes on when it is not', async () => {
    const { arn, secret } = await fresh();
    const resourceArn = await courier.service({ name: 'paused', secret, tags: { 'courier:pause': 'true' } });
    await renewUnheard(arn);
    expect(await sweep()).toMatchObject({ queued: 1 });
    await courier.settle();
    const said = ['info Delivered', 'warning ServicePaused'];
    expect(courier.told(arn)).toEqual(said);
    await courier.lab.clock.advance(2 * hour);
    expect(await sweep()).toMatchObject({ queued: 0, differences: 1 });
    await courier.settle();
    expect(courier.told(arn)).toEqual(said);

    await courier.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:pause'] }));
    expect(await sweep()).toMatchObject({ queued: 1 });
    await courier.settle();
    expect(courier.told(arn)).toEqual([...said, 'info Delivered']);
    expect(await courier.served('paused')).toEqual([await courier.serialOf(arn)]);
  });

  it('says nothing of what stays refused: it was said when it was first found', async () => {
    const { arn, secret } = await fresh();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }));
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action SecretPendingDeletion']);
    expect(await sweep()).toMatchObject({ queued: 0 });
    // Lists lag: what a sweep took for possible may be refused when the worker looks.
    expect(await courier.invoke('deliver', { certificateArn: arn, cause: 'a sweep', quiet: true })).toEqual({
      is: 'done',
      because: 'still refused: SecretPendingDeletion',
    });
    expect(courier.told(arn)).toHaveLength(2);
  });
});

describe('the calls of a sweep', () => {
  it('are a page each, however many certificates there are', async () => {
    const Tags = [{ Key: 'courier:owner', Value: 'payments' }];
    for (let index = 0; index < 300; index++)
      await courier.acm.send(new RequestCertificateCommand({ DomainName: `many-${index}.example.com`, Tags }));
    const mark = courier.lab.calls().length;
    const { certificates } = await sweep();
    expect(certificates).toBeGreaterThan(300);
    const calls = courier.callsOf('sweep', mark).map(({ operation }) => operation);
    expect(Object.entries(Object.groupBy(calls, (call) => call)).map(([call, all = []]) => [call, all.length])).toEqual(
      expect.arrayContaining([
        ['SearchCertificates', 1],
        // A page of what is to be delivered, three of what is owned.
        ['GetResources', 4],
        ['ListSecrets', 1],
      ]),
    );
    expect(calls.toSorted()).toEqual([
      // Ten services.
      'DescribeServices',
      ...Array(4).fill('GetResources'),
      'ListCertificateAuthorities',
      'ListSecrets',
      'SearchCertificates',
      ...Array(calls.filter((call) => call === 'SendMessage').length).fill('SendMessage'),
    ]);
  });

  it('that AWS refuses end it with an error, which is kept once Lambda has tried again', async () => {
    for (let attempt = 0; attempt < 3; attempt++) courier.fail('SearchCertificates', 'denied', { attempts: 1 });
    await courier.functions.send(
      new InvokeCommand({ FunctionName: 'acm-courier-lab-sweep', InvocationType: 'Event', Payload: '{}' }),
    );
    await courier.lab.clock.advance(hour);
    const wreckage = await courier.wreckage();
    expect(wreckage.filter((line) => line.startsWith('failed-invocations: '))).toHaveLength(1);
    expect(wreckage.join()).toContain('AWS denied what acm-courier needs: acm:SearchCertificates');
  });
});

describe('by the clock', () => {
  let clocked: CourierLab;
  beforeAll(async () => {
    const start = new Date(Date.now() - 340 * 24 * hour);
    // On a Sunday at ten in the evening.
    start.setUTCDate(start.getUTCDate() - start.getUTCDay());
    start.setUTCHours(22, 0, 0, 0);
    clocked = await startCourierLab({ schedules: true, start });
  });
  afterAll(() => clocked.stop());

  it('a renewal is delivered of which no event came, and a digest is sent on Monday at seven', async () => {
    const arn = await clocked.issue({ name: 'api.example.com', secret: 'courier/api' });
    const tags = { 'courier:pause': 'true', 'courier:owner': 'payments' };
    await clocked.issue({ name: 'paused.example.com', secret: 'courier/paused', tags });
    clocked.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
    await clocked.renew(arn);
    await clocked.lab.clock.advance(2 * hour);
    await clocked.settle();
    expect((await clocked.current('courier/api')).id).toContain(await clocked.serialOf(arn));
    expect(clocked.told(arn)).toEqual(['info Delivered', 'info Delivered']);

    await clocked.lab.clock.advance(7 * hour);
    const digests = clocked.lab.mail().filter(({ attributes }) => attributes.reason === 'Digest');
    expect(digests.map(({ subject, attributes }) => [subject, attributes])).toEqual([
      ['[warning] weekly digest for payments: 1 paused', { severity: 'warning', reason: 'Digest', owner: 'payments' }],
      ['[warning] weekly digest: 1 unowned', { severity: 'warning', reason: 'Digest' }],
    ]);
    expect(digests[0]?.body).toMatch(/^ {3}39\d days {2}paused\.example\.com {2}tagged courier:pause$/m);
    expect(await clocked.wreckage()).toEqual([]);
  });

  it('a firing that its function cannot take is kept', async () => {
    // Within the hour that a firing is worth: at once, and 1, 2, 4, 8 and 16 minutes later each.
    for (let attempt = 0; attempt < 6; attempt++)
      clocked.lab.faults.add({ service: 'events', operation: 'Scheduled Event', fault: 'throttle', nth: 1 });
    await clocked.lab.clock.advance(2 * hour);
    expect(await clocked.wreckage()).toEqual([
      expect.stringMatching(/^undelivered-events: {"scheduledAt":"[\d-]+T\d\d:00:00Z"}$/),
    ]);
  });
});

describe('the digest', () => {
  let weekly: CourierLab;
  beforeAll(async () => {
    weekly = await startCourierLab();
  });
  afterAll(() => weekly.stop());

  const digestsSince = (mark: number) =>
    weekly.lab
      .mail()
      .slice(mark)
      .map(({ attributes: { reason, owner = 'nobody' } }) => `${reason} of ${owner}`);

  it('is not sent where there is nothing to say', async () => {
    await weekly.issue({ name: 'api.example.com', secret: 'courier/api' });
    const mark = weekly.lab.mail().length;
    expect(await weekly.invoke('sweep', { digest: true })).toEqual({ mails: 0, left: 0 });
    expect(digestsSince(mark)).toEqual([]);
  });

  it('that cannot be sent to one owner is sent to that one later, and to nobody twice', async () => {
    for (const owner of ['payments', 'edge'])
      await weekly.issue({
        name: `${owner}.example.com`,
        secret: `courier/${owner}`,
        tags: { 'courier:pause': 'true', 'courier:owner': owner },
      });
    const mark = weekly.lab.mail().length;
    weekly.fail('Publish', 'denied', { nth: 2, attempts: 1 });
    expect(await weekly.invoke('sweep', { digest: true })).toEqual({ mails: 2, left: 1 });
    const sent = digestsSince(mark);
    await weekly.lab.clock.advance(hour / 4 - 1000);
    expect(digestsSince(mark)).toEqual(sent);
    await weekly.lab.clock.advance(1000);
    await weekly.lab.clock.settled();
    expect(digestsSince(mark).toSorted()).toEqual(['Digest of edge', 'Digest of nobody', 'Digest of payments']);
    await weekly.lab.clock.advance(24 * hour);
    expect(digestsSince(mark)).toHaveLength(3);
    expect(await weekly.wreckage()).toEqual([]);
  });

  it('fails where none can be sent: nobody has one twice, and it is kept for a person in the end', async () => {
    const mark = weekly.lab.mail().length;
    weekly.fail('Publish', 'denied', { attempts: 3 });
    expect(await weekly.invoke('sweep', { digest: true })).toHaveProperty('errorType');
    expect(digestsSince(mark)).toEqual([]);

    // Two of three are left, and of these one, which nothing helps.
    weekly.fail('Publish', 'denied', { nth: 2, attempts: 2 });
    expect(await weekly.invoke('sweep', { digest: true })).toEqual({ mails: 1, left: 2 });
    weekly.fail('Publish', 'denied', { nth: 2, attempts: 5 });
    await weekly.lab.clock.advance(24 * hour);
    expect(digestsSince(mark)).toHaveLength(2);
    expect(new Set(digestsSince(mark)).size).toBe(2);
    const kept = (await weekly.wreckage()).filter((one) => one.startsWith('failed-invocations'));
    expect(kept).toEqual([expect.stringMatching(/^failed-invocations: {"owners":\[[^,]+\]}$/)]);
  });
});

describe('a sweep whose time ends', () => {
  let hurried: CourierLab;
  beforeAll(async () => {
    hurried = await startCourierLab({ sweepSeconds: 59 });
  });
  afterAll(() => hurried.stop());

  it('hands itself on by its queue until each certificate is delivered, once', async () => {
    const arns: string[] = [];
    for (const name of ['a', 'b', 'c'])
      arns.push(await hurried.issue({ name: `${name}.example.com`, secret: `courier/${name}` }));
    for (const arn of arns) {
      hurried.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
      await hurried.renew(arn);
    }
    expect(await hurried.invoke('sweep', {})).toMatchObject({ queued: 1, handedOn: true });
    await hurried.settle();
    for (const [index, arn] of arns.entries()) {
      const { id } = await hurried.current(`courier/${['a', 'b', 'c'][index]}`);
      expect(id).toContain(await hurried.serialOf(arn));
      expect(hurried.told(arn)).toEqual(['info Delivered', 'info Delivered']);
    }
    expect(await hurried.wreckage()).toEqual([]);
  });
});
