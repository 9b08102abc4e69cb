import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  ImportCertificateCommand,
  RemoveTagsFromCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
});
afterAll(async () => {
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const allLabels = ['AWSCURRENT', 'COURIER_DELIVERED', 'COURIER_NEXT', 'COURIER_SINCE'];

/** Calls in the order of their awaits: those of one round are under way together, and end in any order. */
function rounds(calls: readonly { operation: string }[], wanted: readonly (readonly string[])[]) {
  const left = calls.map(({ operation }) => operation);
  return wanted.map((round) => left.splice(0, round.length).sort());
}

const fromStartToMaterial = [
  ['DescribeCertificate', 'ListTagsForCertificate'],
  ['DescribeSecret'],
  ['GetParameter', 'GetRandomPassword'],
  ['ExportCertificate', 'GetCertificateAuthorityCertificate'],
];

/** `<serial>-<notAfter YYYYMMDDHHMM>-<6 hex digits>`, as DESIGN §4 has it, built from what ACM says. */
async function idStart(certificateArn: string): Promise<string> {
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
  const minutes = Certificate?.NotAfter?.toISOString().replace(/\D/g, '').slice(0, 12);
  return `${await courier.serialOf(certificateArn)}-${minutes}-`;
}

describe('a certificate that ACM has issued', () => {
  it('is current in a new secret after five calls in a row, and told once', async () => {
    const mark = courier.lab.calls().length;
    const arn = await courier.issue({ name: 'first.example.com', secret: 'courier/first' });
    const wanted = [...fromStartToMaterial, ['CreateSecret']];
    expect(rounds(courier.callsOf('deliver', mark), wanted)).toEqual(wanted);

    const { id } = await courier.current('courier/first');
    expect(id.slice(0, 54)).toBe(await idStart(arn));
    expect(id.slice(54)).toMatch(/^[0-9a-f]{6}0000$/);
    expect(await courier.labels('courier/first')).toEqual({ [id]: allLabels });
    expect(courier.told(arn)).toEqual(['info Delivered']);
    expect(courier.lab.mail().at(-1)?.subject).toBe('[info] first.example.com: delivered, no service to restart');
  });

  it('is not touched again by a look at what is right already, which takes three calls', async () => {
    const arn = await courier.issue({ name: 'right.example.com', secret: 'courier/right' });
    const mark = courier.lab.calls().length;
    const answer = await courier.invoke('deliver', { certificateArn: arn, cause: 'look' });
    expect(answer).toEqual({ is: 'done', because: 'delivered' });
    const looked = courier.callsOf('deliver', mark).map(({ operation }) => operation);
    expect(looked.sort()).toEqual(['DescribeCertificate', 'DescribeSecret', 'ListTagsForCertificate']);
  });

  it.skipIf(!hasOpenssl).each(['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'] as const)(
    'with a key of type %s is stored as what openssl takes for a pair with its chain',
    async (keyAlgorithm) => {
      const name = `${keyAlgorithm.replace('_', '-').toLowerCase()}.example.com`;
      const arn = await courier.issue({ name, secret: `courier/${name}`, keyAlgorithm });
      const { value } = await courier.current(`courier/${name}`);
      expect(Object.keys(value).sort()).toEqual(
        ['certificate', 'certificateChain', 'fullChain', 'passphrase', 'privateKey', 'trustBundle'].sort(),
      );
      expect(judged(value)).toEqual({ serial: await courier.serialOf(arn), pair: true, verified: true });
    },
  );

  it('is delivered to every secret that its tag names', async () => {
    const arn = await courier.issue({ name: 'twice.example.com', secret: 'courier/one courier/other' });
    const [one, other] = [await courier.current('courier/one'), await courier.current('courier/other')];
    expect(one.id).toBe(other.id);
    expect(one.value.passphrase).not.toBe(other.value.passphrase);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });

  it('is stored once and told once where several workers see an empty place at the same time', async () => {
    const tags = { 'courier:pause': 'true' };
    const arn = await courier.issue({ name: 'race.example.com', secret: 'courier/race', tags });
    await untag(arn, 'courier:pause');
    const asking = { certificateArn: arn, cause: 'race', until: 'current' };
    const answers = await Promise.all([1, 2, 3].map(() => courier.invoke('deliver', asking)));
    for (const answer of answers) expect(['done', 'again']).toContain(answer.is);
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(await courier.labels('courier/race')).toEqual({ [(await courier.current('courier/race')).id]: allLabels });
    expect(courier.told(arn)).toEqual(['info Delivered']);
  });
});

describe('a renewal', () => {
  it('becomes current once no canary stands in its way, and every consumer is restarted once and serves it', async () => {
    const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
    const before = await courier.current('courier/api');
    await courier.service({ name: 'api', secret: 'courier/api', count: 2 });
    await courier.service({ name: 'worker', secret: 'courier/api' });
    await courier.renew(arn);
    const mark = courier.lab.calls().length;
    await courier.settle();

    const services = [['GetResources'], ['DescribeServices'], ['DescribeTaskDefinition', 'DescribeTaskDefinition']];
    const swap = [['GetParameter'], ['UpdateSecretVersionStage']];
    const wanted = [...fromStartToMaterial, ['PutSecretValue'], ...services, ...swap];
    const calls = courier.callsOf('deliver', mark).filter(({ operation }) => operation !== 'PutEvents');
    expect(rounds(calls, wanted)).toEqual(wanted);
    const { id } = await courier.current('courier/api');
    expect(firstRequest('PutSecretValue', mark).VersionStages).toEqual([
      'COURIER_NEXT',
      expect.stringMatching(/^COURIER_TRUST_/),
    ]);
    expect(firstRequest('UpdateSecretVersionStage', mark)).toEqual({
      SecretId: 'courier/api',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: id,
      RemoveFromVersionId: before.id,
    });
    const serial = await courier.serialOf(arn);
    expect(id.slice(0, 40)).toBe(serial);
    expect(await courier.labels('courier/api')).toEqual({ [before.id]: ['AWSPREVIOUS'], [id]: allLabels });
    expect(await courier.served('api')).toEqual([serial, serial]);
    expect(await courier.served('worker')).toEqual([serial]);
    expect([await courier.restarts('api'), await courier.restarts('worker')]).toEqual([1, 1]);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
    expect(courier.lab.mail().at(-1)?.subject).toBe('[info] api.example.com: delivered');
  });

  it('that ACM still answers with the old certificate is asked for again, and nothing is stored meanwhile', async () => {
    const arn = await courier.issue({ name: 'settling.example.com', secret: 'courier/settling' });
    const before = await courier.labels('courier/settling');
    await courier.renew(arn);
    expect(await courier.labels('courier/settling')).toEqual(before);
    expect(reasonsLogged(arn)).toEqual(['OldCertificateExported']);
    await courier.settle();
    expect((await courier.current('courier/settling')).id).toContain(await courier.serialOf(arn));
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });

  it.each(['double', 'delay'] as const)('whose event is subject to "%s" is delivered once', async (fault) => {
    const secret = `courier/${fault}`;
    const arn = await courier.issue({ name: `${fault}.example.com`, secret });
    await courier.service({ name: fault, secret });
    courier.lab.faults.add({ service: 'events', operation: 'ACM Certificate Available', fault, nth: 1 });
    await courier.renew(arn);
    await courier.lab.clock.advance(60_000);
    await courier.settle();
    expect(await courier.served(fault)).toEqual([await courier.serialOf(arn)]);
    expect(await courier.restarts(fault)).toBe(1);
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });

  it('whose event is lost costs time only: whatever queues the certificate next delivers it', async () => {
    const arn = await courier.issue({ name: 'lost.example.com', secret: 'courier/lost' });
    const operation = 'ACM Certificate Available';
    courier.lab.faults.add({ service: 'events', operation, fault: 'lose', nth: 1 });
    await courier.renew(arn);
    await courier.settle();
    expect(Object.keys(await courier.labels('courier/lost'))).toHaveLength(1);
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect((await courier.current('courier/lost')).id).toContain(await courier.serialOf(arn));
  });

  it('is not undone by an older event that comes after it', async () => {
    const arn = await courier.issue({ name: 'late.example.com', secret: 'courier/late' });
    const issuance = courier.lab.events().find(({ resources }) => resources[0] === arn);
    await courier.renew(arn);
    await courier.settle();
    const { id } = await courier.current('courier/late');
    await courier.invoke('certificate-available', { ...issuance, id: 'late' });
    await courier.settle();
    expect(await courier.current('courier/late')).toMatchObject({ id });
    expect(courier.told(arn)).toEqual(['info Delivered', 'info Delivered']);
  });
});

describe('a certificate that cannot be delivered', () => {
  it('is no news when nobody tagged it', async () => {
    const arn = await courier.issue({ name: 'untagged.example.com' });
    expect(courier.told(arn)).toEqual([]);
    expect(exportsOf(arn)).toBe(0);
  });

  it('is told with the command to deliver it when ACM renewed it and nobody tagged it', async () => {
    const arn = await courier.issue({ name: 'renewed.example.com' });
    const Passphrase = new TextEncoder().encode('of the operator');
    await courier.acm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase }));
    await courier.renew(arn);
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info NotTagged']);
    expect(courier.lab.mail().at(-1)?.body).toContain('--tags Key=courier:secret,Value=courier/renewed.example.com');
    expect(exportsOf(arn)).toBe(0);
  });

  it('is left alone while it is tagged courier:pause, and delivered once the tag is gone', async () => {
    const tags = { 'courier:pause': 'true' };
    const arn = await courier.issue({ name: 'paused.example.com', secret: 'courier/paused', tags });
    expect(exportsOf(arn)).toBe(0);
    await untag(arn, 'courier:pause');
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered']);
  });

  it('is acknowledged when it was imported, and told when a tag asks for the impossible', async () => {
    const pem = await courier.importable('imported.example.com');
    const plain = await importCertificate(pem);
    const tagged = await importCertificate({ ...pem, Tags: [{ Key: 'courier:secret', Value: 'courier/imported' }] });
    expect([courier.told(plain), courier.told(tagged)]).toEqual([[], ['warning ImportedCertificate']]);
    await importCertificate({ ...pem, CertificateArn: tagged });
    expect(courier.told(tagged)).toEqual(['warning ImportedCertificate', 'warning ImportedCertificate']);
  });

  it('is told when it is a public one that was requested without export', async () => {
    const Tags = [{ Key: 'courier:secret', Value: 'courier/public' }];
    const { CertificateArn = '' } = await courier.acm.send(
      new RequestCertificateCommand({ DomainName: 'public.example.com', Tags }),
    );
    await courier.invoke('deliver', { certificateArn: CertificateArn, cause: 'event' });
    expect(courier.told(CertificateArn)).toEqual(['warning ExportNotEnabled']);
  });

  it('is waited for when it is a public one with export that is not issued yet', async () => {
    const { CertificateArn = '' } = await courier.acm.send(
      new RequestCertificateCommand({
        DomainName: 'pending.example.com',
        Options: { Export: 'ENABLED' },
        Tags: [{ Key: 'courier:secret', Value: 'courier/pending' }],
      }),
    );
    const answer = await courier.invoke('deliver', { certificateArn: CertificateArn, cause: 'event' });
    expect(answer).toEqual({ is: 'done', because: 'not issued yet' });
    expect(courier.told(CertificateArn)).toEqual([]);
  });

  it('is told with the accepted values when its tag cannot be read', async () => {
    const arn = await courier.issue({ name: 'format.example.com', secret: 'courier/format:jks' });
    expect(courier.told(arn)).toEqual(['warning BadTag']);
  });

  it('is forgotten when ACM has it no more', async () => {
    const tags = { 'courier:pause': 'true' };
    const arn = await courier.issue({ name: 'gone.example.com', secret: 'courier/gone', tags });
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
    const answer = await courier.invoke('deliver', { certificateArn: arn, cause: 'event' });
    expect(answer).toEqual({ is: 'done', because: 'the certificate is gone' });
    expect(courier.told(arn)).toEqual([]);
  });
});

