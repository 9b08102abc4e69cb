import { DescribeSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
/** Two certificates of one authority: each one's consumer trusts the other by its own secret's trust bundle. */
let gateway: string;
let teller: string;
beforeAll(async () => {
  courier = await startCourierLab();
  gateway = await courier.issue({ name: 'gateway.example.com', secret: 'courier/gateway' });
  teller = await courier.issue({ name: 'teller.example.com', secret: 'courier/teller' });
  await courier.service({ name: 'gateway', secret: 'courier/gateway' });
  await courier.service({ name: 'teller', secret: 'courier/teller' });
});
afterAll(() => courier.stop());

/** The labels that say whom the versions of a secret trust, each with the id of its version. */
async function trusts(SecretId: string): Promise<readonly (readonly [string, string])[]> {
  const { VersionIdsToStages = {} } = await courier.manager.send(new DescribeSecretCommand({ SecretId }));
  return Object.entries(VersionIdsToStages).flatMap(([id, stages]) =>
    stages.filter((stage) => stage.startsWith('COURIER_TRUST_')).map((stage) => [stage, id] as const),
  );
}

const move = (
  SecretId: string,
  VersionStage: string,
  ids: { RemoveFromVersionId?: string; MoveToVersionId?: string },
) => courier.manager.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...ids }));

const before = 'COURIER_TRUST_0123456789ab';

/** Makes what is current look as if it had been stored when the authority had another root. */
async function backdate(secret: string): Promise<void> {
  const [[label, id] = ['', '']] = await trusts(secret);
  await move(secret, label, { RemoveFromVersionId: id });
  await move(secret, before, { MoveToVersionId: id });
}

it('whom a version trusts is written beside it, with one more call for a new secret', async () => {
  const mark = courier.lab.calls().length;
  await courier.issue({ name: 'third.example.com', secret: 'courier/third' });
  const { id } = await courier.current('courier/third');
  expect(await trusts('courier/third')).toEqual([[expect.stringMatching(/^COURIER_TRUST_[0-9a-f]{12}$/), id]]);
  const writes = courier.callsOf('deliver', mark).filter(({ operation }) => /Secret/.test(operation));
  expect(writes.map(({ operation }) => operation).filter((operation) => operation !== 'DescribeSecret')).toEqual([
    'CreateSecret',
    'UpdateSecretVersionStage', // COURIER_TRUST
    'UpdateSecretVersionStage', // COURIER_NEXT
    'UpdateSecretVersionStage', // COURIER_SINCE
    'UpdateSecretVersionStage', // COURIER_DELIVERED
  ]);
});

it('a renewal below the same root says nothing of it, and its label moves along without a call of its own', async () => {
  const [[label] = ['']] = await trusts('courier/gateway');
  await courier.renew(gateway);
  await courier.settle();
  expect(await trusts('courier/gateway')).toEqual([[label, (await courier.current('courier/gateway')).id]]);
  expect(courier.told(gateway)).not.toContain('warning IssuerChanged');
});

it('a renewal below another root names every service that trusts the one before, once', async () => {
  for (const secret of ['courier/gateway', 'courier/teller']) await backdate(secret);
  await courier.renew(gateway);
  await courier.settle();
  expect(courier.told(gateway).filter((one) => one.endsWith('IssuerChanged'))).toEqual(['warning IssuerChanged']);
  const { body = '' } = courier.lab.mail().find(({ attributes }) => attributes.reason === 'IssuerChanged') ?? {};
  const flat = body.replace(/\s+/g, ' ');
  expect(flat).toContain('among them those that take their trust bundle from "courier/teller"');
  expect(flat).toContain('"gateway" in cluster "prod" trusts the issuer from before, by secret "courier/gateway"');
  expect(flat).toContain('"teller" in cluster "prod" trusts the issuer from before, by secret "courier/teller"');
  expect(flat).toContain('{"secret":"courier/teller","force":true}');
  expect(flat).not.toContain('courier/third');

  const { id } = await courier.current('courier/gateway');
  expect(id).toContain(await courier.serialOf(gateway));
  expect(await trusts('courier/gateway')).toEqual([[expect.not.stringMatching(before), id]]);
  expect((await trusts('courier/teller')).map(([label]) => label)).toEqual([before]);
});

it('what the mail says to do brings the other secret the new trust bundle', async () => {
  await courier.invoke('re-export', { secret: 'courier/teller', force: true });
  await courier.settle();
  expect((await trusts('courier/teller')).map(([label]) => label)).toEqual(
    (await trusts('courier/gateway')).map(([label]) => label),
  );
  const [, mail] = courier.lab.mail().filter(({ attributes }) => attributes.reason === 'IssuerChanged');
  expect(mail?.body.replace(/\s+/g, ' ')).not.toContain('among them');
  expect(courier.told(teller).at(-1)).toBe('info Delivered');
  expect(await courier.wreckage()).toEqual([]);
});

it('the delivery goes on where nobody can be named, and the mail says why', async () => {
  await backdate('courier/gateway');
  courier.fail('ListSecrets', 'denied');
  await courier.renew(gateway);
  await courier.settle();
  const { attributes, body = '' } = courier.lab.mail().at(-2) ?? {};
  expect(attributes?.reason).toBe('IssuerChanged');
  expect(body.replace(/\s+/g, ' ')).toContain('Who trusts the issuer from before: AWS denied what acm-courier needs');
  expect(courier.told(gateway).at(-1)).toBe('info Delivered');
});
