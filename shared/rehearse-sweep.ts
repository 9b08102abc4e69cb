import { isIssued } from './domain/certificate.ts';
import type { Course } from './domain/course.ts';
import type { Note } from './domain/noteworthy.ts';
import { composeNotice, type Notice } from './domain/notice.ts';
import { ofSecret } from './domain/ownership.ts';
import type { PlanStep } from './domain/plan.ts';
import { type Finding, finding, gravestFirst } from './domain/reasons.ts';
import { type Judged, nextRolloutStep } from './domain/rollout.ts';
import { findingOf } from './domain/rollout-findings.ts';
import { wishFor } from './domain/wish.ts';
import { planDelivery, type Seen as SeenDelivery, type Wanted } from './plan.ts';
import { behindAfter, confirmed, messageFor, noteOf, type Seen, unseenIn, type Wire } from './repairs.ts';
import { mailsOf, notesOf } from './tell-notes.ts';

/** What a sweep would do, and all that it would lead to. */
export type SweepPlan = {
  readonly dryRun: true;
  readonly mode: 'observe' | 'deliver';
  readonly certificates: number;
  /** In the order of the certificates' ends; within a certificate in the order in which it would be done. */
  readonly plan: readonly PlanStep[];
  readonly notices: readonly Pick<Notice, 'subject' | 'attributes'>[];
  /** What AWS did not let us see and why, a sentence each. */
  readonly unseen: readonly string[];
};

/** Milliseconds in which the plan is ended and answered; a sweep itself would hand the rest on. */
const reserve = 60_000;
/** Bytes of steps that one answer may hold, of the six megabytes that Lambda hands over (Lambda quotas). */
const mostBytes = 4_000_000;

type Means = { readonly wire: Wire; readonly remaining: () => number };

/** Plans with what the worker itself decides by, and touches nothing. Calls for what is behind only, the soonest to end first. */
export async function rehearse(seen: Seen, { wire, remaining }: Means): Promise<SweepPlan> {
  const services = await wire.tagged.services();
  const sight = { ...wire, tagged: { ...wire.tagged, services: async () => services } };
  const plan: PlanStep[] = [];
  const notices: Notice[] = [];
  const notes: Note[] = [];
  const behind = behindAfter(seen);
  let reached = 0;
  let bytes = 0;
  for (const own of behind) {
    if (remaining() < reserve || bytes > mostBytes) break;
    reached += 1;
    const real = await confirmed(own, seen.inventory, wire);
    const message = messageFor(own[0].certificate.arn, { own: real, runId: '' });
    notes.push(...real.flatMap(noteOf));
    const restarted = new Set<string | undefined>();
    for (const { secret = '' } of real) {
      const wanted = await wantedOf({ arn: message.certificateArn, secret, asked: message }, wire);
      if (!wanted) continue;
      const delivery = await planDelivery(wanted, sight);
      // A service that reads several secrets of a certificate is restarted once for all of them.
      plan.push(...delivery.steps.filter((one) => one.step !== 'restart' || !restarted.has(one.service)));
      bytes += JSON.stringify(delivery.steps).length;
      for (const one of delivery.steps) if (one.step === 'restart') restarted.add(one.service);
      notices.push(...expected(wanted, delivery, wire));
    }
  }
  const due = notesOf(seen, notes, wire);
  notices.push(...(await mailsOf(due, seen, wire)).map(({ notice }) => notice));
  return {
    dryRun: true,
    mode: wire.settings.mode,
    certificates: seen.inventory.certificates.length,
    plan,
    notices: notices.map(({ subject, attributes }) => ({ subject, attributes })),
    unseen: [...unseenIn(seen), ...(reached < behind.length ? [tooMany(behind.length - reached)] : [])],
  };
}

const tooMany = (left: number) =>
  `${left} more certificates are behind than one call can plan for; the sweep itself goes on until all are queued`;

type Asking = { readonly arn: string; readonly secret: string; readonly asked: Wanted['asked'] };

/** As ACM has it now; undefined where it is not to be delivered any more. */
async function wantedOf({ arn, secret, asked }: Asking, { certificates }: Wire): Promise<Wanted | undefined> {
  const certificate = await certificates.find(arn);
  const delivery = certificate && wishFor(certificate.tags, secret);
  return certificate && delivery && isIssued(certificate) ? { certificate, delivery, asked } : undefined;
}

/** What the worker would say at the end, if nothing goes wrong on the way. */
function expected(
  wanted: Wanted,
  { next, judged, course }: SeenDelivery,
  { settings, place }: Wire,
): readonly Notice[] {
  const { end } = course;
  const { deadlineSeconds } = settings;
  const of = ofSecret(wanted);
  const said = (all: readonly Judged[]) =>
    all.flatMap((one) => findingOf(one, { of, deadlineSeconds, served: course.served, ...end }) ?? []);
  const [worst, ...others] = end.is === 'delivered' ? [] : said(end.by);
  const isTold = next.do === 'roll out' && next.told;
  const isQuiet = end.is === 'held' ? wanted.asked.echo : end.is === 'delivered' && isTold;
  if (next.do === 'refuse' || next.do === 'rest' || isQuiet) return [];
  const left = leftOf(course);
  const delivered = finding('Delivered', {
    ...of,
    serial: wanted.certificate.serial,
    probed: 0,
    consumers: judged.length - left.length,
  });
  const findings: readonly [Finding, ...Finding[]] = worst ? [worst, ...others] : [delivered, ...said(left)];
  const { name, arn: certificateArn, tags } = wanted.certificate;
  const owner = tags['courier:owner'];
  const nothingElse = { affects: [], done: [], planned: [], unseen: [] };
  return [
    composeNotice(
      { findings: gravestFirst(findings), name, certificateArn, ...(owner && { owner }), ...nothingElse },
      place,
    ),
  ];
}

/** Whom nothing that we could do would bring there, once all that can be restarted was. */
function leftOf({ rollout, served }: Course): readonly Judged[] {
  const rest = rollout.filter(({ verdict }) => verdict.is !== 'stale' && verdict.is !== 'rolling');
  const step = nextRolloutStep(rest, { served });
  return step.do === 'finish' ? step.left : [];
}
