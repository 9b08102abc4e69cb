import { composeNotice, type Notice } from './domain/notice.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Finding, type Findings, finding } from './domain/reasons.ts';
import { isFailed, type Judged, nextRolloutStep } from './domain/rollout.ts';
import { findingOf, tagFindings } from './domain/rollout-findings.ts';
import { readVersionId } from './domain/version-id.ts';
import type { Seen, Wanted } from './plan.ts';
import type { Sight } from './world.ts';

/** A notice as a plan shows it. What it will say of the run is not known yet. */
export type PlannedNotice = Pick<Notice, 'subject' | 'attributes'>;

/** A delivery that is planned, and what is said with its end beside it. */
export type Expecting = { readonly wanted: Wanted; readonly seen: Seen; readonly problems: readonly Finding[] };

type Means = Pick<Sight, 'settings' | 'place'>;

/** What the worker would tell of a delivery, if nothing goes wrong on the way. */
export function expectedNotices(
  { wanted, seen, problems }: Expecting,
  { settings, place }: Means,
): readonly PlannedNotice[] {
  const notices: PlannedNotice[] = [];
  const of = ofSecret(wanted);
  if (seen.tellsOfTrust) {
    const issuer = { caArn: wanted.certificate.caArn ?? '', others: [] };
    notices.push(plannedNotice([finding('IssuerChanged', { ...of, ...issuer })], { wanted, place }));
  }
  const [first, ...others] = atItsEnd(wanted, seen, settings);
  if (!first) return notices;
  const tags = seen.judged.flatMap(({ consumer }) => tagFindings(consumer, of));
  const { end } = seen.course;
  const isOnTrial = end.is !== 'delivered' && end.onTrial;
  // What was delivered had them said then; on trial the certificate's own wait for the end.
  const beside = isTold(seen) && end.is === 'delivered' ? [] : [...(isOnTrial ? [] : problems), ...tags];
  return [...notices, plannedNotice([first, ...others, ...beside], { wanted, place })];
}

/** In the worker's order (roll-out): of what is alike the first is the subject. */
function atItsEnd(wanted: Wanted, seen: Seen, { deadlineSeconds }: Means['settings']): readonly Finding[] {
  const { next, course, judged } = seen;
  if (next.do === 'refuse' || next.do === 'rest') return [];
  const of = ofSecret(wanted);
  const { end, served } = course;
  const said = (all: readonly Judged[]) =>
    all.flatMap((one) => findingOf(one, { of, deadlineSeconds, served, ...end }) ?? []);
  const left = leftOf(seen);
  switch (end.is) {
    case 'stopped':
      return said(end.by);
    case 'held': {
      const held = end.onTrial ? end.by : [...left.filter(isFailed), ...end.by];
      return said(wanted.asked.echo ? held.filter((one) => isTold(seen) && isFailed(one)) : held);
    }
    case 'delivered':
      if (isTold(seen)) return said(left.filter(isFailed));
      return [deliveredOf(wanted, seen, judged.length - left.length), ...said(left)];
  }
}

const isTold = ({ next }: Seen) => next.do === 'roll out' && next.told;

function deliveredOf(wanted: Wanted, { next }: Seen, consumers: number): Finding {
  const of = ofSecret(wanted);
  const holds = isBack(next) ? readVersionId(next.versionId) : null;
  if (holds) return finding('BackOnPrevious', { ...of, serial: holds.serial, ends: holds.notAfter, consumers });
  return finding('Delivered', { ...of, serial: wanted.certificate.serial, probed: 0, consumers });
}

const isBack = (next: Seen['next']): next is Extract<Seen['next'], { back?: boolean }> =>
  (next.do === 'promote' || next.do === 'roll out') && next.back === true;

/** Whom nothing that we could do would bring there, once all that can be restarted was. */
function leftOf({ course: { trial, rollout, served } }: Seen): readonly Judged[] {
  const rest = [...trial, ...rollout].filter(({ verdict }) => !willBeNew.has(verdict.is));
  const step = nextRolloutStep(rest, { served });
  return step.do === 'finish' ? step.left : step.do === 'hold' ? step.held : [];
}

const willBeNew: ReadonlySet<Judged['verdict']['is']> = new Set(['stale', 'rolling', 'unproven']);

type Of = Pick<Expecting, 'wanted'> & Pick<Means, 'place'>;

/** One notice that says all of it, the gravest first. */
export function plannedNotice(findings: Findings, { wanted, place }: Of): PlannedNotice {
  const { name, arn: certificateArn, tags } = wanted.certificate;
  const owner = tags['courier:owner'];
  const nothingElse = { affects: [], done: [], planned: [], unseen: [] };
  const { subject, attributes } = composeNotice(
    { findings, name, certificateArn, ...(owner && { owner }), ...nothingElse },
    place,
  );
  return { subject, attributes };
}
