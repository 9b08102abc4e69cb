import { randomUUID } from 'node:crypto';
import {
  type CertificateRecord,
  createLifecycle,
  isEligible,
  isRenewing,
  type Material,
  newCertificate,
} from './acm-lifecycle.ts';
import { searchCertificates } from './acm-search.ts';
import { certificateSearchResult, certificateSummary, describedCertificate, keyAlgorithmOf } from './acm-views.ts';
import type { Authority } from './authority.ts';
import type { Clock } from './clock.ts';
import { encryptedKey } from './encrypted-key.ts';
import { importedMaterial } from './imported-material.ts';
import { AwsError, arn, type Emit, type Operation, type Service, type TaggedResources } from './service.ts';

export type Acm = {
  readonly service: Service;
  readonly tagged: TaggedResources;
  /** Says which AWS resources use a certificate: no service of the lab does. */
  setInUseBy(certificateArn: string, resourceArns: readonly string[]): void;
};

/** AWS Certificate Manager: private certificates from the lab's CAs, imported ones, and managed renewal by the clock. */
export function createAcm(world: { clock: Clock; emit: Emit; authority: Authority }): Acm {
  const { clock, authority } = world;
  const lifecycle = createLifecycle(world);
  const records = new Map<string, CertificateRecord>();
  const requests = new Map<string, { certificateArn: string; at: Date }>();

  function find(certificateArn: unknown): CertificateRecord {
    requireArn(certificateArn);
    return records.get(certificateArn) ?? refuse('ResourceNotFound', `Could not find certificate ${certificateArn}.`);
  }

  function issued(certificateArn: unknown): CertificateRecord & { material: Material } {
    const record = find(certificateArn);
    if (!record.material) refuse('RequestInProgress', `Certificate ${record.arn} is not issued yet.`);
    return record as CertificateRecord & { material: Material };
  }

  function add(fixed: Pick<CertificateRecord, 'type' | 'request' | 'tags'>): CertificateRecord {
    const record = newCertificate({ ...fixed, arn: arn('acm', `certificate/${randomUUID()}`), createdAt: clock.now() });
    records.set(record.arn, record);
    return record;
  }

  /** Without a CA the request stays pending: nobody validates a public domain here. */
  const requestCertificate: Operation = (input) => {
    const known = requests.get(input.IdempotencyToken);
    if (known && clock.now().getTime() - known.at.getTime() < 3_600_000)
      return { CertificateArn: known.certificateArn };
    const caArn: string | undefined = input.CertificateAuthorityArn;
    const request = checkedRequest(input);
    if (caArn && !authority.cas.some((ca) => ca.arn === caArn)) refuse('InvalidArn', `No such private CA: ${caArn}.`);
    const tags = withTags(new Map(), input.Tags);
    const record = add({ type: caArn ? 'PRIVATE' : 'AMAZON_ISSUED', request, tags });
    if (caArn) lifecycle.issueSoon(record);
    if (input.IdempotencyToken) requests.set(input.IdempotencyToken, { certificateArn: record.arn, at: clock.now() });
    return { CertificateArn: record.arn };
  };

  /** The first export within seconds after a renewal may still be of the old certificate, and then does not count. */
  const exportCertificate: Operation = ({ CertificateArn, Passphrase }) => {
    const passphrase = checkedPassphrase(Passphrase);
    const record = issued(CertificateArn);
    const stale = record.previous && clock.now() <= record.previous.until ? record.previous.material : null;
    const { certificatePem, chainPem, privateKey } = stale ?? record.material;
    if (!privateKey) refuse('Validation', `Certificate ${record.arn} is not exportable.`);
    record.previous = null;
    if (!stale) record.exported = true;
    return {
      Certificate: certificatePem,
      CertificateChain: chainPem,
      PrivateKey: encryptedKey(privateKey, passphrase),
    };
  };

  const renewCertificate: Operation = ({ CertificateArn }) => {
    const record = issued(CertificateArn);
    if (isRenewing(record)) refuse('RequestInProgress', `A renewal of certificate ${record.arn} is in progress.`);
    if (!isEligible(record)) refuse('Validation', `Certificate ${record.arn} is not eligible for renewal.`);
    lifecycle.renewSoon(record);
    return {};
  };

  const importCertificate: Operation = (input) => {
    const material = importedMaterial(input, clock.now());
    if (input.CertificateArn && input.Tags) refuse('Validation', 'Tags cannot be applied when re-importing.');
    const tags = withTags(new Map(), input.Tags);
    const record = input.CertificateArn ? find(input.CertificateArn) : add({ type: 'IMPORTED', request: null, tags });
    if (record.type !== 'IMPORTED') refuse('Validation', `Certificate ${record.arn} was not imported.`);
    lifecycle.takeIn(record, material);
    return { CertificateArn: record.arn };
  };

  const deleteCertificate: Operation = ({ CertificateArn }) => {
    const record = find(CertificateArn);
    if (record.inUseBy.length > 0) refuse('ResourceInUse', `Certificate ${record.arn} is in use.`);
    lifecycle.remove(record);
    records.delete(record.arn);
    return {};
  };

  const listCertificates: Operation = (input) => {
    const { CertificateStatuses: statuses, Includes: includes = {}, SortBy, SortOrder } = input;
    if (Boolean(SortBy) !== Boolean(SortOrder)) refuse('Validation', 'SortBy and SortOrder must be given together.');
    const { keyTypes = ['RSA_1024', 'RSA_2048'], ...others } = includes;
    for (const other of Object.keys(others)) refuse('Validation', `The lab does not filter by ${other}.`);
    const found = [...records.values()]
      .filter((record) => keyTypes.includes(keyAlgorithmOf(record)) && (statuses?.includes(record.status) ?? true))
      .map(certificateSummary);
    const ordered = SortOrder === 'DESCENDING' ? found.toReversed() : found;
    const { items, NextToken } = page(ordered, { size: input.MaxItems, most: 1000, token: input.NextToken });
    return { CertificateSummaryList: items, NextToken };
  };

  const search: Operation = (input) => {
    const found = searchCertificates([...records.values()].map(certificateSearchResult), input);
    const { items, NextToken } = page(found, { size: input.MaxResults ?? 100, most: 500, token: input.NextToken });
    return { Results: items, NextToken };
  };

  const addTags: Operation = ({ CertificateArn, Tags }) => {
    const record = find(CertificateArn);
    record.tags = withTags(record.tags, Tags);
    return {};
  };

  const removeTags: Operation = ({ CertificateArn, Tags }) => {
    const { tags } = find(CertificateArn);
    for (const { Key, Value } of Tags) if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
    return {};
  };

  return {
    service: {
      name: 'acm',
      protocol: 'json-1.1',
      target: 'CertificateManager',
      operations: {
        RequestCertificate: requestCertificate,
        DescribeCertificate: ({ CertificateArn }) => ({ Certificate: describedCertificate(find(CertificateArn)) }),
        GetCertificate({ CertificateArn }) {
          const { certificatePem, chainPem } = issued(CertificateArn).material;
          return { Certificate: certificatePem, CertificateChain: chainPem ?? undefined };
        },
        ExportCertificate: exportCertificate,
        RenewCertificate: renewCertificate,
        ImportCertificate: importCertificate,
        DeleteCertificate: deleteCertificate,
        ListCertificates: listCertificates,
        SearchCertificates: search,
        AddTagsToCertificate: addTags,
        RemoveTagsFromCertificate: removeTags,
        ListTagsForCertificate({ CertificateArn }) {
          return { Tags: Array.from(find(CertificateArn).tags, ([Key, Value]) => ({ Key, Value })) };
        },
      },
    },
    *tagged() {
      for (const { arn, tags } of records.values())
        yield { arn, type: 'acm:certificate', tags: Object.fromEntries(tags) };
    },
    setInUseBy(certificateArn, resourceArns) {
      find(certificateArn).inUseBy = resourceArns;
    },
  };
}

