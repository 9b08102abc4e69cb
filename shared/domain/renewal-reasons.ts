import { aws, describe, tagCertificate } from './aws-commands.ts';
import {
  asUrgent,
  type Command,
  count,
  listed,
  nothing,
  type OfCertificate,
  type OfRenewal,
  type Reason,
  reason,
  remaining,
} from './reason.ts';

type Imported = OfRenewal & { readonly owner?: string };
/** What another certificate in place of this one is requested with. */
type Replaceable = OfRenewal & {
  readonly used: boolean;
  readonly names: readonly string[];
  readonly keyAlgorithm?: string;
  readonly by:
    | { readonly is: 'imported' }
    | { readonly is: 'private'; readonly authority?: string }
    | { readonly is: 'public'; readonly exportOption: boolean };
};

/** Keeps the ARN, so that whatever uses the certificate goes on with the new one. */
const importAgain = (certificateArn: string): Command =>
  aws`acm import-certificate --certificate-arn ${certificateArn} --certificate fileb://certificate.pem --private-key fileb://private-key.pem --certificate-chain fileb://chain.pem`;

const whoImports = (owner: string | undefined) =>
  owner === undefined
    ? 'whoever imported it (no tag courier:owner says who) must import a new one'
    : `its owner "${owner}" must import a new one`;

const renew = (certificateArn: string): Command => aws`acm renew-certificate --certificate-arn ${certificateArn}`;

function replacement({ name, names, keyAlgorithm, by, certificateArn }: Replaceable): readonly Command[] {
  if (by.is === 'imported') return [importAgain(certificateArn)];
  const others = names.filter((other) => other !== name);
  const asked = [
    ...aws`acm request-certificate --domain-name ${name}`,
    ...(others.length > 0 ? ['--subject-alternative-names', ...others] : []),
    ...(keyAlgorithm === undefined ? [] : ['--key-algorithm', keyAlgorithm]),
  ];
  if (by.is === 'public')
    return [[...asked, '--validation-method', 'DNS', ...(by.exportOption ? ['--options', 'Export=ENABLED'] : [])]];
  return [[...asked, ...(by.authority === undefined ? [] : ['--certificate-authority-arn', by.authority])]];
}

const replace = ({ by, used }: Replaceable) => {
  const unneeded = used ? '' : '. If nobody needs it any more, delete it instead';
  if (by.is === 'imported') return `Have a new certificate issued and import it, which keeps the ARN${unneeded}`;
  const charged = by.is === 'public' && by.exportOption ? ' (charged)' : '';
  return `Request a new one${charged}, give it the tags of this one, put it where this one is used, and hand its secret over to it (runbook)${unneeded}`;
};

const gravity = ({ used }: Replaceable) => (used ? 'critical' : 'warning');

/** Where one more failed attempt would be the last. */
const lastWeek = ({ daysLeft }: OfRenewal): string =>
  daysLeft <= 7
    ? 'See within a day that ACM has renewed it; if not, open a case with AWS Support for the service Certificate Manager'
    : '';