describe('a secret that is not ours', () => {
  const value = "somebody else's";
  const foreign = (Name: string) => courier.manager.send(new CreateSecretCommand({ Name, SecretString: value }));
  const storedIn = async (SecretId: string) =>
    (await courier.manager.send(new GetSecretValueCommand({ SecretId }))).SecretString;

  it('is refused with the way to hand it over, and left untouched', async () => {
    await foreign('courier/foreign');
    const before = await courier.labels('courier/foreign');
    const arn = await courier.issue({ name: 'foreign.example.com', secret: 'courier/foreign' });
    expect(courier.told(arn)).toEqual(['action SecretNotOurs']);
    expect(courier.lab.mail().at(-1)?.body).toContain(`Key=courier:certificate,Value=${arn}`);
    expect([await courier.labels('courier/foreign'), await storedIn('courier/foreign')]).toEqual([before, value]);
    expect(exportsOf(arn)).toBe(0);
  });

  it('is filled once a person has handed it over', async () => {
    await courier.manager.send(new CreateSecretCommand({ Name: 'courier/handed', SecretString: '{}' }));
    const [before = ''] = Object.keys(await courier.labels('courier/handed'));
    const arn = await courier.issue({ name: 'handed.example.com', secret: 'courier/handed' });
    const Tags = [{ Key: 'courier:certificate', Value: arn }];
    await courier.manager.send(new TagResourceCommand({ SecretId: 'courier/handed', Tags }));
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    const { id } = await courier.current('courier/handed');
    expect(await courier.labels('courier/handed')).toEqual({ [before]: ['AWSPREVIOUS'], [id]: allLabels });
    expect(courier.told(arn)).toEqual(['action SecretNotOurs', 'info Delivered']);
  });

  it.each([
    ['no JSON object', value, 'SecretIsNoObject'],
    ['a member that we would overwrite', '{"passphrase":"hunter2"}', 'SecretMembersTaken'],
  ])('is refused though it was handed over where it holds %s', async (_, held, reason) => {
    const secret = `courier/${reason}`;
    await courier.manager.send(new CreateSecretCommand({ Name: secret, SecretString: held }));
    const arn = await courier.issue({ name: `${reason}.example.com` });
    const Tags = [{ Key: 'courier:certificate', Value: arn }];
    await courier.manager.send(new TagResourceCommand({ SecretId: secret, Tags }));
    await courier.acm.send(
      new AddTagsToCertificateCommand({ CertificateArn: arn, Tags: [{ Key: 'courier:secret', Value: secret }] }),
    );
    const before = await courier.labels(secret);
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(courier.told(arn)).toEqual([`action ${reason}`]);
    expect([await courier.labels(secret), await storedIn(secret), exportsOf(arn)]).toEqual([before, held, 0]);
  });

  it('keeps what it holds for others when it is handed over, but no certificate of ours under an old name', async () => {
    const held = { username: 'app', port: 5432, password: 'hunter2', tlsCert: '-----BEGIN CERTIFICATE-----' };
    const SecretId = 'courier/shared';
    const tag = (CertificateArn: string, tags: Readonly<Record<string, string>>) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      return courier.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }));
    };
    const members = async () => JSON.parse((await storedIn(SecretId)) ?? '');
    await courier.manager.send(
      new CreateSecretCommand({
        Name: SecretId,
        SecretString: `{"big":12345678901234567890,${JSON.stringify(held).slice(1)}`,
      }),
    );
    const arn = await courier.issue({ name: 'shared.example.com' });
    const Tags = [{ Key: 'courier:certificate', Value: arn }];
    await courier.manager.send(new TagResourceCommand({ SecretId, Tags }));
    await tag(arn, { 'courier:secret': `${SecretId}:kafka`, 'courier:keys': 'certificate=tlsPath' });
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(await storedIn(SecretId)).toContain('"big":12345678901234567890,');
    expect(await members()).toEqual({
      ...held,
      big: expect.any(Number),
      privateKey: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/),
      tlsPath: expect.any(String),
      'courier:keys': ['tlsPath', 'privateKey'],
    });

    await tag(arn, { 'courier:keys': 'certificate=path' });
    await courier.invoke('re-export', { certificateArn: arn });
    await courier.settle();
    expect(await storedIn(SecretId)).toContain('"big":12345678901234567890,');
    expect(await members()).toEqual({
      ...held,
      big: expect.any(Number),
      'courier:keys': ['path', 'privateKey'],
      privateKey: expect.any(String),
      path: expect.stringMatching(/^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n){3}$/),
    });
  });

  it('is filled when it is empty', async () => {
    await courier.manager.send(new CreateSecretCommand({ Name: 'courier/empty' }));
    const arn = await courier.issue({ name: 'empty.example.com', secret: 'courier/empty' });
    expect(await courier.labels('courier/empty')).toEqual({ [(await courier.current('courier/empty')).id]: allLabels });
    expect(courier.told(arn)).toEqual(['info Delivered']);
  });

  it('is refused when it belongs to another certificate', async () => {
    await courier.issue({ name: 'owner.example.com', secret: 'courier/shared' });
    // That people were told is remembered, and nothing else written.
    const labels = async () =>
      Object.entries(await courier.labels('courier/shared')).map(([id, stages]) => [
        id,
        stages.filter((stage) => !stage.startsWith('COURIER_TOLD_')),
      ]);
    const before = await labels();
    const arn = await courier.issue({ name: 'guest.example.com', secret: 'courier/shared' });
    expect(courier.told(arn)).toEqual(['action SecretOfAnotherCertificate']);
    expect(await labels()).toEqual(before);
  });

  it('is refused when it is pending deletion', async () => {
    await foreign('courier/deleted');
    await courier.manager.send(new DeleteSecretCommand({ SecretId: 'courier/deleted' }));
    const arn = await courier.issue({ name: 'deleted.example.com', secret: 'courier/deleted' });
    expect(courier.told(arn)).toEqual(['action SecretPendingDeletion']);
  });

  it('is refused when its name is outside the prefix', async () => {
    const mark = courier.lab.calls().length;
    const arn = await courier.issue({ name: 'outside.example.com', secret: 'other/outside' });
    expect(courier.told(arn)).toEqual(['action SecretOutsidePrefix']);
    expect(courier.callsOf('deliver', mark).map(({ operation }) => operation)).not.toContain('CreateSecret');
  });

  it('is reported, not overwritten, when somebody put a version into it by hand', async () => {
    const arn = await courier.issue({ name: 'hand.example.com', secret: 'courier/hand' });
    await courier.manager.send(new PutSecretValueCommand({ SecretId: 'courier/hand', SecretString: value }));
    await courier.settle();
    expect(courier.told(arn)).toEqual(['info Delivered', 'action VersionPutByHand']);
    expect(await storedIn('courier/hand')).toBe(value);
  });
});

