import type { Observation } from './observation.ts';
import type { OfRenewal, Severity } from './reason.ts';
import { daysLeft, lifetimeDays } from './warning-days.ts';

/** What every finding about the renewal of this certificate says of it. */
export const situation = (observation: Observation): OfRenewal => ({
  name: observation.certificate.name,
  certificateArn: observation.certificate.arn,
  daysLeft: daysLeft(observation.certificate, observation.now),
  urgency: urgency(observation),
});

/** Whether anything is known to use it: AWS's services, a delivery, or whoever exported it. */
export const isUsed = ({ certificate, deliveries }: Observation): boolean =>
  certificate.inUseBy.length > 0 || deliveries.length > 0 || certificate.eligible;

/** In its last days what somebody uses is an outage to come: the last week, a twelfth of a short life. */
function urgency(observation: Observation): Severity {
  const { certificate, now } = observation;
  if (!isUsed(observation)) return 'warning';
  const last = Math.max(1, Math.min(7, Math.floor(lifetimeDays(certificate) / 12)));
  return daysLeft(certificate, now) <= last ? 'critical' : 'action';
}
