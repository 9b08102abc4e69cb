import { randomUUID } from 'node:crypto';
import { DescribeCertificateCommand, ImportCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewalActions } from '../../lab/authority.ts';
import type { BusEvent } from '../../lab/eventbridge.ts';
import type { CallFault } from '../../lab/faults.ts';
import type { Mail } from '../../lab/sns.ts';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;
const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188';

let courier: CourierLab;

/** A certificate that people are warned of, or were: what they are told, by which event, and who is asked about it. */
type Plight = {
  readonly title: string;
  readonly issue: () => Promise<string>;
  readonly spoil?: (certificateArn: string) => unknown;
  readonly toldBy: keyof typeof functionOf;
  /** The mail; the second where what tells them apart cannot be seen. */
  readonly says: readonly string[];
  readonly asks: readonly string[];
};

const functionOf = {
  'ACM Certificate Renewal Action Required': 'renewal-action-required',
  'ACM Certificate Approaching Expiration': 'certificate-expiring',
} as const;

const request = async (wish: Partial<ConstructorParameters<typeof RequestCertificateCommand>[0]>, name: string) => {
  const command = new RequestCertificateCommand({ DomainName: name, KeyAlgorithm: 'EC_prime256v1', ...wish });
  const { CertificateArn = '' } = await courier.acm.send(command);
  courier.lab.acm.setInUseBy(CertificateArn, [balancer]);
  await courier.lab.clock.advance(4_000);
  return CertificateArn;
};
const publicName = 'public.example.com';

async function recordOf(CertificateArn: string): Promise<string> {
  const { Certificate } = await courier.acm.send(new DescribeCertificateCommand({ CertificateArn }));
  return Certificate?.DomainValidationOptions?.[0]?.ResourceRecord?.Name ?? '';
}

function permit(Actions: readonly string[]): void {
  const ca = courier.lab.authority.cas.find(({ arn }) => arn === courier.lab.caArns.subordinate);
  if (!ca) throw new Error('The lab has no subordinate CA');
  const permission = { Principal: 'acm.amazonaws.com', Actions, SourceAccount: ca.account, CreatedAt: new Date(0) };
  ca.permissions = Actions.length > 0 ? [permission] : [];
}

const plights: readonly Plight[] = [
  {
    title: 'a private one, delivered to a service',
    async issue() {
      const arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
      await courier.service({ name: 'web', secret: 'courier/api' });
      return arn;
    },
    spoil: () => permit([]),
    toldBy: 'ACM Certificate Renewal Action Required',
    says: ['action AuthorityDoesNotPermit'],
    asks: ['acm', 'acm-pca', 'ecs', 'secretsmanager', 'tagging'],
  },
  {
    title: "one of another account's authority",
    async issue() {
      const { arn } = await courier.lab.authority.certify({ account: '444455556666' });
      return request({ CertificateAuthorityArn: arn }, 'shared.example.com');
    },
    spoil: () => void Object.assign(courier.lab.linkedRole, { exists: false }),
    toldBy: 'ACM Certificate Renewal Action Required',
    says: ['action LinkedRoleMissing'],
    asks: ['acm', 'acm-pca', 'iam'],
  },
  {
    title: 'an imported one',
    async issue() {
      const material = await courier.importable('imported.example.com');
      const Tags = [{ Key: 'courier:owner', Value: 'payments' }];
      const { CertificateArn = '' } = await courier.acm.send(new ImportCertificateCommand({ ...material, Tags }));
      return CertificateArn;
    },
    toldBy: 'ACM Certificate Approaching Expiration',
    says: ['action ImportedFromOwnAuthority', 'action ImportedEnds'],
    asks: ['acm', 'acm-pca'],
  },
  {
    title: 'a public one, validated by DNS',
    issue() {
      // Its attempt of 30 days before the end comes with that of the private ones.
      courier.lab.acm.setPublicValidity(375);
      return request({ ValidationMethod: 'DNS' }, publicName);
    },
    spoil: async (arn) => courier.lab.dns.remove({ name: await recordOf(arn) }),
    toldBy: 'ACM Certificate Renewal Action Required',
    says: ['action ValidationRecordMissing'],
    asks: ['acm'],
  },
];

const [delivered, , , validated] = plights as [Plight, Plight, Plight, Plight];

/** The event that told of each, as it came. */
const events = new Map<Plight, BusEvent>();

beforeAll(async () => {
  courier = await startCourierLab({ renewPrivate: false });
  const issued: [Plight, string][] = [];
  for (const plight of plights) issued.push([plight, await plight.issue()]);
  for (const [plight, arn] of issued) await plight.spoil?.(arn);
  await courier.lab.clock.advance(350.5 * day);
  await courier.settle();
  for (const [plight, arn] of issued) {
    const isIt = ({ resources, ...one }: BusEvent) => one['detail-type'] === plight.toldBy && resources[0] === arn;
    const event = courier.lab.events().findLast(isIt);
    if (!event) throw new Error(`ACM said nothing of ${plight.title}`);
    events.set(plight, event);
  }
}, 180_000);
afterAll(async () => {
  expect(await courier.wreckage()).toEqual([]);
  await courier.stop();
});

