import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createCloudWatch } from '../../lab/cloudwatch.ts';
import { createIam } from '../../lab/iam.ts';
import { createIamQuery } from '../../lab/iam-query.ts';
import { validated } from '../../lab/request-model.ts';
import { createSecurityHub } from '../../lab/security-hub.ts';
import { type Server, startServer } from '../../lab/server.ts';
import { createTags } from '../../lab/tags.ts';
import { judged } from './counterparts.ts';

const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/one';
const clock = { now: () => new Date('2026-03-20T13:00:00Z') };
const noon = Date.parse('2026-03-20T12:00:00Z') / 1000;
const iam = createIam({ tags: createTags(), keyOf: () => undefined });
const hub = createSecurityHub(iam);
const ends = [{ from: new Date('2026-03-10T00:00:00Z'), notAfter: new Date('2026-04-01T00:00:00Z') }];

let server: Server;
beforeAll(async () => {
  const parts = [
    createCloudWatch({ clock, endsOf: () => ends, logs: () => [] }),
    createIamQuery({ clock, linkedRole: { exists: false } }),
    hub,
  ];
  const services = parts.map(({ service }) => validated(service, process.env.LAB_MODELS ?? ''));
  server = await startServer({ services, clock, iam, onCall: () => {} });
});
afterAll(() => server.stop());

// biome-ignore lint/suspicious/noExplicitAny: each operation answers in its own form.
async function aws(...args: readonly string[]): Promise<any> {
  const key = { AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'operator' };
  const env = { PATH: process.env.PATH, AWS_ENDPOINT_URL: server.url, AWS_DEFAULT_REGION: 'us-east-1', ...key };
  const { stdout } = await promisify(execFile)(join(inject('programs'), 'aws'), args, { env });
  return JSON.parse(stdout);
}

const statistics = (...more: readonly string[]) =>
  aws(
    ...[
      'cloudwatch',
      'get-metric-statistics',
      '--namespace',
      'AWS/CertificateManager',
      '--metric-name',
      'DaysToExpiry',
    ],
    ...['--start-time', '2026-03-20T00:00:00Z', '--end-time', '2026-03-20T13:00:00Z', '--period', '43200'],
    ...['--statistics', 'Minimum', ...more],
  );

test('CloudWatch is asked in CBOR, signed over its bytes', async () => {
  const { Label, Datapoints } = await statistics('--dimensions', `Name=CertificateArn,Value=${certificate}`);
  expect(Label).toBe('DaysToExpiry');
  expect(Datapoints).toHaveLength(2);
  expect(Datapoints).toContainEqual({ Timestamp: noon, Minimum: 12, Unit: 'None' });
  await expect(statistics()).rejects.toThrow(/\(InvalidParameterValue\).*GetMetricStatistics operation: The lab has/);
  judged('AWS CLI', 'cloudwatch get-metric-statistics, in CBOR, and its refusal');
});

test("IAM creates ACM's service-linked role", async () => {
  const role = ['--role-name', 'AWSServiceRoleForCertificateManager'];
  await expect(aws('iam', 'get-role', ...role)).rejects.toThrow(/\(NoSuchEntity\)/);
  await aws('iam', 'create-service-linked-role', '--aws-service-name', 'acm.amazonaws.com');
  const { Role } = await aws('iam', 'get-role', ...role);
  expect(Role.AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Service: 'acm.amazonaws.com' });
  await expect(aws('iam', 'get-role', '--role-name', 'no name')).rejects.toThrow(/\(ValidationError\)/);
  judged('AWS CLI', 'iam create-service-linked-role, get-role, and their refusals');
});

test('Security Hub takes findings, and says within its answer which are none', async () => {
  const finding = {
    SchemaVersion: '2018-10-08',
    ProductArn: 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default',
    GeneratorId: 'acm-courier',
    AwsAccountId: '111122223333',
    CreatedAt: '2026-03-20T13:00:00Z',
    UpdatedAt: '2026-03-20T13:00:00Z',
    Title: 'One',
    Description: 'One',
    Types: [],
    Severity: { Label: 'HIGH' },
    Resources: [{ Type: 'AwsCertificateManagerCertificate', Id: certificate }],
  };
  const findings = JSON.stringify([
    { ...finding, Id: 'one' },
    { ...finding, Id: 'two', Title: 't'.repeat(257) },
  ]);
  const answer = await aws('securityhub', 'batch-import-findings', '--findings', findings);
  expect(answer).toMatchObject({ FailedCount: 1, SuccessCount: 1, FailedFindings: [{ Id: 'two' }] });
  expect(hub.findings()).toEqual([{ ...finding, Id: 'one' }]);
  judged('AWS CLI', 'securityhub batch-import-findings, one of two findings failed');
});
