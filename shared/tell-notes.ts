import { look } from './aws/look.ts';
import { Trouble } from './aws/trouble.ts';
import { digestsOf, notesDigest } from './domain/digest.ts';
import { type Memories, type Memory, memoriesOf, type Note, noteworthy } from './domain/noteworthy.ts';
import { composeNotice, type Notice } from './domain/notice.ts';
import { notesOf as notesOfSightings, unmended } from './domain/probe-sample.ts';
import { mendOf } from './domain/reasons.ts';
import type { Verdict } from './domain/rollout.ts';
import { setLabel } from './labels.ts';
import { record } from './record.ts';
import { interval, type Seen, turnOf, verdictsOf, type Wire } from './repairs.ts';
import { facts, send } from './tell.ts';

/** Milliseconds between two mails: SNS sends an address ten a second at most, and others send as well. */
const pace = 250;
/** Notices that one owner gets of one run; more become one digest. */
const mostNotices = 5;

type Notes = Memories & { readonly standing: readonly Note[] };

/**
 * In mode observe nothing may be labelled: what would need a memory is left to the digest. What belongs to an hour is for
 * the sweep that the schedule has answer for it.
 */
export async function notesOf(seen: Seen, acted: readonly Note[], wire: Wire): Promise<Notes> {
  const { settings, now } = wire;
  const hour = { after: seen.until - interval, until: seen.until };
  const found = noteworthy(seen, { ...settings, now: now(), interval: hour });
  const { sightings = [] } = seen.sampled ?? {};
  const passing = seen.scheduled ? found.passing : [];
  const standing = [...found.remembered, ...notesOfSightings(sightings)];
  if (settings.mode === 'observe') return { due: passing, moved: [], forgotten: [], standing };
  const mayForget = (seen.inventory.unseen ?? []).length === 0;
  const memories = memoriesOf(standing, { ...seen, mayForget, kept: unmended(seen.inventory, sightings) });
  const due = memories.due.filter((one) => !isForTheWorker(one, seen));
  return { ...memories, due: [...acted, ...passing, ...(await certain(due, seen, wire))], standing };
}

/** A delivery that is on its way says at its end which tags cannot be read. */
const isForTheWorker = ({ finding, certificate }: Note, { differences }: Seen) =>
  finding.reason === 'BadTag' &&
  differences.some(
    (one) => one.is === 'behind' && one.because !== 'consumer behind' && one.certificate.arn === certificate?.arn,
  );

/** Lists lag, and deployments' dates lie: of a service that people are to be told of ECS is asked for its tasks. */
async function certain(due: readonly Note[], seen: Seen, wire: Wire): Promise<readonly Note[]> {
  const asked = turnOf(
    due.filter(({ doubtful }) => doubtful !== undefined),
    seen.until,
  );
  const sure = await Promise.all(
    asked.map(async ({ doubtful = '', ...note }) => {
      const verdict = await look(async () =>
        (await verdictsOf([doubtful], note.memory?.secret ?? '', { ...seen, wire })).get(doubtful),
      );
      return verdict.is === 'seen' && oldVerdicts.includes(verdict.fact ?? 'new') ? [note] : [];
    }),
  );
  return [...due.filter(({ doubtful }) => doubtful === undefined), ...sure.flat()];
}

/** It has tasks from before, and nothing of ours restarts it. */
const oldVerdicts: readonly Verdict['is'][] = ['paused', 'not ours to restart'];

/**
 * Tells each note, then labels that it was told: a crash in between tells twice, not never. The first sweep of a stack's
 * schedule, and whoever would get more than five, get one digest instead. Answers how many mails were sent.
 */
export async function tellNotes(notes: Notes, seen: Seen, wire: Wire): Promise<number> {
  for (const one of notes.moved) await settle(() => remember(one, seen, wire), wire);
  for (const one of notes.forgotten) await settle(() => forget(one, wire), wire);
  return sendAll(await mailsOf(notes, seen, wire), seen, wire);
}

/** Of a sweep that is handed on: all else is told by the invocation that ends it. */
export const tellRepairs = (acted: readonly Note[], seen: Seen, wire: Wire): Promise<number> =>
  sendAll(noticesOf(acted, wire), seen, wire);

type Mail = {
  readonly notice: Notice;
  /** What it says that is news; a first digest may say only what stands. */
  readonly notes: readonly Note[];
  /** Of the first digest: the sweep is not tried again for it, for others would have theirs twice. */
  readonly first?: true;
};

