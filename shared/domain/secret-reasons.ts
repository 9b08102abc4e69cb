import { aws, handOver, tagCertificate } from './aws-commands.ts';
import { listed, type OfSecret, type Reason, reason } from './reason.ts';

/** The labels of a secret that is near twenty: how many, and those that are neither ours nor AWS's. */
export type OfLabels = {
  readonly labels: number;
  readonly others: readonly { readonly versionId: string; readonly name: string }[];
};

export const ofTwenty = ({ labels, others }: OfLabels) =>
  `it has ${labels} staging labels of the 20 that Secrets Manager takes on all versions together, and ${others.length} of them are not acm-courier's (${listed(others.map(({ name }) => name))})`;

export const takeOff =
  'Take off those that nobody reads by name: acm-courier needs AWSCURRENT, AWSPREVIOUS and its own only';

export const takeOffFirst = ({ secret, others }: Pick<OfLabels, 'others'> & { readonly secret: string }) => [
  aws`secretsmanager describe-secret --secret-id ${secret} --query VersionIdsToStages`,
  ...others
    .slice(0, 1)
    .map(
      ({ name, versionId }) =>
        aws`secretsmanager update-secret-version-stage --secret-id ${secret} --version-stage ${name} --remove-from-version-id ${versionId}`,
    ),
];

/** A secret that cannot be written, or is not ours to write. */
export const secretReasons = {
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
        'One secret holds one certificate. Name another secret in the tag courier:secret; or, if this certificate replaces the other, take the tag off the other one and hand the secret over. ' +
        'In a stack whose change replaces the certificate, change SecretName in the same change',
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
        aws`secretsmanager restore-secret --secret-id ${secret}`,
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
  /** `keys`: the value that courier:keys should have for both to fit. */
  SecretMembersTaken: reason<OfSecret & { readonly taken: readonly string[]; readonly keys: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} holds something else`,
    sentence: ({ name, secret, taken }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": it was handed over, but it holds ${listed(taken)}, which acm-courier did not write and needs for itself`,
    mend: {
      kind: 'command',
      text: () =>
        'To keep both, have the certificate stored under other names, which its services must then read. Or move what is ' +
        'there to another secret, take it out of this one, and deliver',
      commands: ({ certificateArn, keys }) => [
        tagCertificate(certificateArn, `Key=courier:keys,Value=${keys}`),
        { reExport: { certificateArn } },
      ],
    },
  }),
  SecretIsNoObject: reason<OfSecret>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} holds something else`,
    sentence: ({ name, secret }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": it was handed over, but its value is no JSON object, so a certificate has no place beside it`,
    mend: {
      kind: 'command',
      text: () =>
        'Name another secret in the tag courier:secret. Or, if nobody needs the value any more, put an empty object in its ' +
        'place, and deliver',
      commands: ({ secret, certificateArn }) => [
        aws`secretsmanager put-secret-value --secret-id ${secret} --secret-string {}`,
        { reExport: { certificateArn } },
      ],
    },
  }),
  LabelsAtLimit: reason<OfSecret & OfLabels>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `not delivered, secret ${secret} takes no more labels`,
    sentence: ({ name, secret, ...labels }) =>
      `Cannot go on with the certificate of "${name}" in secret "${secret}": ${ofTwenty(labels)}, which leaves no room for those that say how far a delivery has come`,
    mend: {
      kind: 'command',
      text: () => `${takeOff}. Then deliver; the next sweep does so as well`,
      commands: ({ certificateArn, ...labels }) => [...takeOffFirst(labels), { reExport: { certificateArn } }],
    },
  }),
  VersionsAtLimit: reason<{ readonly secret: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ secret }) => `nothing stored, secret ${secret} is full of versions`,
    sentence: ({ secret }) =>
      `Cannot store a version in secret "${secret}": it has as many as Secrets Manager keeps, about a hundred, and AWS removes none that is younger than a day. Something puts one there every few minutes`,
    mend: {
      kind: 'command',
      text: () => 'See who puts them, and stop that. A day later there is room, and the next sweep delivers by itself',
      commands: ({ secret }) => [
        aws`secretsmanager list-secret-version-ids --secret-id ${secret} --include-deprecated --query Versions[].[CreatedDate,VersionStages[0]]`,
        aws`cloudtrail lookup-events --lookup-attributes ${`AttributeKey=ResourceName,AttributeValue=${secret}`} --max-items 5 --query Events[].[EventTime,EventName,Username]`,
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
} satisfies Record<string, Reason<never>>;
