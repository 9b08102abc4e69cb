import { describe, expect, it } from 'vitest';
import type { ListedCertificate } from '../../../shared/domain/certificate.ts';
import { compare, type Inventory, type Reader, withReaders } from '../../../shared/domain/inventory.ts';
import { type Secret, sinceLabel } from '../../../shared/domain/secret.ts';
import { nonceOf } from '../../../shared/domain/version-id.ts';
import { idOf, listed, now, present } from './sample.ts';

const older = idOf({ serial: 'cd'.repeat(20), notAfter: now + 30 * 86_400 });
const policy = { secretPrefix: 'courier/', deadlineSeconds: 3_600, now };

type World = Partial<Pick<Inventory, 'services'>> & {
  readonly secret?: Secret;
  readonly of?: Partial<ListedCertificate>;
};

/** What a sweep says of one certificate, tagged for secret courier/api. */
function differences({ secret = { state: 'absent' }, of = {}, services = [] }: World) {
  const inventory = { certificates: [listed(of)], secrets: new Map([['courier/api', secret]]), services };
  return compare(inventory, policy).map(({ certificate: _, ...rest }) => rest);
}

const service = (tags: Readonly<Record<string, string>>) => ({
  arn: 'arn:aws:ecs:us-east-1:111122223333:service/prod/web',
  tags: { 'courier:secret': 'courier/web courier/api', ...tags },
});
const rollingSince = (since: number) => present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${since}`] });
const delivered = present({
  [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - 60}`, 'COURIER_DELIVERED'],
});

