import type { Authority, CertificateAuthority } from './authority.ts';
import { certificateFacts } from './certificate-facts.ts';
import { account, arn, refuse, type Service } from './service.ts';

/** AWS Private CA, read only: what finding a CA, trusting it and diagnosing its permissions need. */
export function createPrivateCa({ authority: { cas } }: { authority: Authority }): { service: Service } {
  type Input = { readonly CertificateAuthorityArn: string };

  function find({ CertificateAuthorityArn: wanted }: Input): CertificateAuthority {
    const ca = cas.find((one) => one.arn === wanted);
    if (ca) return ca;
    if (wanted.startsWith(arn('acm-pca', 'certificate-authority/')))
      refuse('ResourceNotFoundException', `Could not find certificate authority with ARN ${wanted}.`);
    return refuse('InvalidArnException', `The ARN ${wanted} does not refer to a certificate authority.`);
  }

  function certificateOf(input: Input) {
    const { certificatePem, chainPem } = find(input);
    return { Certificate: certificatePem, CertificateChain: chainPem };
  }

  /** ACM may renew: without all three actions it could not (as the console grants them). */
  function permissionsOf(input: Input) {
    const { arn: CertificateAuthorityArn } = find(input);
    const Actions = ['IssueCertificate', 'GetCertificate', 'ListPermissions'];
    const { CreatedAt } = described(find(input));
    const permission = {
      CertificateAuthorityArn,
      CreatedAt,
      Principal: 'acm.amazonaws.com',
      SourceAccount: account,
      Actions,
    };
    return { Permissions: [permission] };
  }

  return {
    service: {
      name: 'acm-pca',
      protocol: 'json-1.1',
      target: 'ACMPrivateCA',
      operations: {
        GetCertificateAuthorityCertificate: certificateOf,
        ListPermissions: permissionsOf,
        DescribeCertificateAuthority: (input) => ({ CertificateAuthority: described(find(input)) }),
        ListCertificateAuthorities: () => ({ CertificateAuthorities: cas.map(described) }),
      },
    },
  };
}

function described({ arn, type, certificatePem }: CertificateAuthority) {
  const facts = certificateFacts(certificatePem);
  return {
    Arn: arn,
    OwnerAccount: account,
    CreatedAt: facts.notBefore,
    Type: type,
    Serial: facts.serial,
    Status: 'ACTIVE',
    NotBefore: facts.notBefore,
    NotAfter: facts.notAfter,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: facts.keyAlgorithm,
      SigningAlgorithm: facts.signatureAlgorithm,
      Subject: { CommonName: facts.commonName },
    },
  };
}
