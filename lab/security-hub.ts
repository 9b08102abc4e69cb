import type { Iam } from './iam.ts';
import { account, arn, type HttpRequest, type Operation, refuse, type Service } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: a finding is looked at member by member, for it may be anything.
export type Finding = any;

const format = '2018-10-08';
const perCall = 100;
/** Source, as of the lengths: Security Hub User Guide, "Required top-level ASFF attributes". */
const required = [
  ...['SchemaVersion', 'Id', 'ProductArn', 'GeneratorId', 'AwsAccountId', 'CreatedAt', 'UpdatedAt'],
  ...['Title', 'Description', 'Resources'],
];
const longest = { Id: 512, GeneratorId: 512, Title: 256, Description: 1024 };
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

/** What is imported of findings; the newest of each Id is kept. */
export function createSecurityHub({ arnOf }: Pick<Iam, 'arnOf'>) {
  const findings = new Map<string, Finding>();
  const product = arn('securityhub', `product/${account}/default`);

  const BatchImportFindings: Operation = ({ Findings }, { caller, operation }) => {
    if (!Array.isArray(Findings) || Findings.length < 1 || Findings.length > perCall)
      return refuse('InvalidInputException', `Invalid parameter 'Findings': there must be 1 to ${perCall}`);
    // Other than a malformed one, a finding of another product or account fails all of the call, as a lack of rights.
    // Seen: https://github.com/prowler-cloud/prowler/issues/867
    const foreign = Findings.find(
      ({ ProductArn = product, AwsAccountId = account }) => ProductArn !== product || AwsAccountId !== account,
    );
    if (foreign)
      refuse(
        'AccessDeniedException',
        `User: ${arnOf(caller)} is not authorized to perform: securityhub:${operation} on resource: ${foreign.ProductArn}`,
        { status: 403 },
      );
    const FailedFindings = Findings.flatMap((one) => {
      const flaws = flawsOf(one);
      if (flaws.length === 0) findings.set(one.Id, one);
      const ErrorMessage = `Finding does not adhere to Amazon Finding Format. ${flaws.join(', ')}.`;
      return flaws.length > 0 ? [{ Id: one.Id ?? '', ErrorCode: 'InvalidInput', ErrorMessage }] : [];
    });
    const [FailedCount, all] = [FailedFindings.length, Findings.length];
    const body = JSON.stringify({ FailedCount, SuccessCount: all - FailedCount, FailedFindings });
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  };

  const service: Service = {
    name: 'securityhub',
    protocol: 'rest-json',
    target: '',
    operations: { BatchImportFindings },
    route: ({ method, path }: HttpRequest) =>
      method === 'POST' && path === '/findings/import' ? { operation: 'BatchImportFindings' } : null,
  };
  return { service, findings: (): readonly Finding[] => [...findings.values()] };
}

/** In Security Hub's words. Seen: https://github.com/aquasecurity/kube-bench/issues/903 */
function flawsOf(finding: Finding): readonly string[] {
  const { SchemaVersion, Severity, Types, FindingProviderFields, Resources } = finding;
  const missing = (from: object, names: readonly string[], at = 'data') =>
    names.filter((name) => !(name in from)).map((name) => `${at} should have required property '${name}'`);
  const resources: readonly object[] = Array.isArray(Resources) ? Resources : [];
  const isRated = FindingProviderFields || (Severity && Types);
  const text = finding.Remediation?.Recommendation?.Text ?? '';
  return [
    ...missing(finding, required),
    // Seen: https://github.com/aws-samples/aws-securityhub-config-integration/issues/3
    ...(isRated
      ? []
      : ["data should have required property 'FindingProviderFields'", 'data should match some schema in anyOf']),
    ...resources.flatMap((one, index) => missing(one, ['Type', 'Id'], `data.Resources[${index}]`)),
    ...(resources.length > 32 ? ['data.Resources should NOT have more than 32 items'] : []),
    ...(SchemaVersion === undefined || SchemaVersion === format
      ? []
      : ['data.SchemaVersion should be equal to constant']),
    ...Object.entries(longest).flatMap(([name, most]) => tooLong(`data.${name}`, finding[name], most)),
    ...tooLong('data.Remediation.Recommendation.Text', text, 512),
    ...['CreatedAt', 'UpdatedAt']
      .filter((name) => name in finding && !dateTime.test(finding[name]))
      .map((name) => `data.${name} should match format "date-time"`),
  ];
}

const tooLong = (at: string, text: unknown, most: number): readonly string[] =>
  typeof text === 'string' && text.length > most ? [`${at} should NOT be longer than ${most} characters`] : [];
