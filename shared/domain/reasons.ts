/**
 * The one catalogue of everything worth saying. Mails, logs, answers, metrics and docs/runbook.md are all derived from
 * it; a test ties the runbook to it. Sentences have no full stop: whoever composes them adds it.
 */
export type Severity = 'info' | 'warning' | 'action' | 'critical';

/**
 * - `soon`: hand back and look again; never terminal, never a mail (throttling, a renewal still settling).
 * - `patiently`: the same for ten minutes, then told (a fresh tag that IAM does not see yet).
 * - `never`: looking again would find the same; tell and end.
 */
export type Retry = 'soon' | 'patiently' | 'never';

/** A command as argv (whatever a name contains is quoted when it is written for a shell), or a request to re-export. */
export type Command = readonly string[] | { readonly reExport: Readonly<Record<string, string | boolean>> };

export type Mend<Facts> =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'by hand'; readonly text: (facts: Facts) => string }
  | {
      readonly kind: 'command';
      readonly text: (facts: Facts) => string;
      readonly commands: (facts: Facts) => readonly Command[];
    };

export type Reason<Facts> = {
  readonly severity: Severity;
  readonly retry: Retry;
  /** For a subject line: a few words, the most important first. */
  readonly headline: (facts: Facts) => string;
  readonly sentence: (facts: Facts) => string;
  readonly mend: Mend<Facts>;
};

const reason = <Facts>(entry: Reason<Facts>): Reason<Facts> => entry;
const nothing = { kind: 'nothing' } as const;

type OfCertificate = { readonly name: string; readonly certificateArn: string };
export type OfSecret = OfCertificate & { readonly secret: string };
type OfService = OfSecret & { readonly service: string; readonly cluster: string };

const describe = (certificateArn: string): Command => [
  'aws',
  'acm',
  'describe-certificate',
  '--certificate-arn',
  certificateArn,
];
const tagCertificate = (certificateArn: string, tag: string): Command => [
  'aws',
  'acm',
  'add-tags-to-certificate',
  '--certificate-arn',
  certificateArn,
  '--tags',
  tag,
];
const untagCertificate = (certificateArn: string): Command => [
  'aws',
  'acm',
  'remove-tags-from-certificate',
  '--certificate-arn',
  certificateArn,
  '--tags',
  'Key=courier:secret',
];
const handOver = ({ secret, certificateArn }: OfSecret): readonly Command[] => [
  [
    'aws',
    'secretsmanager',
    'tag-resource',
    '--secret-id',
    secret,
    '--tags',
    `Key=courier:certificate,Value=${certificateArn}`,
  ],
  { reExport: { certificateArn } },
];
const describeService = ({ cluster, service }: OfService): Command => [
  'aws',
  'ecs',
  'describe-services',
  '--cluster',
  cluster,
  '--services',
  service,
  '--query',
  'services[].events[:5].message',
];

/** An export that failed inspection: nothing was stored; look at the certificate, then deliver it again. */
const inspectAgain = (advice: string): Mend<OfSecret> => ({
  kind: 'command',
  text: () => advice,
  commands: ({ certificateArn }) => [describe(certificateArn), { reExport: { certificateArn } }],
});

/** An export that a person may still accept: it waits in the secret under COURIER_HELD. */
const acceptIfMeant = (advice: string): Mend<OfSecret> => ({
  kind: 'command',
  text: () => `${advice}. If it is what you want, accept it as it is`,
  commands: ({ certificateArn }) => [{ reExport: { certificateArn, accept: true } }],
});

/** A rollout that stopped: mend the service, then let acm-courier look at it again. */
const mendService: Mend<OfService> = {
  kind: 'command',
  text: () =>
    'Find out why its tasks do not start (first command) and mend the service. Then export again, which restarts ' +
    'every service that reads the secret (second command); or, if a deployment of your own has replaced all tasks ' +
    'by now, accept what is there (third command)',
  commands: (facts) => [
    describeService(facts),
    { reExport: { certificateArn: facts.certificateArn, force: true } },
    { reExport: { certificateArn: facts.certificateArn, accept: true } },
  ],
};

