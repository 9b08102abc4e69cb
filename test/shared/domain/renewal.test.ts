import { describe, expect, it, test } from 'vitest';
import type { Certificate } from '../../../shared/domain/certificate.ts';
import type { Authority, DeliverySight, Observation } from '../../../shared/domain/observation.ts';
import { finding, headlineOf, mendOf, sentenceOf, severityOf } from '../../../shared/domain/reasons.ts';
import { allClear, asTold, diagnose } from '../../../shared/domain/renewal.ts';
import { documentedCauses } from '../../../shared/domain/renewal-causes.ts';
import { nonceOf } from '../../../shared/domain/version-id.ts';
import { arn, claim, day, idOf, now } from './sample.ts';
import {
  authority,
  caArn,
  foreignCaArn,
  nameRecords,
  privateOne,
  publicOne,
  record,
  seen,
  unseen,
  validation,
} from './sample-observation.ts';

const found = (observation: Observation) => diagnose(observation).findings.map(({ reason }) => reason);
const only = (observation: Observation) => {
  const [finding, ...others] = diagnose(observation).findings;
  if (!finding || others.length > 0) throw new Error(`Not one finding but ${found(observation).join(', ')}`);
  return finding;
};
/** Of a secret that does not hold what ACM has; `other` says otherwise. */
const deliverySight = (other: Partial<DeliverySight> = {}): DeliverySight => ({
  secret: 'courier/api',
  current: seen({ holds: 'nothing' }),
  next: { do: 'export', create: false, versionId: idOf() },
  consumers: seen([]),
  ...other,
});
const rest = (because: 'delivered' | 'stopped') => ({ do: 'rest', because }) as const;
/** As an event tells of it that gives this reason. */
const toldOf = (observation: Observation, reason: string): Observation => ({
  ...observation,
  certificate: asTold(observation.certificate, reason),
});
const failed = (reason?: string): Pick<Certificate, 'renewal'> => ({
  renewal: { status: 'failed', updatedAt: now - 3600, ...(reason !== undefined && { reason }) },
});
const withAuthority = (other: Partial<Authority>, certificate: Partial<Certificate> = {}) =>
  privateOne(certificate, { authority: authority(other) });
const emailOne = (reason?: string, other: Partial<Certificate> = {}) =>
  publicOne(
    {
      validations: [validation({ method: 'email', status: 'pending', mailDomain: 'example.com' })],
      renewal: { status: 'validating', updatedAt: now, ...(reason !== undefined && { reason }) },
      ...other,
    },
    [{ name: 'api.example.com', caa: seen({ at: 'example.com', records: [] }) }],
  );

describe('of a certificate that an event tells of', () => {
  const { certificate } = privateOne();
  const { renewal: _, ...untried } = certificate;

  it('an attempt is known by the reason that the event gives, where ACM shows none', () => {
    const renewal = { status: 'failed', reason: 'SLR_NOT_FOUND', updatedAt: 0 };
    expect(asTold(untried, 'SLR_NOT_FOUND')).toEqual({ ...untried, renewal });
    expect(asTold({ ...untried, ...failed() }, 'SLR_NOT_FOUND').renewal).toEqual(failed('SLR_NOT_FOUND').renewal);
  });

  it('an attempt of this cycle is not taken for the renewal before it, which ACM goes on showing', () => {
    const renewed = { ...untried, renewal: { status: 'succeeded', updatedAt: now - 345 * day } } as const;
    expect(asTold(renewed, 'PCA_INVALID_ARGS').renewal).toEqual({
      status: 'failed',
      reason: 'PCA_INVALID_ARGS',
      updatedAt: 0,
    });
    const odd = { ...renewed, renewal: { ...renewed.renewal, reason: 'OTHER' } };
    expect(asTold(odd, 'PCA_INVALID_ARGS').renewal?.reason).toBe('PCA_INVALID_ARGS');
  });

  it("ACM's own word counts", () => {
    const tried = { ...untried, ...failed('PCA_INVALID_STATE') };
    expect(asTold(tried, 'SLR_NOT_FOUND')).toEqual(tried);
    expect(asTold(untried, undefined)).toEqual(untried);
  });
});

