import {
  DescribeCertificateCommand,
  ExportCertificateCommand,
  ListCertificatesCommand,
  RenewCertificateCommand,
  RequestCertificateCommand,
  type RequestCertificateCommandInput,
  ResendValidationEmailCommand,
  RevokeCertificateCommand,
  SearchCertificatesCommand,
} from '@aws-sdk/client-acm';
import {
  CreatePermissionCommand,
  DeleteCertificateAuthorityCommand,
  DeletePermissionCommand,
  RestoreCertificateAuthorityCommand,
  RevokeCertificateCommand as RevokePrivateCommand,
  UpdateCertificateAuthorityCommand,
} from '@aws-sdk/client-acm-pca';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaWish } from '../../lab/authority.ts';
import { type CertificateLab, day, startCertificateLab } from './certificate-lab.ts';

let lab: CertificateLab;
beforeEach(async () => {
  lab = await startCertificateLab();
});
afterEach(() => lab.stop());

async function describeCertificate(CertificateArn: string) {
  return (await lab.acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate ?? {};
}

async function request(input: Partial<RequestCertificateCommandInput> = {}): Promise<string> {
  const wanted = { DomainName: 'api.example.com', KeyAlgorithm: 'EC_prime256v1' as const, ...input };
  const { CertificateArn = '' } = await lab.acm.send(new RequestCertificateCommand(wanted));
  await lab.clock.advance(3_000);
  return CertificateArn;
}

async function exported(input: Partial<RequestCertificateCommandInput> = {}): Promise<string> {
  const CertificateArn = await request(input);
  await exportAgain(CertificateArn);
  return CertificateArn;
}

const exportAgain = (CertificateArn: string) =>
  lab.acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('correct horse') }));

const exportedPrivate = (caArn = lab.caArn) => exported({ CertificateAuthorityArn: caArn });
const exportedPublic = (input: Partial<RequestCertificateCommandInput> = {}) =>
  exported({ ValidationMethod: 'DNS', Options: { Export: 'ENABLED' }, ...input });

async function daysBeforeEnd(arn: string, days: number): Promise<void> {
  const { NotAfter } = await describeCertificate(arn);
  await lab.clock.advance((NotAfter?.getTime() ?? 0) - days * day - lab.clock.now().getTime());
}

/** What ACM said of blocked renewals: reasons and days. */
const actions = () =>
  lab.events
    .filter(({ detailType }) => detailType === 'ACM Certificate Renewal Action Required')
    .map(({ detail }) => `${detail.RenewalStatusReason} ${detail.DaysToExpiry}`);

const health = () => lab.events.flatMap(({ source, detail }) => (source === 'aws.health' ? detail.eventTypeCode : []));

const said = (what: string) => lab.events.filter(({ detailType }) => detailType === `ACM Certificate ${what}`);

const summaryOf = async (arn: string) => (await describeCertificate(arn)).RenewalSummary;

const ca = () => ({ CertificateAuthorityArn: lab.caArn });
const setStatus = (Status: 'ACTIVE' | 'DISABLED') =>
  lab.pca.send(new UpdateCertificateAuthorityCommand({ ...ca(), Status }));
const certify = (wish: CaWish) => lab.authority.certify({ arn: lab.caArn, ...wish });
const inDays = (days: number) => new Date(lab.clock.now().getTime() + days * day);
const Principal = 'acm.amazonaws.com';
const rights = (Actions: ('IssueCertificate' | 'GetCertificate' | 'ListPermissions')[]) =>
  lab.pca.send(new CreatePermissionCommand({ ...ca(), Principal, Actions }));
const noRights = () => lab.pca.send(new DeletePermissionCommand({ ...ca(), Principal }));

