import type { SecurityHub } from './aws/security-hub.ts';
import type { Certificate } from './domain/certificate.ts';
import type { Findings } from './domain/reasons.ts';
import { type SecurityFinding, securityFinding, settledFinding } from './domain/security-finding.ts';
import { quietly } from './quietly.ts';
import type { Base } from './world.ts';

export type Reporting = Base & {
  /** Where the stack also reports to Security Hub. */
  readonly securityHub?: SecurityHub;
};

type Subject = Pick<Certificate, 'arn' | 'name' | 'notBefore'>;

/** What was told, for a second reader: what Security Hub refuses is logged, lest the next attempt mail twice. */
export const report = (
  findings: Findings,
  { certificate, world }: { readonly certificate: Subject; readonly world: Reporting },
): Promise<void> =>
  put(securityFinding({ certificate, subject: 'renewal', findings, now: world.now() }, world.place), world);

/** Closes what may have been reported of a certificate that is gone, or with whose renewal nothing is wrong any more. */
export const withdraw = (certificate: Subject, world: Reporting): Promise<void> =>
  put(settledFinding({ certificate, subject: 'renewal', now: world.now() }, world.place), world);

async function put(one: SecurityFinding, { securityHub, log }: Reporting): Promise<void> {
  if (securityHub) await quietly('Cannot report to Security Hub', { act: () => securityHub.put(one), log });
}
