import type { World } from './diagnosing.ts';
import { finding } from './domain/reasons.ts';
import { unseenDays } from './domain/warning-days.ts';
import type { Concern } from './events/queued.ts';
import type { Outcome } from './outcome.ts';
import { tell } from './tell.ts';

/**
 * A certificate that cannot be looked at: people are told what the event said, that it is all there is, and why. On a day
 * on which ACM could not renew it both events are told: an imported one has but the first, and it does not say of which.
 */
export async function sayUnseen(why: string, concern: Concern, world: World): Promise<Outcome> {
  const { certificateArn, name = certificateArn, days, about } = concern;
  const isDaily = about === 'expiring' && !unseenDays.includes(Math.ceil(days ?? 0));
  if (isDaily || about === 'renewed' || about === 'hint') return { is: 'done', because: why };
  const unseen = finding('CertificateUnseen', { name, certificateArn, about, ...(days !== undefined && { days }) });
  await tell([unseen], { certificate: { arn: certificateArn, name, tags: {} }, unseen: [why] }, world);
  world.count('WarningsSent');
  return { is: 'told', finding: unseen };
}
