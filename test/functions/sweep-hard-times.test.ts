import { AddTagsToCertificateCommand, ImportCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('on its first day in an old account', () => {
  it('a stack makes one digest of 300 certificates in mixed states, and no other mail', async () => {
    const courier = await startCourierLab({ mode: 'observe' });
    const material = await courier.importable('imported.example.com');
    for (let index = 0; index < 300; index++) {
      const Tags = [{ Key: 'Name', Value: `host-${index}` }];
      if (index % 3 === 0) await courier.acm.send(new ImportCertificateCommand({ ...material, Tags }));
      else
        await courier.acm.send(
          new RequestCertificateCommand({
            DomainName: `host-${index}.example.com`,
            CertificateAuthorityArn: index % 3 === 1 ? courier.lab.caArns.subordinate : undefined,
            Tags,
          }),
        );
    }
    await courier.lab.clock.advance(10_000);
    await courier.settle();
    const arn = await courier.issue({ name: 'tagged.example.com' });
    await courier.acm.send(
      new AddTagsToCertificateCommand({
        CertificateArn: arn,
        Tags: [
          { Key: 'courier:secret', Value: 'courier/tagged' },
          { Key: 'courier:pause', Value: 'true' },
        ],
      }),
    );
    const mails = courier.lab.mail().length;
    await courier.invoke('sweep', {});
    await courier.settle();
    const sent = courier.lab.mail().slice(mails);
    expect(sent.map(({ attributes }) => attributes.reason)).toEqual(['Digest']);
    await courier.lab.clock.advance(2 * hour);
    await courier.invoke('sweep', {});
    expect(courier.lab.mail()).toHaveLength(mails + 1);
    await courier.stop();
  });
});
