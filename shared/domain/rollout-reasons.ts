import { aws, deployAgain, describeService, replaceTaskSet, untagService } from './aws-commands.ts';
import {
  count,
  listed,
  type Mend,
  minute,
  nothing,
  type OfSecret,
  type OfService,
  type Reason,
  reason,
} from './reason.ts';

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

/** A wish on a service that holds its restart: taken off, the delivery goes on. */
const untagAndDeliver = (tag: string) => (facts: OfService) => [
  untagService(facts, tag),
  { reExport: { certificateArn: facts.certificateArn } },
];

type OfController = OfService & { readonly controller: string };

/** What to do, and `then`, where a deployment controller lets nobody else restart. */
const deployedAnew = ({ service, controller }: OfController, then: string) =>
  controller === 'CODE_DEPLOY'
    ? `Let CodeDeploy deploy "${service}" again, with the task definition that it has: ${then}. The first command writes down by which deployment the present tasks came, the second starts the same once more`
    : `Let whatever deploys "${service}" do so again, with the task definition that it has: ${then}. By hand the first command writes down what the primary task set is, the second creates another one like it, and the third, once the tasks of that one are steady, makes it the primary; then delete the task set from before`;
const anewBy = (facts: OfController) =>
  facts.controller === 'CODE_DEPLOY' ? deployAgain(facts) : replaceTaskSet(facts);

/** `ends` in epoch seconds; `onTrial`: what was taken back was never current. */
type Back = {
  readonly serial: string;
  readonly ends: number;
  readonly consumers: number;
  readonly onTrial?: true;
};

/** `evidence` is a sentence's end; `beside` what else failed, likewise. */
type TakenBack = {
  readonly serial: string;
  readonly back: string;
  readonly evidence: string;
  readonly beside?: readonly string[];
};

