import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImportCertificateCommand, RenewCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';
import { takeAnswers } from './stack-stand-in.ts';

const folder = join(import.meta.dirname, '../../events');

let courier: CourierLab;
/** Which certificate of the lab stands in for which of the files; events/README.md has the same table. */
let standIns: Readonly<Record<string, string>>;
/** Takes what CloudFormation would be answered. */
let bucket: Awaited<ReturnType<typeof takeAnswers>>;
beforeAll(async () => {
  courier = await startCourierLab();
  bucket = await takeAnswers();
  const api = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  const pem = await courier.importable('own.example.com');
  const tagged = { ...pem, Tags: [{ Key: 'courier:secret', Value: 'courier/imported' }] };
  standIns = {
    'certificate/2f1c9a56-0d5e-4c1b-9b0a-7d3c5e8f1a42': api,
    'certificate/8b7e3d10-5a4f-4e0d-8c53-0a9b6c2d4e17': await imported(pem),
    'certificate/c40d2b9e-63a1-47f8-a2de-91b5f07c3d68': await imported(tagged),
  };
});
afterAll(() => {
  bucket.stop();
  return courier.stop();
});

const imported = async (wish: ConstructorParameters<typeof ImportCertificateCommand>[0]) =>
  (await courier.acm.send(new ImportCertificateCommand(wish))).CertificateArn ?? '';

