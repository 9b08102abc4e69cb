import { type DeliveryView, nextStep, type Step } from './delivery.ts';
import {
  label,
  type PresentSecret,
  sinceLabel,
  spareSinceLabels,
  triedLabel,
  triedLabels,
  withLabel,
  without,
} from './secret.ts';

/** What is left to be done then. */
export type Ahead = Extract<Step, { readonly do: (typeof acts)[number] }>;
const acts = ['export', 'promote', 'roll out', 'rest', 'refuse'] as const;

type Past<View> = {
  readonly view: View;
  readonly next: Ahead;
  /** One of the steps tells who trusts the issuer from before only. */
  readonly tellsOfTrust: boolean;
  /** The version that one of the steps bars, and the one that a person accepts. */
  readonly bars?: string;
  readonly accepts?: string;
};

/** As many as a worker takes at most. */
const mostSteps = 14;

/**
 * The view behind all steps that only move labels, taken in the mind, and the step that comes then: what a plan shows
 * hangs on it, as a version that is gone back to is promoted without trying it.
 */
export function pastLabels<View extends DeliveryView>(seen: View, now: number): Past<View> {
  let view = seen;
  let past: { readonly tellsOfTrust: boolean; readonly bars?: string; readonly accepts?: string } = {
    tellsOfTrust: false,
  };
  for (let steps = 0; steps < mostSteps; steps++) {
    const next = nextStep(view);
    if (isAhead(next)) return { ...past, view, next };
    if (view.secret.state !== 'present') break;
    if (next.do === 'tell of trust') past = { ...past, tellsOfTrust: true };
    if (next.do === 'reject') past = { ...past, bars: next.versionId };
    if (next.do === 'accept') past = { ...past, accepts: next.versionId };
    view = { ...view, secret: { ...view.secret, versions: relabelled(next, { ...view.secret, now }) } };
  }
  throw new Error('The labels of a secret do not come to rest');
}

type Labelling = Exclude<Step, Ahead>;
const isAhead = (step: Step): step is Ahead => acts.some((one) => one === step.do);

function relabelled(
  step: Labelling,
  { versions, now }: PresentSecret & { readonly now: number },
): PresentSecret['versions'] {
  switch (step.do) {
    case 'label next':
      return withLabel(versions, label.next, step.versionId);
    case 'reject':
      return withLabel(versions, label.rejected, step.versionId);
    case 'accept': {
      const accepted = withLabel(versions, label.accepted, step.versionId);
      return step.label === undefined ? accepted : without(accepted, step.label);
    }
    case 'forget':
    case 'tell of trust':
      return without(versions, step.label);
    case 'mark since': {
      const rest = spareSinceLabels(versions).reduce((all, { name }) => without(all, name), versions);
      return withLabel(rest, sinceLabel(step.since), step.versionId);
    }
    case 'mark tried': {
      const rest = triedLabels(versions).reduce((all, { name }) => without(all, name), versions);
      return withLabel(rest, triedLabel(step.since ?? now), step.versionId);
    }
  }
}
