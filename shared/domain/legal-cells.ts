import { mendKindOf, type ReasonCode } from './reasons.ts';
import { documentedCauses, type RenewalStatusReason, type RenewedKind } from './renewal-causes.ts';

/** A failed renewal that can happen: why, of what, and what is said of it. Imports and ACME certificates have none. */
export type LegalCell = {
  readonly reason: RenewalStatusReason;
  readonly kind: RenewedKind;
  readonly lifetimeDays: number;
  /** The findings that state it, the commonest first. */
  readonly says: readonly ReasonCode[];
  /** How the first of them is mended. */
  readonly mend: ReturnType<typeof mendKindOf>;
};

/** Of what is renewed today and until 2029, in days (CA/Browser Forum, ballot SC-081; ACM issues private ones for 395). */
const lifetimes: Readonly<Record<RenewedKind, readonly number[]>> = {
  private: [395],
  'public-dns': [395, 198, 100, 47],
  'public-email': [395, 198, 100, 47],
};

/** One way of validation has no records, the other no mailboxes. */
const foreignTo: Readonly<Record<RenewedKind, readonly ReasonCode[]>> = {
  private: [],
  'public-dns': ['EmailNotConfirmed', 'MailboxMissing'],
  'public-email': ['ValidationRecordMissing', 'ValidationRecordWrong'],
};

/** All of them, as docs/renewal-reasons.md shows them. */
export const legalCells: readonly LegalCell[] = documentedCauses.flatMap(({ reason, of, says }) =>
  of.flatMap((kind) => {
    const stated = says.filter((code) => !foreignTo[kind].includes(code));
    const [first] = stated;
    if (first === undefined) return [];
    return lifetimes[kind].map((lifetimeDays) => ({
      reason,
      kind,
      lifetimeDays,
      says: stated,
      mend: mendKindOf(first),
    }));
  }),
);
