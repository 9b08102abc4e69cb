import type { Authority, CertificateAuthority } from './authority.ts';
import { certificateFacts } from './certificate-facts.ts';
import { AwsError, account, arn, type Operation, type Service } from './service.ts';

/** AWS Private CA, read only: what finding a CA, trusting it and diagnosing its permissions need. */
export function createPrivateCa({ authority }: { authority: Authority }): { service: Service } {
  const find = (wanted: unknown) => findCa(authority, wanted);

  const getCertificate: Operation = ({ CertificateAuthorityArn }) => {
    const { certificatePem, chainPem } = find(CertificateAuthorityArn);
    return { Certificate: certificatePem, CertificateChain: chainPem };
  };

  /** ACM may renew: without all three actions it could not (as the console grants them). */
  const listPermissions: Operation = ({ CertificateAuthorityArn }) => ({
    Permissions: [
      {
        CertificateAuthorityArn: find(CertificateAuthorityArn).arn,
        CreatedAt: certificateFacts(find(CertificateAuthorityArn).certificatePem).notBefore,
        Principal: 'acm.amazonaws.com',
        SourceAccount: account,
        Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'],
      },
    ],
  });

  return {
    service: {
      name: 'acm-pca',
      protocol: 'json-1.1',
      target: 'ACMPrivateCA',
      operations: {
        GetCertificateAuthorityCertificate: getCertificate,
        ListPermissions: listPermissions,
        DescribeCertificateAuthority: ({ CertificateAuthorityArn }) => ({
          CertificateAuthority: described(find(CertificateAuthorityArn)),
        }),
        ListCertificateAuthorities: () => ({ CertificateAuthorities: authority.cas.map(described) }),
      },
    },
  };
}

function findCa({ cas }: Authority, wanted: unknown): CertificateAuthority {
  const ca = cas.find((one) => one.arn === wanted);
  if (ca) return ca;
  if (String(wanted).startsWith(arn('acm-pca', 'certificate-authority/')))
    throw new AwsError('ResourceNotFoundException', `Could not find certificate authority with ARN ${wanted}.`);
  throw new AwsError('InvalidArnException', `The ARN ${wanted} does not refer to a certificate authority.`);
}

function described({ arn, type, certificatePem }: CertificateAuthority) {
  const { serial, notBefore, notAfter, commonName, signatureAlgorithm, keyAlgorithm } =
    certificateFacts(certificatePem);
  return {
    Arn: arn,
    OwnerAccount: account,
    CreatedAt: notBefore,
    LastStateChangeAt: notBefore,
    Type: type,
    Serial: serial,
    Status: 'ACTIVE',
    NotBefore: notBefore,
    NotAfter: notAfter,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: keyAlgorithm,
      SigningAlgorithm: signatureAlgorithm,
      Subject: { CommonName: commonName },
    },
    KeyStorageSecurityStandard: 'FIPS_140_2_LEVEL_3_OR_HIGHER',
    UsageMode: 'GENERAL_PURPOSE',
  };
}
