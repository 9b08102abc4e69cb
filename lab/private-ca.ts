import { type Authority, type CaPermission, type CertificateAuthority, caStatus } from './authority.ts';
import { certificateFacts } from './certificate-facts.ts';
import type { Clock } from './clock.ts';
import { account, arn, type Operation, refuse, type Service } from './service.ts';

type Parts = {
  readonly authority: Pick<Authority, 'cas'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Tells ACM which certificate was revoked; false where it has no such one. The serial is in lower-case hex. */
  readonly revoked: (revocation: { caArn: string; serial: string; reason: string }) => boolean;
};

type Input = { readonly CertificateAuthorityArn: string };

const dayMs = 86_400_000;

/** AWS Private CA: what finding and trusting a CA needs, and whatever lets or keeps it from renewing for ACM. */
export function createPrivateCa({ authority: { cas }, clock, revoked }: Parts): { service: Service } {
  function find({ CertificateAuthorityArn: wanted }: Input): CertificateAuthority {
    const ca = cas.find((one) => one.arn === wanted);
    if (ca && caStatus(ca, clock.now())) return ca;
    if (wanted.startsWith(arn('acm-pca', 'certificate-authority/')))
      refuse('ResourceNotFoundException', `Could not find certificate authority with ARN ${wanted}.`);
    return refuse('InvalidArnException', `The ARN ${wanted} does not refer to a certificate authority.`);
  }

  /** The CA, if it is in a state that lets the operation be. */
  function findIn(states: readonly CertificateAuthority['status'][], input: Input): CertificateAuthority {
    const ca = find(input);
    if (states.includes(ca.status)) return ca;
    return refuse('InvalidStateException', `The certificate authority is in state ${ca.status}.`);
  }

  const CreatePermission: Operation = ({ Principal, Actions, SourceAccount = account, ...input }) => {
    const ca = findIn(['ACTIVE', 'DISABLED'], input);
    if (ca.permissions.some((one) => one.Principal === Principal))
      refuse('PermissionAlreadyExistsException', `The permission for ${Principal} already exists.`);
    const permission: CaPermission = { Principal, Actions, SourceAccount, CreatedAt: clock.now() };
    ca.permissions = [...ca.permissions, permission];
  };

  const DeletePermission: Operation = ({ Principal, ...input }) => {
    const ca = findIn(['ACTIVE', 'DISABLED'], input);
    const left = ca.permissions.filter((one) => one.Principal !== Principal);
    if (left.length === ca.permissions.length)
      refuse('ResourceNotFoundException', `There is no permission for ${Principal}.`);
    ca.permissions = left;
  };

  const DeleteCertificateAuthority: Operation = ({ PermanentDeletionTimeInDays: days = 30, ...input }) => {
    const ca = findIn(['DISABLED'], input);
    ca.status = 'DELETED';
    ca.restorableUntil = new Date(clock.now().getTime() + days * dayMs);
  };

  const RevokeCertificate: Operation = ({ CertificateSerial, RevocationReason: reason, ...input }) => {
    const { arn: caArn } = findIn(['ACTIVE', 'DISABLED'], input);
    const serial = CertificateSerial.replaceAll(':', '').toLowerCase();
    if (!revoked({ caArn, serial, reason }))
      refuse('ResourceNotFoundException', `The CA has not issued a certificate with serial ${CertificateSerial}.`);
  };

  const service: Service = {
    name: 'acm-pca',
    protocol: 'json-1.1',
    target: 'ACMPrivateCA',
    operations: {
      GetCertificateAuthorityCertificate(input) {
        const { certificatePem, chainPem } = findIn(['ACTIVE', 'DISABLED'], input);
        return { Certificate: certificatePem, CertificateChain: chainPem };
      },
      DescribeCertificateAuthority: (input) => ({ CertificateAuthority: described(find(input), clock.now()) }),
      ListCertificateAuthorities() {
        const now = clock.now();
        const own = cas.filter((ca) => ca.account === account && caStatus(ca, now));
        return { CertificateAuthorities: own.map((ca) => described(ca, now)) };
      },
      ListPermissions(input) {
        const { arn: CertificateAuthorityArn, permissions } = findIn(['ACTIVE', 'DISABLED'], input);
        return { Permissions: permissions.map((one) => ({ CertificateAuthorityArn, ...one })) };
      },
      CreatePermission,
      DeletePermission,
      UpdateCertificateAuthority({ Status, ...input }) {
        const ca = findIn(['ACTIVE', 'DISABLED'], input);
        ca.status = Status ?? ca.status;
      },
      DeleteCertificateAuthority,
      /** It comes back disabled. */
      RestoreCertificateAuthority: (input) =>
        void Object.assign(findIn(['DELETED'], input), { status: 'DISABLED', restorableUntil: undefined }),
      RevokeCertificate,
    },
  };
  return { service };
}

function described(ca: CertificateAuthority, now: Date) {
  const facts = certificateFacts(ca.certificatePem);
  return {
    Arn: ca.arn,
    OwnerAccount: ca.account,
    CreatedAt: facts.notBefore,
    Type: ca.type,
    Serial: facts.serial,
    Status: caStatus(ca, now),
    NotBefore: facts.notBefore,
    NotAfter: facts.notAfter,
    RestorableUntil: ca.restorableUntil,
    UsageMode: 'GENERAL_PURPOSE',
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: facts.keyAlgorithm,
      SigningAlgorithm: facts.signatureAlgorithm,
      Subject: { Organization: facts.organization, CommonName: facts.commonName },
    },
  };
}