async function sendAll(mails: readonly Mail[], seen: Seen, wire: Wire): Promise<number> {
  const failed: (Mail & { readonly trouble: Trouble })[] = [];
  for (const mail of mails) {
    const trouble = await settle(() => sendOne(mail.notice, wire), wire);
    if (trouble) failed.push({ ...mail, trouble });
    else {
      write(mail, seen, wire);
      for (const one of memoriesIn(mail.notes)) await settle(() => remember(one, seen, wire), wire);
    }
  }
  const owners = failed.flatMap(({ first, notice }) => (first ? [notice.attributes.owner ?? null] : []));
  if (owners.length > 0) await wire.sweeps.handOnDigest(owners);
  const lost = failed.find(({ first }) => !first);
  if (lost) throw lost.trouble;
  return mails.length - failed.length;
}

export async function mailsOf(
  { due, standing }: Pick<Notes, 'due' | 'standing'>,
  seen: Seen,
  wire: Wire,
): Promise<readonly Mail[]> {
  const first = seen.scheduled
    ? digestsOf({ ...seen, notes: [...new Set([...due, ...standing])] }, policyOf(wire))
    : [];
  // The stack's age is worth a call only where something is to be said.
  const isFirst = due.length + first.length > 0 && (await isFirstHour(seen, wire));
  if (!isFirst) return noticesOf(due, wire);
  // By hand in the first hour: all that stands is for the first digest, which the schedule's own sweep sends.
  if (!seen.scheduled)
    return noticesOf(
      due.filter(({ memory }) => memory === undefined),
      wire,
    );
  return first.map((notice) => {
    const own = due.filter(({ owner }) => owner === notice.attributes.owner);
    return { notice, notes: own, first: true };
  });
}

/** One for each note, or one digest for whoever would get more than five. */
const noticesOf = (due: readonly Note[], wire: Wire): readonly Mail[] =>
  [...Map.groupBy(due, ({ owner }) => owner)].flatMap(([owner, own]) =>
    own.length > mostNotices
      ? [{ notice: notesDigest(own, { owner, ...policyOf(wire) }), notes: own }]
      : own.map((note) => ({ notice: noticeOf(note, wire), notes: [note] })),
  );

const policyOf = ({ settings, now, place }: Wire) => ({ ...settings, now: now(), place });

/** Of its schedule's sweeps, an hour apart, one falls into the hour after a stack was made. */
const isFirstHour = async ({ until }: Seen, { sweeps }: Wire): Promise<boolean> =>
  until - (await sweeps.createdAt()) < interval;

const memoriesIn = (notes: readonly Note[]) => notes.flatMap(({ memory }) => memory ?? []);

/** A label sits on one version at a time, and is moved from where it was seen. */
async function remember({ secret, label, versionId }: Memory, { inventory }: Seen, world: Wire): Promise<void> {
  const seen = inventory.secrets.get(secret);
  await setLabel(label, versionId, { secret, versions: seen?.state === 'present' ? seen.versions : {}, world });
}

const forget = ({ secret, label, versionId }: Memory, { secrets }: Wire) =>
  secrets.move(secret, { label, from: versionId });

/** Once it is sent; before it is labelled, for that may fail. */
function write({ notice, notes }: Mail, { runId }: Seen, wire: Wire): void {
  const { severity, reason } = notice.attributes;
  const why = { decided: 'told', done: [`told ${severity} ${reason}`] };
  if (notes.length === 0) record({ event: runId, seen: {}, ...why, why: reason }, wire);
  for (const { finding, name, certificate: { arn: certificateArn, serial } = {} } of notes) {
    const event = `${runId}/${certificateArn?.split('/').at(-1) ?? name}`;
    const secret = 'secret' in finding.facts ? String(finding.facts.secret) : undefined;
    record({ event, certificateArn, serial, secret, seen: facts(finding, wire), ...why, why: finding.reason }, wire);
  }
}

async function sendOne(notice: Notice, wire: Wire): Promise<void> {
  await send(notice, wire);
  wire.count('NoticesSent');
  await wire.sleep(pace);
}

export function noticeOf({ finding, name, certificate, owner }: Note, { place }: Pick<Wire, 'place'>): Notice {
  const isRepair = mendOf(finding).kind === 'nothing';
  return composeNotice(
    {
      findings: [finding],
      name,
      ...(certificate && { certificateArn: certificate.arn }),
      ...(owner && { owner }),
      affects: [],
      done: isRepair ? ['Queued for delivery, which restarts them'] : [],
      planned: [],
      unseen: [],
    },
    place,
  );
}

/** One that fails keeps no other from its turn. */
async function settle(act: () => Promise<unknown>, wire: Wire): Promise<Trouble | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    wire.log('error', 'Cannot tell or remember what a sweep found', facts(error.finding, wire));
    return error;
  }
}
