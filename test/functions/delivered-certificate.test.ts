import { AddTagsToCertificateCommand } from '@aws-sdk/client-acm';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';
import { stackId, startStack } from './stack-stand-in.ts';

let courier: CourierLab;
let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  courier = await startCourierLab();
  stack = await startStack(courier);
});
afterEach(async () => {
  await courier.settle();
  expect(await courier.wreckage()).toEqual([]);
});
afterAll(async () => {
  stack.stop();
  await courier.stop();
});

let names = 0;
/** A certificate that nobody tagged when it was issued, then tagged: its secret is still to be made. */
async function tagged(secretTag?: string) {
  const name = `s${++names}.example.com`;
  const CertificateArn = await courier.issue({ name });
  const secret = `courier/s${names}`;
  await tag(CertificateArn, 'courier:secret', secretTag ?? secret);
  return { CertificateArn, SecretName: secret };
}

const tag = (CertificateArn: string, Key: string, Value: string) =>
  courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key, Value }] }));

const seen = (SecretId: string) =>
  courier.manager.send(new DescribeSecretCommand({ SecretId })).catch((error: Error) => {
    if (error.name !== 'ResourceNotFoundException') throw error;
    return null;
  });
const isThere = async (secret: string) => {
  const found = await seen(secret);
  return found !== null && found.DeletedDate === undefined;
};
/** What brought the certificate of a resource into its secret, so that the tests of Delete begin with one. */
async function created(properties?: object) {
  const wish = { ...(await tagged()), ...properties };
  const { Status, PhysicalResourceId } = await stack.create(wish);
  expect(Status).toBe('SUCCESS');
  return { wish, id: PhysicalResourceId };
}

describe('Create', () => {
  it('fills the secret and answers its ARN and version', async () => {
    const wish = await tagged();
    const answer = await stack.create({ ServiceToken: 'x', ServiceTimeout: '300', ...wish });
    const { id } = await courier.current(wish.SecretName);
    expect(answer).toEqual({
      Status: 'SUCCESS',
      Reason: '',
      PhysicalResourceId: `${wish.CertificateArn} ${wish.SecretName} made`,
      StackId: stackId,
      RequestId: answer.RequestId,
      LogicalResourceId: 'Delivered',
      Data: { SecretArn: (await seen(wish.SecretName))?.ARN, VersionId: id },
      contentType: undefined,
    });
    expect(id).toContain(await courier.serialOf(wish.CertificateArn));
  });

  it('takes what is delivered already, and says that it was there before', async () => {
    const CertificateArn = await courier.issue({ name: 'there.example.com', secret: 'courier/there' });
    const mark = courier.lab.calls().length;
    const answer = await stack.create({ CertificateArn, SecretName: 'courier/there', Format: 'standard' });
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `${CertificateArn} courier/there` });
    expect(courier.callsOf('deliver', mark)).toEqual([]);
  });

  it('restores a secret of the certificate that is pending deletion', async () => {
    const { wish } = await created();
    await courier.manager.send(new DeleteSecretCommand({ SecretId: wish.SecretName }));
    const answer = await stack.create(wish);
    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: `${wish.CertificateArn} ${wish.SecretName}`,
    });
    expect(await isThere(wish.SecretName)).toBe(true);
  });

  it('does not restore a secret that is not ours', async () => {
    const wish = await tagged();
    await courier.manager.send(new CreateSecretCommand({ Name: wish.SecretName, SecretString: 'x' }));
    await courier.manager.send(new DeleteSecretCommand({ SecretId: wish.SecretName }));
    const answer = await stack.create(wish);
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('was not put there by acm-courier');
    expect(await isThere(wish.SecretName)).toBe(false);
  });

  it('waits while AWS throttles', async () => {
    const wish = await tagged();
    courier.fail('ExportCertificate', 'throttle');
    expect(await stack.create(wish)).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('a template that asks for what cannot be is answered FAILED with the reason and what to do', () => {
  it.each([
    [
      'a secret that the tag does not name',
      async () => ({ ...(await tagged('courier/other courier/another:plain')), SecretName: 'courier/mine' }),
      /The template wants the certificate of "s\d+\.example\.com" in secret "courier\/mine", but the certificate's own tags ask for courier\/other courier\/another:plain\. [\s\S]*Key=courier:secret,Value=courier\/other courier\/another:plain courier\/mine/,
    ],
    [
      'another format than the tag',
      async () => ({ ...(await tagged()), Format: 'plain' }),
      /in format plain, but the certificate's own tags ask for courier\/s\d+\. [\s\S]*Value=courier\/s\d+:plain/,
    ],
    [
      'a certificate that nobody tagged',
      async () => ({ CertificateArn: await courier.issue({ name: 'bare.example.com' }), SecretName: 'courier/bare' }),
      /the certificate's own tags ask for nothing\. [\s\S]*Key=courier:secret,Value=courier\/bare/,
    ],
    [
      'a certificate that there is not',
      () => ({
        CertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
        SecretName: 'courier/none',
      }),
      /^No certificate in this account and region fits ARN/,
    ],
    [
      'a secret outside the prefix',
      async () => ({ ...(await tagged('other/api')), SecretName: 'other/api' }),
      /may only write secrets whose name begins with "courier\/"/,
    ],
    [
      'a paused certificate',
      async () => {
        const wish = await tagged();
        await tag(wish.CertificateArn, 'courier:pause', 'true');
        return wish;
      },
      /is tagged courier:pause\. Take the tag off[\s\S]*remove-tags-from-certificate/,
    ],
    [
      'a misspelt property',
      async () => ({ ...(await tagged()), Formt: 'plain' }),
      /^Cannot read the request: "Formt" is not known\. CertificateArn and SecretName are needed/,
    ],
    ['nothing', () => ({}), /^Cannot read the request: "CertificateArn" must be of type string/],
  ])('%s', async (_, properties, reason) => {
    const answer = await stack.create(await properties());
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(reason), Data: {} });
  });

  it('a secret of somebody else, which the Delete that follows leaves alone', async () => {
    const wish = { ...(await tagged()), DeleteSecret: 'true' };
    await courier.manager.send(new CreateSecretCommand({ Name: wish.SecretName, SecretString: 'x' }));
    const failed = await stack.create(wish);
    expect(failed.Status).toBe('FAILED');
    expect(await stack.remove(failed.PhysicalResourceId, wish)).toMatchObject({ Status: 'SUCCESS' });
    expect(await isThere(wish.SecretName)).toBe(true);
  });
});

