import { aws } from './aws-commands.ts';
import { count, listed, minute, nothing, type OfSecret, type OfService, type Reason, reason } from './reason.ts';
import { type OfLabels, ofTwenty, takeOff, takeOffFirst } from './secret-reasons.ts';

type OfNameless = { readonly secret: string };
type OfReader = OfNameless & { readonly service: string; readonly cluster: string };

/** What handshakes with the tasks of one service have shown. Times are epoch seconds. */
type Handshakes = {
  readonly serial: string;
  readonly since: number;
  readonly task: string;
  readonly startedAt: number;
  readonly saw: string;
  readonly failing: number;
  readonly running: number;
};

/** What a sweep finds that no event tells of. */
export const sweepReasons = {
  ConsumerBehind: reason<OfSecret & { readonly services: readonly string[] }>({
    severity: 'info',
    retry: 'never',
    headline: ({ services }) => `${count(services.length, 'service')} brought to the delivered certificate`,
    sentence: ({ secret, services }) =>
      `Tasks of ${listed(services)} are from before the certificate that is current in secret "${secret}", although it was delivered: they were added later, restarted too early, or brought back by somebody`,
    mend: nothing,
  }),
  ExportNotCounted: reason<OfSecret>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'exported once more, ACM would not have renewed it',
    sentence: ({ name, secret }) =>
      `Secret "${secret}" held the certificate of "${name}" as ACM has it, but ACM did not count it as exported since its last renewal and would not have renewed it: it was exported once more`,
    mend: {
      kind: 'command',
      text: () => 'See that ACM counts it now and answers ELIGIBLE; it is not exported again for the same certificate',
      commands: ({ certificateArn }) => [
        aws`acm describe-certificate --certificate-arn ${certificateArn} --query Certificate.RenewalEligibility`,
      ],
    },
  }),
  CertificateLost: reason<OfNameless & { readonly ends: string; readonly services: readonly string[] }>({
    severity: 'action',
    retry: 'never',
    headline: ({ ends }) => `its certificate is gone from ACM, ends ${ends}`,
    sentence: ({ secret, ends, services }) =>
      `ACM no longer has the certificate that secret "${secret}" holds, and no other is to be delivered there: it ends on ${ends}${services.length > 0 ? ` for ${listed(services)}` : '; no service is tagged as reading it'}`,
    mend: {
      kind: 'by hand',
      text: ({ secret }) =>
        `Request another certificate and tag it courier:secret=${secret}, then tag the secret courier:certificate with its ARN; or, if nobody needs it any more, delete the secret`,
    },
  }),
  ConsumerOfNothing: reason<OfReader & { readonly near?: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service, near }) => `${service} names a secret that nobody fills${near ? `, ${near}?` : ''}`,
    sentence: ({ secret, service, cluster, near }) =>
      `The service "${service}" in cluster "${cluster}" is tagged as reading secret "${secret}", which no certificate is delivered to${near ? `; near to it is "${near}"` : ''}: it is never restarted for a new certificate`,
    mend: {
      kind: 'by hand',
      text: ({ service, near }) =>
        `Set the tag courier:secret of "${service}" to the secret that its task definition reads${near ? `, perhaps "${near}"` : ''}; or tag the certificate that is to be delivered there`,
    },
  }),
  SecretWithoutConsumer: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'no service reads its secret',
    sentence: ({ name, secret }) =>
      `The certificate of "${name}" is delivered to secret "${secret}", but no ECS service is tagged as reading it, and none was found whose task definition does: nothing is restarted for a new certificate`,
    mend: {
      kind: 'command',
      text: () =>
        'Tag the service that reads it courier:secret; or, if something else than an ECS service reads it, say so by a tag ' +
        '(command); or, if nobody needs it any more, take the tag courier:secret off the certificate',
      commands: ({ certificateArn }) => [
        aws`acm add-tags-to-certificate --certificate-arn ${certificateArn} --tags Key=courier:consumers,Value=none`,
      ],
    },
  }),
  ConsumerNotTagged: reason<OfReader & { readonly serviceArn: string; readonly tag: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service }) => `${service} reads it and is not tagged`,
    sentence: ({ secret, service, cluster }) =>
      `The task definition of service "${service}" in cluster "${cluster}" reads secret "${secret}", and the service is not tagged as reading it: it is never restarted for a new certificate`,
    mend: {
      kind: 'command',
      text: () => 'Tag the service, if it is to be restarted for each new certificate',
      commands: ({ serviceArn, tag }) => [
        aws`ecs tag-resource --resource-arn ${serviceArn} --tags key=courier:secret,value=${tag}`,
      ],
    },
  }),
  ConsumerPinned: reason<OfReader>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service }) => `${service} reads one version of it for ever`,
    sentence: ({ secret, service, cluster }) =>
      `The task definition of service "${service}" in cluster "${cluster}" names a version of secret "${secret}" by its id: whatever is delivered and restarted, it never sees another certificate`,
    mend: {
      kind: 'by hand',
      text: () =>
        'Register the task definition again with valueFrom without the version id (keep the colons), and deploy the service with it',
    },
  }),
  ServesAnother: reason<OfService & Handshakes>({
    severity: 'action',
    retry: 'never',
    headline: ({ service }) => `${service} does not serve it`,
    sentence: ({ secret, service, cluster, serial, since, task, startedAt, saw, failing, running }) =>
      `Secret "${secret}" holds serial ${serial} since ${minute(since)}, but ${failing} of ${count(running, 'task')} of service "${service}" in cluster "${cluster}" did not serve it when a sweep shook hands with them: task ${task}, which runs since ${minute(startedAt)}, ${saw}`,
    mend: {
      kind: 'command',
      text: () =>
        'It is not restarted for this by itself: another task may do the same. Find out where its process takes the certificate ' +
        'from (first command, then its task definition): a volume, its image, a version by its id, a file that it read too early. ' +
        'Mend that and deploy the service; if it only read too early, new tasks are enough (second command). A sweep looks ' +
        'again every hour',
      commands: ({ cluster, service, task }) => [
        aws`ecs describe-tasks --cluster ${cluster} --tasks ${task} --query tasks[].[taskDefinitionArn,startedBy,containers[].image]`,
        aws`ecs update-service --cluster ${cluster} --service ${service} --force-new-deployment --query service.deployments[0].id`,
      ],
    },
  }),
  LabelsNearLimit: reason<OfNameless & OfLabels>({
    severity: ({ labels }) => (labels > 16 ? 'action' : 'warning'),
    retry: 'never',
    headline: ({ labels }) => `has ${labels} staging labels of 20`,
    sentence: ({ secret, ...labels }) =>
      `Secret "${secret}" is near its limit: ${ofTwenty(labels)}. A usual renewal has ten of its own at its height; where they do not fit, no new certificate is delivered`,
    mend: { kind: 'command', text: () => takeOff, commands: takeOffFirst },
  }),
  PausedForLong: reason<OfSecret & { readonly days: number; readonly ends: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ days }) => `paused, and renewed ${count(days, 'day')} ago`,
    sentence: ({ name, secret, days, ends }) =>
      `ACM renewed the certificate of "${name}" ${count(days, 'day')} ago, and it is tagged courier:pause: secret "${secret}" still holds the one before, which ends on ${ends}, and ACM will not renew the new one unless it is exported`,
    mend: {
      kind: 'command',
      text: () => 'Take the tag off as soon as it may be delivered, then deliver',
      commands: ({ certificateArn }) => [
        aws`acm remove-tags-from-certificate --certificate-arn ${certificateArn} --tags Key=courier:pause`,
        { reExport: { certificateArn } },
      ],
    },
  }),
} satisfies Record<string, Reason<never>>;
