import { accountOf, authoritySeen, foreign, ofAuthority } from './authority-checks.ts';
import type { Certificate } from './certificate.ts';
import type { Observation } from './observation.ts';
import { type Finding, finding, type ReasonCode } from './reasons.ts';
import { situation } from './situation.ts';
import { caaSeen, validationSeen, waitingFor } from './validation-checks.ts';
import { lifetimeDays } from './warning-days.ts';

/** The kinds of certificates that ACM renews, by what their renewal hangs on. */
export type RenewedKind = 'private' | 'public-dns' | 'public-email';

/** What one of ACM's reasons for a failed renewal means. */
type Cause = {
  readonly of: readonly RenewedKind[];
  /** What was wrong, said when it is not any more. */
  readonly was: string;
  /** The findings that state this cause, the commonest first. */
  readonly says: readonly [ReasonCode, ...ReasonCode[]];
  /** Whether all that could show the cause was seen: then, where no finding states it, it is gone. */
  readonly seen: (observation: Observation) => boolean;
  /** Says so little that anything found wrong says more. */
  readonly vague?: boolean;
  /** What is said on ACM's word, where the cause could not be seen. */
  readonly believed: (observation: Observation) => Finding;
};

const everyPublic = ['public-dns', 'public-email'] as const;

const ofNames = (observation: Observation) => ({ ...situation(observation), names: observation.certificate.names });

function notPermitted(observation: Observation): Finding {
  if (!isForeign(observation.certificate))
    return finding('AuthorityDoesNotPermit', { ...ofAuthority(observation), partly: false });
  return foreign(observation, {
    state: 'does not let ACM issue from it for this account',
    ask: 'share it with this account, by AWS RAM or its resource policy, so that ACM may issue from it',
  });
}

const isForeign = ({ arn, caArn = arn }: Certificate) => accountOf(caArn) !== accountOf(arn);

/** A cause that ACM alone knows: its word is all there is. */
const toldOnly = (code: ReasonCode, cause: Omit<Cause, 'says' | 'seen'>): Cause => ({
  ...cause,
  says: [code],
  seen: () => false,
});

function validationPending(observation: Observation): Finding {
  const { name, validations } = observation.certificate;
  const open = validations.filter(({ status }) => status !== 'success');
  return finding('ValidationPending', {
    ...situation(observation),
    domains: open.length > 0 ? open.map((one) => one.name) : [name],
    records: open.flatMap(({ record }) => record ?? []),
  });
}

const nobodyAt = (name: string) =>
  waitingFor({ name, method: 'email', status: 'pending', mailboxes: [], mailDomain: name });

function caaUnreadable(observation: Observation): Finding {
  const unread = observation.names.filter(({ caa }) => caa.is === 'unseen').map(({ name }) => name);
  const domains = unread.length > 0 ? unread : observation.certificate.names;
  return finding('CaaUnreadable', { ...situation(observation), domains });
}