function eventOf(file: string): unknown {
  let text = readFileSync(join(folder, `${file}.json`), 'utf8');
  for (const [placeholder, arn] of Object.entries(standIns))
    text = text.replaceAll(placeholder, arn.split(':')[5] ?? '');
  return JSON.parse(text.replace(/https:\/\/cloudformation-custom-resource-response[^"]+/, bucket.url));
}

const queued = { is: 'queued' };
const unreadable = (errorMessage: string) => ({ errorType: 'Unreadable', errorMessage, trace: expect.any(Array) });
const skipped = (why: string) => ({ is: 'skip', why });
const concerned = { is: 'queued', concerns: 1 };
const parked = { is: 'parked', concerns: 0 };
const passed = { is: 'skip', concerns: 0 };
const steps = (...names: string[]) => names.map((step) => expect.objectContaining({ step, secret: 'courier/api' }));
const answered = (state: string, ...plan: string[]) => ({
  ok: true,
  plan: steps(...plan),
  results: [{ certificateArn: expect.stringMatching(/^arn:aws:acm:/), name: 'api.example.com', state }],
  errors: [],
  unseen: [],
});
const stackAnswer = (Status: 'SUCCESS' | 'FAILED', Reason: unknown, Data: object = {}) => ({
  Status,
  Reason,
  PhysicalResourceId: expect.any(String),
  StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/api/51af3dc0-da77-11e4-872e-1234567db123',
  RequestId: expect.stringMatching(/^6d5f2c3e-/),
  LogicalResourceId: 'Delivered',
  Data,
});
const filled = {
  SecretArn: expect.stringMatching(/:secret:courier\/api-\w{6}$/),
  VersionId: expect.stringMatching(/^[0-9a-f]{40}-\d{12}-[0-9a-f]{10}$/),
};
const badRequest = (detail: string) => ({
  ok: false,
  plan: [],
  results: [],
  errors: [
    {
      reason: 'BadRequest',
      message: `Cannot read the request: ${detail}`,
      hint: expect.stringContaining('Name one of {"certificateArn": "arn:aws:acm:…"}'),
    },
  ],
  unseen: [],
});

/** What each file's function answers, in a lab whose one tagged certificate is delivered already. */
const answers: Readonly<Record<string, unknown>> = {
  'certificate-available.issuance': queued,
  'certificate-available.renewal': queued,
  'certificate-available.acme': queued,
  'certificate-available.old-shape': queued,
  'certificate-available.unknown-action': queued,
  'certificate-available.import': { is: 'acknowledged' },
  'certificate-available.reimport': { is: 'told' },
  'certificate-available.foreign-source': skipped(
    '"ACM Certificate Available" from "com.example.tests" is not "ACM Certificate Available" from "aws.acm"',
  ),
  'certificate-available.other-region': {
    is: 'skip',
    why: expect.stringMatching(/^"arn:aws:acm:eu-central-1:.*" is in eu-central-1, this stack in us-east-1$/),
  },
  'certificate-available.no-resources': unreadable('Cannot read the event: "resources.0" is no ARN of a certificate'),
  'certificate-available.wrong-types': unreadable('Cannot read the event: "detail.Action" must be of type string'),
  'certificate-expiring.private': concerned,
  'certificate-expiring.imported': concerned,
  'certificate-expiring.without-name': concerned,
  'certificate-expiring.without-days': concerned,
  'certificate-expiring.other-region': passed,
  'certificate-expiring.foreign-source': passed,
  'certificate-expiring.no-resources': unreadable('Cannot read the event: "resources.0" is no ARN of a certificate'),
  'renewal-action-required.caa': concerned,
  'renewal-action-required.email': concerned,
  'renewal-action-required.private': concerned,
  'renewal-action-required.new-reason': concerned,
  'renewal-action-required.wrong-types': concerned,
  'renewal-action-required.foreign-source': passed,
  'renewal-action-required.rotated': parked,
  'renewal-action-required.unknown-type': parked,
  'renewal-action-required.health-state-change': concerned,
  'renewal-action-required.health-caa': { is: 'queued', concerns: 2 },
  'renewal-action-required.health-failure': concerned,
  'renewal-action-required.health-nobody': parked,
  'renewal-action-required.health-backup': parked,
  'renewal-action-required.authority-issuance': parked,
  'renewal-action-required.authority-creation': parked,
  'renewal-action-required.authority-revocation': parked,
  'renewal-action-required.authority-crl': parked,
  'renewal-action-required.authority-audit': parked,
  'certificate-expired.private': concerned,
  'certificate-expired.public': concerned,
  'certificate-expired.revoked': concerned,
  'certificate-expired.revoked-by-ca': concerned,
  'certificate-expired.other-region': passed,
  'certificate-expired.foreign-source': passed,
  'certificate-expired.other-event': passed,
  'diagnose.expiring': { batchItemFailures: [] },
  'diagnose.blocked': { batchItemFailures: [] },
  'diagnose.hint': { batchItemFailures: [] },
  'diagnose.expired': { batchItemFailures: [] },
  'diagnose.revoked': { batchItemFailures: [] },
  'diagnose.renewed': { batchItemFailures: [] },
  // Handed back at once, so that it soon is a dead letter and holds up nothing else of its certificate.
  'diagnose.unknown-about': { batchItemFailures: [{ itemIdentifier: '19dd0b57-b21e-4ac1-bd88-000000000295' }] },
  'diagnose.direct': unreadable('Cannot read the event: it is no batch of messages'),
  'secret-changed.promoted': { queued: 1 },
  'secret-changed.custom-label': skipped('label COURIER_NEXT is not AWSCURRENT'),
  'secret-changed.other-prefix': skipped('secret "billing/api" is not below "courier/"'),
  'secret-changed.foreign-source': skipped(
    '"Secret Label Updated" from "com.example.tests" is not "Secret Label Updated" from "aws.secretsmanager"',
  ),
  'secret-changed.malformed': unreadable(
    'Cannot read the event: "detail.name" must be of type string; "detail.labelUpdated" must be of type string',
  ),
  'deliver.queued': { batchItemFailures: [] },
  'deliver.direct': { is: 'done', because: 'delivered' },
  'delivered-certificate.create': stackAnswer('SUCCESS', '', filled),
  'delivered-certificate.update': stackAnswer('SUCCESS', '', filled),
  'delivered-certificate.delete': stackAnswer('SUCCESS', ''),
  'delivered-certificate.other-format': stackAnswer(
    'FAILED',
    expect.stringMatching(
      /^The template wants .* in secret "courier\/api" in format plain, but .* ask for courier\/api\./,
    ),
  ),
  'delivered-certificate.unknown-property': stackAnswer(
    'FAILED',
    expect.stringMatching(
      /^Cannot read the request: "SecretArn" is not known\. CertificateArn and SecretName are needed/,
    ),
  ),
  'delivered-certificate.nobody-to-answer': unreadable('Cannot read the event: "ResponseURL" must be of type string'),
  'probe.direct': [
    { id: '7a1c', error: 'nothing listens there (connection refused)', during: 'connect' },
    { id: '9b2d', error: expect.any(String), during: 'connect' },
  ],
  'probe.no-serial': unreadable('Cannot read the event: "targets.0.serial" must be of type string'),
  'probe.named-host': unreadable('Cannot read the event: "targets.0.host" does not have the right form'),
  're-export.by-arn': answered('nothing to do'),
  're-export.by-name': answered('nothing to do'),
  're-export.by-secret': answered('nothing to do'),
  're-export.wait': answered('nothing to do'),
  're-export.accept': answered('nothing to do'),
  're-export.dry-run': { ...answered('nothing to do'), notices: [] },
  're-export.force': answered('queued', 'export', 'store', 'promote', 'tell'),
  're-export.all': {
    ...answered('nothing to do'),
    ok: false,
    errors: [expect.objectContaining({ reason: 'ImportedCertificate' })],
  },
  're-export.nothing-named': badRequest('it names nothing to export'),
  're-export.two-named': badRequest('it names both domainName and secret'),
  're-export.unknown-key': badRequest('"dryrun" is not known'),
  're-export.bad-arn': badRequest('"certificateArn" does not have the right form'),
  're-export.roll-back': answered('queued', 'bar', 'promote', 'tell'),
  // The imported certificate that is tagged all the same, of which its import told, and what was just rolled back.
  'sweep.hourly': { certificates: 4, differences: 2, queued: 0, notices: 0, handedOn: false },
  // Three were queued by the invocations before.
  'sweep.handed-on': { certificates: 4, differences: 2, queued: 3, notices: 0, handedOn: false },
  'sweep.digest': { mails: 1, left: 0 },
  'sweep.digest-of-some': { mails: 0, left: 0 },
  'sweep.unknown-key': unreadable('Cannot read the event: "dijest" is not known'),
};

it.each(Object.keys(answers))('events/%s.json is answered as it should be', async (file) => {
  expect(await courier.invoke(file.split('.')[0] ?? '', eventOf(file))).toEqual(answers[file]);
  await courier.settle();
});

it('no file of events/ is left out', () => {
  const files = globSync('*.json', { cwd: folder }).map((file) => file.replace('.json', ''));
  expect(files.sort()).toEqual(Object.keys(answers).sort());
});

it('the certificates that stand in are those that events/README.md names', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  expect(readme.match(/certificate\/[0-9a-f-]{36}/g)).toEqual(Object.keys(standIns));
});

it('of a certificate that is well, nobody is told what sample events worry about, unless it is its revocation', () => {
  const [api = ''] = Object.values(standIns);
  const rolledBack = 'warning BackOnPrevious';
  expect(new Set(courier.told(api))).toEqual(new Set(['info Delivered', rolledBack, 'critical RevokedByAuthority']));
});

it('a private CA that fails to issue is a hint about what ACM is renewing just then, and no mail where that is well', async () => {
  const [api = ''] = Object.values(standIns);
  const before = courier.lab.mail().length;
  await courier.acm.send(new RenewCertificateCommand({ CertificateArn: api }));
  expect(
    await courier.invoke('renewal-action-required', eventOf('renewal-action-required.authority-issuance')),
  ).toEqual(concerned);
  await courier.settle();
  expect(
    courier.lab
      .mail()
      .slice(before)
      .map(({ attributes }) => attributes.reason),
  ).toEqual([]);
});

it('what CloudFormation is answered is what the function returns', () => {
  expect(bucket.answers.map(({ answer }) => answer.Status)).toEqual([
    'SUCCESS',
    'SUCCESS',
    'SUCCESS',
    'FAILED',
    'FAILED',
  ]);
});
