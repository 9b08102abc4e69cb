import {
  ACMClient,
  ImportCertificateCommand,
  RenewCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import {
  ACMPCAClient,
  CreatePermissionCommand,
  DeleteCertificateAuthorityCommand,
  DeletePermissionCommand,
  UpdateCertificateAuthorityCommand,
} from '@aws-sdk/client-acm-pca';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, startLab } from '../../lab/world.ts';
import { authorities } from '../../shared/aws/authority.ts';
import { certificates } from '../../shared/aws/certificates.ts';
import { linkedRole } from '../../shared/aws/linked-role.ts';
import { type MetricHistory, metricHistory } from '../../shared/aws/metric-history.ts';
import { secrets } from '../../shared/aws/secrets.ts';
import { type SecurityHub, securityHub } from '../../shared/aws/security-hub.ts';
import { services } from '../../shared/aws/services.ts';
import { tagged } from '../../shared/aws/tagged.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { securityFinding } from '../../shared/domain/security-finding.ts';
import { contentHash, writeVersionId } from '../../shared/domain/version-id.ts';
import { dns } from '../../shared/network/dns.ts';
import { observeRenewal, type RenewalSight } from '../../shared/observe-renewal.ts';

const account = '111122223333';
const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/b';
const needed = ['IssueCertificate', 'GetCertificate', 'ListPermissions'] as const;

let lab: Lab;
let acm: ACMClient;
let pca: ACMPCAClient;
let manager: SecretsManagerClient;
let hub: SecurityHub;
let history: MetricHistory;
let sight: RenewalSight;

beforeEach(async () => {
  lab = await startLab();
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const to = { endpoint: lab.url, region: 'us-east-1', credentials };
  [acm, pca, manager] = [new ACMClient(to), new ACMPCAClient(to), new SecretsManagerClient(to)];
  sight = {
    place: { region: 'us-east-1', account, partition: 'aws', functionPrefix: '', runbook: '' },
    settings: {
      mode: 'deliver',
      secretPrefix: 'courier/',
      deadlineSeconds: 3600,
      rolloutParallel: { count: 4 },
      rollBack: 'evidence',
      rollbackFloorSeconds: 0,
      probeSample: 0,
      notices: 'all',
      discoverConsumers: [],
      renewPrivate: false,
    },
    now: () => Math.floor(lab.clock.now().getTime() / 1000),
    sleep: () => new Promise(() => {}),
    log: () => {},
    certificates: certificates(acm),
    secrets: secrets({}, manager),
    services: services(new ECSClient(to)),
    tagged: tagged(new ResourceGroupsTaggingAPIClient(to)),
    authorities: authorities(account, pca),
    linkedRole: linkedRole(new IAMClient(to)),
    dns: dns(lab.dns.address),
  };
  hub = securityHub(new SecurityHubClient(to));
  history = metricHistory('acm-courier-lab', new CloudWatchClient(to));
});
afterEach(async () => {
  await lab.stop();
});

/** Requests a certificate, waits for it, and answers its ARN. */
async function request(wish: { name: string; names?: string[]; caArn?: string; tags?: Record<string, string> }) {
  const { CertificateArn = '' } = await acm.send(
    new RequestCertificateCommand({
      DomainName: wish.name,
      ...(wish.names && { SubjectAlternativeNames: wish.names }),
      ...(wish.caArn ? { CertificateAuthorityArn: wish.caArn } : { ValidationMethod: 'DNS' }),
      ...(wish.tags && { Tags: Object.entries(wish.tags).map(([Key, Value]) => ({ Key, Value })) }),
    }),
  );
  await lab.clock.advance(3_600_000);
  return CertificateArn;
}

/** Looks at the certificate as it is now, and at all that its renewal hangs on. */
async function observe(arn: string) {
  const certificate = await sight.certificates.find(arn);
  if (!certificate) throw new Error(`ACM has no certificate "${arn}"`);
  return observeRenewal(certificate, sight);
}

