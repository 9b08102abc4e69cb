import type { Authority } from './authority.ts';
import { type CertificateFacts, certificateFacts } from './certificate-facts.ts';
import type { CertificateRequest } from './certificate-request.ts';
import type { Clock } from './clock.ts';
import type { Emit } from './service.ts';

/** A certificate as ACM keeps it: what stays over renewals, and the material that a renewal replaces. */
export type CertificateRecord = ReturnType<typeof newCertificate>;

export type Material = {
  readonly certificatePem: string;
  readonly chainPem: string | null;
  /** PKCS#8, DER; null where it can never be exported. */
  readonly privateKey: Uint8Array | null;
  readonly facts: CertificateFacts;
};

/** Lab time. How long issuing, renewing and the stale export take is the lab's choice: AWS promises nothing. */
const issuanceMs = 3_000;
const renewalMs = 60_000;
const staleExportMs = 5_000;
const dayMs = 86_400_000;
const privateValidityDays = 395;
/** Days before the end, as AWS's user guide has them for private and imported certificates. */
const renewalDays = 60;
const warningDays = 45;

/** ACM renews by itself what it requested, if it is in use by an AWS service or was exported since the last time. */
export const isEligible = (record: CertificateRecord): boolean =>
  record.type === 'PRIVATE' && record.status === 'ISSUED' && (record.exported || record.inUseBy.length > 0);

type Fixed = {
  readonly arn: string;
  readonly type: 'PRIVATE' | 'IMPORTED' | 'AMAZON_ISSUED';
  readonly createdAt: Date;
  /** What was asked for; null for imported certificates. */
  readonly request: CertificateRequest | null;
};
type Renewal = { readonly status: 'PENDING_AUTO_RENEWAL' | 'SUCCESS'; readonly updatedAt: Date };

/** A certificate that is asked for but not there yet. */
export const newCertificate = (fixed: Fixed) => ({
  ...fixed,
  status: 'PENDING_VALIDATION' as 'PENDING_VALIDATION' | 'ISSUED' | 'EXPIRED',
  material: null as Material | null,
  /** The material before a renewal, while an export may still hand it out. */
  previous: null as { readonly material: Material; readonly until: Date } | null,
  issuedAt: undefined as Date | undefined,
  importedAt: undefined as Date | undefined,
  /** Since it was issued or last renewed. */
  exported: false,
  inUseBy: [] as readonly string[],
  renewal: null as Renewal | null,
  deleted: false,
  unwatch: () => {},
});

/** What happens to certificates by the clock: issuance, renewal, warnings and the end, each with its event. */
export function createLifecycle({ clock, emit, authority }: { clock: Clock; emit: Emit; authority: Authority }) {
  const after = (ms: number, what: () => Promise<void>) => clock.at(new Date(clock.now().getTime() + ms), what);

  async function issue(record: CertificateRecord): Promise<void> {
    const material = await mint(record);
    if (record.deleted) return;
    adopt(record, { material, issuedAt: clock.now() });
    available(record, 'ISSUANCE');
  }

  async function renew(record: CertificateRecord): Promise<void> {
    const before = record.material;
    record.renewal = { status: 'PENDING_AUTO_RENEWAL', updatedAt: clock.now() };
    const material = await mint(record);
    if (record.deleted || !before) return;
    const now = clock.now();
    adopt(record, { material, issuedAt: now });
    record.previous = { material: before, until: new Date(now.getTime() + staleExportMs) };
    record.renewal = { status: 'SUCCESS', updatedAt: now };
    available(record, 'RENEWAL');
  }

  async function mint({ request }: CertificateRecord): Promise<Material> {
    const { domainName, names, keyAlgorithm, caArn } = request as CertificateRequest & { caArn: string };
    const wanted = { caArn, commonName: domainName, names, keyAlgorithm, validityDays: privateValidityDays };
    const leaf = await authority.issue(wanted);
    return { ...leaf, facts: certificateFacts(leaf.certificatePem) };
  }

  function adopt(record: CertificateRecord, fresh: Pick<CertificateRecord, 'material'> & Partial<CertificateRecord>) {
    Object.assign(record, { status: 'ISSUED', exported: false, ...fresh });
    watch(record);
  }

  /** Looks at the certificate again on the next whole day before its end, from the first day that matters. */
  function watch(record: CertificateRecord): void {
    record.unwatch();
    const end = endOf(record);
    const daysAhead = Math.min(daysUntil(end) - 1, renewalDays);
    if (daysAhead < 0) return;
    record.unwatch = clock.at(new Date(end.getTime() - daysAhead * dayMs), () => look(record, daysAhead));
  }

  async function look(record: CertificateRecord, daysLeft: number): Promise<void> {
    if (daysLeft === 0) return expire(record);
    // A late export makes it eligible again: ACM then renews on the next day.
    if (isEligible(record) && !isRenewing(record)) return renew(record);
    if (daysLeft <= warningDays) tell(record, 'Approaching Expiration', { DaysToExpiry: daysLeft, ...named(record) });
    watch(record);
  }

  function expire(record: CertificateRecord): void {
    record.status = 'EXPIRED';
    if (record.type !== 'IMPORTED') tell(record, 'Expired', common(record));
  }

  function available(record: CertificateRecord, action: 'ISSUANCE' | 'RENEWAL' | 'IMPORT' | 'REIMPORT'): void {
    const detail = { Action: action, ...common(record), DaysToExpiry: daysUntil(endOf(record)) };
    tell(record, 'Available', detail);
  }

  function tell(record: CertificateRecord, what: string, detail: Record<string, unknown>): void {
    emit({ source: 'aws.acm', detailType: `ACM Certificate ${what}`, resources: [record.arn], detail });
  }

  const common = (record: CertificateRecord) => ({
    CertificateType: record.type,
    ...named(record),
    CertificateCreatedDate: eventDate(record.createdAt),
    CertificateExpirationDate: eventDate(endOf(record)),
    InUse: record.inUseBy.length > 0,
    Exported: record.exported,
  });

  const daysUntil = (date: Date) => Math.ceil((date.getTime() - clock.now().getTime()) / dayMs);

  return {
    issueSoon: (record: CertificateRecord) => void after(issuanceMs, () => issue(record)),
    /** As after RenewCertificate. */
    renewSoon(record: CertificateRecord): void {
      record.renewal = { status: 'PENDING_AUTO_RENEWAL', updatedAt: clock.now() };
      after(renewalMs, () => renew(record));
    },
    /** Takes imported material into use, for the first time or again. */
    takeIn(record: CertificateRecord, material: Material): void {
      const action = record.material ? 'REIMPORT' : 'IMPORT';
      adopt(record, { material, importedAt: clock.now() });
      available(record, action);
    },
    /** Forgets it: no renewal and no event comes any more. */
    remove(record: CertificateRecord): void {
      record.deleted = true;
      record.unwatch();
    },
  };
}

export const isRenewing = ({ renewal }: CertificateRecord): boolean => renewal?.status === 'PENDING_AUTO_RENEWAL';

const endOf = ({ material }: CertificateRecord): Date => material?.facts.notAfter ?? new Date(Number.NaN);

const named = ({ material }: CertificateRecord) => ({ CommonName: material?.facts.commonName });

/** Without milliseconds, as AWS writes dates in events. */
const eventDate = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
