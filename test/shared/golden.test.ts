import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../shared/domain/certificate.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { type Finding, finding, type ReasonCode, reasonCodes, retryOf } from '../../shared/domain/reasons.ts';
import type { Judged } from '../../shared/domain/rollout.ts';
import { type About, tell } from '../../shared/tell.ts';
import { arn, but, day, now, otherArn, place } from './domain/sample.ts';
import { sampleOf } from './domain/sample-facts.ts';

/**
 * Every mail that is ever sent, as a file to be read aloud. `vitest --update` writes them, a person reads what changed.
 */
const folder = join(import.meta.dirname, '../golden');

/** Answers to a person's own request are not mailed; the digest is no mail about one certificate. */
const neverMailed: readonly ReasonCode[] = [
  'BadRequest',
  'UnknownCertificate',
  'AmbiguousName',
  'NotExportable',
  'StillUnderWay',
  'OutOfTime',
  'Resting',
  'NothingAsked',
  'Digest',
];

type Mail = { readonly finding: Finding } & Partial<About>;

const near = { notAfter: now + 15 * day };
const privately = but(near);
const publicly = but({ ...near, type: 'public', exportOption: true });
const imported = but({ ...near, type: 'imported', origin: 'customer', tags: { 'courier:owner': 'edge' } });
const wide = but({
  ...near,
  type: 'public',
  name: '*.xn--bcher-kva.example',
  names: ['*.xn--bcher-kva.example', ...Array.from({ length: 99 }, (_, index) => `shop-${index}.example.com`)],
});

const service = { arn: 'arn:aws:ecs:us-east-1:111122223333:service/prod/web', service: 'web', cluster: 'prod' };
const judged = (verdict: object): readonly Judged[] => [{ consumer: service, verdict } as unknown as Judged];

/** What is told beside the finding itself, where a mail of the reason has it. */
const beside: { readonly [Code in ReasonCode]?: Partial<About> } = {
  Delivered: { judged: judged({ is: 'new' }), done: ['Made current at 2026-10-01 00:00 UTC'] },
  PlannedOnly: { planned: ['Export the certificate', 'Make it current', 'Restart service "web" in cluster "prod"'] },
  DeploymentFailed: { judged: judged({ is: 'failed' }), done: ['Made current at 2026-10-01 00:00 UTC'] },
  RolloutTooSlow: { judged: judged({ is: 'late' }), done: ['Made current at 2026-10-01 00:00 UTC'] },
  NotRestartable: { judged: judged({ is: 'not ours to restart' }) },
  ServicePaused: { judged: judged({ is: 'paused' }) },
  TasksMissing: { judged: judged({ is: 'short' }) },
  SecretNotOurs: {
    serving: [{ what: 'What secret "courier/api" holds', notAfter: now + 20 * day }],
    judged: judged({ is: 'stale' }),
  },
};

const caArn = 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555';
const foreignArn = caArn.replace('111122223333', '444455556666');
const of = { name: 'api.example.com', certificateArn: arn };
const soon = { ...of, daysLeft: 15, urgency: 'action' } as const;
const byAuthority = { ...soon, authority: caArn, eligible: true };
const record = { name: '_3f1e.api.example.com.', value: '_a79b.jkddzztszm.acm-validations.aws.' };
const waiting = [
  {
    domain: 'api.example.com',
    mailDomain: 'example.com',
    mailboxes: ['administrator', 'hostmaster', 'postmaster', 'webmaster', 'admin'].map((one) => `${one}@example.com`),
  },
];
const domains = ['api.example.com'];
const asPrivate = { certificate: privately };
const asPublic = { certificate: publicly };
const asImported = { certificate: imported };
const ended = (of: Certificate) => ({ certificate: { ...of, notAfter: now - day } });
const replaceable = { ...of, daysLeft: 0, urgency: 'critical', used: true, names: ['api.example.com'] } as const;
const unused = { used: false, names: ['api.example.com', '*.api.example.com'], keyAlgorithm: 'EC_prime256v1' };
const byPrivate = { is: 'private', authority: caArn } as const;
const byPublic = { is: 'public', exportOption: true } as const;
const byImport = { is: 'imported' } as const;

