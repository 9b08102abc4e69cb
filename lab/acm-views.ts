import { type CertificateRecord, isEligible } from './acm-lifecycle.ts';

/** A certificate as DescribeCertificate answers it. */
export function describedCertificate(record: CertificateRecord) {
  const { arn, request, material } = record;
  return {
    CertificateArn: arn,
    ...identity(record),
    SubjectAlternativeNames: namesOf(record),
    Serial: material?.facts.serial,
    Subject: material?.facts.subject ?? `CN=${request?.domainName}`,
    Issuer: material?.facts.issuer ?? 'Amazon',
    ...moments(record),
    NotBefore: material?.facts.notBefore,
    NotAfter: material?.facts.notAfter,
    SignatureAlgorithm: material?.facts.signatureAlgorithm,
    InUseBy: record.inUseBy,
    RenewalSummary: renewalSummary(record),
    KeyUsages: (material?.facts.keyUsages ?? []).map((Name) => ({ Name })),
    ExtendedKeyUsages: material?.facts.extendedKeyUsages ?? [],
    CertificateAuthorityArn: request?.caArn,
    RenewalEligibility: eligibility(record),
    Options: request?.options,
  };
}

/** A certificate as ListCertificates answers it. */
export function certificateSummary(record: CertificateRecord) {
  const { facts } = record.material ?? {};
  return {
    CertificateArn: record.arn,
    ...identity(record),
    SubjectAlternativeNameSummaries: namesOf(record).slice(0, 100),
    HasAdditionalSubjectAlternativeNames: namesOf(record).length > 100,
    ...moments(record),
    NotBefore: facts?.notBefore,
    NotAfter: facts?.notAfter,
    KeyUsages: facts?.keyUsages ?? [],
    ExtendedKeyUsages: (facts?.extendedKeyUsages ?? []).map(({ Name }) => Name),
    ExportOption: record.request?.options.Export,
    InUse: record.inUseBy.length > 0,
    Exported: record.exported,
    RenewalEligibility: eligibility(record),
  };
}

/** A certificate as SearchCertificates answers and filters it. */
export function certificateSearchResult(record: CertificateRecord) {
  const { facts } = record.material ?? {};
  const { Status, Type, CertificateKeyPairOrigin } = identity(record);
  return {
    CertificateArn: record.arn,
    X509Attributes: {
      Issuer: facts && { CommonName: facts.issuerCommonName },
      Subject: { CommonName: domainNameOf(record) },
      SubjectAlternativeNames: namesOf(record).map((DnsName) => ({ DnsName })),
      ExtendedKeyUsages: (facts?.extendedKeyUsages ?? []).map(({ Name }) => Name),
      KeyAlgorithm: keyAlgorithmOf(record),
      KeyUsages: facts?.keyUsages ?? [],
      SerialNumber: facts?.serial,
      NotAfter: facts?.notAfter,
      NotBefore: facts?.notBefore,
    },
    CertificateMetadata: {
      AcmCertificateMetadata: {
        ...moments(record),
        Exported: record.exported,
        InUse: record.inUseBy.length > 0,
        RenewalEligibility: eligibility(record),
        RenewalStatus: record.renewal?.status,
        Status,
        Type,
        CertificateKeyPairOrigin,
        ExportOption: record.request?.options.Export,
      },
    },
  };
}

export type CertificateSearchResult = ReturnType<typeof certificateSearchResult>;

/** In the form of requests and of searches, `RSA_2048`. */
export const keyAlgorithmOf = ({ request, material }: CertificateRecord) =>
  material?.facts.keyAlgorithm ?? request?.keyAlgorithm;

const identity = (record: CertificateRecord) => ({
  DomainName: domainNameOf(record),
  Status: record.status,
  Type: record.type,
  // Describe and List answer `RSA-2048` and `EC-prime256v1`, whatever the published enumeration says.
  KeyAlgorithm: keyAlgorithmOf(record)?.replace('_', '-'),
  CertificateKeyPairOrigin: record.type === 'IMPORTED' ? 'CUSTOMER_PROVIDED' : 'AWS_MANAGED',
});

const moments = (record: CertificateRecord) => ({
  CreatedAt: record.createdAt,
  IssuedAt: record.issuedAt ?? undefined,
  ImportedAt: record.importedAt ?? undefined,
});

const renewalSummary = ({ renewal }: CertificateRecord) =>
  renewal ? { RenewalStatus: renewal.status, UpdatedAt: renewal.updatedAt } : undefined;

const domainNameOf = ({ request, material }: CertificateRecord) => request?.domainName ?? material?.facts.commonName;
const namesOf = ({ request, material }: CertificateRecord) => request?.names ?? material?.facts.names ?? [];
const eligibility = (record: CertificateRecord) => (isEligible(record) ? 'ELIGIBLE' : 'INELIGIBLE');
