import { CreateSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
let arn: string;
beforeAll(async () => {
  courier = await startCourierLab();
  arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  await courier.renew(arn);
  await courier.settle();
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(() => courier.stop());

const move = (wish: { VersionStage: string; MoveToVersionId?: string; RemoveFromVersionId?: string }) =>
  courier.manager.send(new UpdateSecretVersionStageCommand({ SecretId: 'courier/api', ...wish }));

it('looks at a secret whose current version somebody moved by hand, and puts it right', async () => {
  await courier.service({ name: 'api', secret: 'courier/api' });
  const before = await courier.labels('courier/api');
  const idOf = (stage: string) => Object.keys(before).find((id) => before[id]?.includes(stage)) ?? '';
  await move({
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: idOf('AWSPREVIOUS'),
    RemoveFromVersionId: idOf('AWSCURRENT'),
  });
  await courier.lab.clock.settled();
  await courier.settle();
  expect(await courier.labels('courier/api')).toEqual(before);
  expect(await courier.served('api')).toEqual([await courier.serialOf(arn)]);
  expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered', 'info Delivered']);
});

it('does not look where a label of somebody else was moved', async () => {
  const { id } = await courier.current('courier/api');
  const mark = courier.lab.calls().length;
  await move({ VersionStage: 'SOMEBODYS', MoveToVersionId: id });
  await courier.lab.clock.settled();
  expect(courier.callsOf('secret-changed', mark)).toEqual([]);
  expect(courier.callsOf('deliver', mark)).toEqual([]);
});

it('does not look at a secret that is not below our prefix', async () => {
  const mark = courier.lab.calls().length;
  await courier.manager.send(new CreateSecretCommand({ Name: 'other/api', SecretString: 'x' }));
  await courier.lab.clock.settled();
  expect(courier.callsOf('secret-changed', mark)).toEqual([]);
});

it('queues nothing for a secret that no certificate is delivered to', async () => {
  const mark = courier.lab.calls().length;
  await courier.manager.send(new CreateSecretCommand({ Name: 'courier/lonely', SecretString: 'x' }));
  await courier.lab.clock.settled();
  expect(courier.callsOf('secret-changed', mark).map(({ operation }) => operation)).toEqual(['GetResources']);
});
