import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallFault } from '../../lab/faults.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(() => courier.stop());

const allLabels = ['AWSCURRENT', 'COURIER_DELIVERED', 'COURIER_NEXT', 'COURIER_SINCE'];

const everyFault = ['throttle', '500', 'cut', 'effect-then-cut'] as const;
type Row = readonly [operation: string, step: string, fault: CallFault, nth: number];
const rows = (
  operation: string,
  step: string,
  { nth = 1, faults = everyFault }: { nth?: number; faults?: readonly CallFault[] } = {},
) => faults.map((fault): Row => [operation, step, fault, nth]);

/** One certificate, delivered; each row of a table is one more renewal of it, during which one call fails for good. */
async function renewable({ name, consumed }: { name: string; consumed: boolean }) {
  const secret = `courier/${name}`;
  const arn = await courier.issue({ name: `${name}.example.com`, secret });
  if (consumed) await courier.service({ name, secret });

  /** Renews with the fault, and answers how often people were told. The end must be the same whatever happened. */
  async function renewWith([operation, _, fault, nth]: Row): Promise<readonly string[]> {
    const [restarts, told] = [consumed ? await courier.restarts(name) : 0, courier.told(arn).length];
    courier.fail(operation, fault, { nth, attempts: operation === 'UpdateService' ? 1 : 3 });
    await courier.renew(arn);
    await courier.settle();
    const serial = await courier.serialOf(arn);
    const labels = await courier.labels(secret);
    const { id } = await courier.current(secret);
    const previous = Object.keys(labels).find((one) => labels[one]?.includes('AWSPREVIOUS')) ?? '';
    expect(id.slice(0, 40)).toBe(serial);
    expect(labels).toEqual({ [id]: allLabels, [previous]: ['AWSPREVIOUS'] });
    if (consumed) {
      expect(await courier.served(name)).toEqual([serial]);
      expect((await courier.restarts(name)) - restarts).toBe(1);
    }
    return courier.told(arn).slice(told);
  }
  return renewWith;
}

describe('a renewal ends in the same state, told once, when all attempts fail at', () => {
  let renewWith: Awaited<ReturnType<typeof renewable>>;
  beforeAll(async () => {
    renewWith = await renewable({ name: 'stored', consumed: false });
  });

  it.each([
    ...rows('DescribeCertificate', 'looking', { faults: ['500'] }),
    ...rows('DescribeSecret', 'looking', { faults: ['cut'] }),
    ...rows('GetRandomPassword', 'asking for a passphrase', { faults: ['500', 'effect-then-cut'] }),
    // The first export after a renewal answers the old certificate.
    ...rows('ExportCertificate', 'exporting', { nth: 2 }),
    ...rows('GetCertificateAuthorityCertificate', 'asking for the authority', { faults: ['cut'] }),
    ...rows('PutSecretValue', 'storing'),
    ...rows('UpdateSecretVersionStage', 'the swap'),
    ...rows('UpdateSecretVersionStage', 'marking since when', { nth: 2, faults: ['500', 'effect-then-cut'] }),
    ...rows('UpdateSecretVersionStage', 'taking the mark off the one before', {
      nth: 3,
      faults: ['500', 'effect-then-cut'],
    }),
    ...rows('GetResources', 'looking for consumers', { faults: ['cut'] }),
  ])('%s, %s: %s', async (...row) => {
    expect(await renewWith(row)).toEqual(['info Delivered']);
  });

  it.each(rows('ChangeMessageVisibility', 'handing back', { faults: ['500', 'effect-then-cut'] }))(
    '%s, %s: %s',
    async (...row) => {
      expect(await renewWith(row)).toEqual(['info Delivered']);
    },
  );

  // Told before it is labelled: a crash in between tells again, the other way round never would.
  it.each([
    ...rows('Publish', 'telling', { faults: ['500', 'cut'] }).map((row) => [...row, 1] as const),
    ...rows('Publish', 'telling', { faults: ['effect-then-cut'] }).map((row) => [...row, 4] as const),
    ...rows('UpdateSecretVersionStage', 'marking the end', { nth: 4, faults: ['500'] }).map(
      (row) => [...row, 2] as const,
    ),
    ...rows('UpdateSecretVersionStage', 'marking the end', { nth: 4, faults: ['effect-then-cut'] }).map(
      (row) => [...row, 1] as const,
    ),
  ])('%s, %s: %s (call %d), told %d times', async (operation, step, fault, nth, times) => {
    expect(await renewWith([operation, step, fault, nth])).toEqual(Array(times).fill('info Delivered'));
  });
});