/** What people are told when its event comes again. */
const toldOf = (plight: Plight) => toldBy(functionOf[plight.toldBy], events.get(plight));

/** What people are told when an event comes, under an id of its own. */
async function toldBy(name: string, event: BusEvent | undefined): Promise<readonly Mail[]> {
  const before = courier.lab.mail().length;
  await courier.invoke(name, { ...event, id: randomUUID() });
  await courier.settle();
  return courier.lab.mail().slice(before);
}

/** All that is asked each time it is looked into, where nothing fails; a task definition is asked for once and for all. */
async function askedOf(plight: Plight): Promise<readonly Call[]> {
  await toldOf(plight);
  const mark = courier.lab.calls().length;
  await toldOf(plight);
  const calls = courier.callsOf('diagnose', mark).map(({ service, operation }) => ({ service, operation }));
  const looks = calls.filter(({ operation }) => operation !== 'Publish');
  return [...new Map(looks.map((call) => [call.operation, call])).values()];
}

type Call = { readonly service: string; readonly operation: string };

const plain = (mail: Mail | undefined) => (mail?.body ?? '').replace(/\s+/g, ' ');
const reasons = (mails: readonly Mail[]) =>
  mails.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`);

const faults: readonly (readonly [CallFault, attempts: number])[] = [
  ['denied', 1],
  ['throttle', 3],
  ['500', 3],
  ['cut', 3],
];

describe.each(plights)('no failure of AWS stops the warning of $title,', (plight) => {
  let asked: readonly Call[];
  beforeAll(async () => {
    asked = await askedOf(plight);
  });

  it('whoever is asked', () => {
    expect([...new Set(asked.map(({ service }) => service))].sort()).toEqual(plight.asks);
  });

  it('which says the same days in its subject and its body', async () => {
    const [mail] = await toldOf(plight);
    const [, days] = /, (\d+) days left$/.exec(mail?.subject ?? '') ?? [];
    expect(plain(mail)).toContain(`, ${days} days from now`);
    // An event of 45 days is handled when fewer than 45 are left.
    if (plight !== validated) expect(events.get(plight)?.detail).toMatchObject({ DaysToExpiry: Number(days) });
  });

  it.each(faults)('whichever call is answered by %s', { timeout: 120_000 }, async (fault, attempts) => {
    for (const { service, operation } of asked) {
      for (let attempt = 0; attempt < attempts; attempt++)
        courier.lab.faults.add({ service, operation, fault, nth: 1 });
      const mails = await toldOf(plight);
      expect(mails, operation).toHaveLength(1);
      expect(plight.says, operation).toContain(reasons(mails)[0]);
      expect(mails[0]?.body).not.toMatch(/undefined|null|\[object/);
      // What ACM itself does not show is waited for; all else is said to be missing.
      if (service === 'acm') expect(mails[0]?.body).not.toContain('What could not be seen');
      else expect(plain(mails[0])).toMatch(new RegExp(`What could not be seen .*:${operation}: `));
    }
  });

  it.each(faults)('nor SNS that answers %s', async (fault, attempts) => {
    for (let attempt = 0; attempt < attempts; attempt++)
      courier.lab.faults.add({ service: 'sns', operation: 'Publish', fault, nth: 1 });
    expect(reasons(await toldOf(plight))).toEqual([plight.says[0]]);
  });
});

describe('no broken name server stops the warning of a public one', () => {
  it.each(['its validation record', 'its name, and all below it'])('that says nothing of %s', async (what) => {
    const arn = events.get(validated)?.resources[0] ?? '';
    const broken = { name: what.includes('record') ? await recordOf(arn) : publicName, type: 'SERVFAIL' };
    courier.lab.dns.add({ ...broken, data: '' });
    const mails = await toldOf(validated);
    courier.lab.dns.remove(broken);
    expect(reasons(mails)).toEqual(['action ValidationPending']);
    expect(plain(mails[0])).toMatch(/What could not be seen .*SERVFAIL/);
  });
});

describe('no failure of CloudWatch stops an all-clear,', () => {
  let renewed: BusEvent | undefined;
  beforeAll(async () => {
    const arn = events.get(delivered)?.resources[0] ?? '';
    permit(renewalActions);
    await courier.renew(arn);
    await courier.settle();
    renewed = courier.lab
      .events()
      .findLast(({ resources, ...one }) => one['detail-type'] === 'ACM Certificate Available' && resources[0] === arn);
  });
  const fail = (fault: CallFault, times: number) => {
    for (let time = 0; time < times; time++)
      courier.lab.faults.add({ service: 'monitoring', operation: 'GetMetricStatistics', fault, nth: 1 });
  };

  it.each(faults)('which is waited for where it answers %s', async (fault, attempts) => {
    fail(fault, attempts);
    const mails = await toldBy('certificate-available', renewed);
    expect(reasons(mails)).toEqual(['resolved RenewedAfterAll']);
    expect(mails[0]?.body).not.toContain('What could not be seen');
  });

  it('and not for ever', async () => {
    fail('denied', 25);
    const mails = await toldBy('certificate-available', renewed);
    expect(reasons(mails)).toEqual(['resolved RenewedAfterAll']);
    expect(plain(mails[0])).toContain('Whether earlier mails warned of it');
  });
});