/** Mails whose words depend on more than their reason, or that some types of certificate only can have. */
const variants: Readonly<Record<string, Mail>> = {
  'Delivered.tasks-seen': { finding: sampleOf('Delivered'), ...beside.Delivered },
  'Delivered.nobody-to-restart': { finding: sampleOf('Delivered', { consumers: 0 }) },
  'SecretNotOurs.secret': { finding: sampleOf('SecretNotOurs'), ...beside.SecretNotOurs },
  'SecretNotOurs.wildcard-of-100-names': { finding: sampleOf('SecretNotOurs', { name: wide.name }), certificate: wide },
  'CertificateGone.nothing-known': {
    finding: sampleOf('CertificateGone'),
    certificate: { arn: otherArn, name: otherArn, tags: {} },
  },
  'ValidationRecordMissing.public': {
    finding: finding('ValidationRecordMissing', { ...soon, records: [record] }),
    ...asPublic,
  },
  'ValidationRecordMissing.public-wildcard-of-100-names': {
    finding: finding('ValidationRecordMissing', {
      ...{ ...soon, name: wide.name },
      records: Array.from({ length: 12 }, (_, index) => ({ ...record, name: `_${index}.shop-${index}.example.com.` })),
    }),
    certificate: wide,
  },
  'ValidationRecordWrong.public': {
    finding: finding('ValidationRecordWrong', { ...soon, records: [{ ...record, found: 'old.example.net.' }] }),
    ...asPublic,
  },
  'CaaForbidsIssuance.public': {
    finding: finding('CaaForbidsIssuance', {
      ...{ ...soon, domains, at: 'example.com' },
      ...{ forbidding: '0 issue "letsencrypt.org"', add: '0 issue "amazon.com"' },
    }),
    ...asPublic,
  },
  'CaaForbidsIssuance.public-critical-flag': {
    finding: finding('CaaForbidsIssuance', { ...soon, domains, at: 'example.com', forbidding: '128 tbs "Unknown"' }),
    ...asPublic,
  },
  'CaaUnreadable.public': { finding: finding('CaaUnreadable', { ...soon, domains }), ...asPublic },
  'EmailNotConfirmed.public': { finding: finding('EmailNotConfirmed', { ...soon, waiting }), ...asPublic },
  'MailboxMissing.public': { finding: finding('MailboxMissing', { ...soon, waiting }), ...asPublic },
  'ValidationPending.public': {
    finding: finding('ValidationPending', { ...soon, domains, records: [record] }),
    ...asPublic,
    unseen: [`The CNAME record "${record.name}" could not be looked up: the name server did not answer`],
  },
  'ValidationPending.public-without-records': {
    finding: finding('ValidationPending', { ...soon, domains, records: [] }),
    ...asPublic,
  },
  'AdditionalVerificationRequired.public': {
    finding: finding('AdditionalVerificationRequired', soon),
    ...asPublic,
  },
  'DomainNotAllowed.public': { finding: finding('DomainNotAllowed', { ...soon, names: domains }), ...asPublic },
  'InvalidPublicDomain.public': { finding: finding('InvalidPublicDomain', { ...soon, names: domains }), ...asPublic },
  'DomainValidationDenied.public': {
    finding: finding('DomainValidationDenied', { ...soon, names: domains }),
    ...asPublic,
  },
  'AuthorityDoesNotPermit.private': {
    finding: finding('AuthorityDoesNotPermit', { ...byAuthority, partly: false }),
    ...asPrivate,
  },
  'AuthorityDoesNotPermit.private-partly': {
    finding: finding('AuthorityDoesNotPermit', { ...byAuthority, partly: true }),
    ...asPrivate,
  },
  'AuthorityDisabled.private': { finding: finding('AuthorityDisabled', byAuthority), ...asPrivate },
  'AuthorityDeleted.private': { finding: finding('AuthorityDeleted', byAuthority), ...asPrivate },
  'AuthorityGone.private': { finding: finding('AuthorityGone', byAuthority), ...asPrivate },
  'AuthorityExpired.private': { finding: finding('AuthorityExpired', byAuthority), ...asPrivate },
  'AuthorityNotReady.private': { finding: finding('AuthorityNotReady', byAuthority), ...asPrivate },
  'AuthorityEndsTooSoon.private': {
    finding: finding('AuthorityEndsTooSoon', { ...byAuthority, ends: '2027-03-01', lifetimeDays: 395 }),
    ...asPrivate,
  },
  'AuthorityShortLived.private': { finding: finding('AuthorityShortLived', byAuthority), ...asPrivate },
  'ForeignAuthorityRefuses.private': {
    finding: finding('ForeignAuthorityRefuses', {
      ...{ ...byAuthority, authority: foreignArn },
      ...{ account: '444455556666', state: 'is disabled', ask: 'enable it' },
    }),
    ...asPrivate,
  },
  'LinkedRoleMissing.private': {
    finding: finding('LinkedRoleMissing', { ...byAuthority, authority: foreignArn }),
    ...asPrivate,
  },
  'NameConstraintsForbid.private': { finding: finding('NameConstraintsForbid', byAuthority), ...asPrivate },
  'IssuanceQuotaReached.private': { finding: finding('IssuanceQuotaReached', byAuthority), ...asPrivate },
  'IssuanceRefused.private': { finding: finding('IssuanceRefused', byAuthority), ...asPrivate },
  'IssuanceFailed.private': { finding: finding('IssuanceFailed', byAuthority), ...asPrivate },
  'ImportedEnds.imported': { finding: finding('ImportedEnds', { ...soon, owner: 'edge' }), ...asImported },
  'ImportedEnds.imported-without-owner': {
    finding: finding('ImportedEnds', soon),
    certificate: { ...imported, tags: {} },
  },
  'ImportedFromOwnAuthority.imported': {
    finding: finding('ImportedFromOwnAuthority', { ...soon, owner: 'edge', authority: caArn }),
    ...asImported,
  },
  'AcmeEnds.public': { finding: finding('AcmeEnds', soon), ...asPublic },
  'NotExportedSinceRenewal.private': {
    finding: finding('NotExportedSinceRenewal', soon),
    ...asPrivate,
    done: ['Queued for delivery, which exports it'],
  },
  'PausedSoNotRenewed.private': { finding: finding('PausedSoNotRenewed', soon), ...asPrivate },
  'NobodyExports.private': { finding: finding('NobodyExports', { ...soon, secret: 'courier/api' }), ...asPrivate },
  'NobodyUses.public': { finding: finding('NobodyUses', soon), ...asPublic },
  'RenewalFailed.public': { finding: finding('RenewalFailed', soon), ...asPublic },
  'RenewalFailed.private': { finding: finding('RenewalFailed', soon), ...asPrivate },
  'RenewalFailedForNewReason.public': {
    finding: finding('RenewalFailedForNewReason', { ...soon, said: 'MOON_PHASE' }),
    ...asPublic,
  },
  'RenewalOverdue.public': { finding: finding('RenewalOverdue', { ...soon, free: false }), ...asPublic },
  'RenewalOverdue.private': { finding: finding('RenewalOverdue', { ...soon, free: true }), ...asPrivate },
  'CauseGone.public': {
    finding: finding('CauseGone', { ...soon, cause: 'a CAA record did not let it', triedOn: ' on 2026-09-30' }),
    ...asPublic,
  },
  'CauseGoneRenewNow.private': {
    finding: finding('CauseGoneRenewNow', { ...soon, cause: 'its CA was disabled', triedOn: ' on 2026-09-30' }),
    ...asPrivate,
    done: ['ACM was asked to renew it'],
  },
  'Expired.private': { finding: finding('Expired', { ...replaceable, by: byPrivate }), ...ended(privately) },
  'Expired.private-unused': {
    finding: finding('Expired', { ...replaceable, ...unused, by: byPrivate }),
    ...ended(privately),
  },
  'Expired.public': { finding: finding('Expired', { ...replaceable, by: byPublic }), ...ended(publicly) },
  'Expired.imported': { finding: finding('Expired', { ...replaceable, by: byImport }), ...ended(imported) },
  'Revoked.private': { finding: finding('Revoked', { ...replaceable, by: byPrivate }), ...asPrivate },
  'Revoked.public': { finding: finding('Revoked', { ...replaceable, by: byPublic }), ...asPublic },
  'RevokedByAuthority.public': {
    finding: finding('RevokedByAuthority', { ...replaceable, by: byPublic }),
    ...asPublic,
  },
  'RenewedAfterAll.public': {
    finding: finding('RenewedAfterAll', { ...of, daysLeft: 198, imported: false }),
    certificate: { ...publicly, notAfter: now + 198 * day },
  },
  'RenewedAfterAll.imported': {
    finding: finding('RenewedAfterAll', { ...of, daysLeft: 395, imported: true }),
    certificate: { ...imported, notAfter: now + 395 * day },
  },
};

