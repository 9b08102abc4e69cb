import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { affectedBy } from '../../shared/domain/affected-by.ts';
import type { ListedCertificate } from '../../shared/domain/certificate.ts';
import { digestsOf } from '../../shared/domain/digest.ts';
import { compare } from '../../shared/domain/inventory.ts';
import type { Note } from '../../shared/domain/noteworthy.ts';
import type { Notice } from '../../shared/domain/notice.ts';
import { type Finding, finding, type ReasonCode, reasonCodes, retryOf } from '../../shared/domain/reasons.ts';
import type { Judged } from '../../shared/domain/rollout.ts';
import { type About, tell } from '../../shared/tell.ts';
import { noticeOf } from '../../shared/tell-notes.ts';
import { arn, but, claim, day, listed, now, place } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';
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
  'TagAsksOtherwise',
  'CertificatePaused',
  'OnlyObserving',
  'NotCurrentInTime',
  'UnknownFailure',
  'Digest',
];

type Mail = { readonly finding: Finding; readonly noted?: Omit<Note, 'finding'> } & Partial<About>;

const soon = { notAfter: now + 15 * day };
const near = but(soon);
const ended = { certificate: but({ notAfter: now - day }) };
const wide = but({
  ...soon,
  inUseBy: ['arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188'],
  name: '*.xn--bcher-kva.example',
  names: ['*.xn--bcher-kva.example', ...Array.from({ length: 99 }, (_, index) => `shop-${index}.example.com`)],
});

const judged = (verdict: Judged['verdict']): readonly Judged[] => [{ consumer: consumerOf(), verdict }];
const made = 'Made current at 2026-10-01 00:00 UTC';

/** What is told beside the finding itself, where a mail of the reason has it. */
const beside: { readonly [Code in ReasonCode]?: Partial<About> } = {
  Delivered: { judged: judged({ is: 'new' }), done: [made] },
  PlannedOnly: { planned: ['Export the certificate', 'Make it current', 'Restart service "web" in cluster "prod"'] },
  DeploymentFailed: { judged: judged({ is: 'failed', detail: 'tasks failed to start' }), done: [made] },
  RolloutTooSlow: { judged: judged({ is: 'late' }), done: [made] },
  ConsumerFailed: { judged: judged({ is: 'failed', detail: 'a task stopped' }), done: [made] },
  NotRestartable: { judged: judged({ is: 'not ours to restart', controller: 'CODE_DEPLOY' }) },
  ServicePaused: { judged: judged({ is: 'paused' }) },
  ServesBarred: { judged: judged({ is: 'paused', exposed: true }) },
  ReadsByItself: { judged: judged({ is: 'reads by itself' }) },
  IssuerChanged: {
    affects: ['ECS service "teller" in cluster "prod" trusts the issuer from before, by secret "courier/teller"'],
  },
  TasksMissing: { judged: judged({ is: 'short', running: 0 }) },
  SecretNotOurs: {
    serving: [{ what: 'What secret "courier/api" holds', notAfter: now + 20 * day }],
    judged: judged({ is: 'stale' }),
  },
  ValidationPending: { unseen: ['The CNAME records of "api.example.com": the name server did not answer'] },
  NotExportedSinceRenewal: { done: ['It was queued for delivery, which exports it'] },
  CauseGoneRenewNow: { done: ['ACM was asked to renew it'] },
  CertificateGone: { certificate: { arn, name: arn, tags: {} } },
  CertificateUnseen: {
    certificate: { arn, name: 'api.example.com', tags: {} },
    unseen: ['AWS denied what acm-courier needs: acm:DescribeCertificate: not authorized'],
  },
  RenewedAfterAll: { certificate: but({ notAfter: now + 395 * day }) },
};

const caArn = 'arn:aws:acm-pca:us-east-1:444455556666:certificate-authority/11111111-0000-4000-8000-1234567890ab';
const record = (index: number) => ({ name: `_${index}.shop-${index}.example.com.`, value: '_a.acm-validations.aws.' });
const mailAt = (index: number) => ({
  domain: `shop-${index}.example.com`,
  mailDomain: 'example.com',
  mailboxes: ['admin@example.com', 'postmaster@example.com'],
});
/** What only a sweep says, by what it is of. */
const noted: { readonly [Code in ReasonCode]?: Omit<Note, 'finding'> } = {
  CertificateLost: { name: 'courier/api' },
  ConsumerBehind: { name: 'api.example.com', certificate: listed() },
  ConsumerNotTagged: { name: 'courier/api' },
  ConsumerOfNothing: { name: 'courier/apj' },
  ConsumerPinned: { name: 'courier/api' },
  PausedForLong: { name: 'api.example.com', certificate: listed() },
  SecretWithoutConsumer: { name: 'api.example.com', certificate: listed() },
  LabelsNearLimit: { name: 'courier/api' },
};