describe('nothing is said', () => {
  it.each([
    ['of a private certificate that ACM is about to renew', privateOne()],
    ['of a public one that ACM is about to renew', publicOne()],
    ['while ACM is at it', privateOne({ renewal: { status: 'pending', updatedAt: now } })],
    ['of one that was just renewed', privateOne({ notBefore: now, notAfter: now + 395 * day })],
    ['of one that is in use, whatever ACM says of its eligibility', publicOne({ eligible: false })],
    ['of one that is not issued yet', privateOne({ status: 'pending' })],
    ['where only something that nobody asked for is unseen', privateOne({}, { authority: unseen('Denied') })],
  ] as const)('%s', (_, observation) => {
    expect(diagnose(observation)).toMatchObject({ findings: [], act: 'nothing' });
  });
});

describe('a private certificate', () => {
  it.each([
    ['whose authority is disabled', withAuthority({ status: 'disabled' }), ['AuthorityDisabled']],
    ['whose authority is deleted', withAuthority({ status: 'deleted' }), ['AuthorityDeleted']],
    ['whose authority has expired', withAuthority({ status: 'expired', notAfter: now - 1 }), ['AuthorityExpired']],
    ['whose authority was never set up', withAuthority({ status: 'not ready' }), ['AuthorityNotReady']],
    ['whose authority has failed', withAuthority({ status: 'failed' }), ['AuthorityNotReady']],
    ['whose authority is gone', privateOne({}, { authority: seen('gone') }), ['AuthorityGone']],
    ['whose authority is short-lived', withAuthority({ shortLived: true }), ['AuthorityShortLived']],
    ['whose authority permits nothing', withAuthority({ permission: seen('none') }), ['AuthorityDoesNotPermit']],
    ['whose authority permits a part', withAuthority({ permission: seen('partial') }), ['AuthorityDoesNotPermit']],
    [
      'whose authority is disabled and permits nothing',
      withAuthority({ status: 'disabled', permission: seen('none') }),
      ['AuthorityDisabled', 'AuthorityDoesNotPermit'],
    ],
    ['whose authority outlives the next one by nothing', withAuthority({ notAfter: now + 395 * day }), []],
    [
      'whose authority ends a second earlier',
      withAuthority({ notAfter: now + 395 * day - 1 }),
      ['AuthorityEndsTooSoon'],
    ],
    ['whose foreign authority is disabled', foreign({ status: 'disabled' }), ['ForeignAuthorityRefuses']],
    ['whose foreign authority is well', foreign({}), []],
    ['whose account has lost ACM’s role', privateOne({}, { linkedRole: seen(false) }), ['LinkedRoleMissing']],
    ['that nobody exports any more, tagged', notExported(), ['NotExportedSinceRenewal']],
    ['that nobody exports any more, paused', notExported({ 'courier:pause': 'true' }), ['PausedSoNotRenewed']],
    ['that nobody exports any more, untagged', privateOne({ eligible: false, tags: {} }), ['NobodyExports']],
  ] as const)('%s', (_, observation, reasons) => expect(found(observation)).toEqual(reasons));

  it('is exported again where that is what it lacks, whatever else is wrong', () => {
    expect(diagnose(notExported()).act).toBe('rearm');
    expect(diagnose({ ...notExported(), authority: authority({ status: 'disabled' }) }).act).toBe('rearm');
    expect(diagnose(notExported({ 'courier:pause': 'true' })).act).toBe('nothing');
  });

  it('is exported once more where what is delivered holds it already, and once only for its serial', () => {
    const serial = privateOne().certificate.serial ?? '';
    const force = nonceOf(serial);
    const held = (nonce: string) =>
      notExported({}, [deliverySight({ next: rest('delivered'), current: holding(nonce) })]);
    expect(diagnose(held('0000'))).toMatchObject({ act: 'rearm', force });
    expect(diagnose(held(force)).act).toBe('nothing');
    const toExport = deliverySight();
    const { force: none, act } = diagnose(notExported({}, [toExport, ...held('0000').deliveries]));
    expect([act, none]).toEqual(['rearm', undefined]);

    function holding(nonce: string) {
      return seen({ holds: 'this', serial, nonce } as const);
    }
  });

  it('is told of by what keeps it from being delivered, where nothing else can be done', () => {
    const refused = deliverySight({ next: { do: 'refuse', finding: finding('SecretPendingDeletion', claim) } });
    expect(found(notExported({}, [refused]))).toEqual(['SecretPendingDeletion']);
    expect(found(notExported({}, [refused, deliverySight()]))).toEqual([
      'NotExportedSinceRenewal',
      'SecretPendingDeletion',
    ]);
    expect(diagnose(notExported({}, [refused])).act).toBe('nothing');
    const stopped = notExported({}, [deliverySight({ next: rest('stopped') })]);
    expect([found(stopped), diagnose(stopped).act]).toEqual([['NotExportedSinceRenewal', 'Resting'], 'nothing']);
  });

  it('is told of without a promise where its tags cannot be seen', () => {
    const hidden = { ...privateOne({ eligible: false, tags: {} }), tagsUnseen: 'Denied' };
    expect(diagnose(hidden)).toMatchObject({
      findings: [{ reason: 'NotExportedSinceRenewal', facts: { urgency: 'action' } }],
      act: 'nothing',
      unseen: ['Denied'],
    });
  });

  it('has an authority that ends too soon as news long before, as a matter for somebody once ACM begins to renew', () => {
    const soon = (left: number) =>
      only(
        withAuthority(
          { notAfter: now + 400 * day },
          { notBefore: now + (left - 395) * day, notAfter: now + left * day },
        ),
      );
    expect(severityOf(soon(66))).toBe('info');
    const begun = withAuthority({ notAfter: now + 394 * day });
    expect(severityOf(only(begun))).toBe('action');
  });

  function foreign(other: Partial<Authority>) {
    const { permission: _, ...fact } = authority({ arn: foreignCaArn, own: false, ...other }).fact;
    return privateOne({ caArn: foreignCaArn }, { authority: seen(fact) });
  }

  function notExported(tags: Record<string, string> = {}, deliveries = [deliverySight()]) {
    return privateOne({ eligible: false, tags: { 'courier:secret': 'courier/api', ...tags } }, { deliveries });
  }
});