const catalogue = {
  // A delivery on its way.
  Delivered: reason<OfSecret & { readonly serial: string; readonly consumers: number }>({
    severity: 'info',
    retry: 'never',
    headline: ({ consumers }) => (consumers === 0 ? 'delivered, no service to restart' : 'delivered'),
    sentence: ({ name, secret, serial, consumers }) =>
      consumers === 0
        ? `The certificate of "${name}" with serial ${serial} is current in secret "${secret}"; no ECS service that acm-courier may restart is tagged courier:secret=${secret}`
        : `The certificate of "${name}" with serial ${serial} is current in secret "${secret}", and every task of ${count(consumers, 'service')} has started since`,
    mend: nothing,
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
          : ['aws', 'acm', 'list-tags-for-certificate', '--certificate-arn', certificateArn],
        { reExport: { certificateArn } },
      ],
    },
  }),

  // A secret that is not ours to write.
  SecretNotOurs: reason<OfSecret>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} is not ours`,
    sentence: ({ name, secret }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": its current version was not put there by acm-courier, and nothing says that it may be replaced`,
    mend: {
      kind: 'command',
      text: () => 'If this secret may be overwritten, hand it over; else name another secret in the tag courier:secret',
      commands: handOver,
    },
  }),
  SecretOfAnotherCertificate: reason<OfSecret & { readonly other: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} is taken`,
    sentence: ({ name, secret, other }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": the secret belongs to ${other}`,
    mend: {
      kind: 'command',
      text: () =>
        'One secret holds one certificate. Name another secret in the tag courier:secret; or, if this certificate replaces the other, take the tag off the other one and hand the secret over',
      commands: handOver,
    },
  }),
  SecretPendingDeletion: reason<OfSecret>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} is being deleted`,
    sentence: ({ name, secret }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": somebody deleted the secret, and it is in its recovery window`,
    mend: {
      kind: 'command',
      text: () => 'Restore the secret and deliver again, or take the tag off the certificate',
      commands: ({ secret, certificateArn }) => [
        ['aws', 'secretsmanager', 'restore-secret', '--secret-id', secret],
        { reExport: { certificateArn } },
      ],
    },
  }),
  /** `tag` is the value that the certificate's courier:secret should have: its other deliveries must not get lost. */
  SecretOutsidePrefix: reason<OfSecret & { readonly prefix: string; readonly tag: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ prefix }) => `nothing stored, secret name must begin with ${prefix}`,
    sentence: ({ name, secret, prefix }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": this stack may only write secrets whose name begins with "${prefix}"`,
    mend: {
      kind: 'command',
      text: () => 'Name a secret below the prefix, then deliver; or deploy the stack with another secretPrefix',
      commands: ({ tag, certificateArn }) => [
        tagCertificate(certificateArn, `Key=courier:secret,Value=${tag}`),
        { reExport: { certificateArn } },
      ],
    },
  }),
  VersionPutByHand: reason<OfSecret & { readonly versionId: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing replaced, secret ${secret} was changed by hand`,
    sentence: ({ secret, versionId }) =>
      `Somebody put version "${versionId}" into secret "${secret}", which acm-courier fills; what it holds is unknown, so it is neither replaced nor rolled out, and every task that starts from now on reads it`,
    mend: {
      kind: 'command',
      text: () => 'To have acm-courier replace it by the certificate from ACM, hand the secret over',
      commands: handOver,
    },
  }),

  // An export that failed inspection.
  MaterialUnreadable: reason<OfSecret & { readonly part: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ part }) => `export refused, unreadable ${part}`,
    sentence: ({ name, part }) =>
      `ACM exported the certificate of "${name}", but its ${part} cannot be read; nothing was stored`,
    mend: inspectAgain('Deliver again; if it stays unreadable, open a case with AWS Support'),
  }),
  KeyMismatch: reason<OfSecret>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, key does not match',
    sentence: ({ name }) =>
      `ACM exported a private key that does not belong to the certificate of "${name}"; nothing was stored`,
    mend: inspectAgain('Deliver again; if the pair stays wrong, open a case with AWS Support'),
  }),
  ChainBroken: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, chain broken',
    sentence: ({ name, detail }) =>
      `The chain that ACM exported for "${name}" does not hold together: ${detail}; nothing was stored`,
    mend: inspectAgain('Compare the chain with the certificate authority that issued it, then deliver again'),
  }),
  PathNotTrusted: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export held back, path not trusted',
    sentence: ({ name, detail }) =>
      `A TLS client that trusts the issuing authority would reject the certificate of "${name}": ${detail}`,
    mend: acceptIfMeant('Compare the certificate and its authority with what the clients trust'),
  }),
  NamesNotCovered: reason<OfSecret & { readonly missing: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export held back, names missing',
    sentence: ({ name, missing }) =>
      `The exported certificate of "${name}" does not cover names that ACM lists for it: ${missing}`,
    mend: acceptIfMeant('Compare the names in the certificate with those in ACM'),
  }),
  OutsideValidity: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, not valid now',
    sentence: ({ name, detail }) => `The exported certificate of "${name}" ${detail}; nothing was stored`,
    mend: inspectAgain('Look at the dates; if it has ended, request a new certificate, else deliver again'),
  }),
  SecretTooLarge: reason<OfSecret & { readonly bytes: number }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'too large for a secret',
    sentence: ({ name, secret, bytes }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": it takes ${bytes} bytes, and Secrets Manager holds 65536 at most; nothing was stored`,
    mend: {
      kind: 'by hand',
      text: () => 'Request the certificate with fewer names, or from an authority with a shorter chain',
    },
  }),
  AuthorityUnreadable: reason<OfSecret & { readonly detail: string }>({
    severity: 'action',
    retry: 'patiently',
    headline: () => 'not delivered, its authority cannot be read',
    sentence: ({ name, detail }) =>
      `Cannot check the certificate of "${name}" against its certificate authority: ${detail}; nothing was stored`,
    mend: {
      kind: 'command',
      text: () =>
        'Let the role of the function deliver call acm-pca:GetCertificateAuthorityCertificate (for an authority of another account, share it through AWS RAM or its resource policy), then deliver again',
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  EndsEarlier: reason<OfSecret & { readonly days: number }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ days }) => `the new certificate ends ${count(days, 'day')} earlier`,
    sentence: ({ name, days }) =>
      `The new certificate of "${name}" ends ${count(days, 'day')} earlier than the one before it`,
    mend: {
      kind: 'by hand',
      text: () => 'Check when the issuing authority itself ends: no certificate outlives its authority',
    },
  }),
  KeyAlgorithmDiffers: reason<OfSecret & { readonly listed: string; readonly exported: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ exported }) => `its key is now ${exported}`,
    sentence: ({ name, listed, exported }) =>
      `The exported key of "${name}" is ${exported}, though ACM lists ${listed}; a client that supports ${listed} only will fail`,
    mend: { kind: 'by hand', text: () => 'Check that every client of these services supports the new kind of key' },
  }),

  // What passes by itself.
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
    sentence: ({ detail }) => `AWS has not finished an earlier request: ${detail}; looking again`,
    mend: nothing,
  }),
  Throttled: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'throttled',
    sentence: ({ detail }) => `AWS asked to slow down: ${detail}; looking again`,
    mend: nothing,
  }),
  AwsUnavailable: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'AWS not reachable',
    sentence: ({ detail }) => `AWS did not answer as it should: ${detail}; looking again`,
    mend: nothing,
  }),
  WorldMoved: reason<{ readonly detail: string }>({
    severity: 'info',
    retry: 'soon',
    headline: () => 'somebody else was faster',
    sentence: ({ detail }) => `The world changed while acm-courier was acting: ${detail}; looking again`,
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

  // A rollout.
  DeploymentFailed: reason<OfService & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `rollout stopped, deployment of ${service} failed`,
    sentence: ({ service, cluster, secret, detail }) =>
      `The new certificate is current in secret "${secret}", but the deployment of service "${service}" in cluster "${cluster}" failed: ${detail}`,
    mend: mendService,
  }),
  RolloutTooSlow: reason<OfService & { readonly minutes: number }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `rollout stopped, ${service} took too long`,
    sentence: ({ service, cluster, secret, minutes }) =>
      `The new certificate is current in secret "${secret}", but service "${service}" in cluster "${cluster}" did not bring all its tasks to it within ${count(minutes, 'minute')}`,
    mend: mendService,
  }),
  NotRestartable: reason<OfService & { readonly controller: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ service }) => `redeploy ${service} yourself`,
    sentence: ({ service, cluster, controller }) =>
      `The service "${service}" in cluster "${cluster}" still runs tasks from before the new certificate, and its deployment controller ${controller} lets nobody else restart it`,
    mend: {
      kind: 'by hand',
      text: ({ service, controller }) =>
        `Start a deployment of "${service}" the way ${controller} wants it, with the task definition that it has; its new tasks will read the new certificate`,
    },
  }),

  TasksMissing: reason<OfService & { readonly running: number; readonly desired: number }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service, running, desired }) => `delivered, but ${service} runs ${running} of ${desired} tasks`,
    sentence: ({ service, cluster, running, desired }) =>
      `The service "${service}" in cluster "${cluster}" runs ${running} of its ${count(desired, 'task')}: none is from before the new certificate, but those missing were not seen with it`,
    mend: {
      kind: 'command',
      text: () => 'Find out why the tasks do not start; those that do will read the new certificate',
      commands: (facts) => [describeService(facts)],
    },
  }),

  // What a person asked for by hand.
  BadRequest: reason<{ readonly detail: string; readonly accepted: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'request not understood',
    sentence: ({ detail }) => `Cannot read the request: ${detail}`,
    mend: { kind: 'by hand', text: ({ accepted }) => accepted },
  }),
  UnknownCertificate: reason<{ readonly asked: string; readonly near: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'no such certificate',
    sentence: ({ asked }) => `No certificate in this account and region fits ${asked}`,
    mend: { kind: 'by hand', text: ({ near }) => near },
  }),
  AmbiguousName: reason<{ readonly domainName: string; readonly candidates: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'several certificates of this name',
    sentence: ({ domainName, candidates }) => `Several certificates are named "${domainName}": ${candidates}`,
    mend: { kind: 'by hand', text: () => 'Name one of them by certificateArn' },
  }),
  NotExportable: reason<OfCertificate & { readonly why: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'cannot be exported',
    sentence: ({ name, why }) => `Cannot export the certificate of "${name}": ${why}`,
    mend: {
      kind: 'by hand',
      text: ({ name }) =>
        `Request a certificate for "${name}" from a private authority, or a public one with --options Export=ENABLED (charged)`,
    },
  }),
  StillUnderWay: reason<OfCertificate>({
    severity: 'info',
    retry: 'never',
    headline: () => 'still under way',
    sentence: ({ name }) =>
      `The delivery of "${name}" was still under way when the time of this call ended; it goes on without the call`,
    mend: {
      kind: 'by hand',
      text: () => 'Ask again later with dryRun to see what is left; a notice says when it is done',
    },
  }),
  OutOfTime: reason<{ readonly left: number }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'the time of the call ended',
    sentence: ({ left }) => `The time of this call ended with ${count(left, 'certificate')} not looked at`,
    mend: {
      kind: 'by hand',
      text: () => 'Those that were reached are queued. Wait until they are delivered, then ask for all again',
    },
  }),
  Resting: reason<OfSecret & { readonly state: string }>({
    severity: 'info',
    retry: 'never',
    headline: ({ state }) => state,
    sentence: ({ name, secret, state }) =>
      `Nothing automatic is done for the certificate of "${name}" in secret "${secret}": its newest version is ${state}`,
    mend: {
      kind: 'by hand',
      text: () =>
        'A notice said why. Ask again with "accept": true to take it as it is, or "force": true to export again',
    },
  }),
  ServicePaused: reason<OfService>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service }) => `${service} is paused, on the old certificate`,
    sentence: ({ service, cluster, secret }) =>
      `The new certificate is current in secret "${secret}", but the service "${service}" in cluster "${cluster}" is tagged courier:pause and still runs tasks from before`,
    mend: {
      kind: 'command',
      text: ({ service }) => `Take the tag courier:pause off "${service}" when it may be restarted, then deliver again`,
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  NothingAsked: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'not tagged for delivery',
    sentence: ({ name }) =>
      `The certificate of "${name}" is not tagged courier:secret, and without the tag a key is never exported`,
    mend: {
      kind: 'command',
      text: () => 'Name the secret that it is to be delivered to, then try again',
      commands: ({ secret, certificateArn }) => [tagCertificate(certificateArn, `Key=courier:secret,Value=${secret}`)],
    },
  }),
} satisfies Record<string, Reason<never>>;

