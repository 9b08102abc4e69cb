import { type CertificateRecord, isEligible } from './acm-record.ts';
import { domainValidations } from './acm-validation.ts';
import type { Dns } from './dns.ts';

/** A certificate as DescribeCertificate answers it; names that nobody has validated yet are looked up. */
export function describedCertificate(record: CertificateRecord, dns: Pick<Dns, 'ask'>) {
  const { request, facts } = { ...record, facts: record.material?.facts };
  const validated = record.material && { ValidationStatus: 'SUCCESS' as const };
  const validations = domainValidations(record, dns).map((one) => ({ ...one, ...validated }));
  return {
    ...common(record),
    SubjectAlternativeNames: namesOf(record),
    Serial: facts?.serial,
    Subject: facts?.subject ?? `CN=${request?.domainName}`,
    Issuer: facts?.issuer ?? 'Amazon',
    SignatureAlgorithm: facts?.signatureAlgorithm,
    InUseBy: record.inUseBy,
    DomainValidationOptions: validations.length > 0 ? validations : undefined,
    FailureReason: record.failureReason,
    RevocationReason: record.revocation?.reason,
    RenewalSummary: renewalSummary(record),
    CertificateAuthorityArn: request?.caArn,
    Options: request?.options,
  };
}

/** A reason is told only of what has failed: AWS's enumeration has none for what waits for a validation. */
export function renewalSummary({ renewal }: CertificateRecord) {
  if (!renewal) return undefined;
  return {
    RenewalStatus: renewal.status,
    RenewalStatusReason: renewal.status === 'FAILED' ? renewal.reason : undefined,
    DomainValidationOptions: renewal.validations.length > 0 ? renewal.validations : undefined,
    UpdatedAt: renewal.updatedAt,
  };
}

/** A certificate as ListCertificates answers it. */
export const certificateSummary = (record: CertificateRecord) => ({
  ...common(record),
  SubjectAlternativeNameSummaries: namesOf(record),
  HasAdditionalSubjectAlternativeNames: false,
  ...use(record),
});

/** A certificate as SearchCertificates answers and filters it. */
export function certificateSearchResult(record: CertificateRecord) {
  const { NotBefore, NotAfter, DomainName, KeyAlgorithm: _, CertificateArn, ...metadata } = common(record);
  return {
    CertificateArn,
    X509Attributes: {
      Issuer: record.material?.facts.issuedBy,
      Subject: { CommonName: DomainName },
      SubjectAlternativeNames: namesOf(record).map((DnsName) => ({ DnsName })),
      KeyAlgorithm: keyAlgorithmOf(record),
      SerialNumber: record.material?.facts.serial,
      NotBefore,
      NotAfter,
    },
    CertificateMetadata: {
      AcmCertificateMetadata: {
        ...metadata,
        ...use(record),
        RenewalStatus: record.renewal?.status,
        ValidationMethod: record.request?.validationMethod,
      },
    },
  };
}

export type CertificateSearchResult = ReturnType<typeof certificateSearchResult>;

/** In the form of requests and of searches, `RSA_2048`. */
export const keyAlgorithmOf = ({ request, material }: CertificateRecord) =>
  material?.facts.keyAlgorithm ?? request?.keyAlgorithm;

const common = (record: CertificateRecord) => ({
  CertificateArn: record.arn,
  DomainName: record.request?.domainName ?? record.material?.facts.commonName,
  Status: record.status,
  Type: record.type,
  // Describe and List answer `RSA-2048` and `EC-prime256v1`, whatever the published enumeration says.
  KeyAlgorithm: keyAlgorithmOf(record)?.replace('_', '-'),
  CertificateKeyPairOrigin: record.type === 'IMPORTED' ? 'CUSTOMER_PROVIDED' : 'AWS_MANAGED',
  RenewalEligibility: isEligible(record) ? 'ELIGIBLE' : 'INELIGIBLE',
  CreatedAt: record.createdAt,
  IssuedAt: record.issuedAt,
  ImportedAt: record.importedAt,
  RevokedAt: record.revocation?.at,
  NotBefore: record.material?.facts.notBefore,
  NotAfter: record.material?.facts.notAfter,
});

const use = (record: CertificateRecord) => ({
  InUse: record.inUseBy.length > 0,
  Exported: record.exported,
  ExportOption: record.request?.options.Export,
});

const namesOf = ({ request, material }: CertificateRecord) => request?.names ?? material?.facts.names ?? [];
