import {
  DescribeCertificateCommand,
  ImportCertificateCommand,
  RequestCertificateCommand,
  RevokeCertificateCommand,
} from '@aws-sdk/client-acm';
import { ACMPCAClient, RevokeCertificateCommand as RevokeAtCaCommand } from '@aws-sdk/client-acm-pca';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mail } from '../../lab/sns.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;
const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188';

let courier: CourierLab;
let pca: ACMPCAClient;
const arns: Record<'blocked' | 'own' | 'publicOne' | 'revokedByCa', string> = {
  blocked: '',
  own: '',
  publicOne: '',
  revokedByCa: '',
};

beforeAll(async () => {
  courier = await startCourierLab();
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  pca = new ACMPCAClient({ endpoint: courier.lab.url, region: 'us-east-1', credentials });
  arns.revokedByCa = await courier.issue({ name: 'stolen.example.com', secret: 'courier/stolen' });
  arns.publicOne = await issuePublic('leaked.example.com', 'courier/leaked');
  arns.blocked = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  const pem = await courier.importable('own.example.com');
  arns.own = (await courier.acm.send(new ImportCertificateCommand(pem))).CertificateArn ?? '';
  courier.lab.acm.setInUseBy(arns.own, [balancer]);
  for (const secret of ['stolen', 'leaked', 'api'])
    await courier.service({ name: secret, secret: `courier/${secret}` });
  await revoke();
  courier.lab.acm.force(arns.blocked, 'PCA_INVALID_ARGS');
  await courier.lab.clock.advance(396 * day);
  await courier.settle();
}, 180_000);
afterAll(async () => {
  pca.destroy();
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

async function issuePublic(name: string, secret: string): Promise<string> {
  const { CertificateArn = '' } = await courier.acm.send(
    new RequestCertificateCommand({
      DomainName: name,
      ValidationMethod: 'DNS',
      KeyAlgorithm: 'EC_prime256v1',
      Options: { Export: 'ENABLED' },
      Tags: [{ Key: 'courier:secret', Value: secret }],
    }),
  );
  await courier.lab.clock.advance(4_000);
  await courier.settle();
  return CertificateArn;
}

/** The one by us, the other by its CA. */
async function revoke(): Promise<void> {
  await courier.acm.send(
    new RevokeCertificateCommand({ CertificateArn: arns.publicOne, RevocationReason: 'KEY_COMPROMISE' }),
  );
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: arns.revokedByCa }));
  await pca.send(
    new RevokeAtCaCommand({
      CertificateAuthorityArn: courier.lab.caArns.subordinate,
      CertificateSerial: Certificate?.Serial ?? '',
      RevocationReason: 'KEY_COMPROMISE',
    }),
  );
  await courier.lab.clock.settled();
  await courier.settle();
}

const warningsOf = (arn: string) =>
  courier.lab.mail().filter(({ attributes }) => attributes.certificateArn === arn && attributes.severity !== 'info');
const plain = (mail: Mail | undefined) => (mail?.body ?? '').replace(/\s+/g, ' ');

it('a certificate that nobody mends is spoken of six times, ever more gravely, and once when it has expired', () => {
  // ACM's events come to the second: a moment later a day less is left.
  const left = (days: number) =>
    expect.stringMatching(new RegExp(`refused by its CA, (${days}|${days - 1}) days? left$`));
  const subjects = warningsOf(arns.blocked).map(({ subject }) => subject);
  expect(subjects.slice(0, 5)).toEqual([45, 30, 15, 7, 3].map(left));
  expect(subjects[5]).toMatch(/refused by its CA, (1|less than a) day left$/);
  expect(subjects.slice(6)).toEqual(['[critical] api.example.com: has expired']);
  const severities = warningsOf(arns.blocked).map(({ attributes }) => attributes.severity);
  expect(severities).toEqual([...Array(3).fill('action'), ...Array(4).fill('critical')]);
});

it('an expired certificate is told with who serves it now, and with what replaces it', () => {
  const last = warningsOf(arns.blocked).at(-1);
  expect(plain(last)).toContain('ECS service "api" in cluster "prod" reads secret "courier/api"');
  expect(plain(last)).toContain('Clients refuse whatever still serves it');
  expect(plain(last)).toContain(
    `aws acm request-certificate \\ --domain-name api.example.com \\ --key-algorithm EC_prime256v1 \\ --certificate-authority-arn ${courier.lab.caArns.subordinate}`,
  );
});

it('an imported certificate is spoken of six times, with its load balancer, and is never said to have expired', () => {
  const mails = warningsOf(arns.own);
  expect(mails.map(({ attributes }) => attributes.reason)).toEqual(Array(6).fill('ImportedFromOwnAuthority'));
  for (const mail of mails) expect(plain(mail)).toContain('Load balancer "app/web" serves it');
});

it.each([
  ['by us', 'publicOne', 'Revoked', 'leaked'],
  ['by its CA', 'revokedByCa', 'RevokedByAuthority', 'stolen'],
] as const)('a certificate revoked %s is one critical mail, with who serves it now', (_, which, reason, service) => {
  const mails = warningsOf(arns[which]);
  expect(mails.map(({ attributes }) => `${attributes.severity} ${attributes.reason}`)).toEqual([`critical ${reason}`]);
  expect(plain(mails[0])).toContain(`ECS service "${service}" in cluster "prod" reads secret "courier/${service}"`);
  expect(plain(mails[0])).toContain('aws acm request-certificate');
});
