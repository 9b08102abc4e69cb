import { randomUUID } from 'node:crypto';
import { type CertificateRecord, daysUntil, endOf } from './acm-record.ts';
import type { Clock } from './clock.ts';
import { account, type Emit, region } from './service.ts';

type Action = 'ISSUANCE' | 'RENEWAL' | 'IMPORT' | 'REIMPORT';

/** What ACM, AWS Health and Private CA say on the bus. Source: ACM and Private CA User Guides, on EventBridge. */
export function createTellings({ clock, emit }: { clock: Pick<Clock, 'now'>; emit: Emit }) {
  function tell(record: CertificateRecord, what: string, detail: object): void {
    const detailType = `ACM Certificate ${what}`;
    emit({ source: 'aws.acm', detailType, resources: [record.arn], detail: { ...named(record), ...detail } });
  }

  const daysLeft = (record: CertificateRecord) => daysUntil(endOf(record), clock.now());

  /** The shape is the AWS Health User Guide's, "Reference: AWS Health events Amazon EventBridge schema". */
  function health(record: CertificateRecord, { code, text }: { code: string; text: string }): void {
    const time = clock.now().toUTCString();
    const detail = {
      eventArn: `arn:aws:health:${region}::event/ACM/${code}/${code}_${randomUUID()}`,
      service: 'ACM',
      eventScopeCode: 'ACCOUNT_SPECIFIC',
      eventTypeCode: code,
      eventTypeCategory: 'scheduledChange',
      statusCode: 'open',
      startTime: time,
      lastUpdatedTime: time,
      eventRegion: region,
      eventDescription: [{ language: 'en_US', latestDescription: text }],
      affectedEntities: [{ entityValue: record.arn, status: 'PENDING', lastUpdatedTime: time }],
      affectedAccount: account,
      page: '1',
      totalPages: '1',
    };
    emit({ source: 'aws.health', detailType: 'AWS Health Event', resources: [record.arn], detail });
  }

  return {
    available: (record: CertificateRecord, action: Action) =>
      tell(record, 'Available', { Action: action, ...common(record), DaysToExpiry: daysLeft(record) }),
    approachingExpiration: (record: CertificateRecord, days: number) =>
      tell(record, 'Approaching Expiration', { DaysToExpiry: days }),
    expired: (record: CertificateRecord) => tell(record, 'Expired', common(record)),

    /** An attempt at renewal failed: ACM's own event, and Health's. */
    actionRequired(record: CertificateRecord, reason: string): void {
      const { CertificateCreatedDate: _, ...detail } = common(record);
      const RenewalStatusReason = reason;
      tell(record, 'Renewal Action Required', { ...detail, RenewalStatusReason, DaysToExpiry: daysLeft(record) });
      const ofCaa = reason === 'CAA_ERROR' ? 'CAA_CHECK_FAILURE' : 'AWS_ACM_RENEWAL_STATE_CHANGE';
      const code = record.type === 'PRIVATE' ? 'AWS_ACM_RENEWAL_FAILURE' : ofCaa;
      health(record, { code, text: `AWS Certificate Manager (ACM) was unable to renew the certificate ${record.arn}` });
    },
    renewed: (record: CertificateRecord) =>
      health(record, {
        code: 'AWS_ACM_RENEWAL_STATE_CHANGE',
        text: `AWS Certificate Manager (ACM) has completed the renewal of the certificate ${record.arn}`,
      }),

    /** Private CA's own event, where it took the request and then could not issue. */
    refusedByCa({ request }: CertificateRecord, reason: string): void {
      if (!request?.caArn || !['PCA_NAME_CONSTRAINTS_VALIDATION', 'PCA_REQUEST_FAILED'].includes(reason)) return;
      const resources = [request.caArn, `${request.caArn}/certificate/${randomUUID().replaceAll('-', '')}`];
      const detailType = 'ACM Private CA Certificate Issuance';
      emit({ source: 'aws.acm-pca', detailType, resources, detail: { result: 'failure' } });
    },

    revoked(record: CertificateRecord, { reason, byCa }: { reason: string; byCa: boolean }): void {
      const { CertificateType, CertificateExpirationDate } = common(record);
      const CertificateRevocationDate = eventDate(clock.now());
      const CertificateSerial = record.material?.facts.serial;
      const more = byCa && { CertificateRevocationDate, CertificateSerial, RevocationReason: reason };
      const Exportable = record.material?.privateKey !== null;
      const detail = { CertificateType, CertificateExpirationDate, Exportable, ...more };
      tell(record, byCa ? 'Revoked By CA' : 'Revoked', detail);
    },
  };
}

const named = ({ type, material }: CertificateRecord) => ({
  CommonName: material?.facts.commonName,
  FirstSubjectAlternativeName: material?.facts.names[0],
  ValidityInDays: material?.facts.validityDays,
  CertificateKeyPairOrigin: type === 'IMPORTED' ? 'CUSTOMER_PROVIDED' : 'AWS_MANAGED',
});

const common = (record: CertificateRecord) => ({
  CertificateType: record.type,
  DomainValidationMethod: record.request?.validationMethod,
  CertificateCreatedDate: eventDate(record.createdAt),
  CertificateExpirationDate: eventDate(endOf(record)),
  InUse: record.inUseBy.length > 0,
  Exported: record.exported,
});

/** Without milliseconds, as AWS writes dates in events. */
const eventDate = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
