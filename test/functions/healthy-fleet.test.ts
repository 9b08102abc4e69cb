import { RequestCertificateCommand } from '@aws-sdk/client-acm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

const day = 86_400_000;
const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188';
/** Of each kind; there are four. */
const size = 50;
const days = 400;

type Kind = 'private delivered' | 'private in use' | 'public delivered' | 'public in use';

let courier: CourierLab;
const fleet = new Map<string, Kind>();

// Hourly sweeps would be ten thousand more: one a month is asked for by hand, with its digest. The lab starts so long ago
// that what is issued last is good at the real now, by which handshakes go.
beforeAll(async () => {
  courier = await startCourierLab({ start: new Date(Date.now() - (days + 1) * day) });
  for (let index = 0; index < size; index++)
    for (const kind of ['private delivered', 'private in use', 'public delivered', 'public in use'] as const)
      await issue(kind, `${kind.replaceAll(' ', '-')}-${index}`);
  const end = courier.lab.clock.now().getTime() + days * day;
  while (courier.lab.clock.now().getTime() < end) {
    await courier.lab.clock.advance(30 * day);
    await courier.settle();
    await courier.invoke('sweep', { digest: true });
    await courier.settle();
  }
}, 240_000);
afterAll(() => courier.stop());

/** Minutes apart: a hundred functions at once are a load on this machine, and prove nothing more. */
async function issue(kind: Kind, name: string): Promise<void> {
  const isPrivate = kind.startsWith('private');
  const isDelivered = kind.endsWith('delivered');
  const { CertificateArn = '' } = await courier.acm.send(
    new RequestCertificateCommand({
      DomainName: `${name}.example.com`,
      KeyAlgorithm: 'EC_prime256v1',
      ...(isPrivate ? { CertificateAuthorityArn: courier.lab.caArns.subordinate } : { ValidationMethod: 'DNS' }),
      ...(isDelivered && {
        Tags: [
          { Key: 'courier:secret', Value: `courier/${name}` },
          { Key: 'courier:consumers', Value: 'none' },
        ],
      }),
      ...(isDelivered && !isPrivate && { Options: { Export: 'ENABLED' } }),
    }),
  );
  if (!isDelivered) courier.lab.acm.setInUseBy(CertificateArn, [balancer]);
  await courier.lab.clock.advance(60_000);
  fleet.set(CertificateArn, kind);
}

const renewals = () =>
  courier.lab
    .events()
    .filter((event) => (event.detail as { Action?: string }).Action === 'RENEWAL')
    .map(({ resources: [arn = ''] }) => fleet.get(arn));

it(`over ${days} days in which all are renewed, no warning is sent`, () => {
  expect(fleet.size).toBe(4 * size);
  const counted = Object.groupBy(renewals(), (kind) => kind ?? 'unknown');
  expect(Object.fromEntries(Object.entries(counted).map(([kind, all]) => [kind, all?.length]))).toEqual({
    'private delivered': size,
    'private in use': size,
    'public delivered': 2 * size,
    'public in use': 2 * size,
  });
  const severities = new Set(courier.lab.mail().map(({ attributes }) => attributes.severity));
  expect([...severities]).toEqual(['info']);
});

it('what was delivered is what ACM has, to the last one', async () => {
  for (const [arn, kind] of fleet)
    if (kind.endsWith('delivered')) {
      const delivered = courier.told(arn).filter((told) => told === 'info Delivered');
      expect(delivered).toHaveLength(kind.startsWith('private') ? 2 : 3);
    }
});

it('nothing went wrong on the way', async () => {
  expect(await courier.wreckage()).toEqual([]);
});
