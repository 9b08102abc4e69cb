import { randomUUID } from 'node:crypto';
import { type CertificateRecord, createLifecycle, isEligible, isRenewing, newCertificate } from './acm-lifecycle.ts';
import { isFound } from './acm-search.ts';
import { certificateSearchResult, certificateSummary, describedCertificate, keyAlgorithmOf } from './acm-views.ts';
import type { Authority } from './authority.ts';
import { certificateRequest } from './certificate-request.ts';
import type { Clock } from './clock.ts';
import { encryptedKey } from './encrypted-key.ts';
import { importedMaterial } from './imported-material.ts';
import { page } from './page.ts';
import { arn, type Emit, type Operation, refuse, type Service } from './service.ts';
import type { Tag, Tags } from './tags.ts';

/** AWS Certificate Manager: private certificates from the lab's CAs, imported ones, and managed renewal by the clock. */
export function createAcm(world: { clock: Clock; emit: Emit; authority: Authority; tags: Tags }) {
  const { clock, authority, tags } = world;
  const lifecycle = createLifecycle(world);
  const records = new Map<string, CertificateRecord>();
  const requests = new Map<string, { certificateArn: string; at: Date }>();

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

  /** Without a CA the request stays pending: nobody validates a public domain here. */
  const RequestCertificate: Operation = (input) => {
    const { IdempotencyToken: token, CertificateAuthorityArn: caArn } = input;
    const known = requests.get(token);
    if (known && clock.now().getTime() - known.at.getTime() < 3_600_000)
      return { CertificateArn: known.certificateArn };
    const request = certificateRequest(input);
    if (caArn && !authority.cas.some((ca) => ca.arn === caArn))
      refuse('InvalidArnException', `No such private CA: ${caArn}.`);
    const record = add({ type: caArn ? 'PRIVATE' : 'AMAZON_ISSUED', request }, input.Tags);
    if (caArn) lifecycle.issueSoon(record);
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
      DescribeCertificate: ({ CertificateArn }) => ({ Certificate: describedCertificate(find(CertificateArn)) }),
      GetCertificate({ CertificateArn }) {
        const { certificatePem, chainPem } = issued(CertificateArn).material;
        return { Certificate: certificatePem, CertificateChain: chainPem ?? undefined };
      },
      ExportCertificate,
      RenewCertificate,
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
    /** Says which AWS resources use a certificate: no service of the lab does. */
    setInUseBy(certificateArn: string, users: readonly string[]): void {
      find(certificateArn).inUseBy = users;
    },
  };
}

const invalid = (message: string) => refuse('ValidationException', message);
