import { type IssuingWorld, obstacle, pendingValidation } from './acm-obstacle.ts';
import {
  type CertificateRecord,
  daysUntil,
  endOf,
  isEligible,
  isRenewing,
  type Material,
  type Renewal,
  waitsForValidation,
} from './acm-record.ts';
import { createTellings } from './acm-tellings.ts';
import { domainValidations } from './acm-validation.ts';
import { certificateFacts } from './certificate-facts.ts';
import type { CertificateRequest } from './certificate-request.ts';
import type { Emit } from './service.ts';

/** Lab time. How long issuing, renewing and the stale export take is the lab's choice: AWS promises nothing. */
const issuanceMs = 3_000;
const renewalMs = 60_000;
const staleExportMs = 5_000;
/** How long ACM waits for a first validation, which is also how long a mail's link works; and how often the lab looks. */
const validationMs = 72 * 3_600_000;
const validationLookMs = 3_600_000;
const dayMs = 86_400_000;

/**
 * Days before the end: when ACM first tries to renew, when it warns daily, and at which attempts it says that someone must
 * act. Source: ACM User Guide, "Managed certificate renewal" and "Amazon EventBridge support for ACM".
 */
const calendars = {
  PRIVATE: { renewal: 60, warning: 45, actions: [45, 30, 15, 3, 1] },
  AMAZON_ISSUED: { renewal: 45, warning: 30, actions: [30, 15, 3, 1] },
  IMPORTED: { renewal: 0, warning: 45, actions: [] },
} satisfies Record<CertificateRecord['type'], { renewal: number; warning: number; actions: readonly number[] }>;

