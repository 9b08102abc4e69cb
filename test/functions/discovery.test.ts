import { CreateServiceCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const secret = 'courier/api';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
  await courier.issue({ name: 'api.example.com', secret });
  const { ARN = '', VersionIdsToStages = {} } = await courier.manager.send(
    new DescribeSecretCommand({ SecretId: secret }),
  );
  const [version] = Object.keys(VersionIdsToStages);
  const read = (valueFrom: string) => ({ secrets: [{ name: 'CERTIFICATE', valueFrom }] });
  await run('tagged', read(`${ARN}:certificate::`), secret);
  await run('silent', read(`${ARN}:certificate::`));
  await run('partial', read(`${ARN.slice(0, -7)}:certificate::`), 'courier/other');
  await run('pinned', read(`${ARN}:certificate::${version}`), secret);
  await run('logs', {
    logConfiguration: { logDriver: 'fluentd', secretOptions: [{ name: 'ca', valueFrom: `${ARN}:trustBundle::` }] },
  });
  await run('registry', { repositoryCredentials: { credentialsParameter: secret } });
  await run('other', read('arn:aws:secretsmanager:us-east-1:111122223333:secret:courier/apis-AbC123:certificate::'));
  for (let index = 0; index < 11; index++) await run(`unrelated-${index}`, {});
});
afterAll(() => courier.stop());

/** A service without a process, that reads what its container says. */
async function run(name: string, container: object, tag?: string): Promise<void> {
  await courier.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: name,
      containerDefinitions: [{ name: 'app', image: 'record:1', ...container }],
    }),
  );
  await courier.ecs.send(
    new CreateServiceCommand({
      cluster: 'prod',
      serviceName: name,
      taskDefinition: name,
      desiredCount: 1,
      ...(tag && { tags: [{ key: 'courier:secret', value: tag }] }),
    }),
  );
}

describe('the weekly digest', () => {
  it('names services that read a delivered secret and do not say so, or never see a new version', async () => {
    const since = courier.lab.mail().length;
    expect(await courier.invoke('sweep', { digest: true })).toMatchObject({ mails: 1 });
    const [mail] = courier.lab.mail().slice(since);
    const said = mail?.body.split('\n').filter((line) => line.includes(secret)) ?? [];
    const about = (service: string) =>
      said.filter((line) => line.includes(`${service} reads`)).map((line) => line.trim());
    for (const service of ['silent', 'partial', 'logs', 'registry'])
      expect(about(service), service).toEqual([expect.stringContaining(`${service} reads it and is not tagged`)]);
    expect(about('pinned')).toEqual([expect.stringContaining('pinned reads one version of it for ever')]);
    expect(said.filter((line) => /tagged reads|other reads|unrelated/.test(line))).toEqual([]);
  });

  it('asks about ten services at a time, and about each task definition once while the function lives', async () => {
    const since = courier.lab.calls().length;
    await courier.invoke('sweep', { digest: true });
    const calls = courier.callsOf('sweep', since).map(({ operation }) => operation);
    const count = (operation: string) => calls.filter((one) => one === operation).length;
    expect([count('ListClusters'), count('ListServices')]).toEqual([1, 1]);
    expect(count('DescribeTaskDefinition')).toBe(0);
    // 18 services by ten, and the tagged ones once more for what they started with.
    expect(count('DescribeServices')).toBe(3);
  });
});

it('an hourly sweep does not search, a rehearsed one does', async () => {
  const searches = async (event: object) => {
    const since = courier.lab.calls().length;
    await courier.invoke('sweep', event);
    return courier.callsOf('sweep', since).filter(({ operation }) => operation === 'ListClusters').length;
  };
  expect(await searches({})).toBe(0);
  expect(await searches({ dryRun: true })).toBe(1);
});
