import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LegalCell, legalCells } from '../../../shared/domain/legal-cells.ts';
import { documentedCauses } from '../../../shared/domain/renewal-causes.ts';

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