/** Whether a certificate will be there tomorrow: what ACM does not renew, what has ended, what is good again. */
export const renewalReasons = {
  // What ACM never renews.
  ImportedEnds: reason<Imported>({
    ...asUrgent,
    headline: (facts) => `imported, import a new one, ${remaining(facts)}`,
    sentence: ({ name, owner }) =>
      `The certificate of "${name}" was imported, and ACM does not renew it: ${whoImports(owner)}`,
    mend: {
      kind: 'command',
      text: () =>
        'Have a new certificate issued by whoever issued this one, and import it. This keeps the ARN, so that whatever uses it goes on with the new one',
      commands: ({ certificateArn }) => [importAgain(certificateArn)],
    },
  }),
  ImportedFromOwnAuthority: reason<Imported & { readonly authority: string }>({
    ...asUrgent,
    headline: (facts) => `imported, import a new one, ${remaining(facts)}`,
    sentence: ({ name, owner, authority }) =>
      `The certificate of "${name}" was imported, and ACM does not renew what it did not request itself: ${whoImports(owner)}. A private CA of this account, "${authority}", bears the name of its issuer`,
    mend: {
      kind: 'command',
      text: ({ name }) =>
        `If that CA issued it, have it issue a new certificate and import that, which keeps the ARN. To have ACM do it from then on, request a certificate for "${name}" through ACM from this CA and use that one`,
      commands: ({ certificateArn }) => [importAgain(certificateArn)],
    },
  }),
  AcmeEnds: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `its ACME client has not renewed it, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `The certificate of "${name}" was issued through an ACME endpoint, and the ACME client that requested it must renew it; it has not done so yet`,
    mend: {
      kind: 'by hand',
      text: () => 'See on the machine that has its key whether the ACME client runs, and what its log says',
    },
  }),
  NotExportedSinceRenewal: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `not exported, so not renewed, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM will not renew the certificate of "${name}" as it is: it has not been exported since it was issued or last renewed, and no AWS service uses it. Once it is delivered, it is exported, and ACM renews it within a day or two`,
    mend: {
      kind: 'command',
      text: () =>
        'Nothing, if it was queued for delivery (see what was done). If this mail comes again, deliver it yourself and see what the answer says',
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  PausedSoNotRenewed: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `paused, so not renewed, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM will not renew the certificate of "${name}": it has not been exported since it was issued or last renewed, and the tag courier:pause keeps acm-courier from exporting it`,
    mend: {
      kind: 'command',
      text: () => 'Take the tag off and deliver; ACM then renews it within a day or two',
      commands: ({ certificateArn }) => [
        aws`acm remove-tags-from-certificate --certificate-arn ${certificateArn} --tags Key=courier:pause`,
        { reExport: { certificateArn } },
      ],
    },
  }),
  NobodyExports: reason<OfRenewal & { readonly secret: string }>({
    ...asUrgent,
    headline: (facts) => `will not be renewed, not exported, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM will not renew the certificate of "${name}": nobody has exported it since it was issued or last renewed, and no AWS service uses it`,
    mend: {
      kind: 'command',
      text: () =>
        'If it is still needed, name the secret that it is to be delivered to, and deliver; ACM then renews it within a day or two. If not, delete it',
      commands: ({ certificateArn, secret }) => [
        tagCertificate(certificateArn, `Key=courier:secret,Value=${secret}`),
        { reExport: { certificateArn } },
      ],
    },
  }),
  NobodyUses: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `will not be renewed, not in use, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM will not renew the certificate of "${name}": no AWS service uses it, and it cannot be exported`,
    mend: {
      kind: 'by hand',
      text: () =>
        'If it is still needed, put it to use (a load balancer, CloudFront), and ACM renews it. If not, delete it, and no more of these mails come',
    },
  }),

  // What ACM could not or did not do, as far as it says.
  RenewalFailed: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `renewal failed, no reason given, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM could not renew the certificate of "${name}" and gives no reason; acm-courier sees nothing that is wrong`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn }) =>
        `Open a case with AWS Support for the service Certificate Manager: "The managed renewal of ${certificateArn} fails with the reason OTHER. What is wrong?"`,
    },
  }),
  RenewalFailedForNewReason: reason<OfRenewal & { readonly said: string }>({
    ...asUrgent,
    headline: (facts) => `renewal failed, ${remaining(facts)}`,
    sentence: ({ name, said }) =>
      `ACM could not renew the certificate of "${name}" for a reason that AWS has not documented and acm-courier does not know; AWS calls it ${said}. acm-courier sees nothing that is wrong`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn, said }) =>
        `See whether the console says more. If not, open a case with AWS Support for the service Certificate Manager: "The managed renewal of ${certificateArn} fails with ${said}. What is wrong?"`,
    },
  }),
  RenewalOverdue: reason<OfRenewal & { readonly free: boolean }>({
    ...asUrgent,
    headline: (facts) => `renewal is overdue, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM should have renewed the certificate of "${name}" by now. It gives no reason why it has not, and acm-courier sees nothing that is wrong`,
    mend: {
      kind: 'command',
      text: ({ free }) =>
        free
          ? 'See what ACM says, and have it renewed now (free of charge). If it is not renewed an hour later, open a case with AWS Support'
          : 'See what ACM says. If that does not help, open a case with AWS Support: "Why has this certificate not been renewed?" Do not call RenewCertificate for a public certificate unasked: it can be charged',
      commands: ({ certificateArn, free }) => [describe(certificateArn), ...(free ? [renew(certificateArn)] : [])],
    },
  }),
  // No all-clear before ACM has renewed; and what asks for nothing is still news for whoever was warned, by the filter of
  // the default subscription.
  CauseGone: reason<OfRenewal & { readonly cause: string; readonly triedOn: string }>({
    severity: 'warning',
    retry: 'never',
    headline: (facts) => `renewal failed, cause is mended, ${remaining(facts)}`,
    sentence: ({ name, cause, triedOn }) =>
      `ACM could not renew the certificate of "${name}" when it last tried${triedOn}: ${cause}. That is mended now, and ACM tries again by itself; should that fail, too, another mail says so`,
    mend: {
      kind: 'command',
      text: (facts) => `${lastWeek(facts) || 'Nothing'}. To see what ACM says:`,
      commands: ({ certificateArn }) => [describe(certificateArn)],
    },
  }),
  CauseGoneRenewNow: reason<OfRenewal & { readonly cause: string; readonly triedOn: string }>({
    severity: 'warning',
    retry: 'never',
    headline: (facts) => `renewal failed, cause is mended, ${remaining(facts)}`,
    sentence: ({ name, cause, triedOn }) =>
      `ACM could not renew the certificate of "${name}" when it last tried${triedOn}: ${cause}. That is mended now, and the certificate can be renewed`,
    mend: {
      kind: 'command',
      text: (facts) =>
        `${lastWeek(facts) || 'Nothing, if acm-courier has asked ACM to renew it (see what was done)'}. ACM also tries again by itself; to have it at once (free of charge):`,
      commands: ({ certificateArn }) => [renew(certificateArn)],
    },
  }),

  // What has ended, and what is good again.
  Expired: reason<Replaceable>({
    severity: gravity,
    retry: 'never',
    headline: () => 'has expired',
    sentence: ({ name, used }) =>
      `The certificate of "${name}" has expired, and ACM does not renew what has expired. ${used ? 'Clients refuse whatever still serves it' : 'Nothing that acm-courier can see uses it'}`,
    mend: { kind: 'command', text: replace, commands: replacement },
  }),
  Revoked: reason<Replaceable>({
    severity: gravity,
    retry: 'never',
    headline: () => 'has been revoked',
    sentence: ({ name, used }) =>
      `The certificate of "${name}" has been revoked, which is for good. ${used ? 'Clients that check will refuse whatever still serves it' : 'Nothing that acm-courier can see uses it'}`,
    mend: {
      kind: 'command',
      text: (facts) =>
        `If nobody of yours revoked it, treat its key as stolen (CloudTrail, RevokeCertificate). ${replace(facts)}`,
      commands: replacement,
    },
  }),
  RevokedByAuthority: reason<Replaceable>({
    severity: gravity,
    retry: 'never',
    headline: () => 'has been revoked by its CA',
    sentence: ({ name, used }) =>
      `The certificate of "${name}" has been revoked by the authority that issued it, which is for good. ${used ? 'Clients that check will refuse whatever still serves it' : 'Nothing that acm-courier can see uses it'}`,
    mend: {
      kind: 'command',
      text: (facts) => `Ask whoever runs the authority why, and whether the key is safe. ${replace(facts)}`,
      commands: replacement,
    },
  }),
  RevokedStillHeld: reason<OfRenewal & { readonly secrets: readonly string[] }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'the one still in use has been revoked',
    sentence: ({ name, secrets }) =>
      `The certificate of "${name}" that is current in ${listed(secrets)} has been revoked by the authority that issued it, which is for good. ACM has another one since, which has not been delivered. Clients that check will refuse whatever still serves the revoked one`,
    mend: {
      kind: 'command',
      text: () =>
        'Deliver what ACM has, and see what the answer says. Ask whoever runs the authority why, and whether the key is safe',
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  RenewedAfterAll: reason<OfCertificate & { readonly daysLeft: number; readonly imported: boolean }>({
    severity: 'resolved',
    retry: 'never',
    headline: ({ daysLeft, imported }) =>
      `${imported ? 'imported anew' : 'renewed'}, good for ${count(daysLeft, 'day')}`,
    sentence: ({ name, daysLeft, imported }) =>
      `${imported ? `A new certificate has been imported for "${name}"` : `ACM has renewed the certificate of "${name}"`}: it is good for ${count(daysLeft, 'day')}, and whatever earlier mails said of it is settled`,
    mend: nothing,
  }),
} satisfies Record<string, Reason<never>>;