describe('a private certificate', () => {
  it.each<[string, string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'PCA_ACCESS_DENIED',
      'without its permission',
      noRights,
      () => rights(['IssueCertificate', 'GetCertificate', 'ListPermissions']),
    ],
    [
      'PCA_ACCESS_DENIED',
      'with a part of its permission',
      () => noRights().then(() => rights(['IssueCertificate', 'GetCertificate'])),
      () => noRights().then(() => rights(['ListPermissions', 'IssueCertificate', 'GetCertificate'])),
    ],
    ['PCA_INVALID_STATE', 'of a CA that is disabled', () => setStatus('DISABLED'), () => setStatus('ACTIVE')],
    [
      'PCA_INVALID_STATE',
      'of a CA that is deleted',
      () => setStatus('DISABLED').then(() => lab.pca.send(new DeleteCertificateAuthorityCommand(ca()))),
      () => lab.pca.send(new RestoreCertificateAuthorityCommand(ca())).then(() => setStatus('ACTIVE')),
    ],
    [
      'PCA_INVALID_DURATION',
      'of a CA that ends too early',
      () => certify({ notAfter: inDays(394) }),
      () => certify({ notAfter: inDays(500) }),
    ],
    [
      'PCA_NAME_CONSTRAINTS_VALIDATION',
      'of a CA for other names',
      () => certify({ permitted: ['example.org'] }),
      () => certify({ permitted: ['example.org', 'example.com'] }),
    ],
    [
      'PCA_LIMIT_EXCEEDED',
      'of a CA that has issued all it may',
      () => certify({ quota: 0 }),
      () => certify({ quota: 1 }),
    ],
  ])(
    'is blocked by %s %s, says so at 45 days, and is renewed on the day after it is mended',
    async (reason, _how, spoil, mend) => {
      const arn = await exportedPrivate();
      await daysBeforeEnd(arn, 61);
      await spoil();
      await daysBeforeEnd(arn, 60);
      expect(await summaryOf(arn)).toEqual({
        RenewalStatus: 'FAILED',
        RenewalStatusReason: reason,
        UpdatedAt: expect.any(Date),
      });
      expect(await describeCertificate(arn)).toMatchObject({ Status: 'ISSUED', RenewalEligibility: 'ELIGIBLE' });
      expect(actions()).toEqual([]);
      await daysBeforeEnd(arn, 45);
      expect(actions()).toEqual([`${reason} 45`]);
      expect(health()).toEqual(['AWS_ACM_RENEWAL_FAILURE']);
      await mend();
      expect(said('Available')).toHaveLength(1);
      await lab.clock.advance(day);
      expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
      expect(await summaryOf(arn)).not.toHaveProperty('RenewalStatusReason');
      expect(said('Available').at(-1)).toMatchObject({ resources: [arn], detail: { Action: 'RENEWAL' } });
      expect(health()).toEqual(['AWS_ACM_RENEWAL_FAILURE', 'AWS_ACM_RENEWAL_STATE_CHANGE']);
    },
  );

  it('is blocked for good by PCA_RESOURCE_NOT_FOUND once its CA cannot be restored any more', async () => {
    const arn = await exportedPrivate();
    await setStatus('DISABLED');
    await lab.pca.send(new DeleteCertificateAuthorityCommand({ ...ca(), PermanentDeletionTimeInDays: 7 }));
    await daysBeforeEnd(arn, 45);
    expect(actions()).toEqual(['PCA_RESOURCE_NOT_FOUND 45']);
  });

  it('is blocked by PCA_INVALID_DURATION where the CA above its own ends too early', async () => {
    const root = await lab.authority.certify({ issuerArn: 'self', notAfter: inDays(700) });
    const { arn: below } = await lab.authority.certify({ issuerArn: root.arn, notAfter: inDays(3_000) });
    const arn = await exportedPrivate(below);
    await daysBeforeEnd(arn, 45);
    expect(actions()).toEqual(['PCA_INVALID_DURATION 45']);
    await lab.authority.certify({ arn: root.arn, notAfter: inDays(3_000) });
    await lab.clock.advance(day);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
  });

  it('of a CA of another account needs the service-linked role, and no permission', async () => {
    const { arn: foreign } = await lab.authority.certify({ account: '444455556666' });
    expect(foreign).toMatch(/^arn:aws:acm-pca:us-east-1:444455556666:/);
    lab.linkedRole.exists = false;
    const [arn, own] = [await exportedPrivate(foreign), await exportedPrivate()];
    await daysBeforeEnd(arn, 45);
    expect(await summaryOf(own)).toMatchObject({ RenewalStatus: 'SUCCESS' });
    expect(actions()).toEqual(['SLR_NOT_FOUND 45']);
    lab.linkedRole.exists = true;
    await lab.clock.advance(day);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
  });

  it('tells what it tells of itself with the action that is required', async () => {
    const arn = await exportedPrivate();
    await noRights();
    await daysBeforeEnd(arn, 45);
    const { NotAfter } = await describeCertificate(arn);
    expect(said('Renewal Action Required')).toEqual([
      {
        at: expect.any(Date),
        source: 'aws.acm',
        detailType: 'ACM Certificate Renewal Action Required',
        resources: [arn],
        detail: {
          CertificateType: 'PRIVATE',
          CommonName: 'api.example.com',
          FirstSubjectAlternativeName: 'api.example.com',
          ValidityInDays: 395,
          CertificateKeyPairOrigin: 'AWS_MANAGED',
          RenewalStatusReason: 'PCA_ACCESS_DENIED',
          DaysToExpiry: 45,
          CertificateExpirationDate: `${NotAfter?.toISOString().slice(0, 19)}Z`,
          InUse: false,
          Exported: true,
        },
      },
    ]);
    expect(lab.events.find(({ source }) => source === 'aws.health')).toMatchObject({
      detailType: 'AWS Health Event',
      resources: [arn],
      detail: {
        service: 'ACM',
        eventTypeCategory: 'scheduledChange',
        eventTypeCode: 'AWS_ACM_RENEWAL_FAILURE',
        affectedEntities: [{ entityValue: arn }],
      },
    });
  });

  it('requires action at 45, 30, 15, 3 and 1 days, between daily warnings, and then it ends', async () => {
    const arn = await exportedPrivate();
    await noRights();
    await daysBeforeEnd(arn, 0);
    expect(actions()).toEqual([45, 30, 15, 3, 1].map((days) => `PCA_ACCESS_DENIED ${days}`));
    expect(said('Approaching Expiration')).toHaveLength(45);
    expect(said('Expired')).toHaveLength(1);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'FAILED' });
  });

  it('that was not exported is not tried, and requires no action', async () => {
    const arn = await request({ CertificateAuthorityArn: lab.caArn });
    await noRights();
    await daysBeforeEnd(arn, 1);
    expect(actions()).toEqual([]);
    expect(await summaryOf(arn)).toBeUndefined();
  });

  it('says in its summary why RenewCertificate came to nothing, and in no event', async () => {
    const arn = await exportedPrivate();
    await noRights();
    await lab.acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'PENDING_AUTO_RENEWAL' });
    await lab.clock.advance(60_000);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'FAILED', RenewalStatusReason: 'PCA_ACCESS_DENIED' });
    expect(actions()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, object]>([
    ['is issued without ACM having any permission', noRights, { Status: 'ISSUED' }],
    [
      'fails where the CA is disabled',
      () => setStatus('DISABLED'),
      { Status: 'FAILED', FailureReason: 'PCA_INVALID_STATE' },
    ],
  ])('%s', async (_what, spoil, expected) => {
    await spoil();
    expect(await describeCertificate(await request({ CertificateAuthorityArn: lab.caArn }))).toMatchObject(expected);
  });

  it('has Private CA say that it could not issue what it had accepted', async () => {
    const arn = await exportedPrivate();
    await certify({ permitted: ['example.org'] });
    await daysBeforeEnd(arn, 45);
    expect(lab.events.filter(({ source }) => source === 'aws.acm-pca')).toEqual([
      {
        at: expect.any(Date),
        source: 'aws.acm-pca',
        detailType: 'ACM Private CA Certificate Issuance',
        resources: [lab.caArn, expect.stringMatching(new RegExp(`^${lab.caArn}/certificate/[0-9a-f]{32}$`))],
        detail: { result: 'failure' },
      },
    ]);
  });
});