const isVaried = (code: ReasonCode) => Object.keys(variants).some((name) => name.startsWith(`${code}.`));

const mails: Readonly<Record<string, Mail>> = {
  ...Object.fromEntries(
    reasonCodes
      .filter((code) => !neverMailed.includes(code) && !isVaried(code) && retryOf(sampleOf(code)) !== 'soon')
      .map((code) => [code, { finding: sampleOf(code), ...beside[code] }]),
  ),
  ...variants,
};

/** A mail as a person gets it. */
async function mailOf({ finding, ...about }: Mail): Promise<string> {
  const sent: Notice[] = [];
  await tell([finding], { certificate: privately, ...about }, {
    place,
    now: () => now,
    log: () => {},
    count: () => {},
    topic: { tell: async (notice: Notice) => void sent.push(notice) },
  } as never);
  return sent.map(({ subject, body }) => `Subject: ${subject}\n\n${body}`).join('');
}

const isWriting = () => expect.getState().snapshotState.snapshotUpdateState === 'all';

describe('the mail', () => {
  it.each(Object.entries(mails))('%s reads as it was reviewed', async (name, mail) => {
    const file = join(folder, `${name}.txt`);
    expect(isWriting() || existsSync(file), `${file} is missing: write it with vitest --update, and read it`).toBe(
      true,
    );
    await expect(await mailOf(mail)).toMatchFileSnapshot(file);
  });

  it.each(Object.entries(mails))('%s has nothing of the program in it', async (_, mail) => {
    const prose = (await mailOf(mail))
      .split('\n')
      .filter((line) => !/^ {4}|^ {2}(Console|Runbook|Certificate):/.test(line));
    for (const line of prose.slice(1)) expect(line.length <= 72 || !line.trim().includes(' '), line).toBe(true);
    expect(prose.join('\n')).not.toMatch(
      /undefined|\bnull\b|NaN|\[object|Invalid Date|[a-z]\.\.$|:\.$|\S {2}|PRIVATE KEY/m,
    );
  });
});

it('a mail that warns and asks for nothing is rare: what is gone, and what is mended', async () => {
  const texts = await Promise.all(
    Object.entries(mails).map(async ([name, mail]) => ({ name, text: await mailOf(mail) })),
  );
  const idle = texts.filter(
    ({ text }) => !/^Subject: \[(info|resolved)\]/.test(text) && /must do\n {2}Nothing\./.test(text),
  );
  expect(idle.map(({ name }) => name)).toEqual(['CertificateGone.nothing-known', 'CauseGone.public']);
});

it('no reviewed mail is left over that is not sent any more', () => {
  const kept = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  expect(kept.sort()).toEqual(
    Object.keys(mails)
      .map((name) => `${name}.txt`)
      .sort(),
  );
});
