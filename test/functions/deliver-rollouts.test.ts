import { TagResourceCommand, UntagResourceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { CreateSecretCommand, DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(() => courier.stop());

const delivered = 'info Delivered';

/** A delivered certificate with one consumer of its name. */
async function consumed(name: string, more: Partial<Parameters<CourierLab['service']>[0]> = {}): Promise<string> {
  const arn = await courier.issue({ name: `${name}.example.com`, secret: `courier/${name}` });
  await courier.service({ name, secret: `courier/${name}`, ...more });
  return arn;
}

/** Like `consumed`, but none of the consumer's tasks will come up any more: what they read beside it is gone. */
async function brokenConsumer(name: string, more: Partial<Parameters<CourierLab['service']>[0]> = {}): Promise<string> {
  const Name = `app/${name}`;
  await courier.manager.send(new CreateSecretCommand({ Name, SecretString: 'configuration' }));
  const arn = await consumed(name, { alsoReads: Name, ...more });
  await courier.manager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
  return arn;
}

async function renewed(arn: string): Promise<string> {
  await courier.renew(arn);
  await courier.settle();
  return courier.serialOf(arn);
}

/** The certificate's last event once more. */
async function lookAgain(arn: string): Promise<void> {
  const event = courier.lab.events().findLast(({ resources }) => resources[0] === arn);
  await courier.invoke('certificate-available', { ...event, id: `again-${courier.lab.calls().length}` });
  await courier.settle();
}

/** ACM's word that the authority has revoked the certificate. */
const revocation = (arn: string, CertificateSerial: string) => ({
  version: '0',
  id: `revoked-${arn.split('/').at(-1)}`,
  'detail-type': 'ACM Certificate Revoked By CA',
  source: 'aws.acm',
  account: '111122223333',
  time: courier.lab.clock.now().toISOString(),
  region: 'us-east-1',
  resources: [arn],
  detail: { CertificateType: 'PRIVATE', CommonName: 'a.example.com', CertificateSerial },
});

const stagesOfCurrent = async (name: string) =>
  Object.values(await courier.labels(`courier/${name}`)).find((stages) => stages.includes('AWSCURRENT'));
const scale = (service: string, desiredCount: number) =>
  courier.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service, desiredCount }));

describe('a rollout is stopped, paged once and never tried again by itself', () => {
  it.each([
    ['stop', false],
    ['roll back', true],
  ] as const)('when the deployment fails and ECS is to %s', async (how, rollback) => {
    const name = how.replace(' ', '-');
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback } };
    const arn = await brokenConsumer(name, { deploymentConfiguration });
    const [before] = await courier.served(name);
    await renewed(arn);
    await lookAgain(arn);

    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed']);
    expect(courier.lab.mail().at(-1)?.body).toContain(`aws ecs describe-services`);
    expect(courier.progress(arn).slice(3)).toEqual(['Certificate Stored', 'Rollout Started', 'Rollout Failed']);
    expect(await stagesOfCurrent(name)).toEqual(['AWSCURRENT', 'COURIER_NEXT', 'COURIER_SINCE', 'COURIER_STOPPED']);
    expect(await courier.restarts(name)).toBe(1);
    expect(await courier.served(name)).toEqual([before]);
    await seeThatOthersSee(arn, name);
  });

  /** A rehearsal and a diagnosis find out for themselves that a deployment came and went. */
  async function seeThatOthersSee(arn: string, name: string): Promise<void> {
    const { plan } = await courier.invoke('re-export', { certificateArn: arn, accept: true, dryRun: true });
    expect(JSON.stringify(plan)).toContain(`the deployment of prod/${name} failed`);
    const mails = courier.lab.mail().length;
    await courier.invoke('certificate-expired', revocation(arn, await courier.serialOf(arn)));
    await courier.settle();
    expect(courier.lab.mail().length).toBe(mails + 1);
    expect(courier.lab.mail().at(-1)?.body).toContain(`ECS service "${name}" in cluster "prod"`);
  }

  it('when tasks from before are left an hour after the restart', async () => {
    const arn = await brokenConsumer('slow');
    await renewed(arn);
    await lookAgain(arn);
    expect(courier.told(arn)).toEqual([delivered, 'critical RolloutTooSlow']);
    // What its tasks ended with.
    expect(courier.lab.mail().at(-1)?.body.replace(/\s+/g, ' ')).toContain('unable to retrieve secret from asm');
    expect(await stagesOfCurrent('slow')).toContain('COURIER_STOPPED');
    expect(await courier.restarts('slow')).toBe(1);
  });

  it('and the next renewal goes on', async () => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    const arn = await brokenConsumer('mended', { deploymentConfiguration });
    await renewed(arn);
    await courier.manager.send(new CreateSecretCommand({ Name: 'app/mended', SecretString: 'configuration' }));
    const serial = await renewed(arn);
    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed', delivered]);
    expect(await courier.served('mended')).toEqual([serial]);
    expect(await courier.restarts('mended')).toBe(2);
  });
});

