import { authorityReasons } from './authority-reasons.ts';
import { callReasons } from './call-reasons.ts';
import { deliveryReasons } from './delivery-reasons.ts';
import { digestReasons } from './digest-reasons.ts';
import { inspectionReasons } from './inspection-reasons.ts';
import { type Command, type Mend, type Reason, type Retry, type Severity, severities } from './reason.ts';
import { renewalReasons } from './renewal-reasons.ts';
import { requestReasons } from './request-reasons.ts';
import { rolloutReasons } from './rollout-reasons.ts';
import { secretReasons } from './secret-reasons.ts';
import { stackReasons } from './stack-reasons.ts';
import { sweepReasons } from './sweep-reasons.ts';
import { validationReasons } from './validation-reasons.ts';

export type { Command, OfSecret, Retry, Severity } from './reason.ts';

/**
 * The one catalogue of everything worth saying. Mails, logs, answers, metrics and docs/runbook.md are all derived from
 * it; a test ties the runbook to it.
 */
const catalogue = {
  ...deliveryReasons,
  ...secretReasons,
  ...inspectionReasons,
  ...callReasons,
  ...rolloutReasons,
  ...requestReasons,
  ...stackReasons,
  ...sweepReasons,
  ...digestReasons,
  ...validationReasons,
  ...authorityReasons,
  ...renewalReasons,
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

export function severityOf(of: Finding): Severity {
  const { severity } = entry(of);
  return typeof severity === 'function' ? severity(of.facts) : severity;
}
export const retryOf = (of: Finding): Retry => entry(of).retry;
/** Whether looking again may find it gone: always for what passes soon, and for what passes patiently while there is patience. */
export const mayPass = (of: Finding, { patient }: { readonly patient: boolean }): boolean =>
  retryOf(of) === 'soon' || (retryOf(of) === 'patiently' && patient);
export const headlineOf = (of: Finding): string => entry(of).headline(of.facts);
export const sentenceOf = (of: Finding): string => entry(of).sentence(of.facts);

/** What a person must do: a text, lines to copy and commands, each possibly empty. */
export function mendOf(of: Finding): {
  readonly kind: Mend<unknown>['kind'];
  readonly text: string;
  readonly lines: readonly string[];
  readonly commands: readonly Command[];
} {
  const { mend } = entry(of);
  return {
    kind: mend.kind,
    text: mend.kind === 'nothing' ? '' : mend.text(of.facts),
    lines: mend.kind === 'by hand' ? (mend.lines?.(of.facts) ?? []) : [],
    commands: mend.kind === 'command' ? mend.commands(of.facts) : [],
  };
}

/** Whether a person can mend it by commands, by hand, or need not; the same for every finding of the reason. */
export const mendKindOf = (reason: ReasonCode): Mend<unknown>['kind'] => catalogue[reason].mend.kind;

/** The anchor of a reason's section in docs/runbook.md, as GitHub makes it from the heading. */
export const anchorOf = (reason: ReasonCode): string => reason.toLowerCase();

/** Findings, at least one. */
export type Findings = readonly [Finding, ...Finding[]];

/** The gravest finding first; findings of one severity keep their order. */
export const gravestFirst = (findings: Findings): Findings => findings.toSorted(byGravity) as [Finding, ...Finding[]];

export const byGravity = (a: Finding, b: Finding): number => rank(severityOf(b)) - rank(severityOf(a));

const rank = (severity: Severity) => severities.indexOf(severity);
