import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  SearchCertificatesCommand,
} from '@aws-sdk/client-acm';
import {
  DeleteServiceCommand,
  ListServicesCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contentHash, writeVersionId } from '../../shared/domain/version-id.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let courier: CourierLab;
let count = 0;
beforeAll(async () => {
  courier = await startCourierLab();
  // The first hour of a stack is for its first digest.
  await courier.lab.clock.advance(2 * hour);
});
afterAll(() => courier.stop());
afterEach(async () => expect(await courier.wreckage()).toEqual([]));

/** When the schedule meant the last sweep to run, milliseconds. */
let until = 0;

/** The next sweep of the schedule, every full hour, and all that comes of it. */
async function sweep() {
  const now = courier.lab.clock.now().getTime();
  until = Math.floor(now / hour) * hour + hour;
  await courier.lab.clock.advance(until - now);
  return swept({ scheduledAt: new Date(until).toISOString() });
}

async function swept(order: object) {
  const mark = { mails: courier.lab.mail().length, calls: courier.lab.calls().length };
  const answer = await courier.invoke('sweep', order);
  await courier.settle();
  const said = courier.lab
    .mail()
    .slice(mark.mails)
    .map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);
  const writes = [...courier.callsOf('sweep', mark.calls), ...courier.callsOf('deliver', mark.calls)]
    .map(({ operation }) => operation)
    .filter(
      (operation) =>
        !/^(Describe|List|Get|Search|Publish|SendMessage|ReceiveMessage|DeleteMessage|ChangeMessageVisibility)/.test(
          operation,
        ),
    );
  return { said, writes, answer };
}

/** Once more, at once by hand and an hour later by the schedule: the world is right, so nothing is done and nothing said. */
async function expectRest() {
  const rest = { said: [], writes: [], answer: expect.objectContaining({ queued: 0, notices: 0 }) };
  expect(await swept({})).toEqual(rest);
  expect(await sweep()).toEqual(rest);
}

/** Every later sweep would see what a test leaves behind. */
afterEach(async () => {
  const { serviceArns = [] } = await courier.ecs.send(new ListServicesCommand({ cluster: 'prod', maxResults: 100 }));
  for (const service of serviceArns)
    await courier.ecs.send(new DeleteServiceCommand({ cluster: 'prod', service, force: true }));
  const { Results = [] } = await courier.acm.send(new SearchCertificatesCommand({}));
  for (const { CertificateArn } of Results) await courier.acm.send(new DeleteCertificateCommand({ CertificateArn }));
  const { SecretList = [] } = await courier.manager.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
  for (const { ARN: SecretId } of SecretList)
    await courier.manager.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
});

async function fresh(tags: Readonly<Record<string, string>> = {}) {
  const secret = `courier/of-${++count}`;
  return { secret, arn: await courier.issue({ name: `of-${count}.example.com`, secret, tags }) };
}

const lose = (operation: string) => courier.lab.faults.add({ service: 'events', operation, fault: 'lose', nth: 1 });

async function renewUnheard(arn: string): Promise<void> {
  lose('ACM Certificate Available');
  await courier.renew(arn);
  await courier.settle();
}

const tag = (resourceArn: string, secret: string) =>
  courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:secret', value: secret }] }));

async function scale(service: string, desiredCount: number): Promise<void> {
  await courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service, desiredCount }));
  await courier.lab.clock.advance(minute);
}

const putByHand = (secret: string) =>
  courier.manager.send(new PutSecretValueCommand({ SecretId: secret, SecretString: '{"certificate":"of mine"}' }));

const labelsOn = async (secret: string) =>
  Object.values(await courier.labels(secret))
    .flat()
    .join(' ');

const holds = async (secret: string, arn: string) =>
  (await courier.current(secret)).id.startsWith(await courier.serialOf(arn));

const eligible = async (arn: string) =>
  (await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: arn }))).Certificate?.RenewalEligibility;