describe('a public certificate', () => {
  const forbids = seen({ at: 'example.com', records: [{ tag: 'issue', value: 'letsencrypt.org', critical: false }] });
  it.each([
    [
      'whose record is missing',
      [nameRecords({ validation: seen({ wanted: record, found: [] }) })],
      ['ValidationRecordMissing'],
    ],
    [
      'whose record leads elsewhere',
      [nameRecords({ validation: seen({ wanted: record, found: ['x.example.net'] }) })],
      ['ValidationRecordWrong'],
    ],
    [
      'whose record leads there by way of another',
      [nameRecords({ validation: seen({ wanted: record, found: ['x.example.net', record.value] }) })],
      [],
    ],
    [
      'whose record leads there without an underscore, which the DNS provider would not take',
      [nameRecords({ validation: seen({ wanted: record, found: [record.value.slice(1)] }) })],
      [],
    ],
    [
      'whose record leads there with one underscore too many',
      [nameRecords({ validation: seen({ wanted: record, found: [`_${record.value}`] }) })],
      ['ValidationRecordWrong'],
    ],
    ['that CAA forbids', [nameRecords({ caa: forbids })], ['CaaForbidsIssuance']],
    [
      'that CAA forbids twice alike',
      [nameRecords({ caa: forbids }), nameRecords({ name: 'b.example.com', caa: forbids })],
      ['CaaForbidsIssuance'],
    ],
    [
      'that CAA forbids twice, as wildcard and as name',
      [
        nameRecords({ caa: forbids }),
        nameRecords({
          name: '*.example.com',
          caa: seen({ at: 'example.com', records: [{ tag: 'issuewild', value: ';', critical: false }] }),
        }),
      ],
      ['CaaForbidsIssuance', 'CaaForbidsIssuance'],
    ],
    [
      'that lacks one and is forbidden another',
      [nameRecords({ validation: seen({ wanted: record, found: [] }), caa: forbids })],
      ['ValidationRecordMissing', 'CaaForbidsIssuance'],
    ],
  ] as const)('%s', (_, names, reasons) => expect(found(publicOne({}, [...names]))).toEqual(reasons));

  it('names the record once for a name and its wildcard', () => {
    const missing = seen({ wanted: record, found: [] });
    const both = [
      nameRecords({ validation: missing }),
      nameRecords({ name: '*.api.example.com', validation: missing }),
    ];
    const finding = only(publicOne({}, both));
    expect(mendOf(finding).lines).toEqual([`${record.name} CNAME ${record.value}`]);
  });

  it('lists ten of a hundred missing records, and says where the others are', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      nameRecords({
        name: `${index}.example.com`,
        validation: seen({ wanted: { name: `_${index}.example.com`, value: 'x' }, found: [] }),
      }),
    );
    const { lines, text } = mendOf(only(publicOne({}, many)));
    expect(lines).toHaveLength(10);
    expect(text).toContain('These are 10 of 100; aws acm describe-certificate lists all');
  });

  it.each([
    ['waits for a click while a renewal is under way', emailOne(), ['EmailNotConfirmed']],
    ['lacks a mailbox', emailOne('NO_AVAILABLE_CONTACTS'), ['MailboxMissing']],
    ['does not wait when none is', emailOne('x', { renewal: { status: 'succeeded', updatedAt: 0 } }), []],
  ] as const)('validated by e-mail %s', (_, observation, reasons) => expect(found(observation)).toEqual(reasons));

  it('names the five mailboxes where ACM does not, and has the mail sent again for the domain that they belong to', () => {
    const finding = only(emailOne());
    expect(sentenceOf(finding)).toBe(
      'ACM cannot renew the certificate of "api.example.com" before somebody approves it: it has written to "administrator@example.com", "hostmaster@example.com", "postmaster@example.com", "webmaster@example.com" and "admin@example.com", and for "api.example.com" nobody has followed the link',
    );
    expect(mendOf(finding).commands).toEqual([
      [
        ...['aws', 'acm', 'resend-validation-email', '--certificate-arn', arn],
        ...['--domain', 'api.example.com', '--validation-domain', 'example.com'],
      ],
    ]);
  });

  it('that nobody uses is said to be of no use, or where it could be delivered', () => {
    const idle = { eligible: false, inUseBy: [] };
    expect(found(publicOne(idle))).toEqual(['NobodyUses']);
    const [finding] = diagnose(publicOne({ ...idle, exportOption: true }), { secretPrefix: 'tls/' }).findings;
    expect(finding).toMatchObject({
      reason: 'NobodyExports',
      facts: { secret: 'tls/api.example.com', urgency: 'warning' },
    });
  });
});

