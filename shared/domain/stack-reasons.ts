import { tagCertificate, untagPause } from './aws-commands.ts';
import { type OfSecret, type Reason, reason } from './reason.ts';

const again = 'then deploy the stack of the custom resource again';

/** Why a custom resource (`Custom::DeliveredCertificate`) could not be what a template says. */
export const stackReasons = {
  /** `tag` is the value that courier:secret should have. */
  TagAsksOtherwise: reason<OfSecret & { readonly format?: string; readonly tagged: string; readonly tag: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'not tagged as the template says',
    sentence: ({ name, secret, format, tagged }) =>
      `The template wants the certificate of "${name}" in secret "${secret}"${format ? ` in format ${format}` : ''}, but the certificate's own tags ask for ${tagged}`,
    mend: {
      kind: 'command',
      text: () =>
        'Whoever may tag a certificate may have its key exported, so a template cannot do it for one that it does not ' +
        `make. Tag the certificate, ${again}`,
      commands: ({ tag, certificateArn }) => [tagCertificate(certificateArn, `Key=courier:secret,Value=${tag}`)],
    },
  }),
  CertificatePaused: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'paused',
    sentence: ({ name, secret }) =>
      `The certificate of "${name}" is not exported to secret "${secret}": it is tagged courier:pause`,
    mend: {
      kind: 'command',
      text: () => `Take the tag off when it may be exported, ${again}`,
      commands: ({ certificateArn }) => [untagPause(certificateArn)],
    },
  }),
  OnlyObserving: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'acm-courier only observes',
    sentence: ({ name, secret }) =>
      `The certificate of "${name}" is not exported to secret "${secret}": acm-courier is deployed in mode observe`,
    mend: { kind: 'by hand', text: () => `Deploy acm-courier with mode deliver, ${again}` },
  }),
  NotCurrentInTime: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'not current in time',
    sentence: ({ detail }) => `The time of the custom resource ended before its secret was current: ${detail}`,
    mend: {
      kind: 'by hand',
      text: () => `See the log of the function deliver for what it waited for, ${again}`,
    },
  }),
  UnknownFailure: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'failed for an unknown reason',
    sentence: ({ detail }) => `Something failed that acm-courier knows no words for: ${detail}`,
    mend: { kind: 'by hand', text: () => `See the log of the function delivered-certificate, ${again}` },
  }),
} satisfies Record<string, Reason<never>>;
