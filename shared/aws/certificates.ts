import {
  ACMClient,
  type CertificateDetail,
  type CertificateSearchResult,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  ListTagsForCertificateCommand,
  SearchCertificatesCommand,
} from '@aws-sdk/client-acm';
import { type Certificate, normalSerial, type Tags } from '../domain/certificate.ts';
import { finding } from '../domain/reasons.ts';
import { ask, askFor, Trouble } from './trouble.ts';

export type Certificates = ReturnType<typeof certificates>;

/** AWS Certificate Manager, as the domain sees it. */
export function certificates(acm = new ACMClient({})) {
  return {
    /** The certificate and its tags, or null where ACM has none of this ARN. Two calls side by side. */
    async find(arn: string): Promise<Certificate | null> {
      const CertificateArn = arn;
      const [described, tagged] = await Promise.all([
        askFor('acm:DescribeCertificate', () => acm.send(new DescribeCertificateCommand({ CertificateArn }))),
        askFor('acm:ListTagsForCertificate', () => acm.send(new ListTagsForCertificateCommand({ CertificateArn }))),
      ]);
      if (!described?.Certificate || !tagged) return null;
      return readCertificate(arn, described.Certificate, readTags(tagged.Tags));
    },

    /**
     * The certificate's PEM texts with the private key encrypted under `passphrase`. The passphrase goes as UTF-8
     * bytes, which the SDK encodes: encoding it first would lock the key with another passphrase than the stored one.
     */
    async export(arn: string, passphrase: string) {
      const Passphrase = new TextEncoder().encode(passphrase);
      const answer = await ask(
        'acm:ExportCertificate',
        () => acm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase })).catch(notSettled),
        { material: true },
      );
      return {
        certificate: answer.Certificate ?? '',
        certificateChain: answer.CertificateChain ?? '',
        privateKey: answer.PrivateKey ?? '',
        passphrase,
      };
    },

    /** ARNs and common names of the certificates with this name among theirs; `near` finds what contains it. */
    async named(domainName: string, how: 'exactly' | 'near'): Promise<readonly Found[]> {
      const DnsName = { Value: domainName, ComparisonOperator: how === 'exactly' ? 'EQUALS' : 'CONTAINS' } as const;
      const answer = await ask('acm:SearchCertificates', () =>
        acm.send(
          new SearchCertificatesCommand({
            FilterStatement: { Filter: { X509AttributeFilter: { SubjectAlternativeName: { DnsName } } } },
            MaxResults: 100,
          }),
        ),
      );
      return (answer.Results ?? []).flatMap(readFound);
    },
  };
}

/**
 * Right after a renewal ACM may refuse for a moment, for want of "at least one relation of type EXPORT" (seen by
 * others: Infisical pull request 6069, April 2026). That passes like a request in progress.
 */
function notSettled(error: unknown): never {
  if (!(error instanceof Error) || !/relation of type EXPORT/i.test(error.message)) throw error;
  throw new Trouble(finding('RequestInProgress', { detail: 'acm:ExportCertificate: the renewal has not settled' }));
}

export type Found = { readonly arn: string; readonly name: string };

const readFound = ({ CertificateArn, X509Attributes }: CertificateSearchResult): readonly Found[] =>
  CertificateArn ? [{ arn: CertificateArn, name: X509Attributes?.Subject?.CommonName ?? CertificateArn }] : [];

const types = { PRIVATE: 'private', AMAZON_ISSUED: 'public', IMPORTED: 'imported' } as const;
const origins = { ACME: 'acme', AWS_MANAGED: 'acm', CUSTOMER_PROVIDED: 'customer' } as const;
const statuses = {
  ISSUED: 'issued',
  PENDING_VALIDATION: 'pending',
  EXPIRED: 'expired',
  REVOKED: 'revoked',
  INACTIVE: 'inactive',
  FAILED: 'failed',
  VALIDATION_TIMED_OUT: 'failed',
} as const;

function readCertificate(arn: string, detail: CertificateDetail, tags: Tags): Certificate {
  const type = detail.Type && types[detail.Type];
  const status = detail.Status && statuses[detail.Status];
  if (!type || !status) {
    const unknown = `acm:DescribeCertificate: certificate "${arn}" has type "${detail.Type}" and status "${detail.Status}"`;
    throw new Trouble(finding('CallRefused', { detail: unknown }));
  }
  return {
    arn,
    name: detail.DomainName ?? arn,
    names: detail.SubjectAlternativeNames ?? [],
    type,
    status,
    origin: detail.CertificateKeyPairOrigin ? origins[detail.CertificateKeyPairOrigin] : 'acm',
    ...(detail.Serial && { serial: normalSerial(detail.Serial) }),
    ...(detail.NotAfter && { notAfter: Math.floor(detail.NotAfter.getTime() / 1000) }),
    ...(detail.KeyAlgorithm && { keyAlgorithm: detail.KeyAlgorithm.replace('-', '_') }),
    ...(detail.CertificateAuthorityArn && { caArn: detail.CertificateAuthorityArn }),
    exportOption: detail.Options?.Export === 'ENABLED',
    renewed: detail.RenewalSummary?.RenewalStatus === 'SUCCESS',
    tags,
  };
}

const readTags = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