describe('a private certificate', () => {
  it('shows its authority, as people change it', async () => {
    const CertificateAuthorityArn = lab.caArns.subordinate;
    const arn = await request({ name: 'api.example.com', caArn: CertificateAuthorityArn });
    const authorityNow = async () => (await observe(arn)).authority;
    const whole = { is: 'seen', fact: 'whole' };
    const own = { arn: CertificateAuthorityArn, own: true, shortLived: false, notAfter: expect.any(Number) };
    const Principal = 'acm.amazonaws.com';
    const permit = (Actions: (typeof needed)[number][]) =>
      pca.send(new CreatePermissionCommand({ CertificateAuthorityArn, Principal, Actions }));
    const forbid = () => pca.send(new DeletePermissionCommand({ CertificateAuthorityArn, Principal }));

    expect(await authorityNow()).toEqual({ is: 'seen', fact: { ...own, status: 'active', permission: whole } });
    await forbid();
    expect(await authorityNow()).toMatchObject({ fact: { permission: { fact: 'none' } } });
    await permit(['IssueCertificate']);
    expect(await authorityNow()).toMatchObject({ fact: { permission: { fact: 'partial' } } });
    await forbid();
    await permit([...needed]);
    await pca.send(new UpdateCertificateAuthorityCommand({ CertificateAuthorityArn, Status: 'DISABLED' }));
    expect(await authorityNow()).toEqual({ is: 'seen', fact: { ...own, status: 'disabled', permission: whole } });
    await pca.send(new DeleteCertificateAuthorityCommand({ CertificateAuthorityArn, PermanentDeletionTimeInDays: 7 }));
    expect(await authorityNow()).toEqual({ is: 'seen', fact: { ...own, status: 'deleted' } });
    await lab.clock.advance(8 * 86_400_000);
    expect(await authorityNow()).toEqual({ is: 'seen', fact: 'gone' });
  });

  it('shows that its authority belongs to another account', async () => {
    const shared = await lab.authority.certify({ account: '444455556666' });
    const arn = await request({ name: 'api.example.com', caArn: shared.arn });
    const { authority } = await observe(arn);
    expect(authority).toMatchObject({ is: 'seen', fact: { arn: shared.arn, own: false, status: 'active' } });
    expect(authority).not.toHaveProperty('fact.permission');
  });

  it('shows whether ACM has its linked role, where a renewal was refused for want of it', async () => {
    const { arn: caArn } = await lab.authority.certify({ account: '444455556666' });
    const arn = await request({ name: 'api.example.com', caArn });
    expect(await observe(arn)).not.toHaveProperty('linkedRole');
    lab.linkedRole.exists = false;
    lab.acm.setInUseBy(arn, [balancer]);
    await acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
    await lab.clock.advance(61_000);
    expect(await observe(arn)).toMatchObject({ linkedRole: { is: 'seen', fact: false } });
    lab.linkedRole.exists = true;
    expect(await observe(arn)).toMatchObject({ linkedRole: { is: 'seen', fact: true } });
  });

  it.each(['denied', 'throttle', '500'] as const)('is observed without its authority after %s', async (fault) => {
    const arn = await request({ name: 'api.example.com', caArn: lab.caArns.subordinate });
    for (let attempt = 0; attempt < 3; attempt++)
      lab.faults.add({ service: 'acm-pca', operation: 'DescribeCertificateAuthority', fault, nth: 1 });
    const { certificate, authority } = await observe(arn);
    expect(certificate.name).toBe('api.example.com');
    expect(authority).toMatchObject({
      is: 'unseen',
      why: expect.stringContaining('acm-pca:DescribeCertificateAuthority'),
    });
  });

  it('shows which of its certificates its secrets hold', async () => {
    const tags = { 'courier:secret': 'courier/api courier/none' };
    const arn = await request({ name: 'api.example.com', caArn: lab.caArns.subordinate, tags });
    const { serial = '', notAfter = 0 } = (await observe(arn)).certificate;
    const content = contentHash(arn, { format: 'standard' });
    const ClientRequestToken = writeVersionId({ serial, notAfter, content, nonce: '0000' });
    await manager.send(new CreateSecretCommand({ Name: 'courier/api', ClientRequestToken, SecretString: '{}' }));
    const empty = { secret: 'courier/none', current: { is: 'seen', fact: { holds: 'nothing' } } };
    const held = { notAfter: notAfter - (notAfter % 60) };

    expect((await observe(arn)).deliveries).toMatchObject([
      { secret: 'courier/api', current: { is: 'seen', fact: { ...held, holds: 'this' } }, consumers: { is: 'seen' } },
      empty,
    ]);
    lab.acm.setInUseBy(arn, [balancer]);
    await acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
    await lab.clock.advance(61_000);
    expect((await observe(arn)).deliveries).toMatchObject([
      { current: { is: 'seen', fact: { ...held, holds: 'earlier' } } },
      empty,
    ]);
  });
});

