import { aws, describe, tagCertificate, untagCertificate } from './aws-commands.ts';
import { count, listed, nothing, type OfCertificate, type OfSecret, type Reason, reason } from './reason.ts';

/** A delivery on its way, and wishes that cannot be fulfilled. */
export const deliveryReasons = {
  Delivered: reason<OfSecret & { readonly serial: string; readonly consumers: number; readonly probed: number }>({
    severity: 'info',
    retry: 'never',
    headline: ({ consumers }) => (consumers === 0 ? 'delivered, no service to restart' : 'delivered'),
    sentence: ({ name, secret, serial, consumers, probed }) =>
      consumers === 0
        ? `The certificate of "${name}" with serial ${serial} is current in secret "${secret}"; no ECS service that acm-courier may restart is tagged courier:secret=${secret}`
        : `The certificate of "${name}" with serial ${serial} is current in secret "${secret}", and every task of ${count(consumers, 'service')} has started since; ${sightOf(consumers, probed)}`,
    mend: nothing,
  }),
  IssuerChanged: reason<OfSecret & { readonly caArn: string; readonly others: readonly string[] }>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'issued below another root than before',
    sentence: ({ name, secret, others }) =>
      `The new certificate of "${name}" for secret "${secret}" leads to another root certificate than the one before: clients that trust only that one will refuse it${others.length > 0 ? `, among them those that take their trust bundle from ${listed(others)}` : ''}`,
    mend: {
      kind: 'command',
      text: ({ others }) =>
        'Services that read this secret get the new trust bundle with the new certificate. Clients elsewhere need the ' +
        'root at the end of the chain that the first command prints, beside the one that they have, before they meet ' +
        `the new certificate${others.length > 0 ? '. The other commands deliver the other secrets again, with the new trust bundle, and restart the services that read them' : ''}`,
      commands: ({ caArn, others }) => [
        aws`acm-pca get-certificate-authority-certificate --certificate-authority-arn ${caArn}`,
        ...others.map((secret) => ({ reExport: { secret, force: true } })),
      ],
    },
  }),
  PlannedOnly: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'would be delivered (mode observe)',
    sentence: ({ name, secret }) =>
      `The certificate of "${name}" would be delivered to secret "${secret}", but this stack only observes`,
    mend: {
      kind: 'command',
      text: () => 'If the steps above are what you want, deploy the stack again with mode deliver, then deliver',
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  NotTagged: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'renewed, not delivered anywhere',
    sentence: ({ name }) =>
      `ACM renewed the certificate of "${name}". It can be exported, but no tag says to which secret, so nothing was done`,
    mend: {
      kind: 'command',
      text: () =>
        'To have it delivered from now on, name a secret and deliver. Leave it, and ACM will not renew it again ' +
        'unless it is exported or in use by an AWS service before it ends',
      commands: ({ secret, certificateArn }) => [
        tagCertificate(certificateArn, `Key=courier:secret,Value=${secret}`),
        { reExport: { certificateArn } },
      ],
    },
  }),

  // A wish that cannot be fulfilled.
  ImportedCertificate: reason<OfCertificate>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'tagged for delivery, but imported',
    sentence: ({ name }) =>
      `The certificate of "${name}" is tagged courier:secret, but it was imported: ACM never hands out an imported key`,
    mend: {
      kind: 'command',
      text: () => 'Put the key into the secret where you import it, and take the tag off',
      commands: ({ certificateArn }) => [untagCertificate(certificateArn)],
    },
  }),
  AcmeCertificate: reason<OfCertificate>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'tagged for delivery, but issued by ACME',
    sentence: ({ name }) =>
      `The certificate of "${name}" is tagged courier:secret, but it was issued through an ACME endpoint: its key is with the ACME client, not with ACM`,
    mend: {
      kind: 'command',
      text: () => 'Take the tag off; the ACME client renews and installs this certificate',
      commands: ({ certificateArn }) => [untagCertificate(certificateArn)],
    },
  }),
  ExportNotEnabled: reason<OfCertificate>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'tagged for delivery, but not exportable',
    sentence: ({ name }) =>
      `The certificate of "${name}" is tagged courier:secret, but it is a public certificate that was requested without export`,
    mend: {
      kind: 'by hand',
      text: ({ name }) =>
        `Request a new certificate for "${name}" with --options Export=ENABLED (charged), tag that one, and take the tag off this one`,
    },
  }),
  CertificateNotIssued: reason<OfCertificate & { readonly status: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ status }) => `cannot be delivered, status ${status}`,
    sentence: ({ name, status }) =>
      `Cannot deliver the certificate of "${name}": its status in ACM is ${status}, and only an issued certificate can be exported`,
    mend: {
      kind: 'command',
      text: () => 'See what ACM says about it; a pending certificate is delivered by itself as soon as it is issued',
      commands: ({ certificateArn }) => [describe(certificateArn)],
    },
  }),
  BadTag: reason<OfCertificate & { readonly tag: string; readonly value: string; readonly accepted: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ tag }) => `unreadable tag ${tag}`,
    sentence: ({ tag, value, accepted, name }) =>
      `Cannot read tag ${tag} = "${value}" on the certificate of "${name}"; accepted: ${accepted}`,
    mend: {
      kind: 'command',
      text: ({ tag }) => `Set the tag ${tag} to an accepted value, then deliver`,
      commands: ({ tag, certificateArn }) => [
        tag === 'courier:format'
          ? tagCertificate(certificateArn, 'Key=courier:format,Value=standard')
          : aws`acm list-tags-for-certificate --certificate-arn ${certificateArn}`,
        { reExport: { certificateArn } },
      ],
    },
  }),
} satisfies Record<string, Reason<never>>;

/** What was seen of the tasks, beyond that they started: a probe's handshakes. */
function sightOf(consumers: number, probed: number): string {
  if (probed === consumers) return 'each was seen serving it';
  if (probed === 0) return 'none was probed, so what they serve was not seen';
  return `those of ${count(probed, 'service')} were seen serving it, the others were not probed`;
}
