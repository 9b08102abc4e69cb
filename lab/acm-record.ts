import type { DomainValidation } from './acm-validation.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import type { CertificateRequest } from './certificate-request.ts';

const dayMs = 86_400_000;

/** A certificate as ACM keeps it: what stays over renewals, and the material that a renewal replaces. */
export type CertificateRecord = ReturnType<typeof newCertificate>;

export type Material = {
  readonly certificatePem: string;
  readonly chainPem: string | null;
  /** PKCS#8, DER; null where it can never be exported. */
  readonly privateKey: Uint8Array | null;
  readonly facts: CertificateFacts;
};

/** ACM renews by itself what it issued, if it is in use by an AWS service or was exported since the last time. */
export const isEligible = (record: CertificateRecord): boolean =>
  record.type !== 'IMPORTED' && record.status === 'ISSUED' && (record.exported || record.inUseBy.length > 0);

type Fixed = {
  readonly arn: string;
  readonly type: 'PRIVATE' | 'IMPORTED' | 'AMAZON_ISSUED';
  readonly createdAt: Date;
  /** What was asked for; null for imported certificates. */
  readonly request: CertificateRequest | null;
};

export type Renewal = {
  readonly status: 'PENDING_AUTO_RENEWAL' | 'PENDING_VALIDATION' | 'SUCCESS' | 'FAILED';
  /** Undefined while nothing failed. */
  readonly reason?: string;
  /** As the attempt found the names. */
  readonly validations: readonly DomainValidation[];
  readonly updatedAt: Date;
};

type Status = 'PENDING_VALIDATION' | 'ISSUED' | 'EXPIRED' | 'FAILED' | 'VALIDATION_TIMED_OUT' | 'REVOKED';

/** A certificate that is asked for but not there yet. */
export const newCertificate = (fixed: Fixed) => ({
  ...fixed,
  status: 'PENDING_VALIDATION' as Status,
  failureReason: undefined as string | undefined,
  material: null as Material | null,
  /** The material before a renewal, while an export may still hand it out. */
  previous: null as { readonly material: Material; readonly until: Date } | null,
  /** Which end was in force from when, oldest first. */
  ends: [] as { readonly from: Date; readonly notAfter: Date }[],
  issuedAt: undefined as Date | undefined,
  importedAt: undefined as Date | undefined,
  revocation: undefined as { readonly at: Date; readonly reason: string } | undefined,
  /** Since it was issued or last renewed. */
  exported: false,
  inUseBy: [] as readonly string[],
  renewal: null as Renewal | null,
  /** The reason that a test made ACM give for every attempt; null: ACM looks for itself. */
  forced: null as string | null,
  /** When mails that ask for a validation were last sent, and the names for which one was answered. */
  mailedAt: undefined as Date | undefined,
  approved: new Set<string>() as ReadonlySet<string>,
  deleted: false,
  unwatch: () => {},
});

export const isRenewing = ({ renewal }: CertificateRecord): boolean => renewal?.status === 'PENDING_AUTO_RENEWAL';

/** Whether somebody is to show that the names are theirs; where no mailbox was found, one may be there by now. */
export const waitsForValidation = ({ status, renewal }: CertificateRecord): boolean =>
  status === 'PENDING_VALIDATION' ||
  renewal?.status === 'PENDING_VALIDATION' ||
  renewal?.reason === 'NO_AVAILABLE_CONTACTS';

export const endOf = ({ material }: CertificateRecord): Date => material?.facts.notAfter ?? new Date(Number.NaN);

export const daysUntil = (date: Date, now: Date) => Math.ceil((date.getTime() - now.getTime()) / dayMs);