describe('a public certificate validated by DNS', () => {
  it('is issued once its names are validated, for 198 days, by a CA of its own', async () => {
    const arn = await exportedPublic({ SubjectAlternativeNames: ['*.api.example.com'] });
    const { NotAfter, NotBefore, ...described } = await describeCertificate(arn);
    expect(described).toMatchObject({
      Type: 'AMAZON_ISSUED',
      Status: 'ISSUED',
      Issuer: 'acm-courier lab public',
      RenewalEligibility: 'ELIGIBLE',
      DomainValidationOptions: ['api.example.com', '*.api.example.com'].map((DomainName) => ({
        DomainName,
        ValidationDomain: 'api.example.com',
        ValidationMethod: 'DNS',
        ValidationStatus: 'SUCCESS',
        ResourceRecord: { Name: expect.any(String), Type: 'CNAME', Value: expect.any(String) },
      })),
    });
    expect(Math.round(((NotAfter?.getTime() ?? 0) - (NotBefore?.getTime() ?? 0)) / day)).toBe(198);
    expect((await exportAgain(arn)).CertificateChain).toBe(
      `${lab.authority.publicCa.certificatePem}\n${lab.authority.publicCa.chainPem}`,
    );
    const { CertificateSummaryList } = await lab.acm.send(
      new ListCertificatesCommand({ Includes: { keyTypes: ['EC_prime256v1'] } }),
    );
    expect(CertificateSummaryList).toMatchObject([{ Type: 'AMAZON_ISSUED', ExportOption: 'ENABLED', Exported: true }]);
    const { Results } = await lab.acm.send(new SearchCertificatesCommand({}));
    expect(Results?.[0]?.CertificateMetadata?.AcmCertificateMetadata).toMatchObject({ ValidationMethod: 'DNS' });
  });

  it('is not exportable unless that was asked for', async () => {
    const arn = await request({ ValidationMethod: 'DNS' });
    await expect(exportAgain(arn)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('waits up to 72 hours for a record that nobody makes', async () => {
    lab.dns.setPublishing(false);
    const [late, never] = [
      await request({ ValidationMethod: 'DNS' }),
      await request({ DomainName: 'b.example.com', ValidationMethod: 'DNS' }),
    ];
    const { DomainValidationOptions: [option] = [], Status } = await describeCertificate(late);
    expect([Status, option?.ValidationStatus]).toEqual(['PENDING_VALIDATION', 'PENDING_VALIDATION']);
    lab.dns.add({ name: option?.ResourceRecord?.Name ?? '', type: 'CNAME', data: option?.ResourceRecord?.Value ?? '' });
    await lab.clock.advance(3_600_000);
    expect(await describeCertificate(late)).toMatchObject({ Status: 'ISSUED' });
    await lab.clock.advance(3 * day);
    expect(await describeCertificate(never)).toMatchObject({ Status: 'VALIDATION_TIMED_OUT' });
  });

  it('is renewed 45 days before its end', async () => {
    const arn = await exportedPublic();
    await daysBeforeEnd(arn, 45.001);
    expect(await summaryOf(arn)).toBeUndefined();
    await daysBeforeEnd(arn, 45);
    expect(await summaryOf(arn)).toMatchObject({
      RenewalStatus: 'SUCCESS',
      DomainValidationOptions: [{ DomainName: 'api.example.com', ValidationStatus: 'SUCCESS' }],
    });
    expect(said('Approaching Expiration')).toEqual([]);
  });

  it.each<[string, (name: string) => void]>([
    ['is missing', (name) => lab.dns.remove({ name })],
    [
      'is another',
      (name) => {
        lab.dns.remove({ name });
        lab.dns.add({ name, type: 'CNAME', data: '_x.acm-validations.aws.' });
      },
    ],
    ['cannot be looked up', (name) => lab.dns.add({ name, type: 'SERVFAIL', data: '' })],
  ])('waits for its validation while the record of a name %s', async (_how, spoil) => {
    const arn = await exportedPublic({ SubjectAlternativeNames: ['b.example.com'] });
    const { DomainValidationOptions: options = [] } = await describeCertificate(arn);
    const { Name = '', Value = '' } = options[1]?.ResourceRecord ?? {};
    spoil(Name);
    await daysBeforeEnd(arn, 30);
    const summary = await summaryOf(arn);
    expect(summary).toMatchObject({
      RenewalStatus: 'PENDING_VALIDATION',
      DomainValidationOptions: [
        { DomainName: 'api.example.com', ValidationStatus: 'SUCCESS' },
        { DomainName: 'b.example.com', ValidationStatus: 'PENDING_VALIDATION', ResourceRecord: { Name, Value } },
      ],
    });
    expect(summary).not.toHaveProperty('RenewalStatusReason');
    expect(actions()).toEqual(['PENDING_DOMAIN_VALIDATION 30']);
    expect(said('Renewal Action Required')[0]?.detail).toMatchObject({ DomainValidationMethod: 'DNS' });
    expect(health()).toEqual(['AWS_ACM_RENEWAL_STATE_CHANGE']);
    expect(said('Approaching Expiration')).toHaveLength(1);
    lab.dns.remove({ name: Name });
    lab.dns.add({ name: Name, type: 'CNAME', data: Value.slice(0, -1) });
    await lab.clock.advance(day);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
  });

  it('is blocked by CAA_ERROR while CAA records leave Amazon out', async () => {
    const arn = await exportedPublic();
    const record = { name: 'example.com', type: 'CAA', data: '0 issue "other.example"' };
    lab.dns.add(record);
    await daysBeforeEnd(arn, 0.5);
    expect(actions()).toEqual([30, 15, 3, 1].map((days) => `CAA_ERROR ${days}`));
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'FAILED', RenewalStatusReason: 'CAA_ERROR' });
    expect(new Set(health())).toEqual(new Set(['CAA_CHECK_FAILURE']));
    lab.dns.add({ ...record, data: '0 issue "amazon.com"' });
    await lab.acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
    await lab.clock.advance(60_000);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
  });

  it('fails to be issued where CAA records leave Amazon out', async () => {
    lab.dns.add({ name: 'example.com', type: 'CAA', data: '0 issue ";"' });
    const arn = await request({ ValidationMethod: 'DNS' });
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'FAILED', FailureReason: 'CAA_ERROR' });
  });

  it.each([
    [395, 45, [30, 15, 3, 1]],
    [198, 45, [30, 15, 3, 1]],
    [100, 33, [30, 15, 3, 1]],
    [47, 15, [15, 3, 1]],
    [7, 2, [1]],
  ])('of %d days is tried from %d days on, and requires action at %j', async (validity, first, days) => {
    lab.lab.setPublicValidity(validity);
    const arn = await exportedPublic();
    lab.dns.add({ name: 'com', type: 'CAA', data: '0 issue ";"' });
    await daysBeforeEnd(arn, first + 0.01);
    expect(await summaryOf(arn)).toBeUndefined();
    await daysBeforeEnd(arn, first);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'FAILED' });
    await daysBeforeEnd(arn, 0);
    expect(actions()).toEqual(days.map((one) => `CAA_ERROR ${one}`));
    expect(said('Expired')).toMatchObject([{ detail: { CertificateType: 'AMAZON_ISSUED', ValidityInDays: validity } }]);
  });
});

