import type { DeliverySight, Observation } from './observation.ts';
import { type Finding, finding, retryOf } from './reasons.ts';
import { situation } from './situation.ts';
import { nonceOf } from './version-id.ts';

/**
 * What is said of a certificate that is to be delivered and has not been exported since ACM renewed it: where no delivery
 * can do anything, that is the obstacle, and mending it mends the renewal.
 */
export function notArmed(observation: Observation): readonly Finding[] {
  const { certificate, deliveries } = observation;
  const refused = deliveries.flatMap(refusalOf);
  if (refused.length > 0 && refused.length === deliveries.length) return refused;
  const { name, arn: certificateArn } = certificate;
  const resting = deliveries.flatMap(({ secret, next }) =>
    next?.do === 'rest' && next.because !== 'delivered'
      ? [finding('Resting', { name, certificateArn, secret, state: next.because })]
      : [],
  );
  return [finding('NotExportedSinceRenewal', situation(observation)), ...refused, ...resting];
}

/**
 * Whether a delivery would export it, and if not, the nonce of an export that is for ACM's sake alone. One is enough for
 * ACM to renew it, and it is made once for a serial: what still does not count then, another would not make count.
 */
export function rearming({ certificate, deliveries }: Observation): { act: 'rearm' | 'nothing'; force?: string } {
  const { serial } = certificate;
  // What cannot be seen now may be to export by the time of the delivery.
  if (deliveries.some(({ next }) => next === undefined || next.do === 'export')) return { act: 'rearm' };
  const force = serial === undefined ? undefined : nonceOf(serial);
  const held = deliveries.filter(isDelivered);
  if (force === undefined || held.length === 0 || held.some(({ current }) => nonceIn(current) === force))
    return { act: 'nothing' };
  return { act: 'rearm', force };
}

const refusalOf = ({ next }: DeliverySight): readonly Finding[] =>
  next?.do === 'refuse' && retryOf(next.finding) !== 'soon' ? [next.finding] : [];

const isDelivered = ({ next }: DeliverySight) => next?.do === 'rest' && next.because === 'delivered';

const nonceIn = (current: DeliverySight['current']) =>
  current.is === 'seen' && 'nonce' in current.fact ? current.fact.nonce : undefined;