describe('a consumer is restarted exactly once when all attempts fail at', () => {
  let renewWith: Awaited<ReturnType<typeof renewable>>;
  beforeAll(async () => {
    renewWith = await renewable({ name: 'consumed', consumed: true });
  });

  it.each([
    ...rows('UpdateSecretVersionStage', 'the swap', { faults: ['effect-then-cut'] }),
    ...rows('UpdateSecretVersionStage', 'marking since when', { nth: 2, faults: ['500'] }),
    ...rows('DescribeServices', 'looking at it', { faults: ['cut'] }),
    ...rows('UpdateService', 'restarting it'),
    ...rows('ChangeMessageVisibility', 'handing back', { nth: 2, faults: ['500'] }),
  ])('%s, %s: %s', async (...row) => {
    expect(await renewWith(row)).toEqual(['info Delivered']);
  });
});

describe('a first delivery', () => {
  it.each(everyFault)('ends in the same state when all attempts fail at CreateSecret: %s', async (fault) => {
    const name = `courier/create-${fault}`;
    courier.fail('CreateSecret', fault);
    const first = await courier.issue({ name: `create-${fault}.example.com`, secret: name });
    expect(await courier.labels(name)).toEqual({ [(await courier.current(name)).id]: allLabels });
    expect(courier.told(first)).toEqual(['info Delivered']);
  });

  it('is refused when somebody creates the secret while it is exported', async () => {
    const name = 'courier/meanwhile';
    // The SDK waits between two attempts: time for somebody else.
    courier.fail('GetRandomPassword', 'throttle', { attempts: 2 });
    const issued = courier.issue({ name: 'meanwhile.example.com', secret: name });
    await expect.poll(() => lastFailed('GetRandomPassword'), { interval: 1, timeout: 10_000 }).toBe(true);
    await courier.manager.send(new CreateSecretCommand({ Name: name, SecretString: 'somebody else' }));
    const first = await issued;

    expect(lastFailed('CreateSecret')).toBe(true);
    const { SecretString } = await courier.manager.send(new GetSecretValueCommand({ SecretId: name }));
    expect(SecretString).toBe('somebody else');
    // Once, for the export: the label event of the new secret is looked at, and says nothing anew.
    expect(courier.told(first)).toEqual(['action SecretNotOurs']);
  });

  const lastFailed = (operation: string) =>
    courier.lab.calls().findLast((call) => call.operation === operation && call.caller !== 'operator')?.ok === false;
});

describe('a denied call', () => {
  it('is taken for a tag that IAM does not see yet, and tried again without a word', async () => {
    courier.fail('ExportCertificate', 'denied', { attempts: 3 });
    const first = await courier.issue({ name: 'fresh.example.com', secret: 'courier/fresh' });
    expect(courier.told(first)).toEqual(['info Delivered']);
  });

  it('is told after ten minutes, not before, and once', async () => {
    const arn = await courier.issue({ name: 'denied.example.com', secret: 'courier/denied' });
    const event = courier.lab.events().find(({ resources }) => resources[0] === arn);
    courier.fail('DescribeSecret', 'denied', { attempts: 35 });
    await courier.invoke('certificate-available', { ...event, id: 'again' });
    await courier.lab.clock.advance(540_000);
    expect(courier.told(arn)).toEqual(['info Delivered']);
    await courier.lab.clock.advance(90_000);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'critical AccessDenied']);
  });

  it('hides nothing: a secret outside the prefix, which IAM denies, is told as what it is, at once', async () => {
    courier.fail('DescribeSecret', 'denied', { attempts: 20 });
    const arn = await courier.issue({ name: 'away.example.com', secret: 'elsewhere/away' });
    expect(courier.told(arn)).toEqual(['action SecretOutsidePrefix']);
  });
});
