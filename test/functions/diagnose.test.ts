import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ImportCertificateCommand,
} from '@aws-sdk/client-acm';
import {
  ACMPCAClient,
  CreatePermissionCommand,
  DeletePermissionCommand,
  RevokeCertificateCommand,
} from '@aws-sdk/client-acm-pca';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;
const blockedEvent = 'ACM Certificate Renewal Action Required';
/** Days after which a private certificate has 45 left. */
const untilAttempt = 350;

let courier: CourierLab;
let pca: ACMPCAClient;

async function start(wish: Parameters<typeof startCourierLab>[0] = {}): Promise<void> {
  courier = await startCourierLab({ securityHub: true, ...wish });
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  pca = new ACMPCAClient({ endpoint: courier.lab.url, region: 'us-east-1', credentials });
}
afterEach(async () => {
  pca.destroy();
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

const permission = () => ({
  CertificateAuthorityArn: courier.lab.caArns.subordinate,
  Principal: 'acm.amazonaws.com',
});
const forbid = () => pca.send(new DeletePermissionCommand(permission()));
const permit = () =>
  pca.send(
    new CreatePermissionCommand({
      ...permission(),
      Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'],
    }),
  );

/** Lets so many days pass, and settles what they brought. */
async function pass(days: number): Promise<void> {
  await courier.lab.clock.advance(days * day);
  await courier.settle();
}

/** The second after ACM could not renew, with 45 days left; the events about it are still on their way. */
async function reachDelayedEvent(certificateArn: string): Promise<void> {
  for (const operation of [blockedEvent, 'ACM Certificate Approaching Expiration'])
    courier.lab.faults.add({ service: 'events', operation, fault: 'delay', nth: 1 });
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
  const attempt = (Certificate?.NotAfter?.getTime() ?? 0) - 45 * day;
  await courier.lab.clock.advance(attempt + 1_000 - courier.lab.clock.now().getTime());
}

const mailsOf = (certificateArn: string) =>
  courier.lab.mail().filter(({ attributes }) => attributes.certificateArn === certificateArn);
const newest = (certificateArn: string) => mailsOf(certificateArn).at(-1)?.body ?? '';
/** What was told since the delivery. */
const warnings = (certificateArn: string) =>
  courier.told(certificateArn).filter((told) => !told.endsWith(' Delivered') && !told.endsWith(' NotTagged'));
const countOf = (operation: string) =>
  courier.callsOf('diagnose').filter((call) => call.operation === operation).length;

// Each lives for 395 days, of which the last 45 bring an event each.
describe('a certificate that ends', { timeout: 300_000 }, () => {
  beforeEach(() => start());

  it('is spoken of on six days where it was imported, and once more when a new one was', async () => {
    const pem = await courier.importable('own.example.com');
    const { CertificateArn = '' } = await courier.acm.send(new ImportCertificateCommand(pem));
    await pass(394);
    const subjects = mailsOf(CertificateArn).map(({ subject }) => subject);
    expect(subjects).toEqual([45, 30, 15, 7, 3, 1].map((left) => expect.stringContaining(`, ${left} day`)));
    expect(newest(CertificateArn)).toContain(`--certificate-arn ${CertificateArn}`);
    const next = await courier.importable('own.example.com');
    await courier.acm.send(new ImportCertificateCommand({ ...next, CertificateArn }));
    await courier.lab.clock.settled();
    await courier.settle();
    expect(warnings(CertificateArn).slice(6)).toEqual(['resolved RenewedAfterAll']);
  });

  it('is said to have expired, with who still reads it', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await courier.service({ name: 'web', secret: 'courier/api' });
    await forbid();
    await pass(396);
    expect(warnings(arn).at(-1)).toBe('critical Expired');
    expect(newest(arn)).toContain('ECS service "web" in cluster "prod" reads secret "courier/api"');
    // Once a day, whichever of two events says it.
    const days = mailsOf(arn).flatMap(({ subject }) => / (\d+|less than a) days? left/.exec(subject)?.[1] ?? []);
    expect(days.slice(-4).map((left) => Number(left) || 1)).toEqual([15, 7, 3, 1]);
    expect(days).toEqual([...new Set(days)]);
  });

  it('is said, while it is paused, not to be renewed for that', async () => {
    const tags = { 'courier:pause': 'true' };
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api', tags });
    await pass(396);
    expect(warnings(arn).slice(0, -1)).toEqual(Array(6).fill(expect.stringContaining('PausedSoNotRenewed')));
  });

  it('is delivered where only an export is missing, so that ACM renews it', async () => {
    const arn = await courier.issue({ name: 'api.example.com' });
    const Tags = [{ Key: 'courier:secret', Value: 'courier/api' }];
    await courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags }));
    const serial = await courier.serialOf(arn);
    await pass(untilAttempt + 3);
    expect(warnings(arn)).toEqual(['action NotExportedSinceRenewal', 'resolved RenewedAfterAll']);
    expect(mailsOf(arn)[0]?.body).toContain('What was done\n  It was queued for delivery, which exports it.');
    expect(await courier.serialOf(arn)).not.toBe(serial);
    expect((await courier.current('courier/api')).id).toContain(await courier.serialOf(arn));
  });

  it('is not spoken of while ACM renews it in time', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await pass(396);
    expect(warnings(arn)).toEqual([]);
    expect(courier.lab.findings().filter(({ RecordState }) => RecordState === 'ACTIVE')).toEqual([]);
  });
});

