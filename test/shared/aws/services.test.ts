import type { ECSClient } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { services } from '../../../shared/aws/services.ts';

const arns = ['arn:aws:ecs:us-east-1:111122223333:service/gone/web'];

/** ECS, when it answers every call with this error (the lab deletes no cluster). */
const answering = (name: string) =>
  services({
    send: async () => {
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
    },
  } as unknown as ECSClient);

it('a service whose cluster was deleted, which the Tagging API returns for hours, is left out', async () => {
  const consumers = answering('ClusterNotFoundException').consumers(arns, { secret: 'courier/api', since: 0 });
  expect(await consumers).toEqual([]);
});

it('any other refusal is not taken for a cluster that is gone', async () => {
  const consumers = answering('InvalidParameterException').consumers(arns, { secret: 'courier/api', since: 0 });
  await expect(consumers).rejects.toMatchObject({ finding: { reason: 'CallRefused' } });
});
