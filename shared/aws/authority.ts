import {
  ACMPCAClient,
  type ASN1Subject,
  type CertificateAuthority,
  type CertificateAuthorityStatus,
  DescribeCertificateAuthorityCommand,
  GetCertificateAuthorityCertificateCommand,
  paginateListCertificateAuthorities,
  paginateListPermissions,
} from '@aws-sdk/client-acm-pca';
import { issuerKey } from '../domain/certificate.ts';
import type { Authority } from '../domain/observation.ts';
import { finding } from '../domain/reasons.ts';
import { prompt } from './client.ts';
import { look } from './look.ts';
import { ask, askFor, Trouble } from './trouble.ts';

/**
 * The certificates of a private authority, PEM, its own first and the root last: what a client of its certificates
 * trusts, had from the authority itself and not from an export.
 */
export async function authorityChain(caArn: string, pca = new ACMPCAClient(prompt)): Promise<string> {
  const answer = await ask('acm-pca:GetCertificateAuthorityCertificate', () =>
    pca.send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: caArn })),
  );
  if (!answer.Certificate) {
    const detail = `acm-pca:GetCertificateAuthorityCertificate: "${caArn}" has no certificate yet`;
    throw new Trouble(finding('CallRefused', { detail }));
  }
  return [answer.Certificate, answer.CertificateChain].filter(Boolean).join('\n');
}

/** An authority, and how `issuerKey` writes its name. */
export type ListedAuthority = Authority & { readonly key: string };

export type Authorities = ReturnType<typeof authorities>;

/** AWS Private CA, as seen from `account`. */
export function authorities(account: string, pca = new ACMPCAClient(prompt)) {
  return {
    /** An authority, and what ACM may do with it if it is our own. `gone` where nobody has one of this ARN any more. */
    async find(arn: string): Promise<Authority | 'gone'> {
      const described = await askFor('acm-pca:DescribeCertificateAuthority', () =>
        pca.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn })),
      );
      if (!described?.CertificateAuthority) return 'gone';
      const authority = readAuthority(arn, described.CertificateAuthority, account);
      // Only its owner is told permissions, and only of an authority that could issue if it were let.
      if (!authority.own || !(authority.status === 'active' || authority.status === 'disabled')) return authority;
      return { ...authority, permission: await look(() => permissionOf(arn, pca)) };
    },

    /**
     * An authority of this account that bears an issuer's name; null where none does. ACM tells of an issuer only its
     * organization, or its common name where it has none: of several the likeliest, active and below another one.
     */
    async named(issuer: string): Promise<Authority | null> {
      const pages = await ask('acm-pca:ListCertificateAuthorities', () =>
        Array.fromAsync(paginateListCertificateAuthorities({ client: pca }, {})),
      );
      const [likeliest] = pages
        .flatMap(({ CertificateAuthorities = [] }) => CertificateAuthorities)
        .filter(({ CertificateAuthorityConfiguration: of }) => nameOf(of?.Subject) === issuer)
        .toSorted((a, b) => likelihood(b) - likelihood(a));
      return likeliest ? readAuthority(likeliest.Arn ?? '', likeliest, account) : null;
    },

    /** The authorities of this account that ACM could renew from, each once; a call for a thousand. */
    async all(): Promise<readonly ListedAuthority[]> {
      const pages = await ask('acm-pca:ListCertificateAuthorities', () =>
        Array.fromAsync(paginateListCertificateAuthorities({ client: pca }, {})),
      );
      return pages
        .flatMap(({ CertificateAuthorities = [] }) => CertificateAuthorities)
        .map((one) => {
          const { CommonName: commonName, Organization: organization } =
            one.CertificateAuthorityConfiguration?.Subject ?? {};
          return { ...readAuthority(one.Arn ?? '', one, account), key: issuerKey({ commonName, organization }) };
        });
    },
  };
}

const nameOf = (subject: ASN1Subject | undefined) => subject?.Organization ?? subject?.CommonName;
const likelihood = ({ Status, Type }: CertificateAuthority) =>
  (Status === 'ACTIVE' ? 2 : 0) + (Type === 'SUBORDINATE' ? 1 : 0);

const readAuthority = (arn: string, described: CertificateAuthority, account: string): Authority => ({
  arn,
  status: (described.Status && statuses[described.Status]) ?? 'not ready',
  ...(described.NotAfter && { notAfter: Math.floor(described.NotAfter.getTime() / 1000) }),
  own: arn.split(':')[4] === account,
  shortLived: described.UsageMode === 'SHORT_LIVED_CERTIFICATE',
});

const statuses: Readonly<Record<CertificateAuthorityStatus, Authority['status']>> = {
  ACTIVE: 'active',
  DISABLED: 'disabled',
  EXPIRED: 'expired',
  DELETED: 'deleted',
  CREATING: 'not ready',
  PENDING_CERTIFICATE: 'not ready',
  FAILED: 'failed',
};

/** What ACM needs to renew (Private CA User Guide, "Assign certificate renewal permissions to ACM"). */
const needed = ['IssueCertificate', 'GetCertificate', 'ListPermissions'] as const;

async function permissionOf(arn: string, pca: ACMPCAClient): Promise<'whole' | 'partial' | 'none'> {
  const pages = await ask('acm-pca:ListPermissions', () =>
    Array.fromAsync(paginateListPermissions({ client: pca }, { CertificateAuthorityArn: arn })),
  );
  const permitted = pages
    .flatMap(({ Permissions = [] }) => Permissions)
    .filter(({ Principal }) => Principal === 'acm.amazonaws.com')
    .flatMap(({ Actions = [] }) => Actions);
  if (needed.every((action) => permitted.includes(action))) return 'whole';
  return permitted.length > 0 ? 'partial' : 'none';
}
