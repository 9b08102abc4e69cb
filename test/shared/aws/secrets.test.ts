import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { secrets } from '../../../shared/aws/secrets.ts';

/** Secrets Manager, when it answers every call with this error (the lab is never behind itself). */
const answering = (name: string) =>
  secrets({}, {
    send: async () => {
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
    },
  } as unknown as SecretsManagerClient);

const version = { versionId: 'version', value: 'value', stages: ['COURIER_NEXT'] };
const acts = [
  [
    'moving a label',
    (from: ReturnType<typeof secrets>) => from.move('courier/api', { label: 'COURIER_NEXT', to: 'version' }),
  ],
  ['storing a version', (from: ReturnType<typeof secrets>) => from.put('courier/api', version)],
] as const;

describe('a secret that was seen and is not found a moment later is looked at again', () => {
  it.each(acts)('%s', async (_, act) => {
    await expect(act(answering('ResourceNotFoundException'))).rejects.toMatchObject({
      finding: { reason: 'WorldMoved' },
    });
  });
});

it('a call that Secrets Manager refuses otherwise is refused', async () => {
  for (const [, act] of acts)
    await expect(act(answering('InvalidRequestException'))).rejects.toMatchObject({
      finding: { reason: 'CallRefused' },
    });
});