function refuse(exception: string, message: string): never {
  throw new AwsError(`${exception}Exception`, message);
}

/** The pattern is the model's; an ARN of another region or kind passes it, and is refused in other words. */
function requireArn(certificateArn: unknown): asserts certificateArn is string {
  if (!/^arn:[\w+=/,.@-]+:acm:[\w+=/,.@-]*:[0-9]+:[\w+=,.@-]+(\/[\w+=,.@-]+)*$/.test(String(certificateArn)))
    refuse('Validation', `Value '${certificateArn}' at 'certificateArn' failed to satisfy constraint: not an ACM ARN`);
  if (!String(certificateArn).startsWith(arn('acm', 'certificate/')))
    refuse('InvalidArn', `The ARN ${certificateArn} does not refer to a certificate of this account and region.`);
}

// biome-ignore lint/suspicious/noExplicitAny: what the caller sent, checked here.
function checkedRequest({ DomainName, SubjectAlternativeNames = [], ...input }: any) {
  const names: string[] = [...new Set([DomainName, ...SubjectAlternativeNames])];
  const domain = /^(\*\.)?((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]\.)+(?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9]$/;
  const wrong = names.find((name) => !domain.test(name));
  if (wrong !== undefined) refuse('Validation', `"${wrong}" is not a domain name.`);
  const keyAlgorithm = input.KeyAlgorithm ?? 'RSA_2048';
  if (!['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'].includes(keyAlgorithm))
    refuse('Validation', `Certificates with key algorithm ${keyAlgorithm} cannot be requested.`);
  if (input.CertificateAuthorityArn && input.Options?.Export)
    refuse(
      'Validation',
      'One or more of the options specified in the request are not supported for PRIVATE certificate types',
    );
  const options = { CertificateTransparencyLoggingPreference: 'ENABLED', ...input.Options };
  return { domainName: DomainName, names, keyAlgorithm, caArn: input.CertificateAuthorityArn, options };
}

function checkedPassphrase(base64: unknown): Uint8Array {
  const passphrase = Buffer.from(String(base64 ?? ''), 'base64');
  const allowed = passphrase.every((byte) => byte < 0x80 && !'#$%'.includes(String.fromCharCode(byte)));
  if (passphrase.length >= 4 && passphrase.length <= 128 && allowed) return passphrase;
  return refuse('Validation', 'The passphrase must be 4 to 128 ASCII characters without #, $ and %.');
}

type Tag = { readonly Key: string; readonly Value?: string };

function withTags(tags: ReadonlyMap<string, string>, added: readonly Tag[] = []): Map<string, string> {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  for (const { Key, Value = '' } of added)
    if (!/^(?!aws:).{1,128}$/.test(Key) || Value.length > 256 || !allowed.test(Key + Value))
      refuse('InvalidTag', `The tag with key "${Key}" is not valid.`);
  const together = new Map([...tags, ...added.map(({ Key, Value = '' }) => [Key, Value] as const)]);
  return together.size <= 50 ? together : refuse('TooManyTags', 'A certificate has at most 50 tags.');
}

/** The token is the position to go on from. */
function page<T>(all: readonly T[], { most, size = most, token }: { size?: number; most: number; token?: string }) {
  if (size < 1 || size > most) refuse('Validation', `A page has 1 to ${most} items, not ${size}.`);
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(start)) refuse('Validation', 'The NextToken is not one that was answered.');
  const end = start + size;
  const NextToken = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
  return { items: all.slice(start, end), NextToken };
}
