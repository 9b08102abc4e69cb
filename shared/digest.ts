import { Trouble } from './aws/trouble.ts';
import { digestsOf } from './domain/digest.ts';
import { compare } from './domain/inventory.ts';
import { noteworthy } from './domain/noteworthy.ts';
import { type Lists, takeInventory } from './inventory.ts';
import { facts, send, type Telling } from './tell.ts';

/** Milliseconds between two mails: SNS sends an address ten a second at most, and others send as well. */
const pace = 250;

/**
 * Sends each owner what will not come right by itself, and nobody a word where all is well. One that cannot be sent does
 * not keep the others from theirs; its trouble goes up at the end, and Lambda tries the whole again.
 */
export async function digest(wire: Telling & Lists): Promise<{ readonly mails: number }> {
  const inventory = await takeInventory(wire);
  const now = wire.now();
  const differences = compare(inventory, { ...wire.settings, now });
  const { remembered: notes } = noteworthy(
    { inventory, differences },
    { ...wire.settings, now, interval: { after: now, until: now } },
  );
  const notices = digestsOf({ inventory, differences, notes }, { ...wire, ...wire.settings, now });
  let trouble: Trouble | undefined;
  for (const notice of notices) {
    try {
      await send(notice, wire);
      wire.count('NoticesSent');
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      wire.log('error', 'Cannot send a digest', { subject: notice.subject, ...facts(error.finding, wire) });
      trouble = error;
    }
    await wire.sleep(pace);
  }
  if (trouble) throw trouble;
  return { mails: notices.length };
}
