import { count, minute, type OfSecret } from './reason.ts';
import { type Finding, finding } from './reasons.ts';
import { type Consumer, type Judged, type Promotion, windowOverride } from './rollout.ts';

type Context = {
  readonly of: OfSecret;
  readonly deadlineSeconds: number;
  /** The version is not current: it is tried on canaries. */
  readonly onTrial?: boolean;
  /** Others serve the version, or have: what fails speaks against its service. */
  readonly served?: boolean;
};

/** What is to be said of a consumer that is not on the new version, in the catalogue's words; undefined where nothing is. */
export function findingOf({ consumer, verdict }: Judged, context: Context): Finding | undefined {
  const { of, deadlineSeconds, onTrial, served } = context;
  const service = { ...of, service: consumer.service, cluster: consumer.cluster };
  if (onTrial) return onTrialOf({ consumer, verdict }, context);
  switch (verdict.is) {
    case 'failed':
      return finding(served ? 'ConsumerFailed' : 'DeploymentFailed', { ...service, detail: verdict.detail });
    case 'late': {
      const slow = 'not all of its tasks came up in time';
      if (served)
        return finding('ConsumerFailed', { ...service, detail: [slow, verdict.detail].filter(Boolean).join('; ') });
      const minutes = Math.round(deadlineSeconds / 60);
      return finding('RolloutTooSlow', { ...service, minutes, ...(verdict.detail && { detail: verdict.detail }) });
    }
    case 'short':
      return finding('TasksMissing', { ...service, running: verdict.running, desired: consumer.desired });
    case 'not ours to restart':
      return finding(verdict.exposed ? 'ServesBarred' : 'NotRestartable', {
        ...service,
        controller: verdict.controller,
      });
    case 'reads by itself':
      return finding('ReadsByItself', { ...service, ...(verdict.probed && { probed: true }) });
    case 'paused':
      return verdict.exposed
        ? finding('ServesBarred', { ...service, tag: 'courier:pause' })
        : finding('ServicePaused', service);
    case 'outside window':
      return finding('ServiceOutsideWindow', { ...service, ...(verdict.until && { until: verdict.until }) });
    case 'image held':
      return verdict.exposed
        ? finding('ServesBarred', { ...service, tag: 'courier:mutable-image' })
        : finding('MutableImageHeld', { ...service, images: verdict.images });
    case 'new':
    case 'idle':
    case 'stale':
    case 'rolling':
    case 'unproven':
      return undefined;
  }
}

/** Of a canary only what keeps the version from becoming current is worth saying. */
function onTrialOf({ consumer, verdict }: Judged, { of, deadlineSeconds }: Context): Finding | undefined {
  const service = { ...of, service: consumer.service, cluster: consumer.cluster };
  switch (verdict.is) {
    case 'failed':
      return finding('CanaryFailed', { ...service, detail: verdict.detail });
    case 'late':
      return finding('CanaryFailed', { ...service, detail: tooLate(verdict.detail, deadlineSeconds) });
    case 'outside window':
      return finding('CanaryWaits', { ...service, ...(verdict.until && { until: verdict.until }) });
    default:
      return undefined;
  }
}

const tooLate = (detail: string | undefined, deadlineSeconds: number) =>
  `not all of its tasks came up within ${count(Math.round(deadlineSeconds / 60), 'minute')}${detail ? `; ${detail}` : ''}`;

/** That a service was restarted though its window was closed, and why; none where it waited. */
export function windowSentences({ consumer }: Judged, promotion: Promotion): readonly string[] {
  const because = windowOverride(consumer, promotion);
  if (because === undefined) return [];
  const why =
    because === 'barred'
      ? 'it may have served what is taken back'
      : `what it served ends at ${minute(promotion.servedNotAfter ?? promotion.now)}, and ${
          consumer.window === 'unreadable' ? 'nobody can read its window' : 'its window opens too late for that'
        }`;
  const { service, cluster } = consumer;
  return [`Restarted "${service}" in cluster "${cluster}" outside its window (courier:window): ${why}`];
}

/** The tags of a consumer that nobody can read. */
export const tagFindings = ({ service, cluster, problems }: Consumer, of: OfSecret): readonly Finding[] =>
  problems.map((problem) => finding('BadServiceTag', { ...of, service, cluster, ...problem }));
