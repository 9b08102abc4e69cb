import * as z from 'zod/mini';
import { envelope, type Home, heading, notFrom, notOurs, type Skip, skip } from './bus-event.ts';
import type { Concern } from './queued.ts';
import { arnForm, read } from './read.ts';

/** Concerns for the worker `diagnose`; several where one event names several certificates. */
export type Concerns = { readonly is: 'concerns'; readonly concerns: readonly Concern[] };

/** What nothing is to be said about: written into the function's log and left there, never an error. */
export type Parked = {
  readonly is: 'parked';
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
};

/** A private CA did not issue what somebody asked of it. Which certificate that was to be, nobody says. */
export type IssuanceFailure = { readonly is: 'issuance failure'; readonly id: string; readonly parked: Parked };

/** Source: ACM User Guide, as above, ACM Certificate Approaching Expiration. */
export const readExpiring = (event: unknown, home: Home): Concerns | Skip =>
  notFrom(event, { source: 'aws.acm', detailType: 'ACM Certificate Approaching Expiration' }) ??
  readConcerns(event, { about: 'expiring', home });

/** Source: ACM User Guide, as above, ACM Certificate Expired, Revoked, and Revoked By CA. */
export function readEnded(event: unknown, home: Home): Concerns | Skip {
  const { source, 'detail-type': detailType } = read(heading, event);
  const about = source === 'aws.acm' ? endings.get(detailType) : undefined;
  return about
    ? readConcerns(event, { about, home })
    : skip(`"${detailType}" from "${source}" is no end of a certificate`);
}

const endings = new Map<string, Concern['about']>([
  ['ACM Certificate Expired', 'expired'],
  ['ACM Certificate Revoked', 'revoked'],
  ['ACM Certificate Revoked By CA', 'revoked'],
]);

/**
 * Whatever says that a renewal is in trouble, and what else ACM, Private CA and AWS Health send here. ACM Certificate
 * Rotated is announced without a word about its content, and what comes after it is not known yet. Of the failures of
 * Private CA only that of an issuance can be of a renewal.
 */
export function readTrouble(event: unknown, home: Home): Concerns | IssuanceFailure | Parked | Skip {
  const { id, source, 'detail-type': detailType, resources } = read(parkable, event);
  const parked: Parked = { is: 'parked', source, detailType, resources };
  switch (source) {
    case 'aws.acm':
      if (detailType !== 'ACM Certificate Renewal Action Required') return parked;
      return readConcerns(event, { about: 'blocked', home });
    case 'aws.acm-pca':
      return detailType === 'ACM Private CA Certificate Issuance' && failed.safeParse(event).success
        ? { is: 'issuance failure', id, parked }
        : parked;
    case 'aws.health':
      return readHealth(event, home) ?? parked;
    default:
      return skip(`"${detailType}" from "${source}" is not about a renewal`);
  }
}

/** Source: Private CA User Guide, "Monitor AWS Private CA with CloudWatch Events". */
const failed = z.object({ detail: z.object({ result: z.literal('failure') }) });

const parkable = z.extend(heading, { resources: z.catch(z.array(z.string()), []) });

/** Source: AWS Health User Guide, "AWS Health events Amazon EventBridge schema"; the codes are ACM's. */
const health = z.object({
  detail: z.object({
    /** What is closed, or only to come, is nothing to look into now. */
    statusCode: z.optional(z.literal('open')),
    /** The same however often, and to how many addresses, AWS Health sends it. */
    communicationId: z.catch(z.optional(z.string()), undefined),
    eventTypeCode: z.enum(['AWS_ACM_RENEWAL_STATE_CHANGE', 'CAA_CHECK_FAILURE', 'AWS_ACM_RENEWAL_FAILURE']),
    affectedEntities: z.array(z.object({ entityValue: z.string() })),
  }),
});

/** A hint for each certificate of ours that is affected; undefined where none is, or it is about something else. */
function readHealth(event: unknown, home: Home): Concerns | undefined {
  const { id } = read(heading, event);
  const { affectedEntities = [], communicationId = id } = health.safeParse(event).data?.detail ?? {};
  const ours = affectedEntities.filter(({ entityValue }) => arnForm.test(entityValue) && !notOurs(entityValue, home));
  if (ours.length === 0) return undefined;
  const concerns = ours.map(({ entityValue }): Concern => {
    // An id by which SQS tells doubles apart has 128 characters at most.
    const cause = `${communicationId.slice(0, 80)}-${entityValue.split('/').at(-1)}`;
    return { certificateArn: entityValue, cause, about: 'hint' };
  });
  return { is: 'concerns', concerns };
}

/** No word of an event is worth losing a warning for: a member of another type is as good as absent. */
const text = z.catch(z.optional(z.string()), undefined);
const said = z.object({
  detail: z.object({
    CommonName: text,
    CertificateSerial: text,
    DaysToExpiry: z.catch(z.optional(z.number()), undefined),
    RenewalStatusReason: text,
  }),
});

function readConcerns(event: unknown, { about, home }: { about: Concern['about']; home: Home }): Concerns | Skip {
  const { id, resources } = read(envelope, event);
  const certificateArn = resources[0] ?? '';
  const away = notOurs(certificateArn, home);
  if (away) return away;
  const { CommonName, DaysToExpiry, RenewalStatusReason, CertificateSerial } = said.safeParse(event).data?.detail ?? {};
  const concern = {
    certificateArn,
    cause: id,
    about,
    ...(CommonName !== undefined && { name: CommonName }),
    ...(DaysToExpiry !== undefined && { days: DaysToExpiry }),
    ...(RenewalStatusReason !== undefined && { reason: RenewalStatusReason }),
    ...(CertificateSerial !== undefined && { revokedSerial: CertificateSerial }),
  };
  return { is: 'concerns', concerns: [concern] };
}
