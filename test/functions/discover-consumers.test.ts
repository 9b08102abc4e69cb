import { ACMPCAClient, DeletePermissionCommand } from '@aws-sdk/client-acm-pca';
import { CreateClusterCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCourier } from '../cli/run-courier.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const secret = 'courier/api';
/** Reads the secret, and no tag says so. */
const untagged = { secret, isTagged: false };
const searched = { ...untagged, cluster: 'searched' };

const inSearched = (name: string) => `searched/${name}`;

let courier: CourierLab;
let certificateArn: string;

async function start(discovers: boolean): Promise<void> {
  courier = await startCourierLab({ discovers });
  await courier.ecs.send(new CreateClusterCommand({ clusterName: 'searched' }));
  certificateArn = await courier.issue({ name: 'api.example.com', secret });
}

/** The services that were deployed since a mark (`lab.events().length`), in order. */
const restarted = (since: number) =>
  courier.lab
    .events()
    .slice(since)
    .filter(({ detail }) => detail.eventName === 'SERVICE_DEPLOYMENT_IN_PROGRESS')
    .map(({ resources: [arn = ''] }) => arn.split(':service/')[1]);

/** What the command line prints as JSON. */
const json = async (line: string) =>
  JSON.parse((await runCourier([...line.split(' '), '--json'], { url: courier.lab.url })).stdout);

describe('in a cluster of discoverConsumers, who reads a secret without saying so', () => {
  beforeAll(async () => {
    await start(true);
    await courier.service({ name: 'tagged', secret });
    await courier.service({ name: 'outside', ...untagged });
    await courier.service({ name: 'silent', ...searched, tags: { 'courier:probe': '8443', 'courier:order': '10' } });
    await courier.service({ name: 'partial', ...searched, isPartial: true, stage: 'AWSCURRENT' });
    await courier.service({ name: 'canary', ...searched, stage: 'COURIER_NEXT' });
    await courier.service({ name: 'watcher', ...searched, tags: { 'courier:restart': 'false' } });
    const pinned = { certificate: (await courier.current(secret)).id };
    await courier.service({ name: 'pinned', ...searched, image: 'record:1', pinned });
  });
  afterAll(() => courier.stop());

  it('is restarted as planned: canaries first, then by order, and whoever is tagged elsewhere, too', async () => {
    const { plan } = await courier.invoke('re-export', { secret, force: true, dryRun: true });
    const planned = plan.filter(({ step }: { step: string }) => step === 'restart');
    const since = courier.lab.events().length;
    await courier.renew(certificateArn);
    await courier.settle();
    expect(restarted(since)).toEqual(['searched/canary', 'searched/silent', 'searched/partial', 'prod/tagged']);
    expect(planned.map(({ service }: { service: string }) => service)).toEqual(restarted(since));
    expect(courier.told(certificateArn).at(-1)).toBe('info Delivered');
  });

  it('serves the new certificate; whoever does so in another cluster, or says that it reads by itself, does not', async () => {
    const serial = await courier.serialOf(certificateArn);
    for (const name of ['canary', 'silent', 'partial', 'tagged'])
      expect([name, await courier.served(name)]).toEqual([name, [serial]]);
    for (const name of ['outside', 'watcher']) expect([name, await courier.served(name)]).not.toEqual([name, [serial]]);
  });

  it('is no news; who reads one version for ever is, and who reads it elsewhere', async () => {
    const since = courier.lab.mail().length;
    await courier.invoke('sweep', { digest: true });
    const said = courier.lab.mail().slice(since);
    expect(said.flatMap(({ body }) => body.match(/\S+ reads .*/g) ?? [])).toEqual([
      'outside reads it and is not tagged',
      'pinned reads one version of it for ever',
    ]);
  });

  it('is a consumer to the command line, too', async () => {
    const [row] = await json('status');
    const arns = row.consumers.map(({ arn }: { arn: string }) => arn.split(':service/')[1]);
    expect(arns.toSorted()).toEqual(['prod/tagged', ...['canary', 'partial', 'silent', 'watcher'].map(inSearched)]);
    const [shown] = await json('show courier/api');
    expect(shown.services).toHaveLength(5);
    const checks = await json('doctor');
    const said = (name: string) => checks.filter(({ check }: { check: string }) => check === name);
    expect(said('clusters')).toMatchObject([
      { verdict: 'well', seen: 'whoever reads a secret is restarted in searched' },
    ]);
    expect(said('names').map(({ seen }: { seen: string }) => /"(\w+)" in cluster/.exec(seen)?.[1])).toEqual([
      'outside',
      'pinned',
    ]);
  });

  it('is held by courier:pause, and restarted when a sweep finds the tag gone', async () => {
    const resourceArn = 'arn:aws:ecs:us-east-1:111122223333:service/searched/partial';
    const sweep = async () => {
      const since = courier.lab.events().length;
      await courier.lab.clock.advance(3_600_000);
      await courier.invoke('sweep', {});
      await courier.settle();
      return restarted(since);
    };
    await courier.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:pause', value: 'true' }] }));
    await courier.renew(certificateArn);
    await courier.settle();
    expect(courier.told(certificateArn).at(-1)).toBe('warning ServicePaused');
    expect(await sweep()).toEqual([]);

    await courier.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:pause'] }));
    expect(await sweep()).toEqual(['searched/partial']);
    const told = courier.told(certificateArn);
    // A canary was restarted before the version was current, and is not behind for that.
    expect([await sweep(), courier.told(certificateArn)]).toEqual([[], told]);
  });

  it('is named to whoever is warned of the certificate', async () => {
    const since = courier.lab.mail().length;
    const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
    const pca = new ACMPCAClient({ endpoint: courier.lab.url, region: 'us-east-1', credentials });
    const CertificateAuthorityArn = courier.lab.caArns.subordinate;
    await pca.send(new DeletePermissionCommand({ CertificateAuthorityArn, Principal: 'acm.amazonaws.com' }));
    pca.destroy();
    await courier.lab.clock.advance(351 * 86_400_000);
    await courier.settle();
    const [{ body } = { body: '' }] = courier.lab.mail().slice(since);
    expect(body).toContain('"silent"');
    expect(body).not.toContain('"outside"');
  });
});

describe('without discoverConsumers', () => {
  beforeAll(() => start(false));
  afterAll(() => courier.stop());

  it('nobody is searched, and whoever is not tagged is only reported', async () => {
    await courier.service({ name: 'silent', ...searched });
    const [since, calls] = [courier.lab.events().length, courier.lab.calls().length];
    await courier.renew(certificateArn);
    await courier.settle();
    await courier.invoke('sweep', {});
    expect(restarted(since)).toEqual([]);
    const asked = courier.lab.calls().slice(calls);
    expect(asked.filter(({ operation }) => operation === 'ListServices')).toEqual([]);
    await courier.invoke('sweep', { digest: true });
    expect(courier.lab.mail().at(-1)?.body).toContain('silent reads it and is not tagged');
  });
});

it('a cluster that is not there holds up nobody, and the doctor calls it ill', async () => {
  courier = await startCourierLab({ discovers: true });
  certificateArn = await courier.issue({ name: 'api.example.com', secret });
  await courier.service({ name: 'tagged', secret });
  await courier.renew(certificateArn);
  await courier.settle();
  expect(await courier.served('tagged')).toEqual([await courier.serialOf(certificateArn)]);
  expect(await json('doctor')).toContainEqual({
    ...{ check: 'clusters', verdict: 'ill', seen: 'discoverConsumers names cluster "searched", and there is none' },
    mend: expect.stringContaining('discoverConsumers='),
  });
  await courier.stop();
});
