import { affected } from './affected.ts';
import { look } from './aws/look.ts';
import { isPatient, type Known, type Means, type World } from './diagnosing.ts';
import type { Certificate } from './domain/certificate.ts';
import type { Observation } from './domain/observation.ts';
import { allClear } from './domain/renewal.ts';
import { lifetimeDays, warnedWithin } from './domain/warning-days.ts';
import { observeRenewal } from './observe-renewal.ts';
import type { Outcome } from './outcome.ts';
import { report } from './security-report.ts';
import { type About, tell } from './tell.ts';

/**
 * The all-clear, for people who were warned. CloudWatch remembers how near the end was, and whether this stack warned of
 * any renewal since a warning of this one was possible: where another was warned of in these days, too, this is said of
 * one that nobody had to worry about. Where CloudWatch cannot be asked it is said as well: silence after a warning would
 * have people look for themselves.
 */
export async function reassure({ certificate }: Known, means: Means): Promise<Outcome> {
  const { world } = means;
  const warned = await look(() => mayHaveWarned(certificate, world));
  if (warned.is === 'unseen' && isPatient(means)) return { is: 'again', seconds: 30, because: warned.why };
  if (warned.is === 'unseen') world.log('error', 'Cannot see whether people were warned', { detail: warned.why });
  const isNews = warned.is === 'unseen' || warned.fact;
  if (!isNews && !world.securityHub) return { is: 'done', because: 'nobody was warned' };
  const observation = await observeRenewal(certificate, world);
  const [first, ...others] = allClear(observation);
  const unseen = warned.is === 'unseen' ? [`Whether earlier mails warned of it: ${warned.why}`] : [];
  const about = { certificate, ...affected(observation), ...underWay(observation, world), unseen };
  if (isNews) await tell([first, ...others], about, world);
  await report([first, ...others], { certificate, world });
  return isNews ? { is: 'told', finding: first } : { is: 'done', because: 'nobody was warned' };
}

async function mayHaveWarned(certificate: Certificate, { history, now }: World): Promise<boolean> {
  const at = now();
  const daysBefore = await history.daysBefore(certificate.arn, at);
  if (daysBefore === null) return false;
  const within = warnedWithin({ type: certificate.type, lifetimeDays: lifetimeDays(certificate), daysBefore });
  return within !== null && (await history.warnings({ since: at - within * 86_400, now: at })) > 0;
}

/** The same event has a renewal delivered: what the all-clear finds still old is not left so. */
const underWay = ({ deliveries }: Observation, { settings }: World): Pick<About, 'done'> =>
  settings.mode === 'deliver' &&
  deliveries.some(({ current }) => current.is === 'seen' && current.fact.holds === 'earlier')
    ? { done: ['The new one was queued for delivery; should that fail, another mail says so'] }
    : {};
