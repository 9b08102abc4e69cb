import { DescribeCertificateCommand, ImportCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const hour = 3_600_000;
const day = 24 * hour;

let courier: CourierLab;
const arns: string[] = [];
let end = 0;

beforeAll(async () => {
  courier = await startCourierLab();
  for (const name of ['one', 'two']) {
    const { CertificateArn = '' } = await courier.acm.send(
      new ImportCertificateCommand({
        ...(await courier.importable(`${name}.example.com`)),
        Tags: [{ Key: 'courier:owner', Value: 'payments' }],
      }),
    );
    arns.push(CertificateArn);
  }
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: arns[0] }));
  end = Certificate?.NotAfter?.getTime() ?? 0;
}, 120_000);
afterAll(async () => {
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

async function goTo(time: number): Promise<void> {
  await courier.lab.clock.advance(time - courier.lab.clock.now().getTime());
  await courier.settle();
}

/** The warnings of the two certificates since `mark`, after a sweep that the clock asked for. */
async function sweptSince(mark: number): Promise<readonly string[]> {
  await courier.invoke('sweep', { scheduledAt: courier.lab.clock.now().toISOString() });
  await courier.settle();
  return courier.lab
    .mail()
    .slice(mark)
    .filter(({ attributes }) => arns.includes(attributes.certificateArn ?? ''))
    .map(({ attributes }) => `${attributes.reason} ${attributes.domain}`)
    .sort();
}

function lose(detailType: string, times: number): void {
  for (let time = 0; time < times; time++)
    courier.lab.faults.add({ service: 'events', operation: detailType, fault: 'lose', nth: 1 });
}

const warnings = ['ImportedFromOwnAuthority one.example.com', 'ImportedFromOwnAuthority two.example.com'];

it('a day of warning whose events are lost is told of when it is over, of each certificate, once', async () => {
  await goTo(end - 31.2 * day);
  lose('ACM Certificate Approaching Expiration', 20);
  await goTo(end - 29 * day + hour / 2);
  const mark = courier.lab.mail().length;
  expect(await sweptSince(mark)).toEqual(warnings);
  await courier.lab.clock.advance(10 * 60_000);
  expect(await sweptSince(mark)).toEqual(warnings);
});

it('a day of warning whose events came is not told of twice', async () => {
  const mark = courier.lab.mail().length;
  await goTo(end - 6 * day + hour / 2);
  expect(courier.lab.mail().length).toBeGreaterThan(mark);
  const told = courier.lab.mail().length;
  expect(await sweptSince(told)).toEqual([]);
});

it('the end of an imported certificate, of which ACM sends no event, is told of within the hour', async () => {
  const mark = courier.lab.mail().length;
  await goTo(end + hour / 2);
  expect(await sweptSince(mark)).toEqual(
    expect.arrayContaining(['Expired one.example.com', 'Expired two.example.com']),
  );
  const told = courier.lab.mail().length;
  await goTo(end + 1.6 * hour);
  expect(await sweptSince(told)).toEqual([]);
});

it('the end of what ACM renews is told of a day later, where its event is lost', async () => {
  const blocked = await courier.issue({ name: 'blocked.example.com', secret: 'courier/blocked' });
  courier.lab.acm.force(blocked, 'PCA_INVALID_ARGS');
  arns.push(blocked);
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: blocked }));
  const last = Certificate?.NotAfter?.getTime() ?? 0;
  await goTo(last - hour);
  lose('ACM Certificate Expired', 1);
  await goTo(last + 23.9 * hour);
  const mark = courier.lab.mail().length;
  expect(await sweptSince(mark)).toEqual([]);
  await goTo(last + 24.5 * hour);
  expect(await sweptSince(mark)).toEqual(['Expired blocked.example.com']);
});