describe('what ACM does not renew', () => {
  const imported = { type: 'imported', origin: 'customer', eligible: false } as const;
  it.each([
    ['an imported certificate', privateOne(imported, { authority: seen('gone') }), 'ImportedEnds'],
    ['one imported from our own authority', privateOne(imported), 'ImportedFromOwnAuthority'],
    ['one whose issuer could not be seen', privateOne(imported, { authority: unseen('Denied') }), 'ImportedEnds'],
    ['one that came by ACME', publicOne({ origin: 'acme' }), 'AcmeEnds'],
    ['one that ACM says has expired', privateOne({ status: 'expired' }), 'Expired'],
    ['one whose end has come', privateOne({ notAfter: now }), 'Expired'],
    ['an imported one whose end has come', privateOne({ ...imported, notAfter: now }), 'Expired'],
    ['a public one that was revoked', publicOne({ status: 'revoked' }), 'Revoked'],
    ['a private one that was revoked', privateOne({ status: 'revoked' }), 'RevokedByAuthority'],
  ] as const)('is %s', (_, observation, reason) => expect(only(observation).reason).toBe(reason));

  it('is one that an event says was revoked by its authority, which ACM does not show', () => {
    const revokedSerial = publicOne().certificate.serial ?? '';
    expect(diagnose(publicOne(), { revokedSerial }).findings).toMatchObject([{ reason: 'RevokedByAuthority' }]);
    expect(diagnose(publicOne(), { revokedSerial: 'cd'.repeat(20) }).findings).toEqual([]);
  });

  it('is one that ACM says by an event that it revoked, and does not show yet', () => {
    expect(diagnose(publicOne(), { revoked: true }).findings).toMatchObject([{ reason: 'Revoked' }]);
  });

  it('is revoked where a secret still holds the serial that was, though ACM has another since', () => {
    const revokedSerial = 'cd'.repeat(20);
    const held = (serial: string) =>
      privateOne({}, { deliveries: [deliverySight({ current: seen({ holds: 'earlier', serial }) })] });
    expect(diagnose(held(revokedSerial), { revokedSerial }).findings).toMatchObject([
      { reason: 'RevokedStillHeld', facts: { secrets: ['courier/api'] } },
    ]);
    expect(diagnose(held('ef'.repeat(20)), { revokedSerial }).findings).toEqual([]);
  });

  it('names who must import, if anybody says', () => {
    const of = (tags: Record<string, string>) =>
      sentenceOf(only(privateOne({ ...imported, tags }, { authority: seen('gone') })));
    expect(of({ 'courier:owner': 'payments' })).toBe(
      'The certificate of "api.example.com" was imported, and ACM does not renew it: its owner "payments" must import a new one',
    );
    expect(of({})).toBe(
      'The certificate of "api.example.com" was imported, and ACM does not renew it: whoever imported it (no tag courier:owner says who) must import a new one',
    );
  });

  it.each([
    [
      'a private one',
      privateOne({ status: 'expired', names: ['api.example.com', 'b.example.com'] }),
      [
        ...['aws', 'acm', 'request-certificate', '--domain-name', 'api.example.com'],
        ...['--subject-alternative-names', 'b.example.com', '--key-algorithm', 'EC_prime256v1'],
        ...['--certificate-authority-arn', caArn],
      ],
    ],
    [
      'a public one',
      publicOne({ status: 'expired' }),
      [
        ...['aws', 'acm', 'request-certificate', '--domain-name', 'api.example.com'],
        ...['--key-algorithm', 'EC_prime256v1', '--validation-method', 'DNS'],
      ],
    ],
  ] as const)('is requested anew with the same names: %s', (_, observation, command) => {
    expect(mendOf(only(observation)).commands).toEqual([command]);
  });
});