describe('one sweep mends, with one notice,', () => {
  it('a secret whose AWSCURRENT somebody moved back', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'moved', secret });
    await courier.renew(arn);
    await courier.settle();
    const { id } = await courier.current(secret);
    const [before] = Object.entries(await courier.labels(secret)).find(([, on]) => on.includes('AWSPREVIOUS')) ?? [];
    lose('Secret Label Updated');
    await courier.manager.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secret,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: id,
        MoveToVersionId: before,
      }),
    );
    expect(await holds(secret, arn)).toBe(false);
    expect((await sweep()).said).toEqual(['info Delivered']);
    expect((await courier.current(secret)).id).toBe(id);
    expect(await courier.served('moved')).toEqual([await courier.serialOf(arn)]);
    await expectRest();
  });

  it('a service that is tagged as a consumer after the delivery: it alone is restarted', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'known', secret });
    const resourceArn = await courier.service({
      name: 'late',
      secret,
      tags: { 'courier:secret': 'courier/elsewhere' },
    });
    await courier.renew(arn);
    await courier.settle();
    // What its description says of its tasks is not enough then: they are asked for.
    await scale('late', 2);
    await scale('late', 1);
    await tag(resourceArn, secret);
    const mark = courier.lab.calls().length;
    const { said, answer } = await sweep();
    const asked = courier.callsOf('sweep', mark).map(({ operation }) => operation);
    for (const operation of ['ListTasks', 'DescribeTasks']) expect(asked).toContain(operation);
    expect(answer).toMatchObject({ queued: 1, differences: 1 });
    expect(said).toEqual(['info ConsumerBehind']);
    expect(await courier.served('late')).toEqual([await courier.serialOf(arn)]);
    expect([await courier.restarts('known'), await courier.restarts('late')]).toEqual([1, 1]);
    await expectRest();
  });

  it('no service whose restart came and went before it was tagged: it is restarted once, whoever did it', async () => {
    const { arn, secret } = await fresh();
    const Name = `app/of-${count}`;
    await courier.manager.send(new CreateSecretCommand({ Name, SecretString: 'configuration' }));
    const resourceArn = await courier.service({
      name: 'went',
      secret,
      alsoReads: Name,
      tags: { 'courier:secret': 'courier/elsewhere' },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await courier.renew(arn);
    await courier.settle();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
    await courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'went', forceNewDeployment: true }));
    await courier.lab.clock.advance(30 * minute);
    await tag(resourceArn, secret);
    const mark = courier.lab.calls().length;
    expect((await sweep()).said).toEqual([]);
    expect(courier.callsOf('sweep', mark).map(({ operation }) => operation)).toContain('ListServiceDeployments');
    expect(await courier.restarts('went')).toBe(1);
    await expectRest();
  });

  it('the services of a secret one of which is paused, where the worker died before it restarted the other', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'resting', secret, tags: { 'courier:pause': 'true' } });
    const resourceArn = await courier.service({ name: 'working', secret, tags: { 'courier:pause': 'true' } });
    await courier.renew(arn);
    await courier.settle();
    await courier.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:pause'] }));
    // Until then the message that promoted is at it.
    await courier.lab.clock.advance(hour);
    expect((await sweep()).answer).toMatchObject({ queued: 1 });
    expect(await courier.served('working')).toEqual([await courier.serialOf(arn)]);
    expect([await courier.restarts('resting'), await courier.restarts('working')]).toEqual([0, 1]);
    await expectRest();
  });

  it('a service that was restarted before the certificate was there', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'early', secret });
    await renewUnheard(arn);
    await courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'early', forceNewDeployment: true }));
    await courier.lab.clock.advance(5 * minute);
    expect((await sweep()).said).toEqual(['info Delivered']);
    expect(await courier.served('early')).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts('early')).toBe(2);
    await expectRest();
  });

  it('a secret that somebody deleted for good', async () => {
    const { arn, secret } = await fresh();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }));
    expect((await sweep()).said).toEqual(['info Delivered']);
    expect(await holds(secret, arn)).toBe(true);
    await expectRest();
  });

  it('a lost eligibility, where the version already holds what ACM has and ACM does not count the export', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'uncounted', secret });
    // ACM's list may be as old.
    await courier.lab.clock.advance(hour);
    await renewUnheard(arn);
    const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
    const notAfter = Math.floor((Certificate?.NotAfter?.getTime() ?? 0) / 1000);
    const id = writeVersionId({
      serial: await courier.serialOf(arn),
      notAfter: notAfter - (notAfter % 60),
      content: contentHash(arn, { format: 'standard' }),
      nonce: '0000',
    });
    const { id: before, value } = await courier.current(secret);
    const { VersionIdsToStages = {} } = await courier.manager.send(new DescribeSecretCommand({ SecretId: secret }));
    lose('Secret Label Updated');
    await courier.manager.send(
      new PutSecretValueCommand({
        SecretId: secret,
        ClientRequestToken: id,
        SecretString: JSON.stringify(value),
        // As a delivery would have left it, of which ACM knows nothing.
        VersionStages: VersionIdsToStages[before] ?? [],
      }),
    );
    expect(await eligible(arn)).toBe('INELIGIBLE');
    expect((await sweep()).said).toEqual(['warning ExportNotCounted']);
    expect(await eligible(arn)).toBe('ELIGIBLE');
    expect(await courier.served('uncounted')).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts('uncounted')).toBe(1);
    await expectRest();
  });
});