/** All of RenewalStatusReason that is documented (ACM API Reference, RenewalSummary; User Guide, "Handling exceptions"). */
const causes = {
  PENDING_DOMAIN_VALIDATION: {
    of: everyPublic,
    was: 'it could not see that a domain is yours',
    says: ['ValidationRecordMissing', 'ValidationRecordWrong', 'EmailNotConfirmed', 'ValidationPending'],
    seen: validationSeen,
    believed: validationPending,
  },
  CAA_ERROR: {
    of: everyPublic,
    was: 'CAA records did not let Amazon issue, or could not be read',
    says: ['CaaForbidsIssuance', 'CaaUnreadable'],
    seen: caaSeen,
    believed: caaUnreadable,
  },
  NO_AVAILABLE_CONTACTS: {
    of: ['public-email'],
    was: 'it found no mailbox that it could write to',
    says: ['MailboxMissing'],
    seen: ({ certificate }) => certificate.validations.some(({ method }) => method === 'email'),
    believed: (o) => finding('MailboxMissing', { ...situation(o), waiting: [nobodyAt(o.certificate.name)] }),
  },
  ADDITIONAL_VERIFICATION_REQUIRED: toldOnly('AdditionalVerificationRequired', {
    of: everyPublic,
    was: 'Amazon wanted to verify who asks',
    believed: (o) => finding('AdditionalVerificationRequired', situation(o)),
  }),
  DOMAIN_NOT_ALLOWED: toldOnly('DomainNotAllowed', {
    of: everyPublic,
    was: 'a name was listed as unsafe',
    believed: (o) => finding('DomainNotAllowed', ofNames(o)),
  }),
  INVALID_PUBLIC_DOMAIN: toldOnly('InvalidPublicDomain', {
    of: everyPublic,
    was: 'a name was not taken for a public domain',
    believed: (o) => finding('InvalidPublicDomain', ofNames(o)),
  }),
  DOMAIN_VALIDATION_DENIED: toldOnly('DomainValidationDenied', {
    of: everyPublic,
    was: 'validation was denied',
    believed: (o) => finding('DomainValidationDenied', ofNames(o)),
  }),
  PCA_ACCESS_DENIED: {
    of: ['private'],
    was: 'its private CA did not permit ACM to issue',
    says: ['AuthorityDoesNotPermit', 'ForeignAuthorityRefuses'],
    seen: (o) => authoritySeen(o) && !isForeign(o.certificate),
    believed: notPermitted,
  },
  PCA_INVALID_STATE: {
    of: ['private'],
    was: 'its private CA was not active',
    says: ['AuthorityDisabled', 'AuthorityDeleted', 'AuthorityExpired', 'AuthorityNotReady', 'ForeignAuthorityRefuses'],
    seen: authoritySeen,
    believed: (o) => finding('AuthorityNotReady', ofAuthority(o)),
  },
  PCA_RESOURCE_NOT_FOUND: {
    of: ['private'],
    was: 'its private CA did not exist',
    says: ['AuthorityGone', 'AuthorityDeleted', 'ForeignAuthorityRefuses'],
    seen: authoritySeen,
    believed: (o) => finding('AuthorityGone', ofAuthority(o)),
  },
  PCA_INVALID_ARN: {
    of: ['private'],
    was: 'the ARN of its private CA was not valid',
    says: ['AuthorityGone', 'AuthorityDeleted', 'ForeignAuthorityRefuses'],
    seen: authoritySeen,
    believed: (o) => finding('AuthorityGone', ofAuthority(o)),
  },
  PCA_INVALID_DURATION: {
    of: ['private'],
    was: 'its private CA would have ended before the new certificate',
    says: ['AuthorityEndsTooSoon', 'AuthorityExpired', 'AuthorityShortLived', 'ForeignAuthorityRefuses'],
    seen: authoritySeen,
    believed: (o) => finding('AuthorityEndsTooSoon', { ...ofAuthority(o), lifetimeDays: lifetimeDays(o.certificate) }),
  },
  PCA_NAME_CONSTRAINTS_VALIDATION: toldOnly('NameConstraintsForbid', {
    of: ['private'],
    was: 'the name constraints of its private CA did not allow a name',
    believed: (o) => finding('NameConstraintsForbid', ofAuthority(o)),
  }),
  PCA_LIMIT_EXCEEDED: toldOnly('IssuanceQuotaReached', {
    of: ['private'],
    was: 'a quota of its private CA was reached',
    believed: (o) => finding('IssuanceQuotaReached', ofAuthority(o)),
  }),
  PCA_INVALID_ARGS: {
    of: ['private'],
    was: 'its private CA refused the request',
    says: ['IssuanceRefused', 'AuthorityShortLived'],
    seen: () => false,
    believed: (o) => finding('IssuanceRefused', ofAuthority(o)),
  },
  PCA_REQUEST_FAILED: toldOnly('IssuanceFailed', {
    of: ['private'],
    was: 'its private CA did not answer as it should',
    vague: true,
    believed: (o) => finding('IssuanceFailed', ofAuthority(o)),
  }),
  SLR_NOT_FOUND: {
    of: ['private'],
    was: "ACM's service-linked role was missing in this account",
    says: ['LinkedRoleMissing'],
    seen: ({ linkedRole }) => linkedRole?.is === 'seen',
    believed: (o) => finding('LinkedRoleMissing', ofAuthority(o)),
  },
  OTHER: toldOnly('RenewalFailed', {
    of: ['private', ...everyPublic],
    was: 'it gave no reason',
    vague: true,
    believed: (o) => finding('RenewalFailed', situation(o)),
  }),
} satisfies Record<string, Cause>;

export type RenewalStatusReason = keyof typeof causes;

/** What each of ACM's documented reasons concerns, and which findings state it. */
export const documentedCauses: readonly (Pick<Cause, 'of' | 'says'> & { readonly reason: RenewalStatusReason })[] = (
  Object.keys(causes) as RenewalStatusReason[]
).map((reason) => ({ reason, of: causes[reason].of, says: causes[reason].says }));

/** ACM's reasons are an open set: undefined for one that came later. */
export const causeOf = (word: string): Cause | undefined =>
  Object.hasOwn(causes, word) ? causes[word as RenewalStatusReason] : undefined;
