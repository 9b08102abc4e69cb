import { ACMPCAClient, type CertificateAuthorityStatus } from '@aws-sdk/client-acm-pca';
import { describe, expect, it } from 'vitest';
import { authorities } from '../../../shared/aws/authority.ts';

const account = '111122223333';
const arnIn = (owner: string) => `arn:aws:acm-pca:us-east-1:${owner}:certificate-authority/one`;
const own = arnIn(account);
const end = new Date('2030-01-01T00:00:00Z');

/** Private CA with these answers; `operation: Error` refuses. What was asked is in `asked`. */
function answering(answers: Readonly<Record<string, object>>) {
  const asked: string[] = [];
  const pca = new ACMPCAClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const send = async ({
    constructor: { name },
    input,
  }: {
    constructor: { name: string };
    input: { NextToken?: string };
  }) => {
    const operation = name.replace('Command', '');
    asked.push(operation);
    const answer = answers[operation];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error(`Unexpected ${operation}`);
    return Array.isArray(answer) ? answer[input.NextToken ? 1 : 0] : answer;
  };
  return { ...authorities(account, Object.assign(pca, { send })), asked };
}

const refusal = (name: string) => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
const described = (more: object = {}) => ({ CertificateAuthority: { Status: 'ACTIVE', NotAfter: end, ...more } });
const permitting = (Actions: readonly string[], Principal = 'acm.amazonaws.com') => ({
  Permissions: [{ Principal, Actions }],
});
const all = ['IssueCertificate', 'GetCertificate', 'ListPermissions'];

it('an authority of ours is seen whole: state, end, mode, and what ACM may do', async () => {
  const { find } = answering({
    DescribeCertificateAuthority: described({ UsageMode: 'SHORT_LIVED_CERTIFICATE' }),
    ListPermissions: permitting(all),
  });
  expect(await find(own)).toEqual({
    arn: own,
    status: 'active',
    notAfter: end.getTime() / 1000,
    own: true,
    shortLived: true,
    permission: { is: 'seen', fact: 'whole' },
  });
});

it.each<[CertificateAuthorityStatus, string]>([
  ['ACTIVE', 'active'],
  ['DISABLED', 'disabled'],
  ['EXPIRED', 'expired'],
  ['DELETED', 'deleted'],
  ['CREATING', 'not ready'],
  ['PENDING_CERTIFICATE', 'not ready'],
  ['FAILED', 'failed'],
])('%s is %s', async (Status, status) => {
  const { find } = answering({
    DescribeCertificateAuthority: described({ Status }),
    ListPermissions: permitting(all),
  });
  expect(await find(own)).toMatchObject({ status });
});

describe('what ACM may do with it', () => {
  it.each<[string, object, unknown]>([
    ['all that it needs', permitting(all), 'whole'],
    ['all, on a second page', [{ Permissions: [], NextToken: 'more' }, permitting(all)], 'whole'],
    ['a part of it', permitting(['IssueCertificate']), 'partial'],
    ['nothing', { Permissions: [] }, 'none'],
    ['nothing, while another service may', permitting(all, 'elsewhere.amazonaws.com'), 'none'],
  ])('%s', async (_, ListPermissions, fact) => {
    const { find } = answering({ DescribeCertificateAuthority: described(), ListPermissions });
    expect(await find(own)).toMatchObject({ permission: { is: 'seen', fact } });
  });

  it('is unseen where we are not allowed to look, and the rest is seen', async () => {
    const { find } = answering({
      DescribeCertificateAuthority: described(),
      ListPermissions: refusal('AccessDeniedException'),
    });
    expect(await find(own)).toMatchObject({
      status: 'active',
      permission: { is: 'unseen', why: expect.stringContaining('acm-pca:ListPermissions') },
    });
  });

  it.each<[string, string, object]>([
    ['another account’s, which tells its permissions to its owner only', arnIn('444455556666'), {}],
    ['a deleted one, which does not tell them', own, { Status: 'DELETED' }],
    ['one that has ended', own, { Status: 'EXPIRED' }],
  ])('is not asked of %s', async (_, arn, more) => {
    const { find, asked } = answering({ DescribeCertificateAuthority: described(more) });
    const found = await find(arn);
    expect(found).toMatchObject({ own: arn === own });
    expect(found).not.toHaveProperty('permission');
    expect(asked).toEqual(['DescribeCertificateAuthority']);
  });
});

it('an authority that Private CA does not find is gone', async () => {
  const { find } = answering({ DescribeCertificateAuthority: refusal('ResourceNotFoundException') });
  expect(await find(own)).toBe('gone');
});

it('an authority that we may not describe is Trouble', async () => {
  const { find } = answering({ DescribeCertificateAuthority: refusal('AccessDeniedException') });
  await expect(find(own)).rejects.toMatchObject({ finding: { reason: 'AccessDenied' } });
});

describe('an authority by the name that an issuer bears', () => {
  const ca = (id: string, Subject: object, more: object = {}) => ({
    Arn: `${own}-${id}`,
    Status: 'ACTIVE',
    Type: 'ROOT',
    NotAfter: end,
    CertificateAuthorityConfiguration: { Subject },
    ...more,
  });
  const { named } = answering({
    ListCertificateAuthorities: [
      {
        CertificateAuthorities: [
          ca('root', { Organization: 'Ours', CommonName: 'Root' }),
          ca('old', { Organization: 'Ours', CommonName: 'Old' }, { Type: 'SUBORDINATE', Status: 'DISABLED' }),
        ],
        NextToken: 'more',
      },
      {
        CertificateAuthorities: [
          ca('subordinate', { Organization: 'Ours', CommonName: 'New' }, { Type: 'SUBORDINATE' }),
          ca('plain', { CommonName: 'Plain' }, { Status: 'EXPIRED' }),
        ],
      },
    ],
  });

  it.each([
    ['organization, and of several the one that is active and below another', 'Ours', 'subordinate', 'active'],
    ['common name, where it has no organization', 'Plain', 'plain', 'expired'],
  ])('%s', async (_, name, id, status) => {
    expect(await named(name)).toMatchObject({ arn: `${own}-${id}`, status });
  });

  it.each(['Our', 'Root'])('is none for %s', async (name) => {
    expect(await named(name)).toBeNull();
  });
});