describe('what no sweep can mend is said once:', () => {
  it('a certificate that is gone while its secret lives, and a service reads it', async () => {
    const { arn, secret } = await fresh({ 'courier:owner': 'shop' });
    await courier.service({ name: 'orphan', secret, tags: { 'courier:owner': 'shop' } });
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
    expect((await sweep()).said).toEqual(['action CertificateLost']);
    const mail = courier.lab.mail().at(-1);
    expect(mail?.attributes).toEqual({ severity: 'action', reason: 'CertificateLost', domain: secret, owner: 'shop' });
    expect(mail?.body).toContain('prod/orphan');
    await expectRest();
  });

  it('a secret that somebody deleted into its recovery window', async () => {
    const { secret } = await fresh();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }));
    // By hand nobody answers for an hour: what belongs to one is left to the schedule.
    expect((await swept({})).said).toEqual([]);
    expect((await sweep()).said).toEqual(['action SecretPendingDeletion']);
    await expectRest();
  });

  it('a consumer of a secret that nobody fills, with the name that was probably meant', async () => {
    const { secret } = await fresh();
    const wrong = secret.replace('courier/of', 'courier/fo');
    const resourceArn = await courier.service({ name: 'misspelt', secret, tags: { 'courier:secret': wrong } });
    // What fills it may be created with it.
    expect((await sweep()).said).toEqual([]);
    expect((await sweep()).said).toEqual(['warning ConsumerOfNothing']);
    expect(courier.lab.mail().at(-1)?.subject).toContain(`misspelt names a secret that nobody fills, ${secret}?`);
    await expectRest();
    await tag(resourceArn, secret);
    expect((await sweep()).said).toEqual([]);
    expect(await labelsOn(secret)).not.toContain('COURIER_TOLD');
  });

  it('a new consumer of a secret that nobody fills, and whose name is near to none, an hour after it was created', async () => {
    const { secret } = await fresh();
    const tags = { 'courier:secret': 'courier/something-else-altogether' };
    await courier.service({ name: 'stranger', secret, tags });
    expect((await sweep()).said).toEqual([]);
    expect((await sweep()).said).toEqual(['warning ConsumerOfNothing']);
    await expectRest();
  });

  it('a version that somebody put, of which no event came; and again when somebody puts another', async () => {
    const { secret } = await fresh();
    lose('Secret Label Updated');
    await putByHand(secret);
    expect((await sweep()).said).toEqual(['action VersionPutByHand']);
    await expectRest();
    lose('Secret Label Updated');
    await putByHand(secret);
    expect((await sweep()).said).toEqual(['action VersionPutByHand']);
    await expectRest();
  });

  it('a version that somebody put, by the worker where its event came', async () => {
    const { arn, secret } = await fresh();
    await putByHand(secret);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action VersionPutByHand']);
    await expectRest();
    expect(courier.told(arn)).toHaveLength(2);
  });

  it.each([
    ['a format that there is not', 'courier:format', () => 'pkcs7', 'warning BadTag'],
    [
      'a second secret in a format that there is not',
      'courier:secret',
      (own: string) => `${own} courier/b:no`,
      'warning BadTag',
    ],
    ['a secret outside the prefix', 'courier:secret', () => 'elsewhere/api', 'action SecretOutsidePrefix'],
  ])('a tag that came after the delivery and asks for %s', async (_, Key, value, told) => {
    const { arn, secret } = await fresh();
    const Tags = [{ Key, Value: value(secret) }];
    await courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags }));
    expect((await sweep()).said).toEqual([told]);
    await expectRest();
  });

  it('a tag that cannot be read beside one that can, by the worker with the delivery', async () => {
    const secret = `courier/of-${++count}`;
    const arn = await courier.issue({ name: `of-${count}.example.com`, secret: `${secret} courier/b:no` });
    expect(courier.told(arn)).toEqual(['warning BadTag']);
    await expectRest();
  });

  it.each([
    ['that is paused', { tags: { 'courier:pause': 'true' } }, 'warning ServicePaused'],
    ['that is not ours to restart', { deploymentController: { type: 'EXTERNAL' as const } }, 'action NotRestartable'],
  ])('a consumer added later %s', async (what, wish, told) => {
    const { arn, secret } = await fresh();
    const name = what.replaceAll(' ', '-');
    const resourceArn = await courier.service({ name, secret, isTagged: false, ...wish });
    await courier.renew(arn);
    await courier.settle();
    await tag(resourceArn, secret);
    expect((await sweep()).said).toEqual([told]);
    expect(courier.lab.mail().at(-1)?.body).toContain(name);
    await expectRest();
  });

  it('a consumer that is not ours to restart, by the worker with the delivery', async () => {
    const { arn, secret } = await fresh();
    const deploymentController = { type: 'EXTERNAL' as const };
    await courier.service({ name: 'foreign', secret, deploymentController });
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action NotRestartable']);
    await expectRest();
    expect(courier.told(arn)).toHaveLength(2);
  });

  it('a secret that somebody labels so often that a delivery may find no room', async () => {
    const { secret } = await fresh();
    const { id } = await courier.current(secret);
    for (let index = 0; index < 7; index++)
      await courier.manager.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secret,
          VersionStage: `release-${index}`,
          MoveToVersionId: id,
        }),
      );
    expect((await sweep()).said).toEqual(['warning LabelsNearLimit']);
    await expectRest();
  });

  it('a certificate that was renewed while it is paused, a week later and a month later', async () => {
    const { arn, secret } = await fresh();
    const Tags = [{ Key: 'courier:pause', Value: 'true' }];
    await courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags }));
    await courier.renew(arn);
    await courier.settle();
    expect((await sweep()).said).toEqual([]);
    // It is valid from an hour before.
    await courier.lab.clock.advance(7 * day - 3 * hour);
    const week = [await sweep(), await sweep(), await sweep()];
    expect(week.flatMap(({ said }) => said)).toEqual(['warning PausedForLong']);
    expect(week.flatMap(({ writes }) => writes)).toEqual([]);
    await courier.lab.clock.advance(23 * day - 4 * hour);
    const month = [await sweep(), await sweep(), await sweep()];
    expect(month.flatMap(({ said }) => said)).toEqual(['warning PausedForLong']);
    expect(await holds(secret, arn)).toBe(false);
  });

  it('a service that has been paused for a week while its secret moved on', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'asleep', secret, tags: { 'courier:pause': 'true' } });
    await courier.renew(arn);
    await courier.settle();
    await courier.lab.clock.advance(7 * day - hour);
    const week = [await sweep(), await sweep(), await sweep()];
    expect(week.flatMap(({ said }) => said)).toEqual(['warning ServicePaused']);
    expect(await courier.restarts('asleep')).toBe(0);
  });

  it('a CA that ends before the next renewal, once for each certificate that it was to renew', async () => {
    const lab = await startCourierLab();
    const arn = await lab.issue({ name: 'ends.example.com', secret: 'courier/ends' });
    await lab.lab.clock.advance(3 * hour);
    const notAfter = new Date(lab.lab.clock.now().getTime() + 600 * day);
    await lab.lab.authority.certify({ arn: lab.lab.caArns.subordinate, notAfter });
    await lab.invoke('sweep', {});
    expect(lab.told(arn)).toEqual(['info Delivered', 'warning AuthorityEndsTooSoon']);
    await lab.lab.clock.advance(hour);
    expect(await lab.invoke('sweep', {})).toMatchObject({ queued: 0, notices: 0 });
    await lab.stop();
  });
});
