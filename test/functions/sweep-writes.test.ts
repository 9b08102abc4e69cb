import { AddTagsToCertificateCommand } from '@aws-sdk/client-acm';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
  // The first hour of a stack is for its first digest.
  await courier.lab.clock.advance(2 * 3_600_000);
});
afterAll(() => courier.stop());

const changed: readonly string[] = ['acm', 'secretsmanager', 'ecs'];

/** What functions have changed in ACM, Secrets Manager and ECS since a mark: each call with its body. */
const writesSince = (mark: number) =>
  courier.lab
    .traffic()
    .slice(mark)
    .filter(({ service, caller }) => changed.includes(service) && caller !== 'operator')
    .filter(({ operation }) => !/^(Get|List|Describe|Search)/.test(operation))
    .map(({ operation, request }) => `${operation} ${request}`);

it('a sweep and all that it leads to writes to nothing that is foreign, untagged or paused', async () => {
  const ours = await courier.issue({ name: 'ours.example.com', secret: 'courier/ours' });
  const held = await courier.issue({ name: 'held.example.com', secret: 'courier/held' });
  const untagged = await courier.issue({ name: 'untagged.example.com' });
  await courier.manager.send(new CreateSecretCommand({ Name: 'courier/foreign', SecretString: '{}' }));
  const claiming = await courier.issue({ name: 'claiming.example.com', secret: 'courier/foreign' });
  const running = await courier.service({ name: 'running', secret: 'courier/ours' });
  const paused = { 'courier:pause': 'true' };
  const frozen = await courier.service({ name: 'frozen', secret: 'courier/ours', tags: paused });
  const silent = await courier.service({ name: 'silent', secret: 'courier/ours', tags: { 'courier:secret': '' } });
  const behindHeld = await courier.service({ name: 'behind-held', secret: 'courier/held' });
  const Tags = Object.entries(paused).map(([Key, Value]) => ({ Key, Value }));
  await courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn: held, Tags }));
  for (const arn of [ours, held]) {
    courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault: 'lose', nth: 1 });
    await courier.renew(arn);
  }

  const mark = courier.lab.traffic().length;
  expect(await courier.invoke('sweep', {})).toMatchObject({ queued: 1 });
  await courier.settle();
  const written = writesSince(mark);
  const naming = (what: string) => written.filter((call) => call.includes(what));
  // Else the rest would hold of a sweep that does nothing.
  for (const one of [ours, 'courier/ours', running]) expect(naming(one)).not.toEqual([]);
  for (const one of [held, untagged, claiming, frozen, silent, behindHeld, 'courier/held', 'courier/foreign'])
    expect(naming(one)).toEqual([]);
});
