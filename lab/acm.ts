import { randomUUID } from 'node:crypto';
import { createLifecycle } from './acm-lifecycle.ts';
import type { IssuingWorld } from './acm-obstacle.ts';
import { type CertificateRecord, isEligible, isRenewing, newCertificate, waitsForValidation } from './acm-record.ts';
import { isFound } from './acm-search.ts';
import { domainValidations } from './acm-validation.ts';
import {
  certificateSearchResult,
  certificateSummary,
  describedCertificate,
  keyAlgorithmOf,
  renewalSummary,
} from './acm-views.ts';
import { certificateRequest } from './certificate-request.ts';
import type { Dns } from './dns.ts';
import { encryptedKey } from './encrypted-key.ts';
import { importedMaterial } from './imported-material.ts';
import { page } from './page.ts';
import { arn, type Emit, type Operation, refuse, type Service } from './service.ts';
import type { Tag, Tags } from './tags.ts';

type Parts = IssuingWorld & {
  readonly emit: Emit;
  readonly tags: Tags;
  readonly dns: Pick<Dns, 'ask' | 'publish'>;
};

export type Acm = ReturnType<typeof createAcm>;

/** AWS Certificate Manager: public and private certificates of the lab's CAs, imported ones, and managed renewal by the clock. */
export function createAcm(world: Parts) {
  const { clock, authority, tags, dns } = world;
  const lifecycle = createLifecycle(world);
  const records = new Map<string, CertificateRecord>();
  const requests = new Map<string, { certificateArn: string; at: Date }>();
  let publicValidityDays = 198;

  function find(certificateArn: string): CertificateRecord {
    const record = records.get(certificateArn);
    if (record) return record;
    if (certificateArn.startsWith(arn('acm', 'certificate/')))
      refuse('ResourceNotFoundException', `Could not find certificate ${certificateArn}.`);
    return refuse('InvalidArnException', `The ARN ${certificateArn} is no certificate of this account and region.`);
  }

  function issued(certificateArn: string) {
    const record = find(certificateArn);
    const { material } = record;
    if (!material) return refuse('RequestInProgressException', `Certificate ${record.arn} is not issued yet.`);
    return { record, material };
  }

  function add(fixed: Pick<CertificateRecord, 'type' | 'request'>, given: readonly Tag[]): CertificateRecord {
    const record = newCertificate({ ...fixed, arn: arn('acm', `certificate/${randomUUID()}`), createdAt: clock.now() });
    records.set(record.arn, record);
    tags.add(record.arn, given);
    return record;
  }

  const validationsOf = (record: CertificateRecord) => domainValidations(record, dns);

  /** Without a CA it is public, and waits for its validation. */
  const RequestCertificate: Operation = (input) => {
    const { IdempotencyToken: token, CertificateAuthorityArn: caArn } = input;
    const known = requests.get(token);
    if (known && clock.now().getTime() - known.at.getTime() < 3_600_000)
      return { CertificateArn: known.certificateArn };
    const request = certificateRequest(input, publicValidityDays);
    if (caArn && !authority.cas.some((ca) => ca.arn === caArn))
      refuse('InvalidArnException', `No such private CA: ${caArn}.`);
    const record = add({ type: caArn ? 'PRIVATE' : 'AMAZON_ISSUED', request }, input.Tags);
    for (const { ResourceRecord } of validationsOf(record)) if (ResourceRecord) dns.publish(ResourceRecord);
    lifecycle.issueSoon(record);
    if (token) requests.set(token, { certificateArn: record.arn, at: clock.now() });
    return { CertificateArn: record.arn };
  };

  /** The first export within seconds after a renewal may still be of the old certificate, and then does not count. */
  const ExportCertificate: Operation = ({ CertificateArn, Passphrase }) => {
    const passphrase = Buffer.from(Passphrase, 'base64');
    if (/[#$%]/.test(passphrase.toString())) invalid('The passphrase must not contain #, $ or %.');
    const { record, material } = issued(CertificateArn);
    const stale = record.previous && clock.now() <= record.previous.until ? record.previous.material : null;
    const { certificatePem, chainPem, privateKey } = stale ?? material;
    if (!privateKey) return invalid(`Certificate ${record.arn} is not exportable.`);
    record.previous = null;
    if (!stale) record.exported = true;
    const PrivateKey = encryptedKey(privateKey, passphrase);
    return { Certificate: certificatePem, CertificateChain: chainPem, PrivateKey };
  };

  const RenewCertificate: Operation = ({ CertificateArn }) => {
    const { record } = issued(CertificateArn);
    if (isRenewing(record))
      refuse('RequestInProgressException', `A renewal of certificate ${record.arn} is in progress.`);
    if (!isEligible(record)) invalid(`Certificate ${record.arn} is not eligible for renewal.`);
    lifecycle.renewSoon(record);
    return {};
  };

  /** Only of a certificate that is to be validated by mail, now: the link in the mail works for three days. */
  const ResendValidationEmail: Operation = ({ CertificateArn, Domain, ValidationDomain }) => {
    const record = find(CertificateArn);
    const asked = validationsOf(record).find(({ DomainName }) => DomainName === Domain);
    if (asked?.ValidationMethod !== 'EMAIL' || asked.ValidationDomain !== ValidationDomain)
      refuse('InvalidDomainValidationOptionsException', `${Domain} is not validated by mail to ${ValidationDomain}.`);
    if (!waitsForValidation(record))
      refuse('InvalidStateException', `Certificate ${record.arn} waits for no validation.`);
    lifecycle.mail(record);
  };

  const RevokeCertificate: Operation = ({ CertificateArn, RevocationReason: reason }) => {
    const { record } = issued(CertificateArn);
    if (record.inUseBy.length > 0) refuse('ResourceInUseException', `Certificate ${record.arn} is in use.`);
    if (!record.exported || record.type === 'IMPORTED' || record.status === 'REVOKED')
      refuse('ConflictException', `Certificate ${record.arn} was not exported, or is revoked already.`);
    lifecycle.revoke(record, { reason, byCa: false });
    return { CertificateArn };
  };

  const ImportCertificate: Operation = (input) => {
    const material = importedMaterial(input);
    if (input.CertificateArn && input.Tags) invalid('Tags cannot be applied when re-importing.');
    const present = input.CertificateArn && find(input.CertificateArn);
    const record = present || add({ type: 'IMPORTED', request: null }, input.Tags);
    if (record.type !== 'IMPORTED') invalid(`Certificate ${record.arn} was not imported.`);
    lifecycle.takeIn(record, material);
    return { CertificateArn: record.arn };
  };

  const DeleteCertificate: Operation = ({ CertificateArn }) => {
    const record = find(CertificateArn);
    if (record.inUseBy.length > 0) refuse('ResourceInUseException', `Certificate ${record.arn} is in use.`);
    lifecycle.remove(record);
    records.delete(record.arn);
    tags.forget(record.arn);
    return {};
  };

  const ListCertificates: Operation = ({ CertificateStatuses: statuses, Includes: includes = {}, ...input }) => {
    const { keyTypes = ['RSA_1024', 'RSA_2048'], ...others } = includes;
    if (input.SortBy || Object.keys(others).length > 0) invalid('The lab neither sorts nor filters by other includes.');
    const found = [...records.values()].filter(
      (record) => keyTypes.includes(keyAlgorithmOf(record)) && (statuses?.includes(record.status) ?? true),
    );
    const { items, next } = page(found, { size: input.MaxItems ?? 1000, token: input.NextToken });
    return { CertificateSummaryList: items.map(certificateSummary), NextToken: next };
  };

  const SearchCertificates: Operation = ({ FilterStatement: statement, ...input }) => {
    if (input.SortBy) invalid('The lab does not sort.');
    const all = [...records.values()].map(certificateSearchResult);
    const found = all.filter((result) => statement === undefined || isFound(result, statement));
    const { items, next } = page(found, { size: input.MaxResults ?? 100, token: input.NextToken });
    return { Results: items, NextToken: next };
  };

  const RemoveTagsFromCertificate: Operation = ({ CertificateArn, Tags }) => {
    const own = new Map(tags.of(find(CertificateArn).arn).map(({ Key, Value }) => [Key, Value]));
    const gone: Tag[] = Tags.filter(({ Key, Value }: Tag) => Value === undefined || own.get(Key) === Value);
    tags.remove(
      CertificateArn,
      gone.map(({ Key }) => Key),
    );
  };

  const service: Service = {
    name: 'acm',
    protocol: 'json-1.1',
    target: 'CertificateManager',
    operations: {
      RequestCertificate,
      DescribeCertificate: ({ CertificateArn }) => ({ Certificate: describedCertificate(find(CertificateArn), dns) }),
      GetCertificate({ CertificateArn }) {
        const { certificatePem, chainPem } = issued(CertificateArn).material;
        return { Certificate: certificatePem, CertificateChain: chainPem ?? undefined };
      },
      ExportCertificate,
      RenewCertificate,
      ResendValidationEmail,
      RevokeCertificate,
      ImportCertificate,
      DeleteCertificate,
      ListCertificates,
      SearchCertificates,
      AddTagsToCertificate: ({ CertificateArn, Tags }) => tags.add(find(CertificateArn).arn, Tags),
      RemoveTagsFromCertificate,
      ListTagsForCertificate: ({ CertificateArn }) => ({ Tags: tags.of(find(CertificateArn).arn) }),
    },
  };
  return {
    service,
    /** Which ends a certificate has had; undefined for none of this account. */
    endsOf: (certificateArn: string) => records.get(certificateArn)?.ends,
    /** Says which AWS resources use a certificate: no service of the lab does. */
    setInUseBy(certificateArn: string, users: readonly string[]): void {
      find(certificateArn).inUseBy = users;
    },
    /** For how many days public certificates are issued that are requested from now on. */
    setPublicValidity(days: number): void {
      publicValidityDays = days;
    },
    /** Lets every attempt at renewal fail for this reason, until it is null again. */
    force(certificateArn: string, reason: string | null): void {
      find(certificateArn).forced = reason;
    },
    /** Has ACM try to renew now, as on a day when it says what came of it; answers the renewal's summary. */
    async attempt(certificateArn: string) {
      const record = find(certificateArn);
      if (!isEligible(record)) invalid(`Certificate ${record.arn} is not eligible for renewal.`);
      await lifecycle.attempt(record, { announced: true });
      return renewalSummary(record);
    },
    /** Who was asked by mail to validate which name, and is still asked. */
    validationMails: () =>
      [...records.values()].filter(lifecycle.isAsked).flatMap((record) =>
        validationsOf(record).map(({ DomainName: domainName, ValidationEmails: to }) => {
          return { certificateArn: record.arn, domainName, to, at: record.mailedAt };
        }),
      ),
    /** Follows the link of a mail, for one name or all of a certificate; refused where no mail is open. */
    approve(certificateArn: string, domainName?: string): void {
      const record = find(certificateArn);
      const names = validationsOf(record).flatMap(({ DomainName }) =>
        DomainName === (domainName ?? DomainName) ? DomainName : [],
      );
      if (!lifecycle.isAsked(record) || names.length === 0)
        invalid(`No mail asks to validate ${domainName ?? record.arn}.`);
      record.approved = new Set([...record.approved, ...names]);
      if (validationsOf(record).some(({ ValidationStatus }) => ValidationStatus !== 'SUCCESS')) return;
      if (record.material) lifecycle.renewSoon(record);
      else lifecycle.issueSoon(record);
    },
    /** Private CA revoked what ACM had from it; false where that is no certificate of ACM's. */
    revokedByCa({ caArn, serial, reason }: { caArn: string; serial: string; reason: string }): boolean {
      const isIt = ({ request, material }: CertificateRecord) =>
        request?.caArn === caArn && material?.facts.serial.replaceAll(':', '') === serial;
      const record = [...records.values()].find(isIt);
      if (record) lifecycle.revoke(record, { reason, byCa: true });
      return record !== undefined;
    },
  };
}

const invalid = (message: string) => refuse('ValidationException', message);
