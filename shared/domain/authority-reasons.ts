import { aws } from './aws-commands.ts';
import { asUrgent, type Command, type Mend, type OfRenewal, type Reason, reason, remaining } from './reason.ts';

/** `eligible`: ACM takes RenewCertificate for it; else it must be exported first, which another finding says. */
export type OfAuthority = OfRenewal & { readonly authority: string; readonly eligible: boolean };

/** Once the cause is gone a private certificate can be renewed at once, free of charge. */
const renew = ({ certificateArn, eligible }: Omit<OfAuthority, 'authority'>): readonly Command[] =>
  eligible ? [aws`acm renew-certificate --certificate-arn ${certificateArn}`] : [];

/** How a sentence on mending ends: of what ACM may not renew yet another finding says how it is exported. */
const thenRenewed = ({ eligible }: OfAuthority) =>
  eligible
    ? 'then have the certificate renewed (free of charge)'
    : 'and ACM renews the certificate once it has been exported';

const enable = ({ authority }: OfAuthority) =>
  aws`acm-pca update-certificate-authority --certificate-authority-arn ${authority} --status ACTIVE`;

/** What ACM needs of an authority of its own account; other than all three will not do (Private CA API Reference, CreatePermission). */
const permit = ({ authority }: OfAuthority) =>
  aws`acm-pca create-permission --certificate-authority-arn ${authority} --principal acm.amazonaws.com --actions IssueCertificate GetCertificate ListPermissions`;

/** AWS refuses a second permission for the same principal. */
const forbid = ({ authority }: OfAuthority) =>
  aws`acm-pca delete-permission --certificate-authority-arn ${authority} --principal acm.amazonaws.com`;

const another = <Facts extends OfRenewal>(advice: string): Mend<Facts> => ({
  kind: 'by hand',
  text: ({ name }) =>
    `${advice} request a new certificate for "${name}" from another private CA, give it the tags of this one and hand the secret over to it`,
});