export type ReasonCode = keyof typeof catalogue;
export type FactsOf<Code extends ReasonCode> = Parameters<(typeof catalogue)[Code]['sentence']>[0];

/** One thing worth saying: which reason, and the facts that its sentence needs. */
export type Finding = { [Code in ReasonCode]: { readonly reason: Code; readonly facts: FactsOf<Code> } }[ReasonCode];

export const reasonCodes = Object.keys(catalogue) as readonly ReasonCode[];

export const finding = <Code extends ReasonCode>(reason: Code, facts: FactsOf<Code>): Finding =>
  ({ reason, facts }) as Finding;

/**
 * The catalogue's entry for a finding. Its functions take that finding's own facts: the pairing is kept by `finding`,
 * which the compiler cannot follow through a lookup.
 */
const entry = (of: Finding) => catalogue[of.reason] as unknown as Reason<unknown>;

export const severityOf = (of: Finding): Severity => entry(of).severity;
export const retryOf = (of: Finding): Retry => entry(of).retry;
/** Whether looking again may find it gone: always for what passes soon, and for what passes patiently while there is patience. */
export const mayPass = (of: Finding, { patient }: { readonly patient: boolean }): boolean =>
  retryOf(of) === 'soon' || (retryOf(of) === 'patiently' && patient);