/** What happens to certificates by the clock: issuance, renewal, warnings and the end, each with its event. */
export function createLifecycle({ emit, ...world }: IssuingWorld & { emit: Emit }) {
  const { clock, authority, dns } = world;
  const tell = createTellings({ clock, emit });
  const after = (ms: number, what: () => Promise<void>) => clock.at(new Date(clock.now().getTime() + ms), what);

  /** A public certificate waits for its names; where the CA refuses, it has failed for good. */
  async function issue(record: CertificateRecord): Promise<void> {
    if (record.status !== 'PENDING_VALIDATION') return;
    const reason = obstacle(record, world);
    if (reason === pendingValidation) return waitForValidation(record);
    if (reason) return void Object.assign(record, { status: 'FAILED', failureReason: reason });
    const material = await mint(record);
    if (record.deleted) return;
    adopt(record, { material, issuedAt: clock.now() });
    tell.available(record, 'ISSUANCE');
  }

  function waitForValidation(record: CertificateRecord): void {
    if (!record.mailedAt) mail(record);
    const waited = clock.now().getTime() - record.createdAt.getTime();
    if (waited < validationMs) issueIn(record, validationLookMs);
    else record.status = 'VALIDATION_TIMED_OUT';
  }

  function issueIn(record: CertificateRecord, ms: number): void {
    record.unwatch();
    record.unwatch = after(ms, () => issue(record));
  }

  /** Renews, or leaves the reason why not. What is announced is said to people as well; all else ACM tries silently. */
  async function attempt(record: CertificateRecord, { announced }: { announced: boolean }): Promise<void> {
    const before = record.material;
    if (record.deleted || !before || !isEligible(record)) return;
    const reason = obstacle(record, world);
    if (reason) return blocked(record, { reason, announced });
    renewing(record);
    const material = await mint(record);
    if (record.deleted) return;
    const now = clock.now();
    adopt(record, { material, issuedAt: now });
    record.previous = { material: before, until: new Date(now.getTime() + staleExportMs) };
    setRenewal(record, { status: 'SUCCESS' });
    tell.available(record, 'RENEWAL');
    tell.renewed(record);
  }

  function blocked(record: CertificateRecord, { reason, announced }: { reason: string; announced: boolean }): void {
    const status = reason === pendingValidation ? 'PENDING_VALIDATION' : 'FAILED';
    const news = record.renewal?.status !== status || record.renewal.reason !== reason;
    if (news || announced) setRenewal(record, { status, reason });
    if (news || announced) mail(record);
    if (announced) tell.actionRequired(record, reason);
    if (announced) tell.refusedByCa(record, reason);
  }

  const renewing = (record: CertificateRecord) => setRenewal(record, { status: 'PENDING_AUTO_RENEWAL' });

  function setRenewal(record: CertificateRecord, renewal: Pick<Renewal, 'status' | 'reason'>): void {
    const validations = domainValidations(record, dns);
    record.renewal = { ...renewal, validations, updatedAt: clock.now() };
  }

  /** Asks for what is to be approved by mail. */
  function mail(record: CertificateRecord): void {
    if (record.request?.validationMethod === 'EMAIL') record.mailedAt = clock.now();
  }

  async function mint({ request }: CertificateRecord): Promise<Material> {
    const { domainName, names, keyAlgorithm, validityDays, ...wanted } = request as CertificateRequest;
    const caArn = wanted.caArn ?? authority.publicCa.arn;
    const leaf = await authority.issue({ caArn, commonName: domainName, names, keyAlgorithm, validityDays });
    const isExportable = wanted.caArn !== undefined || wanted.options.Export === 'ENABLED';
    const privateKey = isExportable ? leaf.privateKey : null;
    return { ...leaf, privateKey, facts: certificateFacts(leaf.certificatePem) };
  }

  function adopt(record: CertificateRecord, fresh: { material: Material } & Partial<CertificateRecord>): void {
    const { notAfter } = fresh.material.facts;
    record.ends.push({ from: clock.now(), notAfter });
    Object.assign(record, { status: 'ISSUED', exported: false, approved: new Set(), ...fresh });
    watch(record);
  }

  /** Looks at the certificate again on the next whole day before its end, from the first day that matters. */
  function watch(record: CertificateRecord): void {
    record.unwatch();
    const end = endOf(record);
    const { renewal, warning } = calendarOf(record);
    const daysAhead = Math.min(daysUntil(end, clock.now()) - 1, Math.max(renewal, warning));
    if (daysAhead < 0) return;
    record.unwatch = clock.at(new Date(end.getTime() - daysAhead * dayMs), () => look(record, daysAhead));
  }

  async function look(record: CertificateRecord, daysLeft: number): Promise<void> {
    if (daysLeft === 0) return expire(record);
    const { renewal, warning, actions } = calendarOf(record);
    const { material } = record;
    // A late export makes it eligible again, a mended cause lets it pass: ACM then renews on the next day.
    if (daysLeft <= renewal && !isRenewing(record))
      await attempt(record, { announced: actions.some((day) => day === daysLeft) });
    if (record.deleted || record.material !== material) return;
    if (daysLeft <= warning) tell.approachingExpiration(record, daysLeft);
    watch(record);
  }

  function expire(record: CertificateRecord): void {
    record.status = 'EXPIRED';
    if (record.type !== 'IMPORTED') tell.expired(record);
  }

  return {
    issueSoon: (record: CertificateRecord) => issueIn(record, issuanceMs),
    /** As after RenewCertificate. */
    renewSoon(record: CertificateRecord): void {
      renewing(record);
      after(renewalMs, () => attempt(record, { announced: false }));
    },
    attempt,
    mail,
    /** Whether the link of a mail that asks for a validation still works. */
    isAsked: (record: CertificateRecord): boolean =>
      waitsForValidation(record) &&
      record.mailedAt !== undefined &&
      clock.now().getTime() - record.mailedAt.getTime() < validationMs,
    /** Takes imported material into use, for the first time or again. */
    takeIn(record: CertificateRecord, material: Material): void {
      const action = record.material ? 'REIMPORT' : 'IMPORT';
      adopt(record, { material, importedAt: clock.now() });
      tell.available(record, action);
    },
    /** Ends its use at once; `byCa` where the CA revoked it and ACM only learns of it. */
    revoke(record: CertificateRecord, { reason, byCa }: { reason: string; byCa: boolean }): void {
      record.unwatch();
      record.status = 'REVOKED';
      record.revocation = { at: clock.now(), reason };
      tell.revoked(record, { reason, byCa });
    },
    /** Forgets it: no renewal and no event comes any more. */
    remove(record: CertificateRecord): void {
      record.deleted = true;
      record.unwatch();
    },
  };
}

/** For a short life the first attempt comes when a third of it is left: the lab's choice, AWS publishes none. */
function calendarOf({ type, request }: CertificateRecord) {
  const calendar = calendars[type];
  return { ...calendar, renewal: Math.min(calendar.renewal, Math.floor((request?.validityDays ?? 0) / 3)) };
}
