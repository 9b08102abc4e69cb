import type { CertificateRecord } from './acm-record.ts';
import { caaForbids, domainValidations } from './acm-validation.ts';
import { type Authority, acmPrincipal, caStatus, renewalActions } from './authority.ts';
import type { CertificateRequest } from './certificate-request.ts';
import type { Clock } from './clock.ts';
import type { Dns } from './dns.ts';
import { account } from './service.ts';

/** What ACM looks at before it issues. */
export type IssuingWorld = {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly dns: Pick<Dns, 'ask'>;
  /** ACM's service-linked role, which reaches CAs of other accounts. */
  readonly linkedRole: { readonly exists: boolean };
};

/** The reason that is no failure: somebody has something to do yet. */
export const pendingValidation = 'PENDING_DOMAIN_VALIDATION';

const dayMs = 86_400_000;

/** Why a certificate cannot be issued or renewed now, as a RenewalStatusReason; null if it can. */
export function obstacle(record: CertificateRecord, world: IssuingWorld): string | null {
  if (!record.request) return null;
  if (record.forced) return record.forced;
  return record.type === 'PRIVATE' ? privateObstacle(record, world) : publicObstacle(record, world);
}

function publicObstacle(record: CertificateRecord, { dns }: IssuingWorld): string | null {
  const validations = domainValidations(record, dns);
  if (validations.some(({ ValidationStatus }) => ValidationStatus !== 'SUCCESS')) return pendingValidation;
  return validations.some(({ DomainName }) => caaForbids(DomainName, dns)) ? 'CAA_ERROR' : null;
}

/** The first certificate is issued in the name of the caller; from the second on ACM needs rights of its own. */
function privateObstacle({ request, material }: CertificateRecord, world: IssuingWorld): string | null {
  const { clock, authority, linkedRole } = world;
  const { caArn, names, validityDays } = request as CertificateRequest;
  const ca = authority.cas.find((one) => one.arn === caArn);
  const status = ca && caStatus(ca, clock.now());
  if (!status) return 'PCA_RESOURCE_NOT_FOUND';
  if (material && ca.account !== account && !linkedRole.exists) return 'SLR_NOT_FOUND';
  const granted = ca.permissions.find(({ Principal }) => Principal === acmPrincipal)?.Actions ?? [];
  if (material && ca.account === account && !renewalActions.every((action) => granted.includes(action)))
    return 'PCA_ACCESS_DENIED';
  if (status !== 'ACTIVE') return 'PCA_INVALID_STATE';
  if (ca.notAfter.getTime() < clock.now().getTime() + validityDays * dayMs) return 'PCA_INVALID_DURATION';
  const allowed = (name: string) => ca.permitted.some((base) => `.${name}`.endsWith(`.${base}`));
  if (ca.permitted.length > 0 && !names.every(allowed)) return 'PCA_NAME_CONSTRAINTS_VALIDATION';
  return ca.quota < 1 ? 'PCA_LIMIT_EXCEEDED' : null;
}