export const headlineOf = (of: Finding): string => entry(of).headline(of.facts);
export const sentenceOf = (of: Finding): string => entry(of).sentence(of.facts);

/** What a person must do: a text and commands, both possibly empty. */
export function mendOf(of: Finding): {
  readonly kind: Mend<unknown>['kind'];
  readonly text: string;
  readonly commands: readonly Command[];
} {
  const { mend } = entry(of);
  return {
    kind: mend.kind,
    text: mend.kind === 'nothing' ? '' : mend.text(of.facts),
    commands: mend.kind === 'command' ? mend.commands(of.facts) : [],
  };
}

/** The anchor of a reason's section in docs/runbook.md, as GitHub makes it from the heading. */
export const anchorOf = (reason: ReasonCode): string => reason.toLowerCase();

const severities: readonly Severity[] = ['info', 'warning', 'action', 'critical'];

/** Findings, at least one. */
export type Findings = readonly [Finding, ...Finding[]];

/** The gravest finding first; findings of one severity keep their order. */
export const gravestFirst = (findings: Findings): Findings =>
  findings.toSorted((a, b) => rank(severityOf(b)) - rank(severityOf(a))) as [Finding, ...Finding[]];

const rank = (severity: Severity) => severities.indexOf(severity);

const count = (number: number, thing: string) => `${number} ${thing}${number === 1 ? '' : 's'}`;
