import { appraise } from './domain/appraisal.ts';
import type { Note } from './domain/noteworthy.ts';
import { ofSecret } from './domain/ownership.ts';
import type { PlanStep } from './domain/plan.ts';
import { finding } from './domain/reasons.ts';
import type { Message } from './events/queued.ts';
import { expectedNotices, type PlannedNotice } from './expected-notices.ts';
import { planDelivery } from './plan.ts';
import { behindAfter, confirmed, messageFor, noteOf, type Seen, unseenIn, type Wire } from './repairs.ts';
import { mailsOf, notesOf } from './tell-notes.ts';

/** What a sweep would do, and all that it would lead to. */
export type SweepPlan = {
  readonly dryRun: true;
  readonly mode: 'observe' | 'deliver';
  readonly certificates: number;
  /** In the order of the certificates' ends; within a certificate in the order in which it would be done. */
  readonly plan: readonly PlanStep[];
  readonly notices: readonly PlannedNotice[];
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
  const notices: PlannedNotice[] = [];
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
      const found = await wantedOf({ arn: message.certificateArn, secret, asked: message }, wire);
      if (!found) continue;
      const delivery = await planDelivery(found.wanted, sight);
      // A service that reads several secrets of a certificate is restarted once for all of them.
      plan.push(...delivery.steps.filter((one) => one.step !== 'restart' || !restarted.has(one.service)));
      bytes += JSON.stringify(delivery.steps).length;
      for (const one of delivery.steps) if (one.step === 'restart') restarted.add(one.service);
      notices.push(...expectedNotices({ ...found, seen: delivery }, wire));
    }
  }
  const due = await notesOf(seen, notes, wire);
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

type Asking = { readonly arn: string; readonly secret: string; readonly asked: Message };

/** As ACM has it now, with what is said beside it; undefined where it is not to be delivered any more. */
async function wantedOf({ arn, secret, asked }: Asking, { certificates, settings }: Wire) {
  const certificate = await certificates.find(arn);
  const appraisal = certificate && appraise(certificate, settings);
  if (appraisal?.is !== 'deliver') return undefined;
  const delivery = appraisal.deliveries.find((one) => one.secret === secret);
  if (!delivery) return undefined;
  const wanted = { certificate: appraisal.certificate, delivery, asked };
  const uncounted = asked.uncounted ? [finding('ExportNotCounted', ofSecret(wanted))] : [];
  return { wanted, problems: [...uncounted, ...appraisal.problems] };
}
