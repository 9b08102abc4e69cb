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

/**
 * Whether anything is known to use it: AWS's services, a delivery, whoever exported it. An imported one may be
 * used where nothing of ours can look: a team that put its name to it does so for a reason. Unseen tags may say so, too.
 */
export const isUsed = ({ certificate, deliveries, tagsUnseen }: Observation): boolean =>
  certificate.inUseBy.length > 0 ||
  deliveries.length > 0 ||
  certificate.eligible ||
  (certificate.type === 'imported' && certificate.tags['courier:owner'] !== undefined) ||
  tagsUnseen !== undefined;

/** In its last days what somebody uses is an outage to come: the last week, a twelfth of a short life. */
function urgency(observation: Observation): Severity {
  const { certificate, now } = observation;
  if (!isUsed(observation)) return 'warning';
  const last = Math.max(1, Math.min(7, Math.floor(lifetimeDays(certificate) / 12)));
  return daysLeft(certificate, now) <= last ? 'critical' : 'action';
}
