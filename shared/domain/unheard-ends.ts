import type { ListedCertificate } from './certificate.ts';
import type { Interval } from './noteworthy.ts';
import { lifetimeDays, spokenDays } from './warning-days.ts';

/** An end, or a day before it, of which an event of ACM should have had people told by now. */
export type UnheardEnd = {
  readonly certificateArn: string;
  readonly name: string;
  readonly about: 'expiring' | 'expired';
  /** Before the end; 0: it has ended. */
  readonly days: number;
  /** Epoch seconds: whoever was told of it by an event was told after this. Absent where ACM sends none. */
  readonly since?: number;
};

const day = 86_400;

/**
 * What should have been told of by now, and became so in this interval. ACM's events are best effort, and of the end of
 * an imported certificate there is none (ACM User Guide, "Amazon EventBridge support for ACM"): one that is lost would
 * leave what does not renew by itself to the next digest. Events come daily, so each is waited for a day.
 */
export const unheardEnds = (certificates: readonly ListedCertificate[], interval: Interval): readonly UnheardEnd[] =>
  certificates.flatMap((certificate) => {
    const { arn: certificateArn, name, status, notAfter } = certificate;
    if (notAfter === undefined || (status !== 'issued' && status !== 'expired')) return [];
    return [end(certificate.type, notAfter), ...daysBefore(certificate, notAfter)]
      .filter(({ by }) => interval.after < by && by <= interval.until)
      .map(({ by: _, ...due }) => ({ certificateArn, name, ...due }));
  });

/** `by`: when it should have been told of, epoch seconds. */
type Due = Pick<UnheardEnd, 'about' | 'days' | 'since'> & { readonly by: number };

const end = (type: ListedCertificate['type'], notAfter: number): Due =>
  type === 'imported'
    ? { about: 'expired', days: 0, by: notAfter }
    : { about: 'expired', days: 0, since: notAfter, by: notAfter + day };

/** None of what renews by itself; of the last day the end itself speaks soon enough. */
function daysBefore(certificate: ListedCertificate, notAfter: number): readonly Due[] {
  const { type, origin, eligible, inUse } = certificate;
  if (type !== 'imported' && origin !== 'acme' && (eligible || inUse)) return [];
  return spokenDays(type, lifetimeDays(certificate))
    .filter((days) => days > 1)
    .map((days) => ({ days, begins: notAfter - days * day }))
    .map(({ days, begins }) => ({ about: 'expiring', days, since: begins - day, by: begins + day }));
}
