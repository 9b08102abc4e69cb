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

/**
 * A finding in AWS's format. It is as old as the certificate that it is about, so that every update says the same.
 * Severity and types are in FindingProviderFields, the only place where who imported a finding may change them
 * (Security Hub User Guide, "BatchImportFindings for finding providers").
 */
export function securityFinding({ certificate, subject, findings, now }: SecurityMatter, place: Place) {
  const { partition, region, account } = place;
  const sorted = gravestFirst(findings);
  const [gravest] = sorted;
  const severity = severities[severityOf(gravest)];
  const isOpen = severity !== 'INFORMATIONAL';
  const Text = cut(mendOf(gravest).text || 'Nothing is left to do', longest.recommendation);
  return {
    SchemaVersion: '2018-10-08',
    Id: `${certificate.arn}/acm-courier/${subject}`,
    ProductArn: `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`,
    GeneratorId: 'acm-courier',
    AwsAccountId: account,
    CreatedAt: time(certificate.notBefore ?? now),
    UpdatedAt: time(now),
    FindingProviderFields: { Severity: { Label: severity }, Types: [type] },
    Title: cut(`${certificate.name}: ${headlineOf(gravest)}`, longest.title),
    Description: cut(sorted.map((one) => `${sentenceOf(one)}.`).join(' '), longest.description),
    Remediation: { Recommendation: { Text, Url: `${place.runbook}#${anchorOf(gravest.reason)}` } },
    ProductFields: { 'acm-courier/reasons': sorted.map(({ reason }) => reason).join(' ') },
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
