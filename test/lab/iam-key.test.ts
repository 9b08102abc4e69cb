import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACMClient, RenewCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packagedTemplate } from '../../build/packaged-template.ts';
import { type Lab, startLab } from '../../lab/world.ts';

const root = join(import.meta.dirname, '../..');
const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1';
const scratch = mkdtempSync(join(tmpdir(), 'acm-courier-key-'));

let lab: Lab;
beforeAll(async () => {
  for (const part of ['serverless.yml', 'build/probes.cjs', 'build/clusters.cjs', 'dist/functions'])
    cpSync(join(root, part), join(scratch, part), { recursive: true });
  const params = { mode: 'deliver', kmsKeyArn };
  const template = await packagedTemplate({ stage: 'lab', params, folder: scratch });
  writeFileSync(join(scratch, 'dist/template.json'), JSON.stringify(template));
  lab = await startLab({ template: join(scratch, 'dist/template.json') });
});
afterAll(async () => {
  await lab.stop();
  rmSync(scratch, { recursive: true });
});

it('the worker stores under the key that it was given, when a certificate is new and when it is renewed', async () => {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const to = { endpoint: lab.url, region: 'us-east-1', credentials };
  const acm = new ACMClient(to);
  const stored = () => new SecretsManagerClient(to).send(new DescribeSecretCommand({ SecretId: 'courier/api' }));
  const { CertificateArn } = await acm.send(
    new RequestCertificateCommand({
      DomainName: 'api.example.com',
      CertificateAuthorityArn: lab.caArns.subordinate,
      Tags: [{ Key: 'courier:secret', Value: 'courier/api' }],
    }),
  );
  await lab.clock.advance(4_000);
  const { KmsKeyId, VersionIdsToStages: first = {} } = await stored();
  expect(KmsKeyId).toBe(kmsKeyArn);
  await acm.send(new RenewCertificateCommand({ CertificateArn }));
  await lab.clock.advance(120_000);
  const [before = ''] = Object.keys(first);
  const { VersionIdsToStages: both = {} } = await stored();
  expect(Object.keys(both)).toHaveLength(2);
  expect(both[before]).toContain('AWSPREVIOUS');
});