const deliveredAt = (since: number, id = idOf()) =>
  present({ [id]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${since}`, 'COURIER_DELIVERED'] });
const nonce = nonceOf(listed().serial ?? '');
const started = (startedAt: number, other: object = {}) => ({
  ...service({}),
  state: { runs: true, restartable: true, underWay: false, startedAt, ...other },
});

const other = `${service({}).arn}-2`;
const paused = (one: Inventory['services'][number]) => ({ ...one, tags: { ...one.tags, 'courier:pause': 'true' } });

const left = (because: string, arn = service({}).arn) => [
  { is: 'left', because, services: [arn], secret: 'courier/api' },
];
const behind = (because: string) => [{ is: 'behind', because, secret: 'courier/api' }];
const waiting = (because: string) => [{ is: 'waiting', because, secret: 'courier/api' }];
const refused = (reason: string, secret = 'courier/api') => [
  { is: 'refused', finding: expect.objectContaining({ reason }), secret },
];

describe('a sweep sees a certificate that is', () => {
  it.each<[string, World, readonly unknown[]]>([
    ['delivered: nothing', { secret: delivered }, []],
    ['not tagged: nothing', { of: { tags: {} } }, []],
    ['not issued yet: nothing', { of: { status: 'pending' } }, []],
    [
      'renewed while the secret holds the serial before',
      { secret: present({ [older]: ['AWSCURRENT'] }) },
      behind('missed event'),
    ],
    ['tagged for a secret that does not exist', {}, behind('never filled')],
    ['tagged for a secret that is empty', { secret: present({}) }, behind('never filled')],
    [
      'stored and never made current',
      { secret: present({ [older]: ['AWSCURRENT'], [idOf()]: ['COURIER_NEXT'] }) },
      behind('left half way'),
    ],
    [
      'current without the mark since when',
      { secret: present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT'] }) },
      behind('left half way'),
    ],
    ['current for a second less than a rollout may take: nothing', { secret: rollingSince(now - 3_599) }, []],
    ['current for as long as a rollout may take', { secret: rollingSince(now - 3_600) }, behind('not rolled out')],
    [
      'not rolled out to a service that is paused',
      { secret: rollingSince(0), services: [service({ 'courier:pause': 'true' })] },
      [{ ...waiting('service paused')[0], since: 0, services: [service({}).arn] }],
    ],
    [
      'not rolled out to a service that is not',
      { secret: rollingSince(0), services: [service({})] },
      behind('not rolled out'),
    ],
    [
      'not rolled out to a service that is paused and another that is not, and has not been restarted since',
      { secret: rollingSince(now - 3_600), services: [paused(started(0)), { ...started(now - 3_601), arn: other }] },
      [
        ...behind('not rolled out'),
        { ...waiting('service paused')[0], since: now - 3_600, services: [service({}).arn] },
      ],
    ],
    [
      '… and another that was restarted for it',
      { secret: rollingSince(now - 3_600), services: [paused(started(0)), { ...started(now - 3_600), arn: other }] },
      [{ ...waiting('service paused')[0], since: now - 3_600, services: [service({}).arn] }],
    ],
    [
      'renewed while one of its services is paused',
      { secret: present({ [older]: ['AWSCURRENT'] }), services: [service({ 'courier:pause': 'true' })] },
      behind('missed event'),
    ],
    [
      'paused',
      { of: { tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' } } },
      [{ is: 'waiting', because: 'paused' }],
    ],
    [
      'stopped',
      { secret: present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_STOPPED'] }) },
      waiting('stopped'),
    ],
    ['held', { secret: present({ [older]: ['AWSCURRENT'], [idOf()]: ['COURIER_HELD'] }) }, waiting('held')],
    [
      'rolled back',
      {
        secret: present({
          [older]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_DELIVERED', sinceLabel(now)],
          [idOf()]: ['COURIER_REJECTED'],
        }),
      },
      waiting('rejected'),
    ],
    [
      'delivered a second less than an hour ago, and not exported as ACM has it: nothing yet',
      { secret: deliveredAt(now - 3_599), of: { eligible: false } },
      [],
    ],
    [
      'delivered an hour ago, and not exported as ACM has it',
      { secret: deliveredAt(now - 3_600), of: { eligible: false } },
      [{ is: 'behind', because: 'export not counted', force: nonce, secret: 'courier/api' }],
    ],
    [
      'exported once more for that, to no avail',
      { secret: deliveredAt(now - 3_600, idOf({ nonce })), of: { eligible: false } },
      [{ is: 'unarmed', secret: 'courier/api' }],
    ],
    [
      'delivered, with a service whose deployment began a second before',
      { secret: delivered, services: [started(now - 61)] },
      [{ is: 'behind', because: 'consumer behind', services: [service({}).arn], secret: 'courier/api' }],
    ],
    ['delivered in the second of a deployment: nothing', { secret: delivered, services: [started(now - 60)] }, []],
    ['… under way', { secret: delivered, services: [started(0, { underWay: true })] }, []],
    ['… of a service without tasks', { secret: delivered, services: [started(0, { runs: false })] }, []],
    [
      '… that is not ours to restart',
      { secret: delivered, services: [started(0, { restartable: false })] },
      left('not ours to restart'),
    ],
    ['… of a paused service', { secret: delivered, services: [paused(started(0))] }, left('service paused')],
    [
      '… under way, that is not ours to restart: nothing',
      { secret: delivered, services: [started(0, { restartable: false, underWay: true })] },
      [],
    ],
    [
      '… of a service that is ours to restart, and of one that is paused',
      { secret: delivered, services: [started(0), { ...paused(started(0)), arn: other }] },
      [
        { is: 'behind', because: 'consumer behind', services: [service({}).arn], secret: 'courier/api' },
        ...left('service paused', other),
      ],
    ],
    [
      '… of a service that reads by itself',
      { secret: delivered, services: [{ ...started(0), tags: service({ 'courier:restart': 'false' }).tags }] },
      [],
    ],
    [
      'delivered, not exported, and used by a load balancer: nothing',
      { secret: delivered, of: { eligible: false, inUse: true } },
      [],
    ],
    ['tagged for a secret pending deletion', { secret: { state: 'deleting' } }, refused('SecretPendingDeletion')],
    [
      'tagged for a secret of somebody else',
      { secret: present({ 'of-somebody': ['AWSCURRENT'] }) },
      refused('SecretNotOurs'),
    ],
    [
      'tagged for a secret outside the prefix',
      { of: { tags: { 'courier:secret': 'api' } } },
      refused('SecretOutsidePrefix', 'api'),
    ],
    [
      'listed before its renewal, its secret after: nothing',
      {
        secret: present({
          [idOf()]: ['AWSPREVIOUS'],
          [idOf({ serial: 'ef'.repeat(20), notAfter: now + 700 * 86_400 })]: ['AWSCURRENT', 'COURIER_NEXT'],
        }),
      },
      [],
    ],
  ])('%s', (_, world, expected) => expect(differences(world)).toEqual(expected));

  it('tagged and impossible to export', () => {
    const [found] = differences({ of: { type: 'imported' } });
    expect(found).toMatchObject({ is: 'refused', finding: { reason: 'ImportedCertificate' } });
  });

  it('delivered, with one more secret in its tag that cannot be read', () => {
    const tags = { 'courier:secret': 'courier/api courier/b:nonsense' };
    expect(differences({ secret: delivered, of: { tags } })).toMatchObject([
      { is: 'refused', finding: { reason: 'BadTag', facts: { value: 'courier/b:nonsense' } } },
    ]);
  });

  it('delivered to one secret and not to the other', () => {
    const tags = { 'courier:secret': 'courier/api courier/web' };
    expect(differences({ secret: delivered, of: { tags } })).toEqual([
      { is: 'behind', because: 'never filled', secret: 'courier/web' },
    ]);
  });
});

describe('a service that was found reading a secret', () => {
  const [arn, place] = [service({}).arn, 'arn:aws:ecs:us-east-1:111122223333:service'];
  const follows = { secret: 'courier/api', pinned: false, follows: true };
  const found = (of: Partial<Reader> = {}): Reader => ({
    ...started(now - 7_200),
    tags: {},
    readings: [follows],
    ...of,
  });
  const among = (reader: Reader, services: Inventory['services'] = []) =>
    withReaders(services, { readers: [reader], clusters: ['prod'] });

  it('is a consumer of it in the clusters that the stack searches', () => {
    expect(among(found())).toMatchObject([{ arn, reads: ['courier/api'] }]);
  });

  it.each<[string, Partial<Reader>]>([
    ['in another cluster', { arn: `${place}/other/web` }],
    ['by an ARN of the old form', { arn: `${place}/prod` }],
    ['where a restart brings it nothing', { readings: [{ ...follows, pinned: true, follows: false }] }],
  ])('is none %s', (_, of) => expect(among(found(of))).toEqual([]));

  it('is behind where its tasks may be from before', () => {
    const services = among(found());
    expect(differences({ secret: deliveredAt(now - 3_600), services })).toMatchObject([{ services: [arn] }]);
  });

  it('keeps the tags by which it was nominated, and what they say that it reads', () => {
    const tagged = started(now - 60);
    const services = among(found({ readings: [{ ...follows, secret: 'courier/other' }] }), [tagged]);
    expect(services).toEqual([{ ...tagged, reads: ['courier/other'] }]);
  });
});
