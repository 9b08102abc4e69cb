import { look } from './aws/look.ts';
import type { OpenRenewals } from './aws/open-renewals.ts';
import type { Concern } from './events/queued.ts';
import type { Concerns, IssuanceFailure, Parked } from './events/renewal-event.ts';
import type { Base } from './world.ts';

type Wire = Pick<Base, 'log'> & { readonly renewals: OpenRenewals };

/** Concerns that one event may raise: of what fails in greater numbers, ACM's own events tell. */
const most = 20;

/**
 * What ACM is renewing while a private CA fails to issue may be what failed: a hint about each, for `diagnose` to look
 * into. Any client's bad request brings such an event, so a certificate that nothing stands against is not spoken of. What
 * cannot be looked up is parked: ACM tells of its own attempts, and this is only the sooner word.
 */
export async function suspectRenewals({ id, parked }: IssuanceFailure, wire: Wire): Promise<Concerns | Parked> {
  const found = await look(() => wire.renewals.ofPrivate(most));
  if (found.is === 'unseen') wire.log('warn', 'Cannot look for renewals that may have failed', { detail: found.why });
  if (found.is === 'unseen' || found.fact.length === 0) return parked;
  const concerns = found.fact.map(
    (certificateArn): Concern => ({
      certificateArn,
      cause: `${id}-${certificateArn.split('/').at(-1)}`,
      about: 'hint',
    }),
  );
  return { is: 'concerns', concerns };
}
