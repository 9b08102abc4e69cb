import { Trouble } from './aws/trouble.ts';
import { compare, type Difference, isBehind } from './domain/inventory.ts';
import type { Note } from './domain/noteworthy.ts';
import type { Cursor, SweepOrder } from './events/sweep-order.ts';
import { takeInventory } from './inventory.ts';
import { lookAtSample } from './look-at-sample.ts';
import { raiseUnheard } from './raise-unheard.ts';
import { record } from './record.ts';
import { rehearse, type SweepPlan } from './rehearse-sweep.ts';
import { behindAfter, confirmed, messageFor, noteOf, placeOf, type Seen, unseenIn, type Wire } from './repairs.ts';
import { facts } from './tell.ts';
import { notesOf, tellNotes, tellRepairs } from './tell-notes.ts';

export type Means = {
  /** Tells the messages of one run from those of another. */
  readonly runId: string;
  /** Milliseconds that this invocation has left. */
  readonly remaining: () => number;
  readonly wire: Wire;
};

export type Swept = {
  readonly certificates: number;
  readonly differences: number;
  readonly queued: number;
  readonly notices: number;
  /** Another invocation goes on where this one had no time left. */
  readonly handedOn: boolean;
};

/** Milliseconds in which what was begun is ended and the rest is handed on. */
const reserve = 60_000;
/** Invocations that one sweep may take; Lambda's own guard against loops is off for its queue. */
const mostHops = 20;

/**
 * Looks at everything, queues what an event should have queued and did not (DESIGN §2), a delivery or a warning, and says
 * what no delivery will say. The soonest to end come first; where the time ends, the rest goes to a next invocation,
 * which looks anew.
 */
export async function sweep(order: SweepOrder, means: Means): Promise<Swept | SweepPlan> {
  const listed = await see(order, means);
  if (order.dryRun) return rehearse(await withSample(listed, means), means);
  const worked = await queueBehind(listed, means);
  if (order.scheduledAt !== undefined) await raiseUnheard(listed, means.wire);
  if (worked.left) return handOn(worked.left, { seen: listed, worked, means });
  const seen = await withSample(listed, means);
  const notices = await tellNotes(await notesOf(seen, worked.notes, means.wire), seen, means.wire);
  return finish({ seen, worked, notices, wire: means.wire });
}

async function see({ scheduledAt, resume }: SweepOrder, { runId: own, wire }: Means): Promise<Seen> {
  const runId = resume?.runId ?? own;
  const inventory = await takeInventory(wire);
  const differences = compare(inventory, { ...wire.settings, now: wire.now() });
  const until = resume?.until ?? scheduledAt ?? wire.now();
  return { runId, inventory, differences, until, scheduled: resume?.scheduled ?? scheduledAt !== undefined, resume };
}

/** Once a sweep, after all that must be queued: what nobody has time to look at has its turn again. */
async function withSample(seen: Seen, { remaining, wire }: Means): Promise<Seen> {
  const hasTime = () => remaining() >= reserve;
  return { ...seen, sampled: await lookAtSample(seen, { size: wire.settings.probeSample, hasTime, wire }) };
}

type Worked = { readonly queued: number; readonly notes: readonly Note[]; readonly left?: Omit<Cursor, 'queued'> };

async function queueBehind(seen: Seen, { remaining, wire }: Means): Promise<Worked> {
  const { runId } = seen;
  const notes: Note[] = [];
  let queued = 0;
  let after = seen.resume?.after;
  for (const own of behindAfter(seen)) {
    const { certificate } = own[0];
    if (remaining() < reserve && after !== seen.resume?.after)
      return {
        queued,
        notes,
        left: {
          runId,
          until: seen.until,
          scheduled: seen.scheduled,
          after: after ?? placeOf(certificate),
          hops: (seen.resume?.hops ?? 0) + 1,
        },
      };
    const real = await confirmed(own, seen.inventory, wire);
    const isQueued = real.length > 0 && wire.settings.mode === 'deliver';
    if (isQueued) await wire.deliveries.add(messageFor(certificate.arn, { own: real, runId }));
    if (isQueued) notes.push(...real.flatMap(noteOf));
    if (real.length > 0) queued += 1;
    for (const one of real) write(one, { runId, done: isQueued ? ['queued'] : [] }, wire);
    after = placeOf(certificate);
  }
  return { queued, notes };
}

/** What goes on elsewhere must not begin anew here: a mail about what is being repaired may be lost. */
async function toldOf(notes: readonly Note[], seen: Seen, wire: Wire): Promise<number> {
  try {
    return await tellRepairs(notes, seen, wire);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    wire.log('error', 'Cannot tell of repairs', facts(error.finding, wire));
    return 0;
  }
}

async function handOn(
  left: NonNullable<Worked['left']>,
  { seen, worked, means }: { seen: Seen; worked: Worked; means: Means },
): Promise<Swept> {
  const { wire } = means;
  const queued = (seen.resume?.queued ?? 0) + worked.queued;
  const goesOn = left.hops < mostHops;
  if (goesOn) await wire.sweeps.handOn({ ...left, queued });
  const notices = await toldOf(worked.notes, seen, wire);
  wire.log(
    goesOn ? 'info' : 'error',
    goesOn ? 'Handed the sweep on' : 'Gave the sweep up after too many invocations',
    left,
  );
  return {
    certificates: seen.inventory.certificates.length,
    differences: seen.differences.length,
    queued,
    notices,
    handedOn: goesOn,
  };
}

function finish({ seen, worked, notices, wire }: { seen: Seen; worked: Worked; notices: number; wire: Wire }): Swept {
  const { certificates } = seen.inventory;
  const undelivered = (seen.resume?.queued ?? 0) + worked.queued;
  for (const one of seen.differences.filter((other) => !isBehind(other)))
    write(one, { runId: seen.runId, done: [] }, wire);
  wire.gauge('UndeliveredCertificates', undelivered);
  wire.gauge('BlockedRenewals', certificates.filter(isBlocked).length);
  wire.count('SweepsFinished');
  const queued = wire.settings.mode === 'deliver' ? undelivered : 0;
  const swept = {
    certificates: certificates.length,
    differences: seen.differences.length,
    queued,
    notices,
    handedOn: false,
  };
  wire.log('info', 'Swept', { ...swept, unseen: unseenIn(seen) });
  return swept;
}

const isBlocked = ({ status, renewal }: Difference['certificate']) =>
  status === 'issued' && (renewal?.status === 'failed' || renewal?.status === 'validating');

function write(one: Difference, { runId, done }: { runId: string; done: readonly string[] }, wire: Wire): void {
  const { certificate, secret, ...state } = one;
  const { arn: certificateArn, serial, eligible, notAfter } = certificate;
  const seen = { eligible, notAfter, ...(state.is === 'refused' ? facts(state.finding, wire) : state) };
  const why =
    state.is === 'refused' ? state.finding.reason : state.is === 'unarmed' ? 'export not counted' : state.because;
  record(
    {
      event: `${runId}/${certificateArn.split('/').at(-1)}`,
      certificateArn,
      serial,
      secret,
      seen,
      decided: state.is,
      why,
      done,
    },
    wire,
  );
}
