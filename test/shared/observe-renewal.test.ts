import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Secret } from '../../shared/domain/secret.ts';
import { observeRenewal, type RenewalSight } from '../../shared/observe-renewal.ts';
import { but, certificate, day, idOf, now, otherArn, place, present } from './domain/sample.ts';

const caArn = 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/one';
const authority = { arn: caArn, status: 'active', own: true, shortLived: false } as const;
const denied = () => Promise.reject(new Trouble(finding('AccessDenied', { detail: 'iam says no' })));
const record = { name: '_x1.example.com.', value: '_x2.acm-validations.aws.' };
const none = { is: 'seen', fact: { at: 'example.com', records: [] } } as const;

/** A world in which all is there, each look at which is counted; `other` replaces some of it. */
function world(other: Partial<RenewalSight> = {}) {
  const looks: string[] = [];
  const see = <Fact>(what: string, fact: Fact) => {
    looks.push(what);
    return Promise.resolve(fact);
  };
  const secret: Secret = present({ [idOf()]: ['AWSCURRENT', `COURIER_SINCE_${now - day}`] });
  const sight: RenewalSight = {
    place,
    settings: {
      mode: 'deliver',
      secretPrefix: 'courier/',
      deadlineSeconds: 3600,
      rolloutParallel: { count: 4 },
      rollBack: 'evidence',
      rollbackFloorSeconds: 0,
      probeSample: 0,
      notices: 'all',
      discoverConsumers: [],
      renewPrivate: false,
    },
    now: () => now,
    // Patience never ends, unless a test says so.
    sleep: () => new Promise(() => {}),
    log: () => {},
    certificates: { find: async () => null },
    secrets: { find: (name) => see(`secret ${name}`, secret) },
    services: { consumers: (_, { since }) => see(`consumers since ${since}`, []) },
    tagged: { services: () => see('tagged services', []) },
    authorities: {
      find: (one) => see(`authority ${one}`, authority),
      named: (name) => see(`issuer ${name}`, authority),
    },
    linkedRole: { exists: () => see('linked role', true) },
    dns: {
      caa: (name) => see(`caa ${name}`, none),
      cnames: (name) => see(`cname ${name}`, { is: 'seen', fact: ['_x2.acm-validations.aws'] } as const),
    },
    ...other,
  };
  return { sight, looks };
}

const validation = (name: string, more = {}) =>
  ({ name, method: 'dns', status: 'pending', record, mailboxes: [], mailDomain: name, ...more }) as const;
const untagged = { tags: {} };

describe('only what concerns the certificate is looked at', () => {
  it.each([
    ['a private one: its authority', but({ ...untagged, caArn }), [`authority ${caArn}`]],
    ['a private one whose authority ACM does not name: nothing', but(untagged), []],
    [
      'an imported one: whether an authority of ours bears its issuer’s name',
      but({ ...untagged, type: 'imported', issuer: 'Ours' }),
      ['issuer Ours'],
    ],
    ['an imported one without an issuer: nothing', but({ ...untagged, type: 'imported' }), []],
    [
      'a public one, validated by DNS: records and CAA of each name',
      but({ ...untagged, type: 'public', names: ['a.test', '*.a.test'], validations: [validation('a.test')] }),
      ['cname _x1.example.com.', 'caa a.test', 'caa *.a.test'],
    ],
    [
      'a public one, validated by mail: CAA of each name',
      but({
        ...untagged,
        type: 'public',
        names: ['a.test'],
        validations: [{ ...validation('a.test'), record: undefined } as never],
      }),
      ['caa a.test'],
    ],
    [
      'one that an ACME client renews: nothing',
      but({ ...untagged, type: 'public', origin: 'acme', names: ['a.test'] }),
      [],
    ],
    [
      'one that was refused for want of the linked role: that, too',
      but({ ...untagged, caArn, renewal: { status: 'failed', reason: 'SLR_NOT_FOUND', updatedAt: now } }),
      [`authority ${caArn}`, 'linked role'],
    ],
    [
      'one with secrets: each of them, and the tagged services once',
      but({ tags: { 'courier:secret': 'courier/a courier/b' } }),
      [
        'secret courier/a',
        'secret courier/b',
        'tagged services',
        `consumers since ${now - day}`,
        `consumers since ${now - day}`,
      ],
    ],
  ])('%s', async (_, of, expected) => {
    const { sight, looks } = world();
    await observeRenewal(of, sight);
    expect(looks.toSorted()).toEqual(expected.toSorted());
  });
});

it('what is seen is told in its place', async () => {
  const of = but({ type: 'public', names: ['a.test'], validations: [validation('a.test')] });
  expect(await observeRenewal(of, world().sight)).toEqual({
    certificate: of,
    now,
    names: [
      {
        name: 'a.test',
        validation: { is: 'seen', fact: { wanted: record, found: ['_x2.acm-validations.aws'] } },
        caa: none,
      },
    ],
    deliveries: [
      {
        secret: 'courier/api',
        current: {
          is: 'seen',
          fact: { holds: 'this', serial: certificate.serial, notAfter: certificate.notAfter, nonce: '0000' },
        },
        next: { do: 'label next', versionId: idOf(), from: undefined },
        consumers: { is: 'seen', fact: [] },
      },
    ],
  });
});

it('an imported certificate of somebody else’s authority has none', async () => {
  const { sight } = world({ authorities: { find: async () => authority, named: async () => null } });
  expect(await observeRenewal(but({ type: 'imported', issuer: 'Theirs' }), sight)).not.toHaveProperty('authority');
});

