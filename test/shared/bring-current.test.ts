import { expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { bringCurrent } from '../../shared/bring-current.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Versions } from '../../shared/domain/secret.ts';
import { withLabel } from '../../shared/domain/secret.ts';
import type { Wanted } from '../../shared/plan.ts';
import { certificate, delivery, place } from './domain/sample.ts';
import { exportOf, mintFamily, now, passphrase } from './mint.ts';

const notAfter = now + 30 * 86_400;
const family = await mintFamily({ leaf: { serial: '0a1b2c', notAfter } });
const wanted: Wanted = {
  certificate: {
    ...certificate,
    serial: '0a1b2c'.padStart(40, '0'),
    notAfter,
    // What ACM exports is EC_prime256v1: worth a warning.
    keyAlgorithm: 'RSA_2048',
    caArn: 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a',
  },
  delivery,
  asked: {},
};

/** An empty secret; storing in it is refused as often as this. */
function worldRefusing(times: number) {
  const told: string[] = [];
  let versions: Versions = {};
  let left = times;
  const secrets = {
    find: async () => ({ state: 'present', tags: {}, changedAt: 0, versions }),
    passphrase: async () => passphrase,
    put: async (_: string, { versionId, stages }: { versionId: string; stages: readonly string[] }) => {
      if (left-- > 0) throw new Trouble(finding('AccessDenied', { detail: 'secretsmanager:PutSecretValue: the key' }));
      for (const stage of [...stages, 'AWSCURRENT']) versions = withLabel(versions, stage, versionId);
      return 'stored';
    },
    move: async (_: string, { label, to }: { label: string; to: string }) => {
      versions = withLabel(versions, label, to);
    },
  };
  const world = {
    place,
    settings: { secretPrefix: 'courier/' },
    now: () => now,
    log: () => {},
    count: () => {},
    killSwitch: { allows: async () => ({ is: 'go' }) },
    progress: { put: async () => {} },
    secrets,
    certificates: { export: async () => exportOf(family) },
    authorityChain: async () => family.root.pem,
    topic: { tell: async ({ attributes }: { attributes: { reason: string } }) => void told.push(attributes.reason) },
  };
  return { told, world: world as never };
}

it('a warning is told once the version is stored, not with every attempt', async () => {
  const { told, world } = worldRefusing(2);
  const means = { world };
  for (const _ of ['first', 'second']) await expect(bringCurrent(wanted, means)).rejects.toBeInstanceOf(Trouble);
  expect(told).toEqual([]);
  expect(await bringCurrent(wanted, means)).toMatchObject({ final: { do: 'roll out' } });
  expect(told).toEqual(['KeyAlgorithmDiffers']);
});
