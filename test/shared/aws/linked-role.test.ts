import type { IAMClient } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import { linkedRole } from '../../../shared/aws/linked-role.ts';

const refusing = (name: string) =>
  linkedRole({
    send: async () => {
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 403 } });
    },
  } as unknown as IAMClient);

it('the service-linked role exists where IAM shows it', async () => {
  const iam = { send: async () => ({ Role: {} }) } as unknown as IAMClient;
  expect(await linkedRole(iam).exists()).toBe(true);
});

it('the service-linked role is missing where IAM knows no such entity', async () => {
  expect(await refusing('NoSuchEntityException').exists()).toBe(false);
});

it('a role that we may not look at is not taken for a missing one', async () => {
  await expect(refusing('AccessDenied').exists()).rejects.toMatchObject({ finding: { reason: 'AccessDenied' } });
});