const byPrivate = { is: 'private', authority: caArn } as const;
const byPublic = { is: 'public', exportOption: true } as const;
const byImport = { is: 'imported' } as const;

/** Mails whose words depend on more than their reason: the type of certificate above all. */
const variants: Readonly<Record<string, Mail>> = {
  'Delivered.tasks-seen': { finding: sampleOf('Delivered'), ...beside.Delivered },
  'Delivered.nobody-to-restart': { finding: sampleOf('Delivered', { consumers: 0 }) },
  'NotRestartable.code-deploy': { finding: sampleOf('NotRestartable'), ...beside.NotRestartable },
  'NotRestartable.external': {
    finding: sampleOf('NotRestartable', { controller: 'EXTERNAL' }),
    judged: judged({ is: 'not ours to restart', controller: 'EXTERNAL' }),
  },
  'SecretNotOurs.one-name': { finding: sampleOf('SecretNotOurs'), ...beside.SecretNotOurs },
  'SecretNotOurs.wildcard-and-99-names': { finding: sampleOf('SecretNotOurs', { name: wide.name }), certificate: wide },
  'ValidationRecordMissing.one': { finding: sampleOf('ValidationRecordMissing') },
  'ValidationRecordMissing.many': {
    finding: sampleOf('ValidationRecordMissing', {
      name: wide.name,
      records: Array.from({ length: 12 }, (_, index) => record(index)),
    }),
    certificate: wide,
    affects: affectedBy({ certificate: wide, now, names: [], deliveries: [] }),
  },
  'RolledBack.one': { finding: sampleOf('RolledBack') },
  'RolledBack.two-alike': {
    finding: sampleOf('RolledBack', {
      evidence: 'tasks of several services ended alike: exit code 1',
      beside: [
        'at "till" in cluster "prod" a task stopped (Essential container in task exited), "app" with exit code 1',
      ],
    }),
    judged: judged({ is: 'failed', detail: 'a task stopped' }),
    done: [made],
  },
  'ServesBarred.paused': { finding: sampleOf('ServesBarred'), ...beside.ServesBarred },
  'ServesBarred.code-deploy': {
    finding: finding('ServesBarred', { ...claim, service: 'web', cluster: 'prod', controller: 'CODE_DEPLOY' }),
    judged: judged({ is: 'not ours to restart', controller: 'CODE_DEPLOY', exposed: true }),
  },
  'RolloutTooSlow.not-ended': { finding: sampleOf('RolloutTooSlow'), ...beside.RolloutTooSlow },
  'RolloutTooSlow.ended': {
    finding: sampleOf('RolloutTooSlow', {
      detail: 'a task stopped (Essential container in task exited), "app" with exit code 1',
    }),
    ...beside.RolloutTooSlow,
  },
  'BackOnPrevious.again': { finding: sampleOf('BackOnPrevious') },
  'BackOnPrevious.canaries': { finding: sampleOf('BackOnPrevious', { onTrial: true }) },
  'CaaForbidsIssuance.other-authority': { finding: sampleOf('CaaForbidsIssuance') },
  'CaaForbidsIssuance.critical-flag': {
    finding: finding('CaaForbidsIssuance', {
      ...{ name: 'api.example.com', certificateArn: arn, daysLeft: 0, urgency: 'critical' },
      ...{ domains: ['api.example.com'], at: 'example.com', forbidding: '128 tbs "Unknown"' },
    }),
    certificate: but({ notAfter: now + 3600 }),
  },
  'ValidationPending.dns': { finding: sampleOf('ValidationPending'), ...beside.ValidationPending },
  'ValidationPending.http': { finding: sampleOf('ValidationPending', { records: [] }) },
  'AuthorityDoesNotPermit.at-all': { finding: sampleOf('AuthorityDoesNotPermit') },
  'AuthorityDoesNotPermit.partly': { finding: sampleOf('AuthorityDoesNotPermit', { partly: true }) },
  'AuthorityDisabled.renewable': { finding: sampleOf('AuthorityDisabled') },
  'AuthorityDisabled.never-exported': { finding: sampleOf('AuthorityDisabled', { eligible: false }) },
  'EmailNotConfirmed.one': { finding: sampleOf('EmailNotConfirmed') },
  'EmailNotConfirmed.many': {
    finding: sampleOf('EmailNotConfirmed', {
      name: wide.name,
      waiting: Array.from({ length: 12 }, (_, index) => mailAt(index)),
    }),
    certificate: wide,
  },
  'LinkedRoleMissing.other-account': { finding: sampleOf('LinkedRoleMissing', { authority: caArn }) },
  'ForeignAuthorityRefuses.disabled': { finding: sampleOf('ForeignAuthorityRefuses', { authority: caArn }) },
  'ImportedEnds.owner': { finding: sampleOf('ImportedEnds') },
  'ImportedEnds.no-owner': {
    finding: finding('ImportedEnds', {
      ...{ name: 'api.example.com', certificateArn: arn, daysLeft: 1, urgency: 'critical' },
    }),
    certificate: but({ notAfter: now + day }),
  },
  'RenewalOverdue.private': { finding: sampleOf('RenewalOverdue', { free: true }) },
  'RenewalOverdue.public': { finding: sampleOf('RenewalOverdue', { free: false }) },
  'Expired.private': { finding: sampleOf('Expired', { by: byPrivate }), ...ended },
  'Expired.private-unused': { finding: sampleOf('Expired', { by: byPrivate, used: false }), ...ended },
  'Expired.public': { finding: sampleOf('Expired', { by: byPublic }), ...ended },
  'Expired.imported': { finding: sampleOf('Expired', { by: byImport }), ...ended },
  'Revoked.public': { finding: sampleOf('Revoked', { by: byPublic }) },
  'RevokedByAuthority.private': { finding: sampleOf('RevokedByAuthority', { by: byPrivate }) },
  'RevokedByAuthority.public': { finding: sampleOf('RevokedByAuthority', { by: byPublic }) },
  'RevokedByAuthority.imported': { finding: sampleOf('RevokedByAuthority', { by: byImport }) },
  'RenewedAfterAll.by-acm': { finding: sampleOf('RenewedAfterAll'), ...beside.RenewedAfterAll },
  'RenewedAfterAll.imported': { finding: sampleOf('RenewedAfterAll', { imported: true }), ...beside.RenewedAfterAll },
};