/** Why a private CA does not renew a certificate. */
export const authorityReasons = {
  AuthorityDoesNotPermit: reason<OfAuthority & { readonly partly: boolean }>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, CA does not permit ACM, ${remaining(facts)}`,
    sentence: ({ name, authority, partly }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}" ${partly ? 'permits ACM only a part of what it needs' : 'does not permit ACM to issue from it'}`,
    mend: {
      kind: 'command',
      text: (facts) =>
        `${facts.partly ? 'Take back the permission that is not whole (AWS takes no second one), give' : 'Give'} ACM the permission, ${thenRenewed(facts)}`,
      commands: (facts) => [...(facts.partly ? [forbid(facts)] : []), permit(facts), ...renew(facts)],
    },
  }),
  AuthorityDisabled: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, its CA is disabled, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}" is disabled`,
    mend: {
      kind: 'command',
      text: (facts) => `Find out why somebody disabled it, enable it, ${thenRenewed(facts)}`,
      commands: (facts) => [enable(facts), ...renew(facts)],
    },
  }),
  AuthorityDeleted: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, its CA is deleted, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": somebody deleted the private CA "${authority}", and it can be restored for 7 to 30 days only`,
    mend: {
      kind: 'command',
      text: (facts) =>
        `Restore it (it comes back disabled), enable it, ${thenRenewed(facts)}. If it is to go for good, request a new certificate from another CA instead`,
      commands: (facts) => [
        aws`acm-pca restore-certificate-authority --certificate-authority-arn ${facts.authority}`,
        enable(facts),
        ...renew(facts),
      ],
    },
  }),
  AuthorityGone: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `cannot be renewed, its CA is gone, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}" does not exist any more`,
    mend: another('Nothing brings it back:'),
  }),
  AuthorityExpired: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, its CA has expired, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the certificate of the private CA "${authority}" itself has expired`,
    mend: another('Install a new CA certificate (runbook); or'),
  }),
  AuthorityNotReady: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, its CA is not active, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}" is not in a state in which it can issue`,
    mend: {
      kind: 'command',
      text: () =>
        'See its status. CREATING: wait. PENDING_CERTIFICATE or EXPIRED: install a CA certificate. DISABLED: enable it. DELETED: restore it. FAILED: open a case with AWS Support. ACM then tries again by itself',
      commands: ({ authority }) => [
        aws`acm-pca describe-certificate-authority --certificate-authority-arn ${authority} --query CertificateAuthority.Status`,
      ],
    },
  }),
  AuthorityEndsTooSoon: reason<OfAuthority & { readonly ends?: string; readonly lifetimeDays: number }>({
    ...asUrgent,
    headline: (facts) => `no renewal, its CA ends too soon, ${remaining(facts)}`,
    sentence: ({ name, authority, ends, lifetimeDays }) =>
      `ACM cannot renew the certificate of "${name}" when its time comes: the private CA "${authority}" ends ${ends === undefined ? 'too soon' : `on ${ends}`}, and the next certificate, good for ${lifetimeDays} days, would outlive it`,
    mend: another('Install a CA certificate that ends later (runbook); or'),
  }),
  AuthorityShortLived: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `cannot be renewed, short-lived CA, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}" issues for 7 days at most (short-lived mode), and ACM cannot use such a CA`,
    mend: another('The mode of a CA cannot be changed:'),
  }),
  ForeignAuthorityRefuses: reason<
    OfAuthority & { readonly account: string; readonly state: string; readonly ask: string }
  >({
    ...asUrgent,
    headline: (facts) => `blocked by CA of another account, ${remaining(facts)}`,
    sentence: ({ name, authority, account, state }) =>
      `ACM cannot renew the certificate of "${name}": the private CA "${authority}", which belongs to account ${account}, ${state}`,
    mend: {
      kind: 'by hand',
      text: ({ account, ask }) => `Ask whoever runs account ${account} to ${ask}; ACM then tries again by itself`,
    },
  }),
  LinkedRoleMissing: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, ACM's role missing, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": its private CA "${authority}" belongs to another account, and the service-linked role with which ACM uses it is missing in this one`,
    mend: {
      kind: 'command',
      text: (facts) => `Create the role, ${thenRenewed(facts)}`,
      commands: (facts) => [aws`iam create-service-linked-role --aws-service-name acm.amazonaws.com`, ...renew(facts)],
    },
  }),
  NameConstraintsForbid: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal refused, name constraints, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM cannot renew the certificate of "${name}": the name constraints of the private CA "${authority}" do not allow one of its names`,
    mend: another('Install a CA certificate whose constraints allow every name (runbook); or'),
  }),
  IssuanceQuotaReached: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, CA quota reached, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM could not renew the certificate of "${name}": the private CA "${authority}" has reached a quota, and issues no more certificates`,
    mend: {
      kind: 'by hand',
      text: ({ name }) =>
        `Have the quota on private certificates per CA raised, in the console of Service Quotas under AWS Private Certificate Authority; ACM then tries again by itself. If that cannot wait, request a new certificate for "${name}" from another private CA, give it the tags of this one and hand the secret over to it`,
    },
  }),
  IssuanceRefused: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal refused by its CA, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM could not renew the certificate of "${name}": the private CA "${authority}" refused the request as invalid`,
    mend: another(
      'Read why in the event IssueCertificate in CloudTrail (usually a signing algorithm or names that the CA does not allow) and mend that; or',
    ),
  }),
  IssuanceFailed: reason<OfAuthority>({
    ...asUrgent,
    headline: (facts) => `renewal failed at its CA, ${remaining(facts)}`,
    sentence: ({ name, authority }) =>
      `ACM could not renew the certificate of "${name}": the private CA "${authority}" did not answer as it should, by a failure of network or system`,
    mend: {
      kind: 'command',
      text: () =>
        'This may pass: ACM tries again by itself on later days. See what it says of the last attempt, and have the certificate renewed now (free of charge); if that fails, too, open a case with AWS Support',
      commands: (facts) => [
        aws`acm describe-certificate --certificate-arn ${facts.certificateArn} --query Certificate.RenewalSummary`,
        ...renew(facts),
      ],
    },
  }),
} satisfies Record<string, Reason<never>>;
