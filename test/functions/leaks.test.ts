import { createPrivateKey } from 'node:crypto';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';
import { exportsIn, leaks } from './leaks.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
  const rsa = await courier.issue({ name: 'rsa.example.com', secret: 'courier/rsa', keyAlgorithm: 'RSA_2048' });
  const ec = await courier.issue({ name: 'ec.example.com', secret: 'courier/ec' });
  await courier.service({ name: 'ec', secret: 'courier/ec' });
  await courier.renew(rsa);
  await courier.renew(ec);
  await courier.settle();
  await courier.invoke('re-export', { certificateArn: ec, force: true });
  await courier.settle();
  // What goes wrong speaks most.
  await courier.manager.send(new CreateSecretCommand({ Name: 'courier/foreign', SecretString: 'x' }));
  await courier.issue({ name: 'foreign.example.com', secret: 'courier/foreign' });
  for (const operation of ['ExportCertificate', 'GetRandomPassword', 'CreateSecret']) {
    courier.fail(operation, 'denied', { attempts: 1 });
    courier.fail(operation, 'effect-then-cut');
  }
  await courier.issue({ name: 'failing.example.com', secret: 'courier/failing' });
  courier.fail('PutSecretValue', 'denied', { attempts: 1 });
  await courier.renew(rsa);
  await courier.settle();
});
afterAll(() => courier.stop());

describe('keys and passphrases', () => {
  it('leave memory as secret versions only, whatever goes wrong', async () => {
    expect(await courier.wreckage()).toEqual([]);
    expect(exportsIn(courier.lab).length).toBeGreaterThanOrEqual(6);
    expect(leaks(courier.lab)).toEqual([]);
  });

  it('are never read back from a secret by a function', () => {
    const read = courier.lab.calls().filter(({ operation }) => operation === 'GetSecretValue');
    expect(read.filter(({ caller }) => caller !== 'operator')).toEqual([]);
  });
});

describe('the scan finds', () => {
  const passphrase = () => exportsIn(courier.lab)[0]?.passphrase ?? '';
  const encrypted = (index: number) => exportsIn(courier.lab)[index]?.privateKey ?? '';
  const decrypted = (index: number) =>
    createPrivateKey({ key: encrypted(index), passphrase: exportsIn(courier.lab)[index]?.passphrase ?? '' });
  const pem = (type: 'pkcs1' | 'pkcs8' | 'sec1', index: number) =>
    decrypted(index)
      .export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' })
      .toString();
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each([
    ['a passphrase', () => passphrase()],
    ['a passphrase in base64', () => base64(passphrase())],
    ['a passphrase in base64 within something else', () => base64(`{"passphrase":"${passphrase()}"}`)],
    ['a passphrase as the bytes that the SDK is given', () => JSON.stringify({ p: [...Buffer.from(passphrase())] })],
    ['an encrypted key', () => encrypted(0)],
    ['an encrypted key as JSON', () => JSON.stringify({ privateKey: encrypted(0) })],
    ['an encrypted key in base64', () => base64(encrypted(0))],
    ['an RSA key', () => pem('pkcs8', 0)],
    ['an RSA key of the old form', () => pem('pkcs1', 0)],
    ['an EC key', () => pem('pkcs8', 1)],
    ['an EC key of the old form as JSON', () => JSON.stringify([pem('sec1', 1)])],
    ['an EC key as JWK', () => JSON.stringify(decrypted(1).export({ format: 'jwk' }))],
    ['a key in hex', () => decrypted(1).export({ type: 'pkcs8', format: 'der' }).toString('hex')],
    ['one line of a key', () => encrypted(1).split('\n').at(-3) ?? ''],
  ])('%s', (_, text) => {
    const log = { function: 'acm-courier-lab-deliver', line: JSON.stringify({ message: text() }) };
    expect(leaks({ ...courier.lab, logs: () => [...courier.lab.logs(), log] })).toEqual([
      'log of acm-courier-lab-deliver',
    ]);
  });
});
