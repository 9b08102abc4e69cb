import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  AddTagsToCertificateCommand,
  type CertificateFilterStatement,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  type ListCertificatesCommandInput,
  ListTagsForCertificateCommand,
  RemoveTagsFromCertificateCommand,
  RenewCertificateCommand,
  RequestCertificateCommand,
  type RequestCertificateCommandInput,
  SearchCertificatesCommand,
  type SearchCertificatesCommandInput,
} from '@aws-sdk/client-acm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IssuedLeaf } from '../../lab/authority.ts';
import { type CertificateLab, day, startCertificateLab } from './certificate-lab.ts';

let lab: CertificateLab;
beforeEach(async () => {
  lab = await startCertificateLab();
});
afterEach(() => lab.stop());

const passphrase = 'correct horse';

async function request(input: Partial<RequestCertificateCommandInput> = {}): Promise<string> {
  const command = new RequestCertificateCommand({
    DomainName: 'api.example.com',
    KeyAlgorithm: 'EC_prime256v1',
    CertificateAuthorityArn: lab.caArn,
    ...input,
  });
  return (await lab.acm.send(command)).CertificateArn ?? '';
}

async function issue(input: Partial<RequestCertificateCommandInput> = {}): Promise<string> {
  const arn = await request(input);
  await lab.clock.advance(3_000);
  return arn;
}

async function describeCertificate(CertificateArn: string) {
  return (await lab.acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate ?? {};
}

const exportCertificate = (CertificateArn: string, text = passphrase) =>
  lab.acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from(text) }));

const renew = (CertificateArn: string) => lab.acm.send(new RenewCertificateCommand({ CertificateArn }));

const serialOf = (pem: string | undefined) => new X509Certificate(pem ?? '').serialNumber;
const colons = (serial: string) => (serial.toLowerCase().match(/../g) ?? []).join(':');

async function daysBeforeEnd(arn: string, days: number): Promise<void> {
  const { NotAfter } = await describeCertificate(arn);
  await lab.clock.advance((NotAfter?.getTime() ?? 0) - days * day - lab.clock.now().getTime());
}

/** By ACM itself. */
const told = () =>
  lab.events
    .filter(({ source }) => source === 'aws.acm')
    .map(({ detailType, detail: { Action, DaysToExpiry } }) =>
      [detailType.slice('ACM Certificate '.length), Action ?? DaysToExpiry].join(' ').trim(),
    );