describe('a public certificate validated by mail', () => {
  const byMail = () => exportedByMail({ DomainName: 'a.example.com', SubjectAlternativeNames: ['b.example.org'] });

  async function exportedByMail(input: Partial<RequestCertificateCommandInput>): Promise<string> {
    const arn = await request({ ValidationMethod: 'EMAIL', Options: { Export: 'ENABLED' }, ...input });
    lab.lab.approve(arn);
    await lab.clock.advance(3_000);
    await exportAgain(arn);
    return arn;
  }

  it('is issued when the mails for all of its names are answered', async () => {
    const arn = await request({ DomainName: 'a.example.com', SubjectAlternativeNames: ['b.example.org'] });
    expect(lab.lab.validationMails()).toEqual([
      {
        certificateArn: arn,
        domainName: 'a.example.com',
        to: expect.arrayContaining(['admin@a.example.com']),
        at: expect.any(Date),
      },
      {
        certificateArn: arn,
        domainName: 'b.example.org',
        to: expect.arrayContaining(['webmaster@b.example.org']),
        at: expect.any(Date),
      },
    ]);
    lab.lab.approve(arn, 'b.example.org');
    await lab.clock.advance(3_000);
    expect(await describeCertificate(arn)).toMatchObject({
      Status: 'PENDING_VALIDATION',
      DomainValidationOptions: [{ ValidationStatus: 'PENDING_VALIDATION' }, { ValidationStatus: 'SUCCESS' }],
    });
    lab.lab.approve(arn, 'a.example.com');
    await lab.clock.advance(3_000);
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'ISSUED' });
    expect(() => lab.lab.approve(arn)).toThrow('No mail asks');
  });

  it('is never renewed without somebody answering, who may have to be asked again', async () => {
    const arn = await byMail();
    expect(lab.lab.validationMails()).toEqual([]);
    await daysBeforeEnd(arn, 30);
    expect(actions()).toEqual(['PENDING_DOMAIN_VALIDATION 30']);
    expect(said('Renewal Action Required')[0]?.detail).toMatchObject({ DomainValidationMethod: 'EMAIL' });
    expect(await summaryOf(arn)).toMatchObject({
      RenewalStatus: 'PENDING_VALIDATION',
      DomainValidationOptions: [
        { DomainName: 'a.example.com', ValidationStatus: 'PENDING_VALIDATION', ValidationEmails: expect.any(Array) },
        { DomainName: 'b.example.org', ValidationStatus: 'PENDING_VALIDATION' },
      ],
    });
    expect(lab.lab.validationMails()).toHaveLength(2);
    await lab.clock.advance(3 * day);
    expect(() => lab.lab.approve(arn)).toThrow('No mail asks');
    const resend = (ValidationDomain: string) =>
      lab.acm.send(
        new ResendValidationEmailCommand({ CertificateArn: arn, Domain: 'a.example.com', ValidationDomain }),
      );
    await expect(resend('other.example')).rejects.toMatchObject({ name: 'InvalidDomainValidationOptionsException' });
    await resend('a.example.com');
    lab.lab.approve(arn, 'a.example.com');
    await lab.clock.advance(60_000);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'PENDING_VALIDATION' });
    lab.lab.approve(arn, 'b.example.org');
    await lab.clock.advance(60_000);
    expect(await summaryOf(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
    await expect(resend('a.example.com')).rejects.toMatchObject({ name: 'InvalidStateException' });
  });
});