it('a consumer added later that is broken is paged once, and keeps nobody else from the certificate', async () => {
  const arn = await consumed('known');
  const Name = 'app/broken-later';
  await courier.manager.send(new CreateSecretCommand({ Name, SecretString: 'configuration' }));
  const tags = { 'courier:secret': 'courier/elsewhere' };
  const late = async (name: string, alsoReads?: string) =>
    courier.service({ name, secret: 'courier/known', tags, ...(alsoReads && { alsoReads }) });
  const [broken, sound] = [await late('broken-later', Name), await late('sound-later')];
  await renewed(arn);
  await courier.manager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
  const current = await courier.current('courier/known');
  const labels = await courier.labels('courier/known');
  const sweepAfterTagging = async (resourceArn: string) => {
    await courier.ecs.send(
      new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:secret', value: 'courier/known' }] }),
    );
    await courier.lab.clock.advance(3_600_000);
    await courier.invoke('sweep', {});
    await courier.settle();
  };
  await sweepAfterTagging(broken);
  const paged = ['info ConsumerBehind', 'critical ConsumerFailed'];
  expect(courier.told(arn).slice(2)).toEqual(paged);
  expect(courier.lab.mail().at(-1)?.body.replace(/\s+/g, ' ')).toContain('unable to retrieve secret from asm');
  expect([await courier.current('courier/known'), await courier.labels('courier/known')]).toEqual([current, labels]);
  expect([await courier.restarts('known'), await courier.restarts('broken-later')]).toEqual([1, 1]);
  await courier.lab.clock.advance(3_600_000);
  expect(await courier.invoke('sweep', {})).toMatchObject({ queued: 0 });

  await sweepAfterTagging(sound);
  expect(await courier.served('sound-later')).toEqual([await courier.serialOf(arn)]);
  expect([await courier.restarts('known'), await courier.restarts('broken-later')]).toEqual([1, 1]);
});

