import {
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  InvalidArnException,
  ListCertificateAuthoritiesCommand,
  ListPermissionsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-acm-pca';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CertificateLab, startCertificateLab } from './certificate-lab.ts';

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
    Subject: { CommonName: 'acm-courier lab subordinate CA' },
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
