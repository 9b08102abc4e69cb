import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const hour = 3_600_000;

let courier: CourierLab;
let count = 0;
beforeAll(async () => {
  courier = await startCourierLab();
  // Past the stack's first hour, whose sweep sends a digest.
  await courier.lab.clock.advance(2 * hour);
});
afterAll(() => courier.stop());
afterEach(async () => expect(await courier.wreckage()).toEqual([]));

async function fresh() {
  const secret = `courier/crowded-${++count}`;
  const arn = await courier.issue({ name: `crowded-${count}.example.com`, secret });
  return { arn, secret };
}

async function labelsOf(SecretId: string): Promise<readonly string[]> {
  const { VersionIdsToStages = {} } = await courier.manager.send(new DescribeSecretCommand({ SecretId }));
  return Object.values(VersionIdsToStages).flat();
}

async function move(
  secret: string,
  VersionStage: string,
  more: { MoveToVersionId?: string; RemoveFromVersionId?: string },
) {
  await courier.manager.send(new UpdateSecretVersionStageCommand({ SecretId: secret, VersionStage, ...more }));
}

/** Puts labels on the current version until the secret takes no more; answers those that are not ours. */
async function fill(secret: string, told = 0): Promise<readonly string[]> {
  const { id } = await courier.current(secret);
  const left = 20 - (await labelsOf(secret)).length;
  const names = Array.from({ length: left }, (_, index) =>
    index < told ? `COURIER_TOLD_${index}` : `release-${index}`,
  );
  for (const name of names) await move(secret, name, { MoveToVersionId: id });
  return names.slice(told);
}

/** The schedule's next sweep, at a full hour, and what people were told of the secret then. */
async function sweep(secret: string): Promise<readonly string[]> {
  const mark = courier.lab.mail().length;
  const now = courier.lab.clock.now().getTime();
  const until = Math.floor(now / hour) * hour + hour;
  await courier.lab.clock.advance(until - now);
  await courier.invoke('sweep', { scheduledAt: new Date(until).toISOString() });
  await courier.settle();
  const told = courier.lab.mail().slice(mark);
  return told
    .filter(({ body }) => body.includes(`"${secret}"`))
    .map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);
}

const holds = async (secret: string, arn: string) =>
  (await courier.current(secret)).id.startsWith(await courier.serialOf(arn));

describe('a secret with all of its twenty labels', () => {
  it('is delivered to where sweeps’ labels make room for those of the delivery', async () => {
    const { arn, secret } = await fresh();
    const others = await fill(secret, 5);
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
    expect(await holds(secret, arn)).toBe(true);
    const labels = await labelsOf(secret);
    expect(labels).toEqual(expect.arrayContaining([...others, 'COURIER_DELIVERED', 'AWSPREVIOUS']));
    expect(labels.filter((name) => name.startsWith('COURIER_TOLD'))).toEqual([]);
  });

  it('is told of once, is not begun with, and is delivered to once others’ labels are off', async () => {
    const { arn, secret } = await fresh();
    const others = await fill(secret);
    expect([await sweep(secret), await sweep(secret)]).toEqual([['action LabelsNearLimit'], []]);
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action LabelsAtLimit']);
    expect([await sweep(secret), await sweep(secret)]).toEqual([[], []]);
    expect(await holds(secret, arn)).toBe(false);
    const { id } = await courier.current(secret);
    for (const name of others) await move(secret, name, { RemoveFromVersionId: id });
    expect(await sweep(secret)).toEqual(['info Delivered']);
    expect(await holds(secret, arn)).toBe(true);
  });
});

describe('a secret that somebody puts a hundred versions into in a day', () => {
  it('is told of once, and delivered to once AWS removes them', async () => {
    const { arn, secret } = await fresh();
    for (let index = 0; index < 99; index++)
      await courier.manager.send(
        new PutSecretValueCommand({ SecretId: secret, SecretString: `${index}`, VersionStages: ['release'] }),
      );
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action VersionsAtLimit']);
    expect(await sweep(secret)).toEqual([]);
    await courier.lab.clock.advance(24 * hour);
    expect(await sweep(secret)).toEqual(['info Delivered']);
    expect(await holds(secret, arn)).toBe(true);
  });
});
