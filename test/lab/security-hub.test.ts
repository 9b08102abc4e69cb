import { type AwsSecurityFinding, BatchImportFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSecurityHub } from '../../lab/security-hub.ts';
import { type Server, startServer } from '../../lab/server.ts';

const hub = createSecurityHub({ arnOf: (caller) => `arn of ${caller}` });

let server: Server;
let client: SecurityHubClient;
beforeAll(async () => {
  server = await startServer({ services: [hub.service], clock: { now: () => new Date() }, onCall: () => {} });
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  client = new SecurityHubClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const finding = (more: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding => ({
  SchemaVersion: '2018-10-08',
  Id: 'one',
  ProductArn: 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default',
  GeneratorId: 'acm-courier',
  AwsAccountId: '111122223333',
  CreatedAt: '2026-03-20T13:00:00Z',
  UpdatedAt: '2026-03-20T13:00:00.123Z',
  Title: 't'.repeat(256),
  Description: 'd'.repeat(1024),
  Types: ['Software and Configuration Checks'],
  Severity: { Label: 'HIGH' },
  Resources: [{ Type: 'AwsCertificateManagerCertificate', Id: 'arn:aws:acm:us-east-1:111122223333:certificate/x' }],
  ...more,
});

const send = (...Findings: readonly AwsSecurityFinding[]) =>
  client.send(new BatchImportFindingsCommand({ Findings: [...Findings] }));
const counted = async (...findings: readonly AwsSecurityFinding[]) => {
  const { FailedCount, SuccessCount, FailedFindings } = await send(...findings);
  return { FailedCount, SuccessCount, FailedFindings };
};

it('keeps a finding, and the newest of an Id', async () => {
  const other = finding({ Id: 'two', Severity: undefined, Types: undefined, FindingProviderFields: { Types: ['x'] } });
  expect(await counted(finding(), other)).toEqual({ FailedCount: 0, SuccessCount: 2, FailedFindings: [] });
  const archived = finding({ RecordState: 'ARCHIVED' });
  await send(archived);
  expect(hub.findings()).toEqual([archived, JSON.parse(JSON.stringify(other))]);
});

it.each<[string, Partial<AwsSecurityFinding>, string]>([
  ['without a title', { Title: undefined }, "data should have required property 'Title'"],
  ['without an account', { AwsAccountId: undefined }, "data should have required property 'AwsAccountId'"],
  [
    'without a severity',
    { Severity: undefined },
    "data should have required property 'FindingProviderFields', data should match some schema in anyOf",
  ],
  ['of another schema', { SchemaVersion: '2020-01-01' }, 'data.SchemaVersion should be equal to constant'],
  ['with too long a title', { Title: 't'.repeat(257) }, 'data.Title should NOT be longer than 256 characters'],
  [
    'with too long a text',
    { Description: 'd'.repeat(1025) },
    'data.Description should NOT be longer than 1024 characters',
  ],
  [
    'with too long an advice',
    { Remediation: { Recommendation: { Text: 'r'.repeat(513) } } },
    'data.Remediation.Recommendation.Text should NOT be longer than 512 characters',
  ],
  ['with a time that is none', { UpdatedAt: 'yesterday' }, 'data.UpdatedAt should match format "date-time"'],
  [
    'of a resource without an Id',
    { Resources: [{ Type: 'Other' } as { Type: string; Id: string }] },
    "data.Resources[0] should have required property 'Id'",
  ],
  [
    'of too many resources',
    { Resources: Array.from({ length: 33 }, () => ({ Type: 'Other', Id: 'x' })) },
    'data.Resources should NOT have more than 32 items',
  ],
])('says of a finding %s, in an answer of 200, that it is none; the others are kept', async (_, more, flaw) => {
  const Id = `good beside ${flaw}`;
  expect(await counted(finding({ Id: 'bad', ...more }), finding({ Id }))).toEqual({
    FailedCount: 1,
    SuccessCount: 1,
    FailedFindings: [
      {
        Id: 'bad',
        ErrorCode: 'InvalidInput',
        ErrorMessage: `Finding does not adhere to Amazon Finding Format. ${flaw}.`,
      },
    ],
  });
  const ids = hub.findings().map((one) => one.Id);
  expect([ids.includes('bad'), ids.includes(Id)]).toEqual([false, true]);
});

const foreign = 'arn:aws:securityhub:us-east-1:111122223333:product/444455556666/default';
it.each<[string, Partial<AwsSecurityFinding>]>([
  ['product', { ProductArn: foreign }],
  ['account', { AwsAccountId: '444455556666' }],
])("refuses all findings where one is another %s's", async (_, more) => {
  const before = hub.findings().length;
  const theirs = finding({ Id: 'theirs', ...more });
  await expect(send(finding({ Id: 'ours' }), theirs)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `User: arn of operator is not authorized to perform: securityhub:BatchImportFindings on resource: ${theirs.ProductArn}`,
  });
  expect(hub.findings()).toHaveLength(before);
});

it.each([0, 101])('refuses a call with %i findings', async (length) => {
  const many = Array.from({ length }, (_, index) => finding({ Id: `${index}` }));
  await expect(send(...many)).rejects.toMatchObject({ name: 'InvalidInputException' });
});

it('refuses what is no JSON', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/securityhub/aws4_request';
  const answer = await fetch(`${server.url}/findings/import`, {
    method: 'POST',
    headers: { authorization },
    body: '{',
  });
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'SerializationException']);
});
