import { describe, expect, it } from 'vitest';
import type { ListedCertificate } from '../../../shared/domain/certificate.ts';
import { compare, type Inventory, type Service } from '../../../shared/domain/inventory.ts';
import { type Interval, memoriesOf, type Note, noteworthy } from '../../../shared/domain/noteworthy.ts';
import { finding } from '../../../shared/domain/reasons.ts';
import { type Secret, toldLabel } from '../../../shared/domain/secret.ts';
import { arn, claim, day, idOf, listed, now, otherArn, present } from './sample.ts';

const hour = 3_600;
const policy = { secretPrefix: 'courier/', deadlineSeconds: hour, now };
const current = ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - 2 * day}`, 'COURIER_DELIVERED'];
const delivered = present({ [idOf()]: current });
const pausedTags = { 'courier:secret': 'courier/api', 'courier:pause': 'true' };
/** Neither is this certificate's, nor is it ended. */
const lostId = idOf({ serial: 'cd'.repeat(20), notAfter: now + 30 * day });

type World = Partial<Omit<Inventory, 'secrets'>> & {
  readonly of?: Partial<ListedCertificate>;
  readonly secrets?: Readonly<Record<string, Secret>>;
  readonly interval?: Interval;
};

function see({ of, secrets = {}, interval = { after: now - hour, until: now }, ...others }: World) {
  const inventory: Inventory = {
    certificates: [listed(of)],
    services: [],
    ...others,
    secrets: new Map(Object.entries({ 'courier/api': delivered, ...secrets })),
  };
  return noteworthy({ inventory, differences: compare(inventory, policy) }, { ...policy, interval });
}

const shown = (notes: readonly Note[]) =>
  notes.map(({ finding: { reason }, name, memory }) => `${reason} of ${name}${memory ? ` in ${memory.secret}` : ''}`);
const remembered = (world: World) => shown(see(world).remembered);
const passing = (world: World) => shown(see(world).passing);

const service = (tags: Service['tags'] = {}, state: object = {}): Service => ({
  arn: 'arn:aws:ecs:us-east-1:111122223333:service/prod/web',
  tags: { 'courier:secret': 'courier/api', ...tags },
  state: { runs: true, restartable: true, underWay: false, startedAt: now - day, ...state },
});
const near = { 'courier:secret': 'courier/apj' };
const strange = { 'courier:secret': 'courier/something-else' };
const crowd = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`of-mine-${index}`, [`MINE_${index}`]]));
const nobody = { readers: [], everywhere: true };
const authorities = (notAfter: number) =>
  new Map([['CN=ours', { arn: 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1', notAfter } as never]]);
const byOurs = { issuedBy: 'CN=ours', notBefore: now - day };

describe('what stands is noteworthy:', () => {
  it.each<[string, World, readonly string[]]>([
    ['nothing where all is delivered', { services: [service()] }, []],

    [
      'a secret whose certificate ACM does not have any more',
      { secrets: { 'courier/old': present({ [lostId]: current }) } },
      ['CertificateLost of courier/old in courier/old'],
    ],
    [
      'not where it has ended',
      { secrets: { 'courier/old': present({ [idOf({ serial: 'cd'.repeat(20), notAfter: now })]: current }) } },
      [],
    ],
    [
      'not where a person names its certificate, which is there',
      { secrets: { 'courier/old': present({ [lostId]: current }, { 'courier:certificate': arn }) } },
      [],
    ],
    [
      'though a person names one that is not',
      { secrets: { 'courier/old': present({ [lostId]: current }, { 'courier:certificate': otherArn }) } },
      ['CertificateLost of courier/old in courier/old'],
    ],

    [
      'a consumer of a name near to one that is filled',
      { services: [service(near)] },
      ['ConsumerOfNothing of courier/apj in courier/api'],
    ],
    ['not within an hour of its creation', { services: [service(near, { createdAt: now - hour + 1 })] }, []],
    ['not where it is paused', { services: [service({ ...near, 'courier:pause': 'true' })] }, []],

    [
      'a window that never opens',
      { services: [service({ 'courier:window': 'Mon-Mon 09:00-16:00 UTC' })] },
      ['BadServiceTag of api.example.com in courier/api'],
    ],
    [
      'every tag of a consumer that cannot be read, once though it reads several secrets',
      {
        of: { tags: { 'courier:secret': 'courier/api courier/web' } },
        secrets: { 'courier/web': delivered },
        services: [
          service({ 'courier:secret': 'courier/api courier/web', 'courier:order': 'first', 'courier:pause': 'maybe' }),
        ],
      },
      ['BadServiceTag of api.example.com in courier/web', 'BadServiceTag of api.example.com in courier/web'],
    ],
    [
      'in the digest alone where nothing of ours can remember it',
      { secrets: { 'courier/api': { state: 'absent' } }, services: [service({ 'courier:order': 'first' })] },
      ['BadServiceTag of api.example.com'],
    ],
    [
      'not of who reads nothing of ours',
      { services: [service({ ...strange, 'courier:order': 'first', 'courier:pause': 'true' })] },
      [],
    ],
    [
      'not where its secret is being deleted',
      { services: [service(near)], secrets: { 'courier/apj': { state: 'deleting' } } },
      [],
    ],
    [
      'not where somebody else fills it',
      { services: [service(near)], secrets: { 'courier/apj': present({ x: ['AWSCURRENT'] }) } },
      [],
    ],
    [
      'and not remembered where the certificate that was meant is paused',
      { services: [service(near)], of: { tags: pausedTags } },
      ['ConsumerOfNothing of courier/apj'],
    ],
    [
      'not of a service that is gone, as ECS said when it was asked for all',
      { services: [service(), { ...service(near), arn: 'gone/prod/gone', state: undefined } as never] },
      [],
    ],

    [
      'a secret that others label so often that a delivery may find no room',
      { secrets: { 'courier/api': present({ ...crowd, [idOf()]: current }) } },
      ['LabelsNearLimit of courier/api in courier/api'],
    ],
    [
      'not where none of its versions is ours',
      { secrets: { 'courier/foreign': present({ ...crowd, x: ['AWSCURRENT'] }) } },
      [],
    ],
    [
      'not where its certificate is paused: nothing is labelled there',
      { of: { tags: pausedTags }, secrets: { 'courier/api': present({ ...crowd, [idOf()]: current }) } },
      [],
    ],

    [
      'an authority that ends before the next renewal would',
      { of: byOurs, authorities: authorities(now + 400 * day) },
      ['AuthorityEndsTooSoon of api.example.com in courier/api'],
    ],
    ['not one that lasts', { of: byOurs, authorities: authorities(now + 4_000 * day) }, []],
    [
      'not where the certificate is paused',
      { of: { ...byOurs, tags: pausedTags }, authorities: authorities(now + 400 * day) },
      [],
    ],

    [
      'a version that was put by hand',
      { secrets: { 'courier/api': present({ x: ['AWSCURRENT'], [idOf()]: ['AWSPREVIOUS', 'COURIER_NEXT'] }) } },
      ['VersionPutByHand of api.example.com in courier/api'],
    ],
    [
      'a secret that is not ours: in the digest, for nothing of ours is there to remember it',
      { secrets: { 'courier/api': present({ x: ['AWSCURRENT'] }) } },
      ['SecretNotOurs of api.example.com'],
    ],
    [
      'a tag that cannot be read, in the secret that it names',
      { of: { tags: { 'courier:secret': 'courier/api', 'courier:format': 'no' } } },
      ['BadTag of api.example.com in courier/api'],
    ],
    [
      'a secret outside the prefix, in the secret that holds the certificate',
      { of: { tags: { 'courier:secret': 'api' } } },
      ['SecretOutsidePrefix of api.example.com in courier/api'],
    ],
    ['a certificate that has ended: of that an event tells', { of: { status: 'expired' } }, []],
    ['… though it could not be exported either', { of: { status: 'expired', type: 'imported' } }, []],
    [
      'a secret that is being deleted: of that an hour tells',
      { secrets: { 'courier/api': { state: 'deleting' } } },
      [],
    ],

    [
      'a consumer that came later and is paused',
      { services: [service({ 'courier:pause': 'true' }, { startedAt: 0 })] },
      ['ServicePaused of api.example.com in courier/api'],
    ],
    [
      'a consumer that came later and is not ours to restart',
      { services: [service({}, { startedAt: 0, restartable: false, controller: 'CODE_DEPLOY' })] },
      ['NotRestartable of api.example.com in courier/api'],
    ],

    ['a delivered secret that nobody reads', nobody, ['SecretWithoutConsumer of api.example.com']],
    ['not where some clusters were searched', { readers: [] }, []],
    ['not where a service is tagged as reading it', { ...nobody, services: [service()] }, []],
    [
      'not where a service was found that reads it',
      {
        everywhere: true,
        readers: [{ ...service(), readings: [{ secret: 'courier/api', pinned: false, follows: false }] }],
      },
      [],
    ],
    [
      'not where something else reads it',
      { ...nobody, of: { tags: { 'courier:secret': 'courier/api', 'courier:consumers': 'none' } } },
      [],
    ],
    ['not where its certificate is paused', { ...nobody, of: { tags: pausedTags } }, []],
    [
      'not a second less than a day after the delivery',
      {
        ...nobody,
        secrets: {
          'courier/api': present({
            [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - day + 1}`, 'COURIER_DELIVERED'],
          }),
        },
      },
      [],
    ],
  ])('%s', (_, world, expected) => {
    const notes = remembered(world).filter((one) => !one.startsWith('ConsumerNotTagged'));
    expect(notes).toEqual(expected);
  });

  it('makes no digest of its own where nobody reads a secret for longer than a week and a day', () => {
    const delivered = (since: number) =>
      present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${since}`, 'COURIER_DELIVERED'] });
    const isOld = (since: number) =>
      see({ ...nobody, secrets: { 'courier/api': delivered(since) } }).remembered.map((one) => one.isOld);
    expect([isOld(now - 8 * day + 1), isOld(now - 8 * day)]).toEqual([[false], [true]]);
  });

  it('is doubtful where only lists and dates say so', () => {
    const { remembered: notes } = see({ services: [service({ 'courier:pause': 'true' }, { startedAt: 0 })] });
    expect(notes.map(({ doubtful }) => doubtful)).toEqual([service().arn]);
  });
});

describe('what came up within the hour is noteworthy in that hour:', () => {
  const pausedSince = (notBefore: number, serial = 'ef'.repeat(20)) => ({
    of: { tags: pausedTags, serial, notBefore, notAfter: now + 300 * day },
  });
  const deletedAt = (since: number, serial?: string): World => ({
    secrets: { 'courier/api': { state: 'deleting', since, held: [idOf(serial ? { serial } : {})] } },
  });
  const waitingSince = (since: number): World => ({
    services: [service({ 'courier:pause': 'true' })],
    secrets: { 'courier/api': present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${since}`] }) },
  });
  it.each<[string, World, readonly string[]]>([
    ['a pause of seven days since a renewal', pausedSince(now - 7 * day), ['PausedForLong of api.example.com']],
    ['… and of thirty', pausedSince(now - 30 * day), ['PausedForLong of api.example.com']],
    ['not a second before', pausedSince(now - 7 * day + 1), []],
    ['not at the hour before, to the second', pausedSince(now - 7 * day - hour), []],
    ['but a second later', pausedSince(now - 7 * day - hour + 1), ['PausedForLong of api.example.com']],
    ['not where the secret holds what ACM has', pausedSince(now - 7 * day, listed().serial), []],
    ['a service that waits for seven days', waitingSince(now - 7 * day), ['ServicePaused of api.example.com']],
    ['not for six', waitingSince(now - 6 * day), []],
    ['a secret that was deleted', deletedAt(now - 60), ['SecretPendingDeletion of api.example.com']],
    ['not an hour ago, to the second', deletedAt(now - hour), []],
    [
      'not where ACM has renewed since: whoever tried to deliver it told of that',
      deletedAt(now - 60, 'cd'.repeat(20)),
      [],
    ],
    [
      'a new consumer of a name that is near to none, an hour after it was created',
      { services: [service(strange, { createdAt: now - hour })] },
      ['ConsumerOfNothing of courier/something-else'],
    ],
    ['not before', { services: [service(strange, { createdAt: now - hour + 1 })] }, []],
    ['not where its memory says it', { services: [service(near, { createdAt: now - hour })] }, []],
  ])('%s', (_, world, expected) => expect(passing(world)).toEqual(expected));
});