describe('a public certificate', () => {
  it('shows the records of each of its names, as people change them', async () => {
    const arn = await request({ name: 'example.com', names: ['*.example.com', 'www.example.net'] });
    const [apex] = (await observe(arn)).names;
    const wanted = apex?.validation?.is === 'seen' ? apex.validation.fact.wanted : { name: '', value: '' };
    const value = wanted.value.replace(/\.$/, '');
    const forbidding = { tag: 'issue', value: ';', critical: false };

    expect(apex).toEqual({
      name: 'example.com',
      validation: { is: 'seen', fact: { wanted, found: [value] } },
      caa: { is: 'seen', fact: { at: 'example.com', records: [] } },
    });
    lab.dns.remove({ name: wanted.name });
    lab.dns.add({ name: 'example.com', type: 'CAA', data: '0 issue ";"' });
    lab.dns.add({ name: 'www.example.net', type: 'SERVFAIL', data: '' });
    expect((await observe(arn)).names).toEqual([
      {
        name: 'example.com',
        validation: { is: 'seen', fact: { wanted, found: [] } },
        caa: { is: 'seen', fact: { at: 'example.com', records: [forbidding] } },
      },
      {
        name: '*.example.com',
        validation: { is: 'seen', fact: { wanted, found: [] } },
        caa: { is: 'seen', fact: { at: 'example.com', records: [forbidding] } },
      },
      {
        name: 'www.example.net',
        validation: { is: 'unseen', why: expect.stringContaining('SERVFAIL') },
        caa: { is: 'unseen', why: expect.stringContaining('SERVFAIL') },
      },
    ]);
  });
});

it('an imported certificate shows the authority of this account that bears its issuer’s name', async () => {
  const { certificatePem, privateKey } = await lab.authority.issue({
    caArn: lab.caArns.subordinate,
    commonName: 'own.example.com',
    names: ['own.example.com'],
    keyAlgorithm: 'EC_prime256v1',
    validityDays: 90,
  });
  const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(privateKey).toString('base64')}\n-----END PRIVATE KEY-----\n`;
  const { CertificateArn = '' } = await acm.send(
    new ImportCertificateCommand({ Certificate: Buffer.from(certificatePem), PrivateKey: Buffer.from(key) }),
  );
  const { authority } = await observe(CertificateArn);
  expect(authority).toMatchObject({ is: 'seen', fact: { arn: lab.caArns.subordinate, status: 'active' } });
});

it('CloudWatch remembers how near its end a certificate was before it was renewed', async () => {
  const arn = await request({ name: 'api.example.com', caArn: lab.caArns.subordinate });
  const daysBefore = () => history.daysBefore(arn, sight.now());
  expect(await daysBefore()).toBeNull();
  await lab.clock.advance(365 * 86_400_000);
  const before = await daysBefore();
  expect(before).toBeLessThanOrEqual(31);
  lab.acm.setInUseBy(arn, [balancer]);
  await acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  await lab.clock.advance(86_400_000);
  expect((await observe(arn)).certificate.renewal?.status).toBe('succeeded');
  expect(await daysBefore()).toBe(before);
  await lab.clock.advance(4 * 86_400_000);
  expect(await daysBefore()).toBeGreaterThan(380);
});

it('Security Hub keeps one finding of a renewal: opened, changed and closed', async () => {
  const { certificate } = await observe(await request({ name: 'api.example.com', caArn: lab.caArns.subordinate }));
  const of = { name: certificate.name, certificateArn: certificate.arn, secret: 'courier/api' };
  for (const one of [
    finding('EndsEarlier', { ...of, days: 3 }),
    finding('KeyMismatch', of),
    finding('NotTagged', of),
  ]) {
    await hub.put(securityFinding({ certificate, subject: 'renewal', findings: [one], now: sight.now() }, sight.place));
    await lab.clock.advance(1_000);
  }
  expect(lab.findings()).toMatchObject([
    {
      ProductFields: { 'acm-courier/reasons': 'NotTagged' },
      RecordState: 'ARCHIVED',
      Compliance: { Status: 'PASSED' },
    },
  ]);
});
