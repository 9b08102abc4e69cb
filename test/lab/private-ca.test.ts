import {
  CreatePermissionCommand,
  DeleteCertificateAuthorityCommand,
  DeletePermissionCommand,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  InvalidArnException,
  InvalidStateException,
  ListCertificateAuthoritiesCommand,
  ListPermissionsCommand,
  PermissionAlreadyExistsException,
  ResourceNotFoundException,
  RestoreCertificateAuthorityCommand,
  UpdateCertificateAuthorityCommand,
} from '@aws-sdk/client-acm-pca';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateLab, day, startCertificateLab } from './certificate-lab.ts';

let lab: CertificateLab;
beforeAll(async () => {
  lab = await startCertificateLab();
});
afterAll(() => lab.stop());

const certificateOf = (CertificateAuthorityArn: string | undefined) =>
  lab.pca.send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn }));

it('lists a root and a subordinate, both active', async () => {
  const { CertificateAuthorities = [] } = await lab.pca.send(new ListCertificateAuthoritiesCommand({}));
  expect(CertificateAuthorities.map(({ Arn, Type, Status }) => ({ Arn, Type, Status }))).toEqual([
    { Arn: lab.authority.cas[0]?.arn, Type: 'ROOT', Status: 'ACTIVE' },
    { Arn: lab.caArn, Type: 'SUBORDINATE', Status: 'ACTIVE' },
  ]);
});

it('describes a CA as the list does', async () => {
  const { CertificateAuthorities: [, listed] = [] } = await lab.pca.send(new ListCertificateAuthoritiesCommand({}));
  const described = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: lab.caArn });
  expect((await lab.pca.send(described)).CertificateAuthority).toEqual(listed);
  expect(listed?.CertificateAuthorityConfiguration).toEqual({
    KeyAlgorithm: 'EC_prime256v1',
    SigningAlgorithm: 'SHA256WITHECDSA',
    Subject: { Organization: 'acm-courier lab', CommonName: 'acm-courier lab subordinate CA' },
  });
});

it('answers the certificate of a CA and the chain above it, which the root does not have', async () => {
  const [root, subordinate] = lab.authority.cas;
  expect(await certificateOf(subordinate?.arn)).toMatchObject({
    Certificate: subordinate?.certificatePem,
    CertificateChain: root?.certificatePem,
  });
  const answer = await certificateOf(root?.arn);
  expect(answer.Certificate).toBe(root?.certificatePem);
  expect(answer).not.toHaveProperty('CertificateChain');
});

it('permits ACM all three actions', async () => {
  const { Permissions } = await lab.pca.send(new ListPermissionsCommand({ CertificateAuthorityArn: lab.caArn }));
  expect(Permissions).toEqual([
    {
      CertificateAuthorityArn: lab.caArn,
      CreatedAt: expect.any(Date),
      Principal: 'acm.amazonaws.com',
      SourceAccount: '111122223333',
      Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'],
    },
  ]);
});

it('tells an unknown CA from what is no ARN of a CA', async () => {
  const unknown = `${lab.caArn.slice(0, -4)}0000`;
  await expect(certificateOf(unknown)).rejects.toThrow(ResourceNotFoundException);
  await expect(certificateOf('arn:aws:acm:us-east-1:111122223333:certificate/x')).rejects.toThrow(InvalidArnException);
});

describe("a CA of one's own", () => {
  const added = async () => ({ CertificateAuthorityArn: (await lab.authority.certify({})).arn });
  type Ca = Awaited<ReturnType<typeof added>>;

  const described = async (ca: Ca) =>
    (await lab.pca.send(new DescribeCertificateAuthorityCommand(ca))).CertificateAuthority;
  const permissions = async (ca: Ca) => (await lab.pca.send(new ListPermissionsCommand(ca))).Permissions ?? [];
  const update = (ca: Ca, Status: 'ACTIVE' | 'DISABLED') =>
    lab.pca.send(new UpdateCertificateAuthorityCommand({ ...ca, Status }));
  const remove = (ca: Ca) =>
    lab.pca.send(new DeleteCertificateAuthorityCommand({ ...ca, PermanentDeletionTimeInDays: 7 }));
  const restore = (ca: Ca) => lab.pca.send(new RestoreCertificateAuthorityCommand(ca));

  it('loses a permission and gets another, never two for one principal', async () => {
    const ca = await added();
    const given = { ...ca, Principal: 'acm.amazonaws.com' };
    const create = () => lab.pca.send(new CreatePermissionCommand({ ...given, Actions: ['ListPermissions'] }));
    const take = () => lab.pca.send(new DeletePermissionCommand(given));
    await expect(create()).rejects.toThrow(PermissionAlreadyExistsException);
    await take();
    expect(await permissions(ca)).toEqual([]);
    await expect(take()).rejects.toThrow(ResourceNotFoundException);
    await create();
    expect(await permissions(ca)).toMatchObject([
      { ...given, SourceAccount: '111122223333', Actions: ['ListPermissions'] },
    ]);
  });

  it('is deleted once it is disabled, and comes back disabled', async () => {
    const ca = await added();
    await expect(remove(ca)).rejects.toThrow(InvalidStateException);
    await update(ca, 'DISABLED');
    await remove(ca);
    expect(await described(ca)).toMatchObject({ Status: 'DELETED', RestorableUntil: expect.any(Date) });
    await expect(update(ca, 'ACTIVE')).rejects.toThrow(InvalidStateException);
    await restore(ca);
    expect(await described(ca)).toMatchObject({ Status: 'DISABLED' });
    expect(await described(ca)).not.toHaveProperty('RestorableUntil');
    await expect(restore(ca)).rejects.toThrow(InvalidStateException);
    await update(ca, 'ACTIVE');
    expect(await described(ca)).toMatchObject({ Status: 'ACTIVE' });
  });

  it('is gone when its time to be restored is over', async () => {
    const ca = await added();
    await update(ca, 'DISABLED');
    await remove(ca);
    await lab.clock.advance(7 * day);
    await expect(described(ca)).rejects.toThrow(ResourceNotFoundException);
    const { CertificateAuthorities: left = [] } = await lab.pca.send(new ListCertificateAuthoritiesCommand({}));
    expect(left.map(({ Arn }) => Arn)).not.toContain(ca.CertificateAuthorityArn);
  });

  it('expires', async () => {
    const ca = await added();
    await lab.authority.certify({
      arn: ca.CertificateAuthorityArn,
      notAfter: new Date(lab.clock.now().getTime() + day),
    });
    await lab.clock.advance(day);
    expect(await described(ca)).toMatchObject({ Status: 'EXPIRED' });
  });
});

it('answers for a CA of another account, but does not list it', async () => {
  const { arn } = await lab.authority.certify({ account: '444455556666' });
  const described = new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn });
  expect((await lab.pca.send(described)).CertificateAuthority).toMatchObject({ OwnerAccount: '444455556666' });
  const { CertificateAuthorities = [] } = await lab.pca.send(new ListCertificateAuthoritiesCommand({}));
  expect(CertificateAuthorities.map(({ Arn }) => Arn)).not.toContain(arn);
});