const firstRequest = (operation: string, since: number) =>
  JSON.parse(
    courier.lab
      .traffic()
      .slice(since)
      .find((call) => call.operation === operation)?.request ?? '{}',
  );

const untag = (CertificateArn: string, Key: string) =>
  courier.acm.send(new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key }] }));

const exportsOf = (certificateArn: string) =>
  courier.lab
    .traffic()
    .filter(({ operation, caller }) => operation === 'ExportCertificate' && caller.endsWith('-deliver'))
    .filter(({ request }) => request.includes(certificateArn)).length;

/** Reasons that `deliver` wrote down as trouble with a certificate. */
const reasonsLogged = (certificateArn: string) =>
  courier.lab
    .logs()
    .filter(({ line }) => line.includes('Ran into trouble') && line.includes(certificateArn))
    .map(({ line }) => JSON.parse(line).reason);

async function importCertificate(wish: ConstructorParameters<typeof ImportCertificateCommand>[0]): Promise<string> {
  const { CertificateArn = '' } = await courier.acm.send(new ImportCertificateCommand(wish));
  await courier.lab.clock.settled();
  return CertificateArn;
}

/** What openssl makes of a stored secret, as a judge that shares nothing with us. */
function judged(value: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'judged-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' }).trim();
  try {
    for (const [name, text] of Object.entries(value)) writeFileSync(file(name), text);
    const serial = openssl('x509', '-in', file('certificate'), '-noout', '-serial').replace('serial=', '');
    const ofLeaf = openssl('x509', '-in', file('certificate'), '-noout', '-pubkey');
    const ofKey = openssl('pkey', '-in', file('privateKey'), '-passin', `file:${file('passphrase')}`, '-pubout');
    const path = ['-x509_strict', '-CAfile', file('trustBundle'), '-untrusted', file('certificateChain')];
    const verdict = openssl('verify', ...path, file('fullChain'));
    return {
      serial: serial.toLowerCase().padStart(40, '0'),
      pair: ofLeaf === ofKey,
      verified: verdict.endsWith(': OK'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