describe('what people were told of', () => {
  const told = toldLabel('0badcafe');
  const note = (secret: string, label = told, versionId = idOf()): Note => ({
    finding: finding('VersionPutByHand', { ...claim, versionId: 'x' }),
    name: 'api.example.com',
    memory: { secret, label, versionId },
  });
  const older = idOf({ serial: 'cd'.repeat(20), notAfter: now });
  const memories = (
    notes: readonly Note[],
    versions: Record<string, string[]>,
    of: World['of'] = {},
    mayForget = true,
  ) =>
    memoriesOf(notes, {
      inventory: { certificates: [listed(of)], secrets: new Map([['courier/api', present(versions)]]), services: [] },
      mayForget,
    });
  const place = (versionId: string) => ({ secret: 'courier/api', label: told, versionId });

  it('is due while no label says it', () => {
    const due = [note('courier/api')];
    expect(memories(due, { [idOf()]: current })).toEqual({ due, moved: [], forgotten: [] });
  });

  it('is not said again, and its label stays', () =>
    expect(memories([note('courier/api')], { [idOf()]: [...current, told] })).toEqual({
      due: [],
      moved: [],
      forgotten: [],
    }));

  it('is remembered at a newer version once there is one', () =>
    expect(memories([note('courier/api')], { [idOf()]: current, [older]: [told] })).toEqual({
      due: [],
      moved: [place(idOf())],
      forgotten: [],
    }));

  it('is forgotten when it stands no more', () =>
    expect(memories([], { [idOf()]: [...current, told] }).forgotten).toEqual([place(idOf())]));

  it('is not forgotten where not all was seen, nor where the certificate is paused', () => {
    expect(memories([], { [idOf()]: [...current, told] }, {}, false).forgotten).toEqual([]);
    expect(memories([], { [idOf()]: [...current, told] }, { tags: pausedTags }).forgotten).toEqual([]);
  });

  it('is due for the gravest that its secret has room to remember', () => {
    const all = Array.from(
      { length: 6 },
      (_, index): Note => ({
        finding: finding('LabelsNearLimit', { secret: 'courier/api', labels: 13, others: [] }),
        name: 'courier/api',
        memory: { ...place(idOf()), label: toldLabel(`${index}`) },
      }),
    );
    const grave = note('courier/api');
    expect(memories([...all, grave], { [idOf()]: current }).due).toEqual([...all.slice(0, 4), grave]);
  });
});