describe('a requested private certificate', () => {
  it('is issued a few seconds later, and says so', async () => {
    const arn = await request({ SubjectAlternativeNames: ['*.api.example.com'] });
    expect(arn).toMatch(/^arn:aws:acm:us-east-1:111122223333:certificate\/[0-9a-f-]{36}$/);
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'PENDING_VALIDATION' });
    await lab.clock.advance(3_000);
    const { NotAfter, CreatedAt, ...described } = await describeCertificate(arn);
    expect(described).toMatchObject({
      Status: 'ISSUED',
      Type: 'PRIVATE',
      DomainName: 'api.example.com',
      SubjectAlternativeNames: ['api.example.com', '*.api.example.com'],
      Subject: 'CN=api.example.com',
      Issuer: 'acm-courier lab',
      KeyAlgorithm: 'EC-prime256v1',
      SignatureAlgorithm: 'SHA256WITHECDSA',
      CertificateAuthorityArn: lab.caArn,
      CertificateKeyPairOrigin: 'AWS_MANAGED',
      RenewalEligibility: 'INELIGIBLE',
      InUseBy: [],
      Options: { CertificateTransparencyLoggingPreference: 'ENABLED' },
    });
    expect(described).not.toHaveProperty('RenewalSummary');
    expect(lab.events).toEqual([
      {
        at: expect.any(Date),
        source: 'aws.acm',
        detailType: 'ACM Certificate Available',
        resources: [arn],
        detail: {
          Action: 'ISSUANCE',
          CertificateType: 'PRIVATE',
          CommonName: 'api.example.com',
          FirstSubjectAlternativeName: 'api.example.com',
          ValidityInDays: 395,
          CertificateKeyPairOrigin: 'AWS_MANAGED',
          CertificateCreatedDate: `${CreatedAt?.toISOString().slice(0, 19)}Z`,
          CertificateExpirationDate: `${NotAfter?.toISOString().slice(0, 19)}Z`,
          DaysToExpiry: 395,
          InUse: false,
          Exported: false,
        },
      },
    ]);
  });

  it('is exported with its chain and a key that only the passphrase opens', async () => {
    const arn = await issue();
    const { Certificate = '', CertificateChain, PrivateKey = '' } = await exportCertificate(arn);
    const key = createPrivateKey({ key: PrivateKey, passphrase });
    expect(new X509Certificate(Certificate).checkPrivateKey(key)).toBe(true);
    expect(() => createPrivateKey({ key: PrivateKey, passphrase: 'wrong' })).toThrow();
    expect(CertificateChain).toBe(
      lab.authority.cas
        .toReversed()
        .map((ca) => ca.certificatePem)
        .join('\n'),
    );
    expect((await describeCertificate(arn)).Serial).toBe(colons(serialOf(Certificate)));
    expect(await lab.acm.send(new GetCertificateCommand({ CertificateArn: arn }))).toMatchObject({
      Certificate,
      CertificateChain,
    });
  });

  it.each([
    ['RSA_2048', 'RSA-2048', 'rsa'],
    ['EC_secp384r1', 'EC-secp384r1', 'ec'],
  ] as const)('of algorithm %s is described as %s', async (KeyAlgorithm, described, type) => {
    const arn = await issue({ KeyAlgorithm });
    expect((await describeCertificate(arn)).KeyAlgorithm).toBe(described);
    const { PrivateKey = '' } = await exportCertificate(arn);
    expect(createPrivateKey({ key: PrivateKey, passphrase }).asymmetricKeyType).toBe(type);
  });

  it('cannot be had before it is issued', async () => {
    const arn = await request();
    const refusal = { name: 'RequestInProgressException' };
    await expect(exportCertificate(arn)).rejects.toMatchObject(refusal);
    await expect(lab.acm.send(new GetCertificateCommand({ CertificateArn: arn }))).rejects.toMatchObject(refusal);
    await expect(renew(arn)).rejects.toMatchObject(refusal);
  });

  it('is the same for the same idempotency token within an hour', async () => {
    const arn = await request({ IdempotencyToken: 'once' });
    expect(await request({ IdempotencyToken: 'once' })).toBe(arn);
    expect(await request({ IdempotencyToken: 'twice' })).not.toBe(arn);
    await lab.clock.advance(3_600_000);
    expect(await request({ IdempotencyToken: 'once' })).not.toBe(arn);
  });

  it('is never issued when it was deleted first', async () => {
    await lab.acm.send(new DeleteCertificateCommand({ CertificateArn: await request() }));
    await lab.clock.advance(day);
    expect(lab.events).toEqual([]);
  });
});

