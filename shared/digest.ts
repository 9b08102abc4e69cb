import { Trouble } from './aws/trouble.ts';
import { digestsOf } from './domain/digest.ts';
import { compare } from './domain/inventory.ts';
import { noteworthy } from './domain/noteworthy.ts';
import type { Notice } from './domain/notice.ts';
import { notesOf } from './domain/probe-sample.ts';
import type { Owners } from './events/sweep-order.ts';
import { takeInventory } from './inventory.ts';
import { lookAtSample } from './look-at-sample.ts';
import { record } from './record.ts';
import type { Wire } from './repairs.ts';
import { facts, send, type Telling } from './tell.ts';

/** Milliseconds between two mails: SNS sends an address ten a second at most, and others send as well. */
const pace = 250;

type Asked = { readonly runId: string; readonly owners?: Owners | undefined };

/**
 * Sends each owner, or only `owners`, what will not come right by itself, and nobody a word where all is well. Whom it
 * could not be sent to is left to an order of their own, so that nobody else has it twice. Where none could be sent its
 * trouble goes up: whoever ordered it tries it again, or gives up and wakes a person.
 */
export async function digest({ runId, owners }: Asked, wire: Wire): Promise<{ mails: number; left: number }> {
  const notices = (await thisWeek(wire)).filter(({ attributes: { owner = null } }) => owners?.includes(owner) ?? true);
  const left: (string | null)[] = [];
  let trouble: Trouble | undefined;
  for (const notice of notices) {
    const failed = await sendOne(notice, runId, wire);
    trouble ??= failed;
    if (failed) left.push(notice.attributes.owner ?? null);
    await wire.sleep(pace);
  }
  // Each order names fewer than the one before.
  if (trouble && left.length === notices.length) throw trouble;
  if (trouble) await wire.sweeps.handOnDigest(left);
  return { mails: notices.length - left.length, left: left.length };
}

async function thisWeek(wire: Wire): Promise<readonly Notice[]> {
  const inventory = await takeInventory(wire);
  const now = wire.now();
  const differences = compare(inventory, { ...wire.settings, now });
  const { remembered: notes } = noteworthy(
    { inventory, differences },
    { ...wire.settings, now, interval: { after: now, until: now } },
  );
  // Only of whom people were told.
  const of = { size: 0, hasTime: () => true, wire };
  const { sightings } = await lookAtSample({ inventory, differences, until: now }, of);
  const found = { inventory, differences, notes: [...notes, ...notesOf(sightings)] };
  return digestsOf(found, { ...wire, ...wire.settings, now });
}

async function sendOne(notice: Notice, event: string, wire: Telling): Promise<Trouble | undefined> {
  try {
    await send(notice, wire);
    wire.count('NoticesSent');
    const { severity, reason: why } = notice.attributes;
    record({ event, seen: { subject: notice.subject }, decided: 'told', why, done: [`told ${severity} ${why}`] }, wire);
    return undefined;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    wire.log('error', 'Cannot send a digest', { subject: notice.subject, ...facts(error.finding, wire) });
    return error;
  }
}
