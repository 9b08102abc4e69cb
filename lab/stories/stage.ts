import type { Teller } from '../teller.ts';
import type { Lab } from '../world.ts';
import type { Operator } from './operator.ts';

/** Where a story is played, who tells it, and who does what a person does. */
export type Stage = { readonly lab: Lab; readonly teller: Teller; readonly operator: Operator };

export const seconds = 1_000;

/** Whether people were told that what ACM has now is delivered to the secret. */
export async function isDelivered(
  { operator, lab }: Stage,
  { certificateArn, secret }: { readonly certificateArn: string; readonly secret: string },
) {
  const { serial } = await operator.inAcm(certificateArn);
  return lab
    .mail()
    .some(
      ({ attributes, body }) => attributes.reason === 'Delivered' && body.includes(serial) && body.includes(secret),
    );
}

/** Moves the lab's clock in steps until something holds; throws when it does not within as many steps. */
export async function until(
  { lab, teller }: Stage,
  what: string,
  holds: () => Promise<boolean>,
  { step = 10 * seconds, steps = 60 }: { step?: number; steps?: number } = {},
): Promise<void> {
  teller.progress(what);
  for (let taken = 0; taken < steps; taken++) {
    if (await holds()) return;
    await lab.clock.advance(step);
  }
  throw new Error(`${what}: it did not happen within ${steps} steps`);
}
