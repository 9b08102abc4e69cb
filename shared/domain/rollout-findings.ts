import type { OfSecret } from './reason.ts';
import { type Finding, finding } from './reasons.ts';
import type { Consumer, Judged } from './rollout.ts';

type Context = { readonly of: OfSecret; readonly deadlineSeconds: number };

/** What is to be said of a consumer that is not on the new version, in the catalogue's words; undefined where nothing is. */
export function findingOf({ consumer, verdict }: Judged, { of, deadlineSeconds }: Context): Finding | undefined {
  const service = { ...of, service: consumer.service, cluster: consumer.cluster };
  switch (verdict.is) {
    case 'failed':
      return finding('DeploymentFailed', { ...service, detail: verdict.detail });
    case 'late':
      return finding('RolloutTooSlow', { ...service, minutes: Math.round(deadlineSeconds / 60) });
    case 'short':
      return finding('TasksMissing', { ...service, running: verdict.running, desired: consumer.desired });
    case 'not ours to restart':
      return finding('NotRestartable', { ...service, controller: verdict.controller });
    case 'reads by itself':
      return finding('ReadsByItself', service);
    case 'paused':
      return finding('ServicePaused', service);
    case 'outside window':
      return finding('ServiceOutsideWindow', { ...service, ...(verdict.until && { until: verdict.until }) });
    case 'image held':
      return finding('MutableImageHeld', { ...service, images: verdict.images });
    case 'new':
    case 'idle':
    case 'stale':
    case 'rolling':
      return undefined;
  }
}

/** The tags of a consumer that nobody can read. */
export const tagFindings = ({ service, cluster, problems }: Consumer, of: OfSecret): readonly Finding[] =>
  problems.map((problem) => finding('BadServiceTag', { ...of, service, cluster, ...problem }));