describe('a reason that nothing in the lab causes', () => {
  it.each([
    'ADDITIONAL_VERIFICATION_REQUIRED',
    'DOMAIN_NOT_ALLOWED',
    'INVALID_PUBLIC_DOMAIN',
    'DOMAIN_VALIDATION_DENIED',
    'NO_AVAILABLE_CONTACTS',
    'PCA_INVALID_ARN',
    'PCA_INVALID_ARGS',
    'PCA_REQUEST_FAILED',
    'OTHER',
    'SOMETHING_NEW',
  ])('%s can be forced, and taken back', async (reason) => {
    const arn = await (reason.startsWith('PCA_') ? exportedPrivate() : exportedPublic());
    lab.lab.force(arn, reason);
    expect(await lab.lab.attempt(arn)).toMatchObject({ RenewalStatus: 'FAILED', RenewalStatusReason: reason });
    expect(actions()).toEqual([expect.stringMatching(new RegExp(`^${reason} \\d+$`))]);
    expect(lab.events.filter(({ source }) => source === 'aws.acm-pca')).toHaveLength(
      reason === 'PCA_REQUEST_FAILED' ? 1 : 0,
    );
    lab.lab.force(arn, null);
    expect(await lab.lab.attempt(arn)).toMatchObject({ RenewalStatus: 'SUCCESS' });
    await expect(lab.lab.attempt(arn)).rejects.toThrow('not eligible');
  });
});

