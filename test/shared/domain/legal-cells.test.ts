import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LegalCell, legalCells } from '../../../shared/domain/legal-cells.ts';
import { composeNotice } from '../../../shared/domain/notice.ts';
import type { NameRecords, Observation } from '../../../shared/domain/observation.ts';
import type { ReasonCode } from '../../../shared/domain/reasons.ts';
import { diagnose } from '../../../shared/domain/renewal.ts';
import { documentedCauses, type RenewedKind } from '../../../shared/domain/renewal-causes.ts';
import { day, now, place } from './sample.ts';
import { nameRecords, privateOne, publicOne, seen, unseen, validation } from './sample-observation.ts';

const page = readFileSync(new URL('../../../docs/renewal-reasons.md', import.meta.url), 'utf8');

const row = (cells: readonly LegalCell[]) =>
  cells.slice(0, 1).map(({ reason, kind, says, mend }) => {
    const lifetimes = cells.map(({ lifetimeDays }) => lifetimeDays).join(', ');
    return `| \`${reason}\` | ${kind} | ${lifetimes} | ${says.join(', ')} | ${mend} |`;
  });

const ofReason = (wanted: RegExp) => legalCells.filter(({ reason }) => wanted.test(reason));
const kinds = (cells: readonly LegalCell[]) => [...new Set(cells.map(({ kind }) => kind))];

describe('the failed renewals that can happen', () => {
  it('are in the docs, a row for each reason and kind of certificate', () => {
    const rows = [...Map.groupBy(legalCells, ({ reason, kind }) => `${reason} ${kind}`).values()].flatMap(row);
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
  });

  it('know every reason that AWS documents', () => {
    expect(documentedCauses.map(({ reason }) => reason).toSorted()).toEqual([
      'ADDITIONAL_VERIFICATION_REQUIRED',
      'CAA_ERROR',
      'DOMAIN_NOT_ALLOWED',
      'DOMAIN_VALIDATION_DENIED',
      'INVALID_PUBLIC_DOMAIN',
      'NO_AVAILABLE_CONTACTS',
      'OTHER',
      'PCA_ACCESS_DENIED',
      'PCA_INVALID_ARGS',
      'PCA_INVALID_ARN',
      'PCA_INVALID_DURATION',
      'PCA_INVALID_STATE',
      'PCA_LIMIT_EXCEEDED',
      'PCA_NAME_CONSTRAINTS_VALIDATION',
      'PCA_REQUEST_FAILED',
      'PCA_RESOURCE_NOT_FOUND',
      'PENDING_DOMAIN_VALIDATION',
      'SLR_NOT_FOUND',
    ]);
  });

  it('are of private certificates where a private CA is to blame, and of public ones where a domain is', () => {
    expect(kinds(ofReason(/^(PCA|SLR)_/))).toEqual(['private']);
    expect(kinds(ofReason(/CAA|DOMAIN|VERIFICATION/))).toEqual(['public-dns', 'public-email']);
    expect(kinds(ofReason(/CONTACTS/))).toEqual(['public-email']);
    expect(kinds(ofReason(/OTHER/))).toEqual(['private', 'public-dns', 'public-email']);
  });

  it('are each of a lifetime that ACM issues', () => {
    expect([
      ...new Set(legalCells.filter(({ kind }) => kind === 'private').map(({ lifetimeDays }) => lifetimeDays)),
    ]).toEqual([395]);
    expect(legalCells).toHaveLength(11 + (7 + 8) * 4);
  });

  it('end with somebody who knows what to do', () => {
    for (const { mend } of legalCells) expect(mend).not.toBe('nothing');
  });
});

/** The CAA records by which a renewal fails, where the reason is about them. */
const caas: { readonly [Code in ReasonCode]?: NameRecords['caa'] } = {
  CaaForbidsIssuance: seen({
    at: 'example.com',
    records: [{ tag: 'issue', value: 'letsencrypt.org', critical: false }],
  }),
  CaaUnreadable: unseen('The CAA records of "api.example.com": SERVFAIL'),
};

/** A certificate of each kind that is alike in all else, and failed to renew. */
function failedOne(kind: RenewedKind, { reason, code }: { reason: string; code: ReasonCode }): Observation {
  const dates = { notBefore: now - 350 * day, notAfter: now + 45 * day };
  const failed = { ...dates, inUseBy: ['arn:x'], renewal: { status: 'failed', reason, updatedAt: now } } as const;
  if (kind === 'private') return privateOne(failed);
  const validated = kind === 'public-email' && { validations: [validation({ method: 'email' })] };
  return publicOne({ ...failed, ...validated }, [nameRecords(caas[code] && { caa: caas[code] })]);
}

/** Of each kind that can be exported, and was not. */
const unexported = ['private', 'public-dns', 'public-email'].map((kind) => {
  const one = failedOne(kind as RenewedKind, { reason: 'OTHER', code: 'NotExportedSinceRenewal' });
  const never = { eligible: false, inUseBy: [], exportOption: true, tags: { 'courier:secret': 'courier/api' } };
  return { ...one, certificate: { ...one.certificate, ...never } };
});

function mailOf(observation: Observation, code: ReasonCode): string {
  const first = diagnose(observation).findings.find(({ reason }) => reason === code);
  if (!first) throw new Error(`Nothing is found that is ${code}`);
  const { name, arn: certificateArn } = observation.certificate;
  const nothing = { affects: [], done: [], planned: [], unseen: [] };
  const { subject, body } = composeNotice({ findings: [first], name, certificateArn, ...nothing }, place);
  return `${subject}\n${body}`;
}

describe('a mail of one reason reads alike, so that one golden file stands for all kinds of certificate:', () => {
  // What is pending differs with the way of validation, and each way has a golden file of its own.
  const alike = documentedCauses
    .filter(({ of, reason }) => of.length > 1 && reason !== 'PENDING_DOMAIN_VALIDATION')
    .flatMap(({ reason, of, says }) => says.map((code) => ({ reason, of, code })));

  it.each(alike)('$code, for each kind that $reason concerns', ({ reason, of, code }) => {
    const mails = of.map((kind) => mailOf(failedOne(kind, { reason, code }), code));
    expect(mails[0]).toContain('api.example.com');
    for (const mail of mails) expect(mail).toBe(mails[0]);
  });

  it('NotExportedSinceRenewal, for each kind that can be exported', () => {
    const mails = unexported.map((one) => mailOf(one, 'NotExportedSinceRenewal'));
    for (const mail of mails) expect(mail).toBe(mails[0]);
  });
});
