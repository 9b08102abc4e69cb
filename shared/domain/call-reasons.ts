import { describe } from './aws-commands.ts';
import { count, nothing, type OfCertificate, type OfSecret, type Reason, reason } from './reason.ts';

const said = {
  expiring: 'ends',
  blocked: 'could not be renewed and ends',
  expired: 'has expired',
  revoked: 'has been revoked',
} as const;

const within = (days: number | undefined) => (days === undefined ? '' : ` in ${count(days, 'day')}`);

/** What AWS answered to a call: much of it passes by itself. */
export const callReasons = {
  StackStopped: reason<{ readonly detail: string }>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'held, the stack is stopped by hand',
    sentence: ({ detail }) => `Nothing is exported, made current or restarted: ${detail}`,
    mend: {
      kind: 'by hand',
      text: () =>
        'Set the parameter back to go when the stack may act again; what is behind by then is queued within the hour',
    },
  }),
  SwitchUnreadable: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'held, the kill switch is unreadable',
    sentence: ({ detail }) =>
      `Nothing is exported, made current or restarted while nobody knows whether it may be, as ${detail}; looking again`,
    mend: nothing,
  }),
  SearchUnfinished: reason<{ readonly cluster: string; readonly clusters: number }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'not known yet who reads it',
    sentence: ({ cluster, clusters }) =>
      `There are more task definitions in ${count(clusters, 'cluster')} than one look can ask for, and it came to cluster "${cluster}": the next look goes on with those that it knows by then`,
    mend: nothing,
  }),
  OldCertificateExported: reason<OfSecret>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'renewal not settled yet',
    sentence: ({ name }) =>
      `ACM has renewed the certificate of "${name}" but still hands out the one before; nothing was stored, looking again`,
    mend: nothing,
  }),
  RequestInProgress: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'not ready yet',
    sentence: ({ detail }) => `AWS has not finished an earlier request: ${detail}`,
    mend: nothing,
  }),
  Throttled: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'throttled',
    sentence: ({ detail }) => `AWS asked to slow down: ${detail}`,
    mend: nothing,
  }),
  AwsUnavailable: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'AWS not reachable',
    sentence: ({ detail }) => `AWS did not answer as it should: ${detail}`,
    mend: nothing,
  }),
  WorldMoved: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'somebody else was faster',
    sentence: ({ detail }) => `The world changed while acm-courier was acting: ${detail}`,
    mend: nothing,
  }),
  AccessDenied: reason<{ readonly detail: string }>({
    severity: 'critical',
    retry: 'patiently',
    headline: () => 'not permitted',
    sentence: ({ detail }) => `AWS denied what acm-courier needs: ${detail}`,
    mend: {
      kind: 'by hand',
      text: () =>
        'Compare the role of the function with the README (a permissions boundary, an SCP, a key policy or a missing tag may take something away), then run re-export',
    },
  }),
  CallRefused: reason<{ readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'AWS refused a call',
    sentence: ({ detail }) => `AWS refused a call of acm-courier: ${detail}`,
    mend: { kind: 'by hand', text: () => 'Mend what AWS names, then run re-export for this certificate' },
  }),
  CertificateGone: reason<{ readonly certificateArn: string }>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'certificate does not exist',
    sentence: ({ certificateArn }) => `ACM has no certificate "${certificateArn}"; nothing was done`,
    mend: nothing,
  }),
  CertificateUnseen: reason<OfCertificate & { readonly about: keyof typeof said; readonly days?: number }>({
    severity: 'action',
    retry: 'never',
    headline: ({ about, days }) => `${said[about]}${within(days)}, not looked into`,
    sentence: ({ name, about, days }) =>
      `An event of ACM says that the certificate of "${name}" ${said[about]}${within(days)}. Whether that still is so, and why, acm-courier could not see: ACM did not let it look`,
    mend: {
      kind: 'command',
      text: () => 'Look yourself, and give acm-courier back what it needs to see (below)',
      commands: ({ certificateArn }) => [describe(certificateArn)],
    },
  }),
} satisfies Record<string, Reason<never>>;