describe('a revocation', () => {
  it('by ACM ends an exported certificate: no renewal, no warning, no end', async () => {
    const arn = await exportedPublic();
    await lab.acm.send(new RevokeCertificateCommand({ CertificateArn: arn, RevocationReason: 'KEY_COMPROMISE' }));
    expect(await describeCertificate(arn)).toMatchObject({
      Status: 'REVOKED',
      RevocationReason: 'KEY_COMPROMISE',
      RevokedAt: expect.any(Date),
      RenewalEligibility: 'INELIGIBLE',
    });
    expect(lab.events.at(-1)).toMatchObject({
      detailType: 'ACM Certificate Revoked',
      resources: [arn],
      detail: { CertificateType: 'AMAZON_ISSUED', CommonName: 'api.example.com', Exportable: true },
    });
    const before = lab.events.length;
    await lab.clock.advance(400 * day);
    expect(lab.events).toHaveLength(before);
  });

  it('by ACM is refused for what was not exported, or is in use', async () => {
    const [unexported, used] = [await request({ ValidationMethod: 'DNS' }), await exportedPublic()];
    lab.lab.setInUseBy(used, ['arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api/1']);
    const revoke = (CertificateArn: string) =>
      lab.acm.send(new RevokeCertificateCommand({ CertificateArn, RevocationReason: 'SUPERSEDED' }));
    await expect(revoke(unexported)).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(revoke(used)).rejects.toMatchObject({ name: 'ResourceInUseException' });
  });

  it('by the CA reaches ACM', async () => {
    const arn = await exportedPrivate();
    const { Serial = '' } = await describeCertificate(arn);
    const revoke = (CertificateSerial: string) =>
      lab.pca.send(new RevokePrivateCommand({ ...ca(), CertificateSerial, RevocationReason: 'SUPERSEDED' }));
    await expect(revoke('00')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await revoke(Serial.toUpperCase());
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'REVOKED' });
    expect(lab.events.at(-1)).toMatchObject({
      detailType: 'ACM Certificate Revoked By CA',
      detail: {
        CertificateType: 'PRIVATE',
        CertificateSerial: Serial,
        RevocationReason: 'SUPERSEDED',
        CertificateRevocationDate: expect.stringMatching(/^\d{4}-.*Z$/),
        Exportable: true,
      },
    });
  });
});

it('keeps which end was in force from when', async () => {
  const arn = await exportedPrivate();
  const first = await describeCertificate(arn);
  await daysBeforeEnd(arn, 60);
  const second = await describeCertificate(arn);
  expect(lab.lab.endsOf(arn)).toEqual([
    { from: expect.any(Date), notAfter: first.NotAfter },
    { from: expect.any(Date), notAfter: second.NotAfter },
  ]);
  expect(lab.lab.endsOf('arn:aws:acm:us-east-1:111122223333:certificate/x')).toBeUndefined();
});