describe('managed renewal', () => {
  it('renews an exported certificate 60 days before its end: same ARN and tags, new key, serial and dates', async () => {
    const arn = await issue({ Tags: [{ Key: 'courier:secret', Value: 'courier/api' }] });
    const before = await exportCertificate(arn);
    const { NotAfter } = await describeCertificate(arn);
    expect(await describeCertificate(arn)).toMatchObject({ RenewalEligibility: 'ELIGIBLE' });

    await daysBeforeEnd(arn, 60.001);
    expect(told()).toEqual(['Available ISSUANCE']);
    await daysBeforeEnd(arn, 60);

    expect(told()).toEqual(['Available ISSUANCE', 'Available RENEWAL']);
    expect(lab.events[1]).toMatchObject({ resources: [arn], detail: { DaysToExpiry: 395, Exported: false } });
    const renewed = await describeCertificate(arn);
    expect(renewed).toMatchObject({
      Status: 'ISSUED',
      RenewalEligibility: 'INELIGIBLE',
      RenewalSummary: { RenewalStatus: 'SUCCESS', UpdatedAt: expect.any(Date) },
    });
    expect(renewed.NotAfter?.getTime()).toBeGreaterThan((NotAfter?.getTime() ?? 0) + 330 * day);
    const { Tags } = await lab.acm.send(new ListTagsForCertificateCommand({ CertificateArn: arn }));
    expect(Tags).toEqual([{ Key: 'courier:secret', Value: 'courier/api' }]);

    await lab.clock.advance(5_001);
    const after = await exportCertificate(arn);
    expect(serialOf(after.Certificate)).not.toBe(serialOf(before.Certificate));
    expect(colons(serialOf(after.Certificate))).toBe(renewed.Serial);
    const newKey = createPrivateKey({ key: after.PrivateKey ?? '', passphrase });
    expect(new X509Certificate(before.Certificate ?? '').checkPrivateKey(newKey)).toBe(false);
  });

  it('answers the first export within 5 seconds after a renewal with the old certificate, and does not count it', async () => {
    const arn = await issue();
    const before = await exportCertificate(arn);
    await daysBeforeEnd(arn, 60);
    expect((await exportCertificate(arn)).Certificate).toBe(before.Certificate);
    expect(await describeCertificate(arn)).toMatchObject({ RenewalEligibility: 'INELIGIBLE' });
    const second = await exportCertificate(arn);
    expect(colons(serialOf(second.Certificate))).toBe((await describeCertificate(arn)).Serial);
    expect(await describeCertificate(arn)).toMatchObject({ RenewalEligibility: 'ELIGIBLE' });
  });

  it('is lost by one missed export: warnings from 45 days on, then the end', async () => {
    const arn = await issue();
    await exportCertificate(arn);
    await daysBeforeEnd(arn, 60);
    await daysBeforeEnd(arn, 45.001);
    expect(told()).toEqual(['Available ISSUANCE', 'Available RENEWAL']);
    await daysBeforeEnd(arn, 0);
    const days = Array.from({ length: 45 }, (_, passed) => `Approaching Expiration ${45 - passed}`);
    expect(told().slice(2)).toEqual([...days, 'Expired']);
    expect(lab.events.at(3)).toMatchObject({
      resources: [arn],
      detail: { DaysToExpiry: 45, CommonName: 'api.example.com' },
    });
    expect(lab.events.at(-1)?.detail).not.toHaveProperty('DaysToExpiry');
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'EXPIRED', RenewalEligibility: 'INELIGIBLE' });
    await exportCertificate(arn);
    await expect(renew(arn)).rejects.toMatchObject({ name: 'ValidationException' });
    await lab.clock.advance(100 * day);
    expect(told()).toHaveLength(48);
  });

  it('and all warnings end when the certificate is deleted', async () => {
    const [renewable, other] = [await issue(), await issue()];
    await exportCertificate(renewable);
    for (const CertificateArn of [renewable, other])
      await lab.acm.send(new DeleteCertificateCommand({ CertificateArn }));
    await lab.clock.advance(400 * day);
    expect(told()).toEqual(['Available ISSUANCE', 'Available ISSUANCE']);
  });

  it('comes back on the next day after a late export', async () => {
    const arn = await issue();
    await daysBeforeEnd(arn, 44.5);
    await exportCertificate(arn);
    await lab.clock.advance(day);
    expect(told()).toEqual(['Available ISSUANCE', 'Approaching Expiration 45', 'Available RENEWAL']);
  });

  it('covers what an AWS service uses without any export', async () => {
    const arn = await issue();
    lab.lab.setInUseBy(arn, ['arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api/1']);
    expect(await describeCertificate(arn)).toMatchObject({
      RenewalEligibility: 'ELIGIBLE',
      InUseBy: [expect.any(String)],
    });
    await daysBeforeEnd(arn, 60);
    expect(lab.events[1]?.detail).toMatchObject({ Action: 'RENEWAL', InUse: true });
    await expect(lab.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }))).rejects.toMatchObject({
      name: 'ResourceInUseException',
    });
  });
});

