import { CreateServiceLinkedRoleCommand, GetRoleCommand, IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createIamQuery } from '../../lab/iam-query.ts';
import { type Server, startServer } from '../../lab/server.ts';

const RoleName = 'AWSServiceRoleForCertificateManager';
const Arn = `arn:aws:iam::111122223333:role/aws-service-role/acm.amazonaws.com/${RoleName}`;
const linkedRole = { exists: false };
const clock = { now: () => new Date('2026-03-20T13:00:00Z') };

let server: Server;
let client: IAMClient;
beforeAll(async () => {
  const { service } = createIamQuery({ clock, linkedRole });
  server = await startServer({ services: [service], clock, onCall: () => {} });
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  client = new IAMClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const role = (name = RoleName) => client.send(new GetRoleCommand({ RoleName: name }));
const create = (AWSServiceName = 'acm.amazonaws.com', CustomSuffix?: string) =>
  client.send(new CreateServiceLinkedRoleCommand({ AWSServiceName, CustomSuffix }));

it("has ACM's service-linked role once it was created, once, and no other", async () => {
  await expect(role()).rejects.toBeInstanceOf(NoSuchEntityException);
  const CreateDate = clock.now();
  expect((await create()).Role).toMatchObject({
    Path: '/aws-service-role/acm.amazonaws.com/',
    RoleName,
    Arn,
    CreateDate,
  });
  expect(linkedRole).toEqual({ exists: true });
  const { Role } = await role();
  expect(Role).toMatchObject({ RoleName, Arn, CreateDate });
  expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toMatchObject({
    Statement: [{ Principal: { Service: 'acm.amazonaws.com' } }],
  });
  await expect(create()).rejects.toMatchObject({
    name: 'InvalidInputException',
    message: `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
  });
  await expect(role('other')).rejects.toThrow('The role with name other cannot be found.');
});

it('has it no longer where it was taken away, and creates it for no other service and under no other name', async () => {
  linkedRole.exists = false;
  await expect(role()).rejects.toBeInstanceOf(NoSuchEntityException);
  await expect(create('ecs.amazonaws.com')).rejects.toMatchObject({ name: 'InvalidInputException' });
  await expect(create('acm.amazonaws.com', 'mine')).rejects.toMatchObject({ name: 'InvalidInputException' });
  expect(linkedRole).toEqual({ exists: false });
});
