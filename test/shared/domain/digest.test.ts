import { describe, expect, it } from 'vitest';
import type { ListedCertificate } from '../../../shared/domain/certificate.ts';
import { digestsOf } from '../../../shared/domain/digest.ts';
import { compare, type Inventory } from '../../../shared/domain/inventory.ts';
import type { Note } from '../../../shared/domain/noteworthy.ts';
import { finding } from '../../../shared/domain/reasons.ts';
import { nonceOf } from '../../../shared/domain/version-id.ts';
import { claim, day, idOf, listed, now, place, present } from './sample.ts';

const delivered = present({
  [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - 60}`, 'COURIER_DELIVERED'],
});
const forced = present({
  [idOf({ nonce: nonceOf(listed().serial ?? '') })]: [
    'AWSCURRENT',
    'COURIER_NEXT',
    'COURIER_SINCE_1',
    'COURIER_DELIVERED',
  ],
});
const stopped = present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_STOPPED'] });

type World = Partial<Inventory> & { readonly of?: Partial<ListedCertificate>; readonly notices?: 'tagged' | 'all' };

/** The digests about one certificate, delivered as its tags want it, unless more is said. */
function digests({ of, notices = 'all', ...other }: World) {
  const inventory = {
    certificates: [listed(of)],
    secrets: new Map([['courier/api', delivered]]),
    services: [],
    ...other,
  };
  const differences = compare(inventory, { secretPrefix: 'courier/', deadlineSeconds: 3_600, now });
  return digestsOf({ inventory, differences }, { notices, now, place });
}

/** What stands above the section on what to do. */
const tablesOf = (body = '') => body.slice(0, body.indexOf('What you must do'));

/** The rows of all digests' tables, as `days | name | why`. */
const rows = (world: World) =>
  digests(world).flatMap(({ body }) =>
    Array.from(tablesOf(body).matchAll(/^ {2}( *-?\d+ days?| {9}) {2}(\S.*)$/gm), ([, days = '', rest = '']) =>
      [days.trim(), ...rest.split(/ {2,}/)].filter(Boolean).join(' | '),
    ),
  );

const untagged = { tags: {}, name: 'own.example.com' };
const service = (tags: Readonly<Record<string, string>>) => ({
  arn: 'arn:aws:ecs:us-east-1:111122223333:service/prod/web',
  tags: { 'courier:secret': 'courier/api', ...tags },
});
const inDays = (days: number, lifetime = 395) => ({
  notBefore: now + (days - lifetime) * day,
  notAfter: now + days * day,
});

describe('the digest says of a certificate', () => {
  it.each<[string, World, readonly string[]]>([
    ['nothing where it is delivered and ACM renews it', {}, []],
    ['nothing where ACM renews it and nobody delivers it', { of: { ...untagged, ...inDays(20) } }, []],
    [
      'that it was imported, from the sixtieth day',
      { of: { ...untagged, type: 'imported', eligible: false, ...inDays(60) } },
      ['60 days | own.example.com | was imported'],
    ],
    ['nothing of an import before', { of: { ...untagged, type: 'imported', eligible: false, ...inDays(61) } }, []],
    [
      'that it was imported, from the last third of a short life',
      { of: { ...untagged, type: 'imported', eligible: false, ...inDays(15, 45) } },
      ['15 days | own.example.com | was imported'],
    ],
    ['nothing before that', { of: { ...untagged, type: 'imported', eligible: false, ...inDays(16, 45) } }, []],
    [
      'that nothing keeps it renewed',
      { of: { ...untagged, eligible: false, ...inDays(10) } },
      ['10 days | own.example.com | neither exported nor in use'],
    ],
    [
      'nothing where a load balancer keeps it',
      { of: { ...untagged, eligible: false, inUse: true, ...inDays(10) } },
      [],
    ],
    [
      'that its renewal failed, however far its end',
      { of: { ...untagged, renewal: { status: 'failed' }, ...inDays(70) } },
      ['70 days | own.example.com | renewal failed'],
    ],
    [
      'that its renewal waits',
      { of: { ...untagged, renewal: { status: 'validating' }, ...inDays(30) } },
      ['30 days | own.example.com | renewal waits for validation'],
    ],
    ['nothing of a renewal under way', { of: { ...untagged, renewal: { status: 'pending' }, ...inDays(30) } }, []],
    [
      'that an ACME client must renew it',
      { of: { ...untagged, type: 'public', origin: 'acme', eligible: false, ...inDays(10, 47) } },
      ['10 days | own.example.com | left to its ACME client'],
    ],
    [
      'why its tag cannot be obeyed, however far its end',
      { of: { type: 'imported', eligible: false } },
      ['395 days | api.example.com | tagged for delivery, but imported'],
    ],
    [
      'that it was delivered and is not armed',
      { of: { eligible: false }, secrets: new Map([['courier/api', forced]]) },
      ['395 days | api.example.com | not exported since its renewal'],
    ],
    [
      'that it has ended while it is in use',
      { of: { ...untagged, inUse: true, status: 'expired', ...inDays(-3) } },
      ['-3 days | own.example.com | has ended'],
    ],
    ['nothing of one that ended unused', { of: { ...untagged, status: 'expired', ...inDays(-3) } }, []],
    ['nothing of one that is not issued', { of: { ...untagged, status: 'failed', eligible: false } }, []],
    [
      'nothing, untagged, in a stack that minds the tagged ones only',
      { of: { ...untagged, type: 'imported', eligible: false, ...inDays(10) }, notices: 'tagged' },
      [],
    ],
    [
      'that it is paused',
      { of: { tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' } } },
      ['395 days | api.example.com | tagged courier:pause'],
    ],
    [
      'that its rollout was stopped',
      { secrets: new Map([['courier/api', stopped]]) },
      ['395 days | api.example.com | its rollout was stopped'],
    ],
    [
      'that a service is paused',
      { services: [service({ 'courier:pause': 'true' })] },
      ['prod/web | tagged courier:pause'],
    ],
    [
      'of a rollout that a paused service holds up the service only',
      {
        secrets: new Map([['courier/api', present({ [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_SINCE_1'] })]]),
        services: [service({ 'courier:pause': 'true' })],
      },
      ['prod/web | tagged courier:pause'],
    ],
    ['nothing of owners where nobody has one', { services: [service({})] }, []],
    [
      'that it has no owner, where a service has one',
      { services: [service({ 'courier:owner': 'payments' })] },
      ['395 days | api.example.com | no tag courier:owner'],
    ],
  ])('%s', (_, world, expected) => expect(rows(world)).toEqual(expected));

  it('nothing where another of its name, not in use, has taken its place', () => {
    const old = listed({ ...untagged, type: 'imported', eligible: false, ...inDays(10) });
    const fresh = listed({ ...untagged, arn: 'arn:other', type: 'imported', eligible: false, ...inDays(300) });
    expect(rows({ certificates: [old, fresh] })).toEqual([]);
    expect(rows({ certificates: [{ ...old, inUse: true }, fresh] })).toHaveLength(1);
    expect(rows({ certificates: [old, { ...fresh, status: 'revoked' }] })).toHaveLength(1);
  });
});

describe('the mails', () => {
  const imported = (index: number, owner?: string) =>
    listed({
      ...untagged,
      arn: `arn:${index}`,
      name: `host-${index}.example.com`,
      type: 'imported',
      eligible: false,
      ...inDays(index % 60),
      tags: owner === undefined ? {} : { 'courier:owner': owner },
    });

  it('go one to each owner and one for what has none', () => {
    const sent = digests({
      certificates: [imported(1, 'payments'), imported(2), imported(3, 'search'), imported(4, 'payments')],
    });
    expect(sent.map(({ subject, attributes }) => [subject, attributes])).toEqual([
      [
        '[warning] weekly digest for payments: 2 will not renew',
        { severity: 'warning', reason: 'Digest', owner: 'payments' },
      ],
      ['[warning] weekly digest: 1 will not renew', { severity: 'warning', reason: 'Digest' }],
      [
        '[warning] weekly digest for search: 1 will not renew',
        { severity: 'warning', reason: 'Digest', owner: 'search' },
      ],
    ]);
  });

  it('list the fifty that end soonest, and count the others', () => {
    const [mail] = digests({ certificates: Array.from({ length: 60 }, (_, index) => imported(59 - index)) });
    const days = Array.from(mail?.body.matchAll(/(\d+) days? {2}host/g) ?? [], ([, text]) => Number(text));
    expect(days).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(mail?.body).toContain('  And 10 more.\n');
  });

  it('read like this', () => {
    const [mail] = digests({
      certificates: [
        listed({ ...untagged, arn: 'arn:own', type: 'imported', eligible: false, ...inDays(1) }),
        listed({ ...inDays(200), name: 'a-very-long-name-of-a-host.in.a-very-deep.zone.example.com' }),
        listed({
          arn: 'arn:search',
          name: 'search.example.com',
          type: 'imported',
          eligible: false,
          tags: { 'courier:secret': 'courier/search' },
          ...inDays(120),
        }),
      ],
      secrets: new Map([['courier/api', stopped]]),
      services: [service({ 'courier:pause': 'true' })],
    });
    expect(mail?.body).toMatchInlineSnapshot(`
      "What happened
        This does not come right by itself: 2 to end without a renewal, 2
        paused or stopped.

      Will not renew by itself
            1 day  own.example.com     was imported
         120 days  search.example.com  tagged for delivery, but imported

      Paused, or stopped until a person acts
         200 days  a-very-long-nam...ne.example.com  its rollout was stopped
                   prod/web                          tagged courier:pause

      What you must do
        Import again what was imported, under the same ARN, and delete what
        nobody needs. Take the tag courier:pause off what may go on. See what
        deliveries would do and what stands in their way (first command, which
        changes nothing), then deliver (second command).
        In account 111122223333, us-east-1:
          printf %s '{"all":true,"dryRun":true}' |
          aws lambda invoke \\
            --function-name acm-courier-prod-re-export \\
            --payload fileb:///dev/stdin /dev/stdout \\
            --region us-east-1

          printf %s '{"all":true}' |
          aws lambda invoke \\
            --function-name acm-courier-prod-re-export \\
            --payload fileb:///dev/stdin /dev/stdout \\
            --region us-east-1

      Where to look
        Runbook: https://example.com/runbook.md#digest
        Account: 111122223333, us-east-1
      "
    `);
  });

  it('are not sent for what is old alone, and have it beside something else', () => {
    const note = (isOld: boolean): Note => ({
      finding: finding('SecretWithoutConsumer', claim),
      name: 'api.example.com',
      isOld,
    });
    const bodies = (...notes: Note[]) =>
      digestsOf({ inventory: { certificates: [], secrets: new Map(), services: [] }, differences: [], notes }, of).map(
        ({ body }) => body.match(/no service reads its secret/g)?.length,
      );
    const of = { notices: 'all', now, place } as const;
    expect([bodies(note(true)), bodies(note(false)), bodies(note(true), note(false))]).toEqual([[], [1], [2]]);
  });

  it('say what keeps a certificate from its renewal once, and what ECS was not asked of not at all', () => {
    const refused = { of: { eligible: false }, secrets: new Map([['courier/api', present({ x: ['AWSCURRENT'] })]]) };
    const certificate = listed(refused.of);
    const inventory = { certificates: [certificate], secrets: refused.secrets, services: [] };
    const differences = compare(inventory, { secretPrefix: 'courier/', deadlineSeconds: 3_600, now });
    const own = finding('SecretNotOurs', claim);
    const notes: Note[] = [
      { finding: own, name: certificate.name, certificate, owner: undefined },
      { finding: finding('SecretWithoutConsumer', claim), name: 'doubted.example.com', doubtful: 'arn' },
    ];
    const [mail] = digestsOf({ inventory, differences, notes }, { notices: 'all', now, place });
    expect(tablesOf(mail?.body).split(certificate.name)).toHaveLength(2);
    expect(mail?.body).not.toContain('doubted');
  });

  it('fit 72 columns but for what can be pasted, however long and hostile a name is', () => {
    const name = `${'x'.repeat(200)}\r\nBcc: everybody@example.com`;
    const [mail] = digests({ certificates: [{ ...imported(1), name }] });
    for (const line of tablesOf(mail?.body).split('\n')) expect(line.length).toBeLessThanOrEqual(72);
    expect(mail?.body).not.toContain('\r');
    expect(mail?.body.match(/^Bcc/m)).toBeNull();
  });
});