describe('ACM’s reason', () => {
  it.each(documentedCauses.filter(({ of }) => of.includes('private')))(
    '$reason is stated of a private certificate that shows nothing',
    ({ reason, says }) => {
      const blind = privateOne(failed(reason), { authority: unseen('acm-pca: denied') });
      expect(says).toContain(only(blind).reason);
      expect(diagnose(blind)).toMatchObject({ act: 'nothing', unseen: ['acm-pca: denied'] });
    },
  );

  it.each(documentedCauses.filter(({ of }) => of.includes('public-dns')))(
    '$reason is stated of a public certificate that shows nothing',
    ({ reason, says }) => {
      const dark = nameRecords({ validation: unseen('No answer'), caa: unseen('No answer') });
      const blind = publicOne({ ...failed(reason), validations: [validation({ status: 'pending' })] }, [dark]);
      expect(says).toContain(only(blind).reason);
      expect(diagnose(blind).unseen).toEqual(['No answer']);
    },
  );

  it('is read from the event where ACM shows no attempt, and says nothing of when', () => {
    const { renewal: _, ...certificate } = privateOne().certificate;
    const untold = { ...privateOne(), certificate, authority: authority({ permission: seen('none') }) };
    expect(found(toldOf(untold, 'PCA_ACCESS_DENIED'))).toEqual(['AuthorityDoesNotPermit']);
    expect(sentenceOf(only(toldOf({ ...untold, authority: authority() }, 'PCA_ACCESS_DENIED')))).toBe(
      'ACM could not renew the certificate of "api.example.com" when it last tried: its private CA did not permit ACM to issue. That is mended now, and the certificate can be renewed',
    );
  });

  it.each([
    ['PCA_ACCESS_DENIED', privateOne(failed('PCA_ACCESS_DENIED')), 'renew'],
    ['PCA_INVALID_STATE', privateOne(failed('PCA_INVALID_STATE')), 'renew'],
    ['PCA_RESOURCE_NOT_FOUND', privateOne(failed('PCA_RESOURCE_NOT_FOUND')), 'renew'],
    ['PCA_INVALID_DURATION', privateOne(failed('PCA_INVALID_DURATION')), 'renew'],
    ['SLR_NOT_FOUND', privateOne(failed('SLR_NOT_FOUND'), { linkedRole: seen(true) }), 'renew'],
    ['CAA_ERROR', publicOne(failed('CAA_ERROR')), 'nothing'],
    [
      'PENDING_DOMAIN_VALIDATION',
      publicOne({
        renewal: { status: 'validating', updatedAt: now },
        validations: [validation({ status: 'pending' })],
      }),
      'nothing',
    ],
    [
      'NO_AVAILABLE_CONTACTS',
      emailOne('NO_AVAILABLE_CONTACTS', { validations: [validation({ method: 'email' })] }),
      'nothing',
    ],
  ] as const)('%s is said to be mended where the world shows that it is', (_, observation, act) => {
    expect(diagnose(observation)).toMatchObject({
      findings: [{ reason: act === 'renew' ? 'CauseGoneRenewNow' : 'CauseGone' }],
      act,
    });
  });

  it('is said to be mended of another account’s authority, too, where it can be seen', () => {
    const { permission: _, ...fact } = authority({ arn: foreignCaArn, own: false }).fact;
    const mended = privateOne({ ...failed('PCA_INVALID_STATE'), caArn: foreignCaArn }, { authority: seen(fact) });
    expect(found(mended)).toEqual(['CauseGoneRenewNow']);
  });

  it('that is mended leaves it to ACM to renew what it does not call eligible', () => {
    const ineligible = { ...failed('PCA_INVALID_STATE'), eligible: false, inUseBy: ['arn:aws:elasticloadbalancing:…'] };
    expect(diagnose(privateOne(ineligible))).toMatchObject({ findings: [{ reason: 'CauseGone' }], act: 'nothing' });
  });

  it('is never a cause to renew what ACM would not, or what is still blocked by something else', () => {
    expect(diagnose(privateOne({ ...failed('PCA_INVALID_STATE'), eligible: false, tags: {} })).act).toBe('nothing');
    const other = withAuthority({ permission: seen('none') }, failed('PCA_INVALID_STATE'));
    expect(diagnose(other)).toMatchObject({ findings: [{ reason: 'AuthorityDoesNotPermit' }], act: 'nothing' });
  });

  it.each([
    ['OTHER gives way to what is seen', withAuthority({ status: 'disabled' }, failed('OTHER')), ['AuthorityDisabled']],
    ['none at all is as good as OTHER', privateOne(failed()), ['RenewalFailed']],
    [
      'an unknown one gives way to what is seen',
      withAuthority({ status: 'disabled' }, failed('NEW')),
      ['AuthorityDisabled'],
    ],
    ['an unknown one is told as it is', privateOne(failed('NEW')), ['RenewalFailedForNewReason']],
    [
      'the name of something in JavaScript is unknown too',
      privateOne(failed('constructor')),
      ['RenewalFailedForNewReason'],
    ],
    [
      'name constraints stand beside what is seen',
      withAuthority({ status: 'disabled' }, failed('PCA_NAME_CONSTRAINTS_VALIDATION')),
      ['AuthorityDisabled', 'NameConstraintsForbid'],
    ],
    [
      'access denied is no matter of permissions where the authority is gone',
      privateOne(failed('PCA_ACCESS_DENIED'), { authority: seen('gone') }),
      ['AuthorityGone'],
    ],
  ] as const)('%s', (_, observation, reasons) => expect(found(observation)).toEqual(reasons));

  it('access denied of another account’s authority is for that account to mend', () => {
    const { permission: _, ...fact } = authority({ arn: foreignCaArn, own: false }).fact;
    const finding = only(
      privateOne({ ...failed('PCA_ACCESS_DENIED'), caArn: foreignCaArn }, { authority: seen(fact) }),
    );
    expect(mendOf(finding).text).toBe(
      'Ask whoever runs account 444455556666 to share it with this account, by AWS RAM or its resource policy, so that ACM may issue from it; ACM then tries again by itself',
    );
  });
});