describe('a look that fails leaves the others alone', () => {
  const slr = { status: 'failed', reason: 'SLR_NOT_FOUND', updatedAt: now } as const;
  const of = but({ caArn, renewal: slr });
  const why = expect.stringContaining('iam says no');
  const unseen = { is: 'unseen', why };
  const [seen, role] = [
    { is: 'seen', fact: authority },
    { is: 'seen', fact: true },
  ];
  const delivery = { current: { is: 'seen' }, consumers: { is: 'seen' } };

  it.each<[string, Partial<RenewalSight>, object]>([
    [
      'the authority',
      { authorities: { find: denied, named: denied } },
      { authority: unseen, linkedRole: role, deliveries: [delivery] },
    ],
    [
      'the linked role',
      { linkedRole: { exists: denied } },
      { authority: seen, linkedRole: unseen, deliveries: [delivery] },
    ],
    [
      'the secret',
      { secrets: { find: denied } },
      { authority: seen, linkedRole: role, deliveries: [{ current: unseen, consumers: unseen }] },
    ],
    [
      'the tags',
      { tagged: { services: denied } },
      { authority: seen, linkedRole: role, deliveries: [{ ...delivery, consumers: unseen }] },
    ],
    [
      'the services',
      { services: { consumers: denied } },
      { authority: seen, linkedRole: role, deliveries: [{ ...delivery, consumers: unseen }] },
    ],
  ])('%s', async (_, other, expected) => {
    expect(await observeRenewal(of, world(other).sight)).toMatchObject(expected);
  });

  it('an issuer', async () => {
    const { sight } = world({ authorities: { find: denied, named: denied } });
    expect(await observeRenewal(but({ type: 'imported', issuer: 'Ours' }), sight)).toMatchObject({ authority: unseen });
  });

  it('a validation record', async () => {
    const dns = { caa: async () => none, cnames: async () => ({ is: 'unseen', why: 'no server answered' }) as const };
    const public_ = but({ type: 'public', names: ['a.test'], validations: [validation('a.test')] });
    expect((await observeRenewal(public_, world({ dns }).sight)).names).toEqual([
      { name: 'a.test', validation: { is: 'unseen', why: 'no server answered' }, caa: none },
    ]);
  });

  it('one that AWS never answers', async () => {
    const { sight } = world({ linkedRole: { exists: () => new Promise(() => {}) }, sleep: async () => {} });
    expect(await observeRenewal(of, sight)).toMatchObject({
      linkedRole: { is: 'unseen', why: 'AWS did not answer within 15 seconds' },
    });
  });

  it('but a fault of ours is not taken for one of AWS', async () => {
    const { sight } = world({ linkedRole: { exists: () => Promise.reject(new TypeError('ours')) } });
    await expect(observeRenewal(of, sight)).rejects.toThrow('ours');
  });
});

describe('what the current version of a secret holds', () => {
  const before = { serial: 'cd'.repeat(20), notAfter: now + 20 * day };
  it.each<[string, Secret, object]>([
    ['this certificate', present({ [idOf()]: ['AWSCURRENT'] }), { holds: 'this', notAfter: certificate.notAfter }],
    [
      'this one before it was renewed',
      present({ [idOf(before)]: ['AWSCURRENT'], [idOf()]: ['COURIER_NEXT'] }),
      { holds: 'earlier', notAfter: before.notAfter },
    ],
    [
      'another certificate',
      present({ [idOf({ ...before, arn: otherArn })]: ['AWSCURRENT'] }),
      { holds: 'another', ...before },
    ],
    ['what somebody put', present({ '5f8a3c1e-7b2d-4e9f-a1b2-c3d4e5f60718': ['AWSCURRENT'] }), { holds: 'unknown' }],
    ['nothing yet', present({}), { holds: 'nothing' }],
    ['nothing: there is no secret', { state: 'absent' }, { holds: 'nothing' }],
    ['nothing: it is being deleted', { state: 'deleting' }, { holds: 'nothing' }],
  ])('%s', async (_, secret, fact) => {
    const { deliveries } = await observeRenewal(certificate, world({ secrets: { find: async () => secret } }).sight);
    expect(deliveries).toMatchObject([{ current: { is: 'seen', fact } }]);
  });
});

describe('consumers are judged', () => {
  const sinceOf = async (secret: Secret) => {
    const { sight, looks } = world({ secrets: { find: async () => secret } });
    await observeRenewal(certificate, sight);
    return looks.filter((one) => one.startsWith('consumers'));
  };

  it('since the current version became current', async () => {
    expect(await sinceOf(present({ [idOf()]: ['AWSCURRENT', 'COURIER_SINCE_1790000000'] }))).toEqual([
      'consumers since 1790000000',
    ]);
  });

  it('since the secret was changed, where no label says so', async () => {
    expect(await sinceOf(present({ [idOf()]: ['AWSCURRENT'] }))).toEqual([`consumers since ${now - 60}`]);
  });

  it('not at all where nothing is current', async () => {
    expect(await sinceOf({ state: 'absent' })).toEqual([]);
  });
});

it('a secret outside the prefix is not asked for, and that is said', async () => {
  const { sight, looks } = world();
  const [delivery] = (await observeRenewal(but({ tags: { 'courier:secret': 'tls/api' } }), sight)).deliveries;
  const unseen = { is: 'unseen', why: 'The secret "tls/api" is outside the prefix "courier/"' };
  const next = { do: 'refuse', finding: { reason: 'SecretOutsidePrefix' } };
  expect(delivery).toMatchObject({ secret: 'tls/api', current: unseen, consumers: unseen, next });
  expect(looks).toEqual([]);
});