const isVaried = (code: ReasonCode) => Object.keys(variants).some((name) => name.startsWith(`${code}.`));

const mails: Readonly<Record<string, Mail>> = {
  ...Object.fromEntries(
    reasonCodes
      .filter((code) => !neverMailed.includes(code) && !isVaried(code) && retryOf(sampleOf(code)) !== 'soon')
      .map((code) => [code, { finding: sampleOf(code), ...beside[code], ...(noted[code] && { noted: noted[code] }) }]),
  ),
  ...variants,
};

/** A mail as a person gets it. */
async function mailOf({ finding, noted: note, ...about }: Mail): Promise<string> {
  if (note) return text(noticeOf({ finding, ...note }, { place }));
  const sent: Notice[] = [];
  await tell([finding], { certificate: near, ...about }, {
    place,
    now: () => now,
    log: () => {},
    count: () => {},
    topic: { tell: async (notice: Notice) => void sent.push(notice) },
  } as never);
  return text(sent[0]);
}

const text = (mail: Notice | undefined) => `Subject: ${mail?.subject}\n\n${mail?.body}`;

/** The mails of a Monday: one owner's, and that of what nobody owns. */
function digestMails(): Readonly<Record<string, string>> {
  const of = (other: Partial<ListedCertificate>, owner?: string) =>
    listed({ tags: owner === undefined ? {} : { 'courier:owner': owner }, ...other });
  const ending = (days: number) => ({ notBefore: now - 380 * day, notAfter: now + days * day, eligible: false });
  const certificates = [
    of({ arn: `${arn}1`, name: 'own.example.com', type: 'imported', ...ending(12) }, 'payments'),
    of({ arn: `${arn}3`, name: 'unused.example.com', ...ending(5) }),
    listed({
      arn: `${arn}4`,
      name: 'paused.example.com',
      tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' },
    }),
  ];
  const inventory = { certificates, secrets: new Map(), services: [] };
  const differences = compare(inventory, { secretPrefix: 'courier/', deadlineSeconds: 3600, now });
  const [owned, nobodys] = digestsOf({ inventory, differences }, { notices: 'all', now, place });
  return { 'Digest.owned': text(owned), 'Digest.nobodys': text(nobodys) };
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

  it.each(Object.entries(digestMails()))('%s reads as it was reviewed', async (name, text) => {
    const file = join(folder, `${name}.txt`);
    expect(isWriting() || existsSync(file), `${file} is missing`).toBe(true);
    await expect(text).toMatchFileSnapshot(file);
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
  expect(idle.map(({ name }) => name)).toEqual(['CertificateGone', 'CauseGone']);
});

it('no reviewed mail is left over that is not sent any more', () => {
  const kept = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  expect(kept.sort()).toEqual(
    [...Object.keys(mails), ...Object.keys(digestMails())].map((name) => `${name}.txt`).sort(),
  );
});