describe('an overdue renewal', () => {
  it.each([
    ['is said once a third of the days for it have passed', 40 * day - 1, ['RenewalOverdue']],
    ['is not said before', 40 * day, []],
  ] as const)('%s', (_, left, reasons) => {
    expect(found(privateOne({ notBefore: now + left - 395 * day, notAfter: now + left }))).toEqual(reasons);
  });

  it('is asked for by command only where that is free', () => {
    const operations = (observation: Observation) =>
      mendOf(only(observation)).commands.map((one) => ('reExport' in one || 'pipe' in one ? '' : one[2]));
    expect(operations(privateOne(ending(30)))).toEqual(['describe-certificate', 'renew-certificate']);
    expect(operations(publicOne(ending(20, 198)))).toEqual(['describe-certificate']);
  });

  function ending(left: number, lifetime = 395) {
    return { notBefore: now + (left - lifetime) * day, notAfter: now + left * day };
  }
});

describe('severity', () => {
  const disabled = (left: number, other: Partial<Certificate> = {}) =>
    withAuthority({ status: 'disabled' }, { notBefore: now + left - 395 * day, notAfter: now + left, ...other });
  it.each([
    ['asks for action while there is time', disabled(7 * day + 1), 'action'],
    ['is critical in the last week', disabled(7 * day), 'critical'],
    ['is a warning where nobody is known to use it', disabled(2 * day, { eligible: false, tags: {} }), 'warning'],
    ['is critical in the last twelfth of a short life', disabled(3 * day, { notBefore: now - 44 * day }), 'critical'],
    ['is no more than action before that', disabled(3 * day + 1, { notBefore: now - 44 * day }), 'action'],
  ] as const)('%s', (_, observation, severity) => {
    const [finding] = diagnose(observation).findings.filter(({ reason }) => reason === 'AuthorityDisabled');
    expect(finding && severityOf(finding)).toBe(severity);
  });
});