describe('a secret that others label', () => {
  const labelled = (count: number, changedAt = now - 60) => ({
    ...present({ [idOf()]: [...current, ...Array.from({ length: count }, (_, index) => `release-${index}`)] }),
    changedAt,
  });
  const near = 'LabelsNearLimit of courier/api in courier/api';

  it.each<[string, World, readonly string[]]>([
    ['is not spoken of for six', { secrets: { 'courier/api': labelled(6) } }, []],
    ['is for seven', { secrets: { 'courier/api': labelled(7) } }, [near]],
    [
      'is not while its certificate is paused',
      { secrets: { 'courier/api': labelled(7) }, of: { tags: pausedTags } },
      [],
    ],
    ['is not where it is none of ours', { secrets: { 'courier/b': present({ x: Array(9).fill('y') }) } }, []],
  ])('%s', (_, world, expected) => expect(remembered(world)).toEqual(expected));

  it.each<[string, Secret, readonly string[]]>([
    ['where it cannot be remembered', labelled(12), ['LabelsNearLimit of courier/api']],
    ['but not where it can', labelled(11), []],
    ['but not in a later one', labelled(12, now - hour), []],
  ])('is spoken of in the hour in which it was changed, %s', (_, secret, expected) =>
    expect(passing({ secrets: { 'courier/api': secret } })).toEqual(expected),
  );

  it('is not spoken of again where a label says that it was', () => {
    const {
      remembered: [first],
    } = see({ secrets: { 'courier/api': labelled(7) } });
    const secret = present({ ...labelled(12).versions, [lostId]: [first?.memory?.label ?? ''] });
    expect(passing({ secrets: { 'courier/api': secret } })).toEqual([]);
  });
});
