import type { DeliveryRow, Teller } from '../teller.ts';
import type { Lab } from '../world.ts';
import type { Operator } from './operator.ts';

/** Where a story is played, who tells it, and who does what a person does. */
export type Stage = { readonly lab: Lab; readonly teller: Teller; readonly operator: Operator };

/** A certificate, the secret that it is delivered to, and the services that serve it. */
export type Delivery = {
  readonly name: string;
  readonly certificateArn: string;
  readonly secret: string;
  readonly services: readonly string[];
};

export const seconds = 1_000;

/** Lab time, as people read it. */
export const dateOf = (lab: Lab) => lab.clock.now().toISOString().slice(0, 10);

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

/** A delivery as it is now, with what a TLS client sees of each of its tasks. */
export async function rowOf({ operator }: Stage, delivery: Delivery): Promise<DeliveryRow> {
  const { name, certificateArn, secret, services } = delivery;
  const [acm, { versionId }, consumers] = await Promise.all([
    operator.inAcm(certificateArn),
    operator.inSecret(secret),
    operator.served(name, services),
  ]);
  return { name, certificateArn, ...acm, secret, versionId, consumers };
}