describe('what could not be seen', () => {
  it('is said once each, five of very many', () => {
    const dark = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        nameRecords({
          name: `${index}.example.com`,
          validation: unseen(`No answer ${index}`),
          caa: unseen('Server failed'),
        }),
      );
    expect(diagnose(publicOne({}, dark(2))).unseen).toEqual(['No answer 0', 'Server failed', 'No answer 1']);
    expect(diagnose(publicOne({}, dark(100))).unseen.at(-1)).toBe('And 96 more looks that failed alike');
  });

  it('is every kind of look', () => {
    const blind = privateOne(
      {},
      {
        authority: authority({ permission: unseen('a') }),
        linkedRole: unseen('b'),
        deliveries: [{ secret: 's', current: unseen('c'), consumers: unseen('d') }],
      },
    );
    expect(diagnose(blind).unseen).toEqual(['a', 'b', 'c', 'd']);
  });
});

test('the all-clear says how long it is good for, and what already stands against the renewal after it', () => {
  const fresh = { notBefore: now, notAfter: now + 395 * day };
  const [clear, ...others] = allClear(privateOne(fresh));
  expect(others).toEqual([]);
  expect(clear && [severityOf(clear), headlineOf(clear)]).toEqual(['resolved', 'renewed, good for 395 days']);
  const ending = allClear(withAuthority({ notAfter: now + 700 * day }, fresh));
  expect(ending.map((finding) => [finding.reason, severityOf(finding)])).toEqual([
    ['RenewedAfterAll', 'resolved'],
    ['AuthorityEndsTooSoon', 'info'],
  ]);
});