describe('a renewal that is blocked', { timeout: 300_000 }, () => {
  beforeEach(() => start());

  it('is one mail with what mends it, however often the event comes; renewed it is one all-clear', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    courier.lab.faults.add({ service: 'events', operation: blockedEvent, fault: 'double', nth: 1 });
    await pass(untilAttempt);
    expect(courier.lab.events().filter((event) => event['detail-type'] === blockedEvent)).toHaveLength(1);
    expect(warnings(arn)).toEqual(['action AuthorityDoesNotPermit']);
    expect(newest(arn)).toContain('aws acm-pca create-permission');
    expect(courier.lab.findings()).toMatchObject([{ RecordState: 'ACTIVE', Compliance: { Status: 'FAILED' } }]);
    await permit();
    await pass(2);
    expect(warnings(arn)).toEqual(['action AuthorityDoesNotPermit', 'resolved RenewedAfterAll']);
    expect(courier.lab.findings()).toMatchObject([{ RecordState: 'ARCHIVED', Compliance: { Status: 'PASSED' } }]);
  });

  it('is told with what could be seen and what could not', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    await pass(untilAttempt - 1);
    courier.fail('DescribeCertificateAuthority', 'denied', { attempts: 1 });
    await pass(1);
    expect(warnings(arn)).toHaveLength(1);
    expect(newest(arn)).toMatch(/What could not be seen\n {2}AWS denied what acm-courier needs:/);
  });

  it('is told in the event’s own words where ACM does not show the certificate at all', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    await pass(untilAttempt - 1);
    courier.fail('DescribeCertificate', 'denied', { attempts: 1_000 });
    await pass(1);
    await pass(3);
    const subjects = mailsOf(arn).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.startsWith('[action]')).sort()).toEqual([
      '[action] api.example.com: could not be renewed and ends in 45 days, not looked into',
      '[action] api.example.com: ends in 45 days, not looked into',
    ]);
  });

  it('is told all the same after AWS throttled for a while', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    await pass(untilAttempt - 1);
    courier.fail('DescribeCertificate', 'throttle', { attempts: 6 });
    await pass(1);
    expect(warnings(arn)).toEqual(['action AuthorityDoesNotPermit']);
  });

  it('is mailed once where Security Hub refuses the finding', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    await pass(untilAttempt - 1);
    courier.fail('BatchImportFindings', 'denied', { attempts: 1 });
    await pass(1);
    expect(warnings(arn)).toEqual(['action AuthorityDoesNotPermit']);
  });

  it('is not told of a certificate that was deleted before the event was read', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    await forbid();
    await reachDelayedEvent(arn);
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
    await pass(1);
    expect(courier.lab.events().map((event) => event['detail-type'])).toContain(blockedEvent);
    expect(warnings(arn)).toEqual([]);
  });
});

it('a certificate that its authority revoked is critical, and once', async () => {
  await start();
  const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
  await pca.send(
    new RevokeCertificateCommand({
      CertificateAuthorityArn: courier.lab.caArns.subordinate,
      CertificateSerial: Certificate?.Serial ?? '',
      RevocationReason: 'KEY_COMPROMISE',
    }),
  );
  await courier.lab.clock.settled();
  await courier.settle();
  expect(warnings(arn)).toEqual(['critical RevokedByAuthority']);
});

describe('where the obstacle is gone before the event is read', () => {
  const blockThenPermit = async (tags: Record<string, string> = {}) => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api', tags });
    await forbid();
    await reachDelayedEvent(arn);
    await permit();
    await courier.lab.clock.advance(90_000);
    await courier.settle();
    return arn;
  };

  it('ACM is asked to renew a private certificate, and the mail says so', async () => {
    await start();
    const arn = await blockThenPermit();
    expect(countOf('RenewCertificate')).toBe(1);
    expect(warnings(arn)[0]).toBe('warning CauseGoneRenewNow');
  });

  it('nobody is asked to renew unless a person allowed it', async () => {
    await start({ renewPrivate: false });
    const arn = await blockThenPermit();
    expect(countOf('RenewCertificate')).toBe(0);
    expect(warnings(arn)[0]).toBe('warning CauseGoneRenewNow');
    expect(newest(arn)).toContain('aws acm renew-certificate');
  });
});

describe('a stack that is to speak of tagged certificates only', () => {
  it('says nothing of one that nobody tagged, and warns of one that has but an owner', async () => {
    await start({ notices: 'tagged' });
    const nobodys = await courier.issue({ name: 'nobodys.example.com' });
    const owned = await courier.issue({ name: 'owned.example.com', tags: { 'courier:owner': 'payments' } });
    await pass(351);
    expect(courier.told(nobodys)).toEqual([]);
    expect(courier.told(owned)).toEqual(['warning NobodyExports']);
  });
});
