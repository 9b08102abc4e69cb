import { Trouble } from './aws/trouble.ts';
import type { World } from './diagnosing.ts';
import type { Observation } from './domain/observation.ts';
import type { Diagnosis } from './domain/renewal.ts';
import type { Concern } from './events/queued.ts';
import type { About } from './tell.ts';

type Acting = { readonly observation: Observation; readonly concern: Concern; readonly world: World };

/**
 * Does what a diagnosis says can be done without a person, and answers in words for the mail what was done or would be.
 * What AWS refuses is said there, too: it never stops a warning.
 */
export async function mendByItself(
  { act, force }: Pick<Diagnosis, 'act' | 'force'>,
  { observation, concern, world }: Acting,
): Promise<Pick<About, 'done' | 'planned'>> {
  const { certificate, deliveries } = observation;
  const { mode, renewPrivate } = world.settings;
  if (act === 'rearm') {
    const text = queuedWords(deliveries, force);
    if (mode === 'observe') return { planned: [`It would be ${text}`] };
    const forced = force !== undefined && { force, uncounted: true };
    const message = { certificateArn: certificate.arn, cause: `rearm-${concern.cause}`, ...forced };
    return attempt({ done: `It was ${text}`, tried: `be ${text}` }, () => world.deliveries.add(message), world);
  }
  // The role may renew what is tagged for delivery only.
  if (act !== 'renew' || !renewPrivate || certificate.tags['courier:secret'] === undefined) return {};
  if (mode === 'observe') return { planned: ['ACM would be asked to renew it'] };
  const renew = () => world.certificates.renew(certificate.arn);
  return attempt({ done: 'ACM was asked to renew it', tried: 'ask ACM to renew it' }, renew, world);
}

function queuedWords(deliveries: Observation['deliveries'], force: string | undefined): string {
  if (force !== undefined)
    return 'queued for delivery, to be exported once more: its secret holds it already, and ACM does not count that export';
  return deliveries.some(({ next }) => next?.do === 'export')
    ? 'queued for delivery, which exports it'
    : 'queued for delivery, which exports it unless its secret holds it already';
}

type Words = { readonly done: string; readonly tried: string };

async function attempt({ done, tried }: Words, act: () => Promise<void>, world: World): Promise<Pick<About, 'done'>> {
  try {
    await act();
    return { done: [done] };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot mend by itself', { detail: error.message });
    // Without an answer nobody knows on which side of the act the line broke.
    const isKnown = error.finding.reason !== 'AwsUnavailable';
    return {
      done: [
        `${isKnown ? `An attempt to ${tried} failed` : `It is not known whether an attempt to ${tried} came to pass`}: ${error.message}`,
      ],
    };
  }
}
