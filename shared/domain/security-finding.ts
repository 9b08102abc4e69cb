import type { Certificate } from './certificate.ts';
import { printable } from './printable.ts';
import {
  anchorOf,
  type Findings,
  gravestFirst,
  headlineOf,
  mendOf,
  type Severity,
  sentenceOf,
  severityOf,
} from './reasons.ts';
import type { Place } from './shell.ts';

/**
 * What Security Hub keeps one finding about for each certificate: whether ACM renews it, and whether what it renewed
 * arrives. With an id for each reason, a cause that gives way to another would leave its finding open for ever, for
 * nothing of ours remembers it; with these two, what is wrong today replaces what was wrong before.
 */
export type Subject = 'renewal' | 'delivery';

export type SecurityMatter = {
  readonly certificate: Pick<Certificate, 'arn' | 'name' | 'notBefore'>;
  readonly subject: Subject;
  /** All that is to be said of the subject now. The all-clear, or whatever is mere news, closes its finding. */
  readonly findings: Findings;
  /** Epoch seconds. Security Hub ignores an update that is not later than the one before. */
  readonly now: number;
};

export type SecurityFinding = ReturnType<typeof securityFinding>;

/** Their longest, in characters (Security Hub API Reference, AwsSecurityFinding and Recommendation). */
const longest = { title: 256, description: 1024, recommendation: 512 };

/** What was found, in AWS's format. */
export function securityFinding({ findings, ...matter }: SecurityMatter, place: Place) {
  const sorted = gravestFirst(findings);
  const [gravest] = sorted;
  return inForm(matter, place, {
    severity: severities[severityOf(gravest)],
    headline: headlineOf(gravest),
    text: sorted.map((one) => `${sentenceOf(one)}.`).join(' '),
    mend: mendOf(gravest).text,
    runbook: `${place.runbook}#${anchorOf(gravest.reason)}`,
    reasons: sorted.map(({ reason }) => reason),
  });
}

/** The end of whatever was found before: its certificate is gone, or nothing is wrong with it any more. */
export const settledFinding = (matter: Omit<SecurityMatter, 'findings'>, place: Place): SecurityFinding =>
  inForm(matter, place, {
    severity: 'INFORMATIONAL',
    headline: 'nothing is wrong any more',
    text: `acm-courier finds nothing wrong with the ${matter.subject} of this certificate, or the certificate is gone.`,
    mend: '',
    runbook: place.runbook,
    reasons: [],
  });

type Said = {
  readonly severity: (typeof severities)[Severity];
  readonly headline: string;
  readonly text: string;
  readonly mend: string;
  readonly runbook: string;
  readonly reasons: readonly string[];
};

/**
 * A finding is as old as the certificate that it is about, so that every update says the same. Severity and types are in
 * FindingProviderFields, the only place where who imported a finding may change them (Security Hub User Guide,
 * "BatchImportFindings for finding providers").
 */
function inForm({ certificate, subject, now }: Omit<SecurityMatter, 'findings'>, place: Place, said: Said) {
  const { partition, region, account } = place;
  const isOpen = said.severity !== 'INFORMATIONAL';
  return {
    SchemaVersion: '2018-10-08',
    Id: `${certificate.arn}/acm-courier/${subject}`,
    ProductArn: `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`,
    GeneratorId: 'acm-courier',
    AwsAccountId: account,
    CreatedAt: time(certificate.notBefore ?? now),
    UpdatedAt: time(now),
    FindingProviderFields: { Severity: { Label: said.severity }, Types: [type] },
    Title: cut(`${certificate.name}: ${said.headline}`, longest.title),
    Description: cut(said.text, longest.description),
    Remediation: {
      Recommendation: { Text: cut(said.mend || 'Nothing is left to do', longest.recommendation), Url: said.runbook },
    },
    ProductFields: { 'acm-courier/reasons': said.reasons.join(' ') },
    Resources: [
      {
        Type: 'AwsCertificateManagerCertificate',
        Id: certificate.arn,
        Partition: partition as Partition,
        Region: region,
      },
    ],
    Compliance: { Status: isOpen ? ('FAILED' as const) : ('PASSED' as const) },
    RecordState: isOpen ? ('ACTIVE' as const) : ('ARCHIVED' as const),
  };
}

type Partition = 'aws' | 'aws-cn' | 'aws-us-gov';

const type = 'Software and Configuration Checks/AWS Security Best Practices';

const severities = {
  info: 'INFORMATIONAL',
  resolved: 'INFORMATIONAL',
  warning: 'MEDIUM',
  action: 'HIGH',
  critical: 'CRITICAL',
} as const satisfies Record<Severity, string>;

const time = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Names come from tags and certificates, which may hold anything. */
const cut = (text: string, length: number) => {
  const seen = printable(text);
  return seen.length > length ? `${seen.slice(0, length - 3)}...` : seen;
};
