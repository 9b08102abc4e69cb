import { AddTagsToCertificateCommand, DeleteCertificateCommand, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { TagResourceCommand, UntagResourceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
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

/** The hourly sweep, and all that comes of it. */
async function sweep() {
  await courier.lab.clock.advance(hour);
  const mark = { mails: courier.lab.mail().length, calls: courier.lab.calls().length };
  const answer = await courier.invoke('sweep', {});
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

/** Once more: the world is right, so nothing is done and nothing said. */
const nothing = { said: [], writes: [], answer: expect.objectContaining({ queued: 0, notices: 0 }) };

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
    expect(await sweep()).toEqual(nothing);
  });

  it('a service that is tagged as a consumer after the delivery: it alone is restarted', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'known', secret });
    const resourceArn = await courier.service({
      name: 'late',
      secret,
      tags: { 'courier:secret': 'courier/elsewhere' },
    });
    // Who names a secret that nobody fills is told of in the digest.
    await courier.renew(arn);
    await courier.settle();
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:secret', value: secret }] }));
    const { said, answer } = await sweep();
    expect(answer).toMatchObject({ queued: 1, differences: 1 });
    expect(said).toEqual(['info ConsumerBehind']);
    expect(await courier.served('late')).toEqual([await courier.serialOf(arn)]);
    expect([await courier.restarts('known'), await courier.restarts('late')]).toEqual([1, 1]);
    expect(await sweep()).toEqual(nothing);
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
    expect(await sweep()).toEqual(nothing);
  });

  it('a secret that somebody deleted for good', async () => {
    const { arn, secret } = await fresh();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }));
    expect((await sweep()).said).toEqual(['info Delivered']);
    expect(await holds(secret, arn)).toBe(true);
    expect(await sweep()).toEqual(nothing);
  });

  it('a lost eligibility, where the version already holds what ACM has and ACM does not count the export', async () => {
    const { arn, secret } = await fresh();
    await courier.service({ name: 'uncounted', secret });
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
    expect(await sweep()).toEqual(nothing);
  });
});

describe('what no sweep can mend is said once:', () => {
  it('a certificate that is gone while its secret lives, and a service reads it', async () => {
    const { arn, secret } = await fresh({ 'courier:owner': 'shop' });
    const resourceArn = await courier.service({ name: 'orphan', secret, tags: { 'courier:owner': 'shop' } });
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
    expect((await sweep()).said).toEqual(['action CertificateLost']);
    const mail = courier.lab.mail().at(-1);
    expect(mail?.attributes).toEqual({ severity: 'action', reason: 'CertificateLost', domain: secret, owner: 'shop' });
    expect(mail?.body).toContain('prod/orphan');
    expect(await sweep()).toEqual(nothing);
    await courier.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:secret', 'courier:owner'] }));
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }));
  });

  it('a secret that somebody deleted into its recovery window', async () => {
    const { arn, secret } = await fresh();
    await courier.lab.clock.advance(10 * minute);
    await courier.manager.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }));
    expect((await sweep()).said).toEqual(['action SecretPendingDeletion']);
    expect(await sweep()).toEqual(nothing);
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
  });

  it('a consumer of a secret that nobody fills, with the name that was probably meant', async () => {
    const { secret } = await fresh();
    const wrong = `${secret.slice(0, -2)}${secret.at(-1)}${secret.at(-2)}`;
    const resourceArn = await courier.service({ name: 'misspelt', secret, tags: { 'courier:secret': wrong } });
    expect((await sweep()).said).toEqual(['warning ConsumerOfNothing']);
    expect(courier.lab.mail().at(-1)?.subject).toContain(`misspelt names a secret that nobody fills, ${secret}?`);
    expect(await sweep()).toEqual(nothing);
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:secret', value: secret }] }));
    expect((await sweep()).said).toEqual([]);
    expect(
      Object.values(await courier.labels(secret))
        .flat()
        .join(),
    ).not.toContain('COURIER_TOLD');
  });

  it('a secret near its hundred versions', async () => {
    const { secret } = await fresh();
    for (let index = 0; index < 90; index++)
      await courier.manager.send(
        new PutSecretValueCommand({ SecretId: secret, SecretString: `${index}`, VersionStages: [`MINE_${index}`] }),
      );
    expect((await sweep()).said).toEqual(['warning VersionsNearLimit']);
    expect(await sweep()).toEqual(nothing);
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