describe('a consumer', () => {
  it.each([
    ['CODE_DEPLOY', 'blue-green', 'aws deploy create-deployment'],
    ['EXTERNAL', 'foreign', 'aws ecs create-task-set'],
  ] as const)('under %s is told, with what to run, and holds up nobody', async (type, name, command) => {
    const arn = await consumed(name, { deploymentController: { type } });
    await courier.service({ name: `beside-${name}`, secret: `courier/${name}` });
    const serial = await renewed(arn);
    expect(courier.told(arn)).toEqual([delivered, 'action NotRestartable']);
    const mail = courier.lab.mail().at(-1);
    expect(mail?.subject).toBe(`[action] ${name}.example.com: redeploy ${name} yourself`);
    expect(mail?.body).toContain(command);
    expect(await courier.served(`beside-${name}`)).toEqual([serial]);
    expect(await stagesOfCurrent(name)).toContain('COURIER_DELIVERED');
  });

  it('behind a Classic Load Balancer, of whose deployments ECS gives no state, is restarted and waited for', async () => {
    const loadBalancers = [{ loadBalancerName: 'classic', containerName: 'app', containerPort: 8443 }];
    const arn = await consumed('classic', { loadBalancers, count: 2 });
    const serial = await renewed(arn);
    expect(courier.told(arn)).toEqual([delivered, delivered]);
    expect([await courier.restarts('classic'), await courier.served('classic')]).toEqual([1, [serial, serial]]);
  });

  it('with no task wanted is not restarted and holds up nobody', async () => {
    const arn = await consumed('idle', { count: 0 });
    await renewed(arn);
    expect(courier.told(arn)).toEqual([delivered, delivered]);
    expect(await courier.restarts('idle')).toBe(0);
  });

  it('that is scaled out while it is restarted is not restarted again', async () => {
    const arn = await consumed('growing');
    await courier.renew(arn);
    await courier.lab.clock.advance(11_000);
    expect(await courier.restarts('growing')).toBe(1);
    await scale('growing', 2);
    await courier.settle();
    const serial = await courier.serialOf(arn);
    expect(await courier.served('growing')).toEqual([serial, serial]);
    expect(await courier.restarts('growing')).toBe(1);
    expect(courier.told(arn)).toEqual([delivered, delivered]);
  });

  it('that is scaled out between the promotion and its restart is restarted, for its first task is old', async () => {
    const arn = await consumed('grown');
    courier.fail('UpdateService', '500', { attempts: 1 });
    await courier.renew(arn);
    await courier.lab.clock.advance(11_000);
    expect(await courier.restarts('grown')).toBe(0);
    await scale('grown', 2);
    await courier.settle();
    const serial = await courier.serialOf(arn);
    expect(await courier.served('grown')).toEqual([serial, serial]);
    expect(await courier.restarts('grown')).toBe(1);
  });

  it('that somebody else deployed after the promotion is not restarted by us', async () => {
    const arn = await consumed('deployed');
    courier.fail('UpdateService', '500', { attempts: 1 });
    await courier.renew(arn);
    await courier.lab.clock.advance(11_000);
    await courier.ecs.send(
      new UpdateServiceCommand({ cluster: 'prod', service: 'deployed', forceNewDeployment: true }),
    );
    await courier.settle();
    expect(await courier.served('deployed')).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts('deployed')).toBe(1);
    expect(courier.told(arn)).toEqual([delivered, delivered]);
  });

  it('tagged courier:pause is left alone until the tag is gone', async () => {
    const arn = await courier.issue({ name: 'held.example.com', secret: 'courier/held' });
    const resourceArn = await courier.service({ name: 'held', secret: 'courier/held' });
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:pause', value: 'true' }] }));
    const serial = await renewed(arn);
    const held = 'warning ServicePaused';
    expect([await courier.restarts('held'), courier.told(arn)]).toEqual([0, [delivered, held]]);
    expect(await stagesOfCurrent('held')).not.toContain('COURIER_DELIVERED');

    await courier.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:pause'] }));
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(await courier.served('held')).toEqual([serial]);
    expect(courier.told(arn)).toEqual([delivered, held, delivered]);
  });

  it('whose restart is denied is told after ten minutes, not before, and once', async () => {
    const arn = await consumed('denied');
    courier.fail('UpdateService', 'denied', { attempts: 60 });
    await courier.renew(arn);
    await courier.lab.clock.advance(540_000);
    expect(courier.told(arn)).toEqual([delivered]);
    await courier.lab.clock.advance(120_000);
    await courier.settle();
    expect(courier.told(arn)).toEqual([delivered, 'critical DeploymentFailed']);
    expect(courier.lab.mail().at(-1)?.body).toContain('ecs:UpdateService');
    expect(await courier.restarts('denied')).toBe(0);
  });
});
