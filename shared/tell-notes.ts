import { Trouble } from './aws/trouble.ts';
import { digestsOf, notesDigest } from './domain/digest.ts';
import { type Memories, type Memory, memoriesOf, type Note, noteworthy } from './domain/noteworthy.ts';
import { composeNotice, type Notice } from './domain/notice.ts';
import { notesOf as notesOfSightings, unmended } from './domain/probe-sample.ts';
import { mendOf } from './domain/reasons.ts';
import { holderOf } from './domain/secret.ts';
import { interval, type Seen, type Wire } from './repairs.ts';
import { facts, send } from './tell.ts';

/** Milliseconds between two mails: SNS sends an address ten a second at most, and others send as well. */
const pace = 250;
/** Notices that one owner gets of one run; more become one digest. */
const mostNotices = 5;

/** In mode observe nothing may be labelled: what would need a memory is left to the digest. */
export function notesOf(seen: Seen, acted: readonly Note[], { settings, now }: Pick<Wire, 'settings' | 'now'>) {
  const of = { ...settings, now: now(), interval: { after: seen.until - interval, until: seen.until } };
  const { sightings = [] } = seen.sampled ?? {};
  const { remembered: listed, passing } = noteworthy(seen, of);
  const remembered = [...listed, ...notesOfSightings(sightings, seen.inventory)];
  const mayForget = (seen.inventory.unseen ?? []).length === 0;
  const memories = memoriesOf(remembered, { ...seen, mayForget, kept: unmended(seen.inventory, sightings) });
  return settings.mode === 'deliver'
    ? { ...memories, due: [...acted, ...passing, ...memories.due], standing: remembered }
    : { due: passing, moved: [], forgotten: [], standing: remembered };
}

/**
 * Tells each note, then labels that it was told: a crash in between tells twice, not never. The sweeps of a stack's first
 * hour, and whoever would get more than five, get one digest instead. Answers how many mails were sent.
 */
export async function tellNotes(
  notes: Memories & { readonly standing: readonly Note[] },
  seen: Seen,
  wire: Wire,
): Promise<number> {
  for (const one of notes.moved) await settle(() => remember(one, seen, wire), wire);
  for (const one of notes.forgotten) await settle(() => forget(one, wire), wire);
  const mails = await mailsOf(notes, seen, wire);
  let trouble: Trouble | undefined;
  for (const { notice, memories } of mails) {
    trouble = (await settle(() => sendOne(notice, wire), wire)) ?? trouble;
    if (trouble) continue;
    for (const one of memories) await settle(() => remember(one, seen, wire), wire);
  }
  if (trouble) throw trouble;
  return mails.length;
}

type Mail = { readonly notice: Notice; readonly memories: readonly Memory[] };

export async function mailsOf(
  { due, standing }: { due: readonly Note[]; standing: readonly Note[] },
  seen: Seen,
  wire: Wire,
): Promise<readonly Mail[]> {
  const policy = { ...wire.settings, now: wire.now(), place: wire.place };
  if (await isFirst(seen, wire)) {
    const mails = digestsOf({ ...seen, notes: [...new Set([...due, ...standing])] }, policy).map((notice) => ({
      notice,
      memories: [],
    }));
    const [first, ...others] = mails;
    return first ? [{ ...first, memories: memoriesIn(due) }, ...others] : [];
  }
  return [...Map.groupBy(due, ({ owner }) => owner)].flatMap(([owner, own]) =>
    own.length > mostNotices
      ? [{ notice: notesDigest(own, { owner, ...policy }), memories: memoriesIn(own) }]
      : own.map((note) => ({ notice: noticeOf(note, wire), memories: memoriesIn([note]) })),
  );
}

/** Asked only where there may be something to say: the stack's age is not worth a call of every sweep. */
async function isFirst({ until }: Seen, { sweeps }: Wire): Promise<boolean> {
  return until - (await sweeps.createdAt()) < interval;
}

const memoriesIn = (notes: readonly Note[]) => notes.flatMap(({ memory }) => memory ?? []);

/** A label sits on one version at a time, and is moved from where it was seen. */
async function remember({ secret, label, versionId }: Memory, { inventory }: Seen, { secrets }: Wire): Promise<void> {
  const seen = inventory.secrets.get(secret);
  const from = seen?.state === 'present' ? holderOf(seen.versions, label) : undefined;
  await secrets.move(secret, { label, from, to: versionId });
}

const forget = ({ secret, label, versionId }: Memory, { secrets }: Wire) =>
  secrets.move(secret, { label, from: versionId });

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
