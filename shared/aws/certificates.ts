import {
  ACMClient,
  type CertificateDetail,
  type CertificateSearchResult,
  DescribeCertificateCommand,
  type DomainValidation,
  ExportCertificateCommand,
  ListTagsForCertificateCommand,
  type RenewalSummary,
  RenewCertificateCommand,
  SearchCertificatesCommand,
} from '@aws-sdk/client-acm';
import {
  type Certificate,
  issuerKey,
  type ListedCertificate,
  normalSerial,
  type Renewal,
  type Tags,
  type Validation,
} from '../domain/certificate.ts';
import { finding } from '../domain/reasons.ts';
import { prompt } from './client.ts';
import { look } from './look.ts';
import { ask, askFor, Trouble } from './trouble.ts';

export type Certificates = ReturnType<typeof certificates>;

/** AWS Certificate Manager, as the domain sees it. */
export function certificates(acm = new ACMClient(prompt)) {
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

    /** The same for whoever can do without the tags: where these cannot be read there are none, and `unseen` says why. */
    async describe(arn: string): Promise<{ readonly certificate: Certificate; readonly unseen?: string } | null> {
      const CertificateArn = arn;
      const [described, tagged] = await Promise.all([
        askFor('acm:DescribeCertificate', () => acm.send(new DescribeCertificateCommand({ CertificateArn }))),
        look(() =>
          askFor('acm:ListTagsForCertificate', () => acm.send(new ListTagsForCertificateCommand({ CertificateArn }))),
        ),
      ]);
      if (!described?.Certificate || (tagged.is === 'seen' && !tagged.fact)) return null;
      const tags = tagged.is === 'seen' ? readTags(tagged.fact?.Tags) : {};
      const certificate = readCertificate(arn, described.Certificate, tags);
      return { certificate, ...(tagged.is === 'unseen' && { unseen: tagged.why }) };
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

    /** Every certificate of the region, of whatever kind, without its tags: five hundred with each call. */
    async search(): Promise<readonly Untagged[]> {
      const found: Untagged[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ask('acm:SearchCertificates', () =>
          acm.send(new SearchCertificatesCommand({ MaxResults: 500, ...(NextToken && { NextToken }) })),
        );
        found.push(...(page.Results ?? []).flatMap(readListed));
        NextToken = page.NextToken;
      } while (NextToken);
      return found;
    },

    /** Asks ACM to renew a certificate now. It answers at once and renews later: never look for the result here. */
    async renew(arn: string): Promise<void> {
      await ask('acm:RenewCertificate', () => acm.send(new RenewCertificateCommand({ CertificateArn: arn })));
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

export type Untagged = Omit<ListedCertificate, 'tags'>;

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
  const summary = detail.RenewalSummary;
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
    ...validityOf(detail),
    ...(detail.Issuer && { issuer: detail.Issuer }),
    ...(detail.KeyAlgorithm && { keyAlgorithm: detail.KeyAlgorithm.replace('-', '_') }),
    ...(detail.CertificateAuthorityArn && { caArn: detail.CertificateAuthorityArn }),
    exportOption: detail.Options?.Export === 'ENABLED',
    inUseBy: detail.InUseBy ?? [],
    eligible: detail.RenewalEligibility === 'ELIGIBLE',
    validations: (summary?.DomainValidationOptions ?? detail.DomainValidationOptions ?? []).map(readValidation),
    ...(summary && { renewal: readRenewal(summary) }),
    tags,
  };
}

/** None for what AWS may add to its types and statuses one day: there is nothing that we could say of it. */
function readListed({ CertificateArn: arn, X509Attributes, CertificateMetadata }: CertificateSearchResult) {
  const { SerialNumber, NotBefore, NotAfter, Issuer, ...names } = X509Attributes ?? {};
  const metadata = CertificateMetadata?.AcmCertificateMetadata ?? {};
  const type = metadata.Type && types[metadata.Type];
  const status = metadata.Status && statuses[metadata.Status];
  if (!arn || !type || !status) return [];
  const listed: Untagged = {
    arn,
    name: names.Subject?.CommonName ?? names.SubjectAlternativeNames?.[0]?.DnsName ?? arn,
    type,
    status,
    origin: metadata.CertificateKeyPairOrigin ? origins[metadata.CertificateKeyPairOrigin] : 'acm',
    ...(SerialNumber && { serial: normalSerial(SerialNumber) }),
    ...validityOf({ NotBefore, NotAfter }),
    exportOption: metadata.ExportOption === 'ENABLED',
    eligible: metadata.RenewalEligibility === 'ELIGIBLE',
    inUse: metadata.InUse ?? false,
    ...(metadata.RenewalStatus && { renewal: { status: renewalStatuses[metadata.RenewalStatus] ?? 'pending' } }),
    ...(Issuer && { issuedBy: issuerKey({ commonName: Issuer.CommonName, organization: Issuer.Organization }) }),
  };
  return [listed];
}

const methods = { DNS: 'dns', EMAIL: 'email', HTTP: 'other' } as const;
const validationStatuses = { PENDING_VALIDATION: 'pending', SUCCESS: 'success', FAILED: 'failed' } as const;
const renewalStatuses = {
  PENDING_AUTO_RENEWAL: 'pending',
  PENDING_VALIDATION: 'validating',
  SUCCESS: 'succeeded',
  FAILED: 'failed',
} as const;

const readValidation = (option: DomainValidation): Validation => ({
  name: option.DomainName ?? '',
  method: (option.ValidationMethod && methods[option.ValidationMethod]) ?? 'other',
  status: (option.ValidationStatus && validationStatuses[option.ValidationStatus]) ?? 'pending',
  ...(option.ResourceRecord?.Name &&
    option.ResourceRecord.Value && {
      record: { name: option.ResourceRecord.Name, value: option.ResourceRecord.Value },
    }),
  mailboxes: option.ValidationEmails ?? [],
  mailDomain: option.ValidationDomain ?? option.DomainName ?? '',
});

const readRenewal = ({ RenewalStatus, RenewalStatusReason, UpdatedAt }: RenewalSummary): Renewal => ({
  status: (RenewalStatus && renewalStatuses[RenewalStatus]) ?? 'pending',
  ...(RenewalStatusReason && { reason: RenewalStatusReason }),
  updatedAt: UpdatedAt ? seconds(UpdatedAt) : 0,
});

type Validity = { readonly NotBefore?: Date | undefined; readonly NotAfter?: Date | undefined };

const validityOf = ({ NotBefore, NotAfter }: Validity) => ({
  ...(NotBefore && { notBefore: seconds(NotBefore) }),
  ...(NotAfter && { notAfter: seconds(NotAfter) }),
});

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

const readTags = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
