import { describeService } from './aws-commands.ts';
import { count, type Mend, nothing, type OfService, type Reason, reason } from './reason.ts';

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

/** A rollout that did not reach every task. */
export const rolloutReasons = {
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
  ReadsByItself: reason<OfService>({
    severity: 'info',
    retry: 'never',
    headline: ({ service }) => `delivered, ${service} reads it by itself`,
    sentence: ({ service, cluster, secret }) =>
      `The service "${service}" in cluster "${cluster}" is tagged courier:restart=false: it reads secret "${secret}" by itself, so it was not restarted, and nobody has seen yet what it serves`,
    mend: nothing,
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
} satisfies Record<string, Reason<never>>;