describe('Update', () => {
  it('delivers what has been renewed since, under the same id', async () => {
    const { wish, id } = await created();
    await courier.renew(wish.CertificateArn);
    const answer = await stack.update(id, { ...wish, DeleteSecret: 'true' });
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
    expect(answer.Data.VersionId).toContain(await courier.serialOf(wish.CertificateArn));
  });

  it('of the secret is another resource, whose Delete of the old one leaves the new one', async () => {
    const { wish, id } = await created({ DeleteSecret: 'true' });
    const other = `${wish.SecretName}-new`;
    await tag(wish.CertificateArn, 'courier:secret', other);
    const updated = await stack.update(id, { ...wish, SecretName: other });
    expect(updated).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `${wish.CertificateArn} ${other} made` });
    await stack.remove(id, wish);
    expect([await isThere(wish.SecretName), await isThere(other)]).toEqual([false, true]);
  });

  it('that fails leaves the resource what it was', async () => {
    const { wish, id } = await created();
    const answer = await stack.update(id, { ...wish, SecretName: 'courier/unasked' });
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: id });
  });
});

describe('Delete', () => {
  it.each([
    ['leaves the secret', {}, true],
    ['deletes the secret that the resource made where the template says so', { DeleteSecret: 'true' }, false],
    ['leaves the secret where the template says so', { DeleteSecret: 'false' }, true],
  ])('%s', async (_, more, stays) => {
    const { wish, id } = await created(more);
    expect(await stack.remove(id, wish)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
    expect(await isThere(wish.SecretName)).toBe(stays);
    // CloudFormation may ask twice.
    expect(await stack.remove(id, wish)).toMatchObject({ Status: 'SUCCESS' });
  });

  it('leaves a secret that was there before the stack', async () => {
    const CertificateArn = await courier.issue({ name: 'old.example.com', secret: 'courier/old' });
    const wish = { CertificateArn, SecretName: 'courier/old', DeleteSecret: 'true' };
    const { PhysicalResourceId } = await stack.create(wish);
    expect(await stack.remove(PhysicalResourceId, wish)).toMatchObject({ Status: 'SUCCESS' });
    expect(await isThere('courier/old')).toBe(true);
  });

  it('leaves a secret that a person has handed over since', async () => {
    const { wish, id } = await created({ DeleteSecret: 'true' });
    const Tags = [{ Key: 'courier:certificate', Value: wish.CertificateArn }];
    await courier.manager.send(new TagResourceCommand({ SecretId: wish.SecretName, Tags }));
    await stack.remove(id, wish);
    expect(await isThere(wish.SecretName)).toBe(true);
  });

  it('of what was never made is a matter of course', async () => {
    expect(await stack.remove('request-1', {})).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'request-1' });
  });
});