/** A rollout that did not reach every task. */
export const rolloutReasons = {
  CanaryFailed: reason<OfService & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `not made current, canary ${service} failed`,
    sentence: ({ service, cluster, secret, detail }) =>
      `The new certificate was tried on the canary "${service}" in cluster "${cluster}" and is not made current in secret "${secret}": ${detail}`,
    mend: {
      kind: 'command',
      text: () =>
        'Everybody else serves the certificate from before. Find out why the canary failed (first command). If it was the ' +
        'canary, mend it and export again, which tries again (second command), or accept the version as it is, which ' +
        'restarts all others with it (third command)',
      commands: (facts) => [
        describeService(facts),
        { reExport: { certificateArn: facts.certificateArn, force: true } },
        { reExport: { certificateArn: facts.certificateArn, accept: true } },
      ],
    },
  }),
  CanaryWaits: reason<OfService & { readonly until?: number }>({
    severity: 'info',
    retry: 'never',
    headline: ({ service, until }) =>
      until === undefined
        ? `canary ${service} waits, its window is unreadable`
        : `canary ${service} waits for its window`,
    sentence: ({ service, cluster, secret, until }) =>
      `The new certificate waits in secret "${secret}" as COURIER_NEXT: the canary "${service}" in cluster "${cluster}" is restarted ${until === undefined ? 'once its tag courier:window can be read' : `when its tag courier:window lets it be, from ${minute(until)} on`}, and nothing becomes current before`,
    mend: {
      kind: 'command',
      text: ({ until }) =>
        until === undefined
          ? 'Write the window as docs/windows.md says, and within the hour it goes on by itself; or take the tag off and deliver again'
          : 'Nothing, if it may wait: within an hour of that time it goes on by itself. If it may not, take the tag off and deliver again',
      commands: untagAndDeliver('courier:window'),
    },
  }),
  RolledBack: reason<OfService & TakenBack>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `rolled back, ${service} does not serve it`,
    sentence: ({ service, cluster, secret, serial, back, evidence, beside = [] }) =>
      `The new certificate with serial ${serial} is taken back from secret "${secret}", which goes back to serial ${back}: at service "${service}" in cluster "${cluster}" ${evidence}${beside.map((other) => `; ${other}`).join('')}`,
    mend: {
      kind: 'command',
      text: () =>
        'Services that had picked it up are restarted by themselves. The serial is barred: find out what is wrong with it ' +
        '(first command shows the service). Then try again with a new export of it (second command), or take the barred ' +
        'version as it is (third command); a newer certificate from ACM is delivered by itself',
      commands: (facts) => [
        describeService(facts),
        { reExport: { certificateArn: facts.certificateArn, force: true } },
        { reExport: { certificateArn: facts.certificateArn, accept: true } },
      ],
    },
  }),
  ServesBarred: reason<OfService & { readonly tag?: string; readonly controller?: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `${service} may serve what was taken back`,
    sentence: ({ service, cluster, secret, tag, controller }) =>
      `The certificate that was taken back from secret "${secret}" may still be served by "${service}" in cluster "${cluster}", which ${tag ? `the tag ${tag} keeps from being restarted` : `nobody but its deployment controller ${controller} may restart`}`,
    mend: {
      kind: 'command',
      text: ({ tag, controller = '', ...facts }) =>
        tag
          ? `Take the tag ${tag} off "${facts.service}" (first command) and deliver again (second command), which restarts it with the certificate from before`
          : deployedAnew({ ...facts, controller }, 'its new tasks will read the one from before'),
      commands: ({ tag, controller = '', ...facts }) =>
        tag ? untagAndDeliver(tag)(facts) : anewBy({ ...facts, controller }),
    },
  }),
  BackOnPrevious: reason<OfSecret & Back>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'back on the certificate from before',
    sentence: ({ name, secret, serial, ends, consumers, onTrial }) =>
      `Secret "${secret}" ${onTrial ? 'goes on holding' : 'holds'} the certificate of "${name}" from before${onTrial ? '' : ' again'}, serial ${serial}, which ends at ${minute(ends)}${onTrial ? '; canaries that had been restarted for the one that is taken back were restarted once more' : ''}; no task of ${count(consumers, 'service')} runs with the one that was taken back`,
    mend: {
      kind: 'command',
      text: () =>
        "ACM's certificate is barred until there is a newer one. Try it again with a new export (first command), or take the " +
        'barred version as it is (second command)',
      commands: ({ certificateArn }) => [
        { reExport: { certificateArn, force: true } },
        { reExport: { certificateArn, accept: true } },
      ],
    },
  }),
  DeploymentFailed: reason<OfService & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `rollout stopped, deployment of ${service} failed`,
    sentence: ({ service, cluster, secret, detail }) =>
      `The new certificate is current in secret "${secret}", but the deployment of service "${service}" in cluster "${cluster}" failed: ${detail}`,
    mend: mendService,
  }),
  RolloutTooSlow: reason<OfService & { readonly minutes: number; readonly detail?: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `rollout stopped, ${service} took too long`,
    sentence: ({ service, cluster, secret, minutes, detail }) =>
      `The new certificate is current in secret "${secret}", but service "${service}" in cluster "${cluster}" did not bring all its tasks to it within ${count(minutes, 'minute')}${detail ? `: ${detail}` : ''}`,
    mend: mendService,
  }),
  ConsumerFailed: reason<OfService & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ service }) => `delivered before, but ${service} fails with it`,
    sentence: ({ service, cluster, secret, detail }) =>
      `The certificate that is current in secret "${secret}" has served before, but the service "${service}" in cluster "${cluster}" does not serve it: ${detail}`,
    mend: {
      kind: 'command',
      text: () =>
        'Nobody else is kept from it or restarted for this, and the certificate stays. Find out why (first command shows the ' +
        'last events) and mend the service. It is not restarted for this certificate again: deploy it yourself (second ' +
        'command), and its new tasks read the certificate',
      commands: (facts) => [
        describeService(facts),
        aws`ecs update-service --cluster ${facts.cluster} --service ${facts.service} --force-new-deployment --query service.deployments[0].id`,
      ],
    },
  }),
  NotRestartable: reason<OfService & { readonly controller: string }>({
    severity: 'action',
    retry: 'never',
    headline: ({ service }) => `redeploy ${service} yourself`,
    sentence: ({ service, cluster, controller }) =>
      `The service "${service}" in cluster "${cluster}" still runs tasks from before the new certificate, and its deployment controller ${controller} lets nobody else restart it`,
    mend: {
      kind: 'command',
      text: (facts) => deployedAnew(facts, 'its new tasks will read the new certificate'),
      commands: anewBy,
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
  ReadsByItself: reason<OfService & { readonly probed?: true }>({
    severity: 'info',
    retry: 'never',
    headline: ({ service }) => `delivered, ${service} reads it by itself`,
    sentence: ({ service, cluster, secret, probed }) =>
      `The service "${service}" in cluster "${cluster}" is tagged courier:restart=false: it reads secret "${secret}" by itself, so it was not restarted, and ${probed ? 'each of its tasks was seen serving the new certificate' : 'nobody has seen yet what it serves'}`,
    mend: nothing,
  }),
  ServiceOutsideWindow: reason<OfService & { readonly until?: number }>({
    severity: 'info',
    retry: 'never',
    headline: ({ service, until }) =>
      until === undefined ? `${service} waits, its window is unreadable` : `${service} waits for its window`,
    sentence: ({ service, cluster, secret, until }) =>
      `The new certificate is current in secret "${secret}"; the service "${service}" in cluster "${cluster}" is restarted ${until === undefined ? 'once its tag courier:window can be read' : `when its tag courier:window lets it be, from ${minute(until)} on`}, and runs tasks from before until then`,
    mend: {
      kind: 'command',
      text: ({ until }) =>
        until === undefined
          ? 'Write the window as docs/windows.md says, and within the hour the rollout goes on; or take the tag off and deliver again'
          : 'Nothing, if it may wait: within an hour of that time the rollout goes on by itself. If it may not, take the tag off and deliver again',
      commands: untagAndDeliver('courier:window'),
    },
  }),
  MutableImageHeld: reason<OfService & { readonly images: readonly string[] }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ service }) => `${service} not restarted, its image is not pinned`,
    sentence: ({ service, cluster, secret, images }) =>
      `The new certificate is current in secret "${secret}", but the service "${service}" in cluster "${cluster}" is tagged courier:mutable-image=refuse, and a restart would ship whatever ${listed(images)} ${images.length === 1 ? 'points' : 'point'} to now`,
    mend: {
      kind: 'command',
      text: ({ service }) =>
        `Deploy "${service}" with its images pinned by digest (repository@sha256:...), which lets its tasks read the new ` +
        'certificate, too; or take the tag off (first command). Then deliver again (second command)',
      commands: untagAndDeliver('courier:mutable-image'),
    },
  }),
  BadServiceTag: reason<OfService & { readonly tag: string; readonly value: string; readonly accepted: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ tag, service }) => `unreadable tag ${tag} on ${service}`,
    sentence: ({ tag, value, accepted, service, cluster }) =>
      `Cannot read tag ${tag} = "${value}" on service "${service}" in cluster "${cluster}"; accepted: ${accepted}`,
    mend: {
      kind: 'by hand',
      text: ({ tag, service }) => `Set the tag ${tag} of "${service}" to an accepted value`,
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
      commands: untagAndDeliver('courier:pause'),
    },
  }),
} satisfies Record<string, Reason<never>>;
