import { type FactsOf, type Finding, finding, type ReasonCode } from '../../../shared/domain/reasons.ts';
import { arn, claim, now, otherArn } from './sample.ts';

const of = { name: claim.name, certificateArn: arn };
const service = { ...claim, service: 'web', cluster: 'prod' };
const renewal = { ...of, daysLeft: 15, urgency: 'action' } as const;
const ofNames = { ...renewal, names: ['api.example.com', '*.example.com'] };
const caArn = 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-0000-4000-8000-1234567890ab';
const authority = { ...renewal, authority: caArn, eligible: true };
const records = [
  { name: '_3639ac514e785e898d2646601fa951d5.example.com.', value: '_98d2646601fa951d.acm-validations.aws.' },
];
const waiting = [
  { domain: 'api.example.com', mailDomain: 'example.com', mailboxes: ['admin@example.com', 'hostmaster@example.com'] },
];
const replaced = {
  ...ofNames,
  used: true,
  keyAlgorithm: 'EC_prime256v1',
  by: { is: 'private', authority: caArn },
} as const;
const detail = { detail: 'acm:ExportCertificate: as AWS says it' };

/** Facts for every reason: the compiler asks for those of a new one. */
export const sampleFacts: { readonly [Code in ReasonCode]: FactsOf<Code> } = {
  Delivered: { ...claim, serial: 'ab'.repeat(20), consumers: 2 },
  IssuerChanged: { ...claim, caArn, others: ['courier/teller'] },
  PlannedOnly: claim,
  NotTagged: claim,
  ImportedCertificate: of,
  AcmeCertificate: of,
  ExportNotEnabled: of,
  CertificateNotIssued: { ...of, status: 'expired' },
  BadTag: { ...of, tag: 'courier:format', value: 'jks', accepted: 'standard' },
  SecretNotOurs: claim,
  SecretOfAnotherCertificate: { ...claim, other: `certificate "${otherArn}"` },
  SecretPendingDeletion: claim,
  SecretOutsidePrefix: { ...claim, prefix: 'tls/', tag: 'tls/web tls/api' },
  VersionPutByHand: { ...claim, versionId: '5f8a3c1e-7b2d-4e9f-a1b2-c3d4e5f60718' },
  MaterialUnreadable: { ...claim, part: 'private key' },
  KeyMismatch: claim,
  ChainBroken: { ...claim, detail: 'it leaves over "CN=Root"' },
  PathNotTrusted: { ...claim, detail: 'unsuitable certificate purpose (INVALID_PURPOSE)' },
  NamesNotCovered: { ...claim, missing: 'a.example.com, b.example.com' },
  OutsideValidity: { ...claim, detail: 'ended at 2026-10-01T00:00:00Z' },
  SecretTooLarge: { ...claim, bytes: 70_000 },
  AuthorityUnreadable: { ...claim, ...detail },
  EndsEarlier: { ...claim, days: 1 },
  KeyAlgorithmDiffers: { ...claim, listed: 'RSA_2048', exported: 'EC_prime256v1' },
  OldCertificateExported: claim,
  RequestInProgress: detail,
  Throttled: detail,
  AwsUnavailable: detail,
  WorldMoved: detail,
  AccessDenied: detail,
  CallRefused: detail,
  CertificateGone: { certificateArn: arn },
  DeploymentFailed: { ...service, detail: 'tasks failed to start' },
  RolloutTooSlow: { ...service, minutes: 60 },
  NotRestartable: { ...service, controller: 'CODE_DEPLOY' },
  ReadsByItself: service,
  TasksMissing: { ...service, running: 0, desired: 1 },
  BadRequest: { detail: 'it names nothing to export', accepted: 'Name one of {"all": true}' },
  UnknownCertificate: { asked: 'domain name "apj.example.com"', near: 'Similar names are: api.example.com' },
  AmbiguousName: {
    domainName: 'api.example.com',
    candidates: `${arn} (api.example.com), ${otherArn} (api.example.com)`,
  },
  NotExportable: { ...of, why: 'it was imported, and ACM never hands out an imported key' },
  StillUnderWay: of,
  OutOfTime: { left: 2 },
  Resting: { ...claim, state: 'held' },
  ServiceOutsideWindow: { ...service, until: now + 3600 },
  MutableImageHeld: { ...service, images: ['web:latest'] },
  BadServiceTag: { ...service, tag: 'courier:order', value: 'first', accepted: 'a whole number from 0 to 9999' },
  ServicePaused: service,
  NothingAsked: claim,
  TagAsksOtherwise: { ...claim, format: 'plain', tagged: 'courier/web', tag: 'courier/web courier/api:plain' },
  CertificatePaused: claim,
  OnlyObserving: claim,
  NotCurrentInTime: detail,
  UnknownFailure: { detail: 'TypeError' },
  Digest: { ending: 2, waiting: 1, unowned: 3 },
  ValidationRecordMissing: { ...renewal, records },
  ValidationRecordWrong: {
    ...renewal,
    records: records.map((record) => ({ ...record, found: '_0d4f6a.acm-validations.aws' })),
  },
  CaaForbidsIssuance: {
    ...renewal,
    domains: ['api.example.com'],
    at: 'example.com',
    forbidding: '0 issue "letsencrypt.org"',
    add: '0 issue "amazon.com"',
  },
  CaaUnreadable: { ...renewal, domains: ['api.example.com'] },
  EmailNotConfirmed: { ...renewal, waiting },
  MailboxMissing: { ...renewal, waiting },
  ValidationPending: { ...renewal, domains: ['api.example.com'], records },
  AdditionalVerificationRequired: renewal,
  DomainNotAllowed: ofNames,
  InvalidPublicDomain: ofNames,
  DomainValidationDenied: ofNames,
  AuthorityDoesNotPermit: { ...authority, partly: false },
  AuthorityDisabled: authority,
  AuthorityDeleted: authority,
  AuthorityGone: authority,
  AuthorityExpired: authority,
  AuthorityNotReady: authority,
  AuthorityEndsTooSoon: { ...authority, ends: '2027-06-01', lifetimeDays: 395 },
  AuthorityShortLived: authority,
  ForeignAuthorityRefuses: { ...authority, account: '444455556666', state: 'is disabled', ask: 'enable it' },
  LinkedRoleMissing: authority,
  NameConstraintsForbid: authority,
  IssuanceQuotaReached: authority,
  IssuanceRefused: authority,
  IssuanceFailed: authority,
  ImportedEnds: { ...renewal, owner: 'payments' },
  ImportedFromOwnAuthority: { ...renewal, authority: caArn },
  AcmeEnds: renewal,
  NotExportedSinceRenewal: renewal,
  PausedSoNotRenewed: renewal,
  NobodyExports: { ...renewal, secret: 'courier/api.example.com' },
  NobodyUses: renewal,
  RenewalFailed: renewal,
  RenewalFailedForNewReason: { ...renewal, said: 'SOMETHING_NEW' },
  RenewalOverdue: { ...renewal, free: true },
  CauseGone: { ...renewal, cause: 'CAA records did not let Amazon issue', triedOn: ', on 2026-10-01 00:00 UTC' },
  CauseGoneRenewNow: { ...renewal, cause: 'its private CA was not active', triedOn: '' },
  Expired: { ...replaced, by: { is: 'imported' } },
  Revoked: { ...replaced, by: { is: 'public', exportOption: true } },
  RevokedByAuthority: replaced,
  CertificateUnseen: { ...of, about: 'expiring', days: 15 },
  RenewedAfterAll: { ...of, daysLeft: 395, imported: false },
};

/** A finding of a reason, with its sample facts or some others. */
export const sampleOf = <Code extends ReasonCode>(reason: Code, other: Partial<FactsOf<Code>> = {}): Finding =>
  finding(reason, { ...sampleFacts[reason], ...other });