describe('RenewCertificate', () => {
  it('answers at once and renews within a minute; an export in between counts for the old certificate', async () => {
    const arn = await issue();
    const before = await exportCertificate(arn);
    expect(await renew(arn)).toEqual({ $metadata: expect.anything() });
    expect(await describeCertificate(arn)).toMatchObject({ RenewalSummary: { RenewalStatus: 'PENDING_AUTO_RENEWAL' } });
    expect((await exportCertificate(arn)).Certificate).toBe(before.Certificate);
    await expect(renew(arn)).rejects.toMatchObject({ name: 'RequestInProgressException' });
    await lab.clock.advance(60_000);
    expect(told()).toEqual(['Available ISSUANCE', 'Available RENEWAL']);
    expect(await describeCertificate(arn)).toMatchObject({
      RenewalSummary: { RenewalStatus: 'SUCCESS' },
      RenewalEligibility: 'INELIGIBLE',
    });
  });

  it('renews once when the clock would renew within the same minute', async () => {
    const arn = await issue();
    await exportCertificate(arn);
    await daysBeforeEnd(arn, 60 + 30 / 86_400);
    await renew(arn);
    await lab.clock.advance(day);
    expect(told()).toEqual(['Available ISSUANCE', 'Available RENEWAL']);
  });

  it('refuses what was not exported since its last renewal', async () => {
    await expect(renew(await issue())).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('renews nothing that was deleted within the minute', async () => {
    const arn = await issue();
    await exportCertificate(arn);
    await renew(arn);
    await lab.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
    await lab.clock.advance(day);
    expect(told()).toEqual(['Available ISSUANCE']);
  });
});

describe('an imported certificate', () => {
  const pem = (label: string, bytes: Uint8Array) =>
    `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;

  const mint = (validityDays = 90, commonName = 'own.example.com') =>
    lab.authority.issue({
      caArn: lab.caArn,
      commonName,
      names: [commonName],
      keyAlgorithm: 'EC_prime256v1',
      validityDays,
    });

  async function importLeaf(
    { certificatePem, chainPem, privateKey }: IssuedLeaf,
    other: { CertificateArn?: string; Tags?: { Key: string; Value: string }[] } = {},
  ): Promise<string> {
    const command = new ImportCertificateCommand({
      Certificate: Buffer.from(certificatePem),
      CertificateChain: Buffer.from(chainPem),
      PrivateKey: Buffer.from(pem('PRIVATE KEY', privateKey)),
      ...other,
    });
    return (await lab.acm.send(command)).CertificateArn ?? '';
  }

  it('is there at once, keeps its ARN when imported again, and is never exported or renewed', async () => {
    const first = await mint();
    const arn = await importLeaf(first, { Tags: [{ Key: 'team', Value: 'payments' }] });
    expect(await describeCertificate(arn)).toMatchObject({
      Type: 'IMPORTED',
      Status: 'ISSUED',
      DomainName: 'own.example.com',
      Serial: colons(serialOf(first.certificatePem)),
      ImportedAt: expect.any(Date),
      RenewalEligibility: 'INELIGIBLE',
      CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED',
    });
    const second = await mint();
    expect(await importLeaf(second, { CertificateArn: arn })).toBe(arn);
    expect((await describeCertificate(arn)).Serial).toBe(colons(serialOf(second.certificatePem)));
    expect(told()).toEqual(['Available IMPORT', 'Available REIMPORT']);
    expect(lab.events[0]?.detail).toMatchObject({ CertificateType: 'IMPORTED', DaysToExpiry: 90 });
    await expect(exportCertificate(arn)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(renew(arn)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('is warned of, but its end is not told', async () => {
    const arn = await importLeaf(await mint(46));
    await lab.clock.advance(47 * day);
    expect(told()).toHaveLength(46);
    expect(told().at(-1)).toBe('Approaching Expiration 1');
    expect(await describeCertificate(arn)).toMatchObject({ Status: 'EXPIRED' });
  });

  it.each<[string, (leaf: IssuedLeaf) => Promise<Partial<IssuedLeaf>>, string]>([
    [
      'with another key',
      async () => ({ privateKey: (await mint()).privateKey }),
      'The private key does not match the certificate.',
    ],
    [
      'that is none',
      async () => ({ certificatePem: pem('CERTIFICATE', Buffer.from('none')) }),
      'The certificate or its private key is not PEM-encoded and unencrypted.',
    ],
    [
      'with an unreadable key',
      async () => ({ privateKey: Buffer.from('none') }),
      'The certificate or its private key is not PEM-encoded and unencrypted.',
    ],
  ])('%s is refused', async (_case, change, message) => {
    const leaf = await mint();
    await expect(importLeaf({ ...leaf, ...(await change(leaf)) })).rejects.toMatchObject({
      name: 'ValidationException',
      message,
    });
    expect(
      (await lab.acm.send(new ListCertificatesCommand({ Includes: { keyTypes: ['EC_prime256v1'] } })))
        .CertificateSummaryList,
    ).toEqual([]);
  });

  it('does not take the place of a requested one, nor tags when imported again', async () => {
    const requested = await issue();
    const leaf = await mint();
    await expect(importLeaf(leaf, { CertificateArn: requested })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const arn = await importLeaf(leaf);
    const tagged = importLeaf(leaf, { CertificateArn: arn, Tags: [{ Key: 'team', Value: 'payments' }] });
    await expect(tagged).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('refusals', () => {
  const unknown = 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000';

  it.each([
    ['an unknown certificate', unknown, 'ResourceNotFoundException'],
    ['another region', unknown.replace('us-east-1', 'eu-west-1'), 'InvalidArnException'],
  ])('%s', async (_case, arn, name) => {
    await expect(describeCertificate(arn)).rejects.toMatchObject({ name });
    await expect(exportCertificate(arn)).rejects.toMatchObject({ name });
  });

  it.each([
    ['has a #', 'secret#1'],
    ['has a $', 'secret$1'],
    ['has a %', 'secret%1'],
  ])('a passphrase that %s', async (_case, text) => {
    const arn = await issue();
    await expect(exportCertificate(arn, text)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await describeCertificate(arn)).toMatchObject({ RenewalEligibility: 'INELIGIBLE' });
  });

  it.each<[string, Partial<RequestCertificateCommandInput>, string]>([
    ['an algorithm that cannot be requested', { KeyAlgorithm: 'RSA_4096' }, 'ValidationException'],
    [
      'an unknown CA',
      { CertificateAuthorityArn: 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x' },
      'InvalidArnException',
    ],
    ['an export option for a private certificate', { Options: { Export: 'ENABLED' } }, 'ValidationException'],
  ])('a request with %s', async (_case, input, name) => {
    await expect(request(input)).rejects.toMatchObject({ name });
    expect((await lab.acm.send(new SearchCertificatesCommand({}))).Results).toEqual([]);
  });
});

describe('tags', () => {
  it('are added, replaced and removed, by key or only with their value', async () => {
    const arn = await issue({ Tags: [{ Key: 'a', Value: '1' }] });
    const CertificateArn = arn;
    await lab.acm.send(
      new AddTagsToCertificateCommand({
        CertificateArn,
        Tags: [{ Key: 'a', Value: '2' }, { Key: 'b' }, { Key: 'c', Value: '3' }],
      }),
    );
    await lab.acm.send(
      new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] }),
    );
    const { Tags } = await lab.acm.send(new ListTagsForCertificateCommand({ CertificateArn }));
    expect(Tags).toEqual([
      { Key: 'a', Value: '2' },
      { Key: 'c', Value: '3' },
    ]);
    expect(lab.tags.arns()).toEqual([arn]);
  });
});

describe('finding certificates', () => {
  let rsa: string;
  let ec: string;
  let pending: string;
  beforeEach(async () => {
    rsa = await issue({ DomainName: 'b.example.com', KeyAlgorithm: 'RSA_2048' });
    await lab.clock.advance(day);
    ec = await issue({ DomainName: 'a.example.com', SubjectAlternativeNames: ['*.Shop.example.com'] });
    await exportCertificate(ec);
    pending = await request({ DomainName: 'c.example.org', KeyAlgorithm: 'RSA_2048' });
  });

  const list = async (input: ListCertificatesCommandInput = {}) => {
    const { CertificateSummaryList = [], NextToken } = await lab.acm.send(new ListCertificatesCommand(input));
    return {
      arns: CertificateSummaryList.map(({ CertificateArn }) => CertificateArn),
      NextToken,
      CertificateSummaryList,
    };
  };

  const search = async (input: SearchCertificatesCommandInput = {}) => {
    const { Results = [], NextToken } = await lab.acm.send(new SearchCertificatesCommand(input));
    return { arns: Results.map(({ CertificateArn }) => CertificateArn), NextToken, Results };
  };

  it('by ListCertificates hides what is not RSA unless its key type is named', async () => {
    expect((await list()).arns).toEqual([rsa, pending]);
    expect((await list({ Includes: { keyTypes: ['EC_prime256v1'] } })).arns).toEqual([ec]);
    expect((await list({ CertificateStatuses: ['ISSUED'] })).arns).toEqual([rsa]);
  });

  it('by ListCertificates answers a summary', async () => {
    const { CertificateSummaryList } = await list({ Includes: { keyTypes: ['EC_prime256v1'] } });
    const { NotBefore, NotAfter, CreatedAt, IssuedAt } = await describeCertificate(ec);
    expect(CertificateSummaryList).toEqual([
      {
        CertificateArn: ec,
        DomainName: 'a.example.com',
        SubjectAlternativeNameSummaries: ['a.example.com', '*.Shop.example.com'],
        HasAdditionalSubjectAlternativeNames: false,
        Status: 'ISSUED',
        Type: 'PRIVATE',
        KeyAlgorithm: 'EC-prime256v1',
        InUse: false,
        Exported: true,
        RenewalEligibility: 'ELIGIBLE',
        CertificateKeyPairOrigin: 'AWS_MANAGED',
        NotBefore,
        NotAfter,
        CreatedAt,
        IssuedAt,
      },
    ]);
  });

  it('comes in pages', async () => {
    const first = await search({ MaxResults: 2 });
    const second = await search({ MaxResults: 2, NextToken: first.NextToken });
    expect([first.arns, second.arns, second.NextToken]).toEqual([[rsa, ec], [pending], undefined]);
    const start = await list({ MaxItems: 1 });
    expect((await list({ MaxItems: 1, NextToken: start.NextToken })).arns).toEqual([pending]);
    await expect(search({ NextToken: 'none' })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('by SearchCertificates answers attributes and metadata', async () => {
    const { Serial = '', NotBefore, NotAfter, CreatedAt, IssuedAt } = await describeCertificate(ec);
    const { Results } = await search({ FilterStatement: { Filter: { CertificateArn: ec } } });
    expect(Results).toEqual([
      {
        CertificateArn: ec,
        X509Attributes: {
          Issuer: { CommonName: expect.any(String), Organization: expect.any(String) },
          Subject: { CommonName: 'a.example.com' },
          SubjectAlternativeNames: [{ DnsName: 'a.example.com' }, { DnsName: '*.Shop.example.com' }],
          KeyAlgorithm: 'EC_prime256v1',
          SerialNumber: Serial,
          NotBefore,
          NotAfter,
        },
        CertificateMetadata: {
          AcmCertificateMetadata: {
            CreatedAt,
            IssuedAt,
            Exported: true,
            InUse: false,
            RenewalEligibility: 'ELIGIBLE',
            Status: 'ISSUED',
            Type: 'PRIVATE',
            CertificateKeyPairOrigin: 'AWS_MANAGED',
          },
        },
      },
    ]);
  });

  type Filter = NonNullable<CertificateFilterStatement['Filter']>;
  const issued: Filter = { AcmCertificateMetadataFilter: { Status: 'ISSUED' } };
  const exported: Filter = { AcmCertificateMetadataFilter: { Exported: true } };
  const name = (Value: string, ComparisonOperator: 'EQUALS' | 'CONTAINS'): Filter => ({
    X509AttributeFilter: { SubjectAlternativeName: { DnsName: { Value, ComparisonOperator } } },
  });

  it.each<[string, CertificateFilterStatement, string]>([
    ['status', { Filter: issued }, 'rsa ec'],
    ['exported', { Filter: exported }, 'ec'],
    ['and', { And: [{ Filter: issued }, { Not: { Filter: exported } }] }, 'rsa'],
    ['or', { Or: [{ Filter: exported }, { Filter: name('c.example.org', 'EQUALS') }] }, 'ec pending'],
    ['a whole name', { Filter: name('example.com', 'EQUALS') }, ''],
    ['part of a name, in any case', { Filter: name('shop.EXAMPLE', 'CONTAINS') }, 'ec'],
    [
      'common name',
      { Filter: { X509AttributeFilter: { Subject: { CommonName: { Value: 'b.', ComparisonOperator: 'CONTAINS' } } } } },
      'rsa',
    ],
    ['key algorithm', { Filter: { X509AttributeFilter: { KeyAlgorithm: 'EC_prime256v1' } } }, 'ec'],
    ['origin', { Filter: { AcmCertificateMetadataFilter: { CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED' } } }, ''],
  ])('by SearchCertificates filters by %s', async (_case, FilterStatement, expected) => {
    const names = new Map([
      [rsa, 'rsa'],
      [ec, 'ec'],
      [pending, 'pending'],
    ]);
    const { arns } = await search({ FilterStatement });
    expect(arns.map((arn) => names.get(arn ?? '')).join(' ')).toBe(expected);
  });

  it.each<[string, object]>([
    ['of two members at once', { Filter: issued, Not: { Filter: exported } }],
    ['of no member', {}],
    ['that does not exist', { Filter: { X509AttributeFilter: { Issuer: 'x' } } }],
  ])('by SearchCertificates refuses a filter %s', async (_case, statement) => {
    const body = JSON.stringify({ FilterStatement: statement });
    const { status, answer } = await lab.post('CertificateManager.SearchCertificates', body);
    expect({ status, type: answer.__type }).toEqual({ status: 400, type: 'ValidationException' });
  });

  it('by SearchCertificates filters by serial, as Describe writes it', async () => {
    const { Serial = '' } = await describeCertificate(ec);
    const by = async (SerialNumber: string) =>
      (await search({ FilterStatement: { Filter: { X509AttributeFilter: { SerialNumber } } } })).arns;
    expect(await by(Serial)).toEqual([ec]);
    expect(await by(Serial.replaceAll(':', ''))).toEqual([]);
  });

  it('loses what was deleted', async () => {
    await lab.acm.send(new DeleteCertificateCommand({ CertificateArn: rsa }));
    expect((await search()).arns).toEqual([ec, pending]);
    await expect(describeCertificate(rsa)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
