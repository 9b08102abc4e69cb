import {
  type Certificate,
  type Issued,
  isIssued,
  isRenewed,
  type ListedCertificate,
  whyNotExportable,
} from './certificate.ts';
import { type Finding, type Findings, finding } from './reasons.ts';
import { type Delivery, isPaused, readWishes } from './wish.ts';

/**
 * What is to become of a certificate, judged on nothing but itself:
 * - `deliver`: to these secrets; `problems` are tags that cannot be read, said when the rest is delivered.
 * - `tell`: nothing can be delivered, and people must know.
 * - `rest`: nothing is wanted of us; `because` is for the log, and for whoever asked by hand.
 */
export type Appraisal<Seen = Certificate> =
  | {
      readonly is: 'deliver';
      readonly certificate: Issued<Seen>;
      readonly deliveries: readonly Delivery[];
      readonly problems: readonly Finding[];
    }
  | Undelivered;

type Undelivered =
  | { readonly is: 'tell'; readonly findings: Findings }
  | { readonly is: 'rest'; readonly because: 'not tagged' | 'paused' | 'not issued yet' };

/** What the stack was deployed with: where it may write, and whether renewals that nobody tagged are worth a word. */
type Policy = { readonly secretPrefix: string; readonly notices: 'tagged' | 'all' };

/** Ordered: each check assumes that those above it had nothing to say. */
export function appraise<Seen extends Certificate | ListedCertificate>(
  certificate: Seen,
  { secretPrefix, notices }: Policy,
): Appraisal<Seen> {
  const of = { name: certificate.name, certificateArn: certificate.arn };
  const { deliveries, problems } = readWishes(certificate.tags);
  const [problem, ...others] = problems.map((bad) => finding('BadTag', { ...of, ...bad }));
  const unexportable = whyNotExportable(certificate);

  if (deliveries.length === 0 && problem === undefined)
    return notices === 'all' && isRenewed(certificate) && isIssued(certificate) && !unexportable
      ? { is: 'tell', findings: [finding('NotTagged', { ...of, secret: proposedSecret(certificate, secretPrefix) })] }
      : { is: 'rest', because: 'not tagged' };
  if (isPaused(certificate.tags)) return { is: 'rest', because: 'paused' };
  if (unexportable) return { is: 'tell', findings: [unexportable] };
  if (!isIssued(certificate)) return notIssued(certificate);
  if (deliveries.length === 0 && problem) return { is: 'tell', findings: [problem, ...others] };
  return { is: 'deliver', certificate, deliveries, problems: problem ? [problem, ...others] : [] };
}

/** A secret that would do for a certificate that nobody tagged: named after it, below the prefix. */
export const proposedSecret = ({ name }: Pick<Certificate, 'name'>, secretPrefix: string): string =>
  `${secretPrefix}${name.replace(/^\*\./, 'wildcard.')}`;

/** An issued certificate whose serial or end ACM does not show yet is as good as pending. */
function notIssued({ arn, name, status }: Pick<Certificate, 'arn' | 'name' | 'status'>): Undelivered {
  if (status === 'pending' || status === 'issued') return { is: 'rest', because: 'not issued yet' };
  return { is: 'tell', findings: [finding('CertificateNotIssued', { name, certificateArn: arn, status })] };
}
