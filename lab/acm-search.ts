import type { CertificateSearchResult } from './acm-views.ts';
import { AwsError } from './service.ts';

/** A CertificateFilterStatement as it comes over the wire, unchecked. */
// biome-ignore lint/suspicious/noExplicitAny: the wire carries what the caller sent; unions are checked on the way down.
type Statement = any;

/** Filters and sorts as SearchCertificates does; throws a ValidationException for what AWS's model does not allow. */
export function searchCertificates(
  results: readonly CertificateSearchResult[],
  {
    FilterStatement: statement,
    SortBy,
    SortOrder,
  }: { FilterStatement?: Statement; SortBy?: string; SortOrder?: string },
): CertificateSearchResult[] {
  const found = results.filter((result) => statement === undefined || matches(statement, result));
  return SortBy ? sorted(found, { by: SortBy, order: SortOrder ?? 'ASCENDING' }) : found;
}

function matches(statement: Statement, result: CertificateSearchResult): boolean {
  const [kind, value] = onlyMember(statement);
  if (kind === 'And') return value.every((one: Statement) => matches(one, result));
  if (kind === 'Or') return value.some((one: Statement) => matches(one, result));
  if (kind === 'Not') return !matches(value, result);
  if (kind === 'Filter') return passes(value, result);
  throw invalid(`Unknown filter statement "${kind}"`);
}

function passes(filter: Statement, { CertificateArn, X509Attributes, CertificateMetadata }: CertificateSearchResult) {
  const [kind, value] = onlyMember(filter);
  if (kind === 'CertificateArn') return value === CertificateArn;
  const [name, wanted] = onlyMember(value);
  if (kind === 'X509AttributeFilter') return attributePasses(name, { wanted, attributes: X509Attributes });
  if (kind !== 'AcmCertificateMetadataFilter') throw invalid(`Unknown filter "${kind}"`);
  return metadataFilters.has(name)
    ? (CertificateMetadata.AcmCertificateMetadata as Record<string, unknown>)[name] === wanted
    : refuse(name);
}

const metadataFilters = new Set(
  'Status RenewalStatus Type InUse Exported ExportOption ManagedBy ValidationMethod CertificateKeyPairOrigin AcmeEndpointArn AcmeAccountId'.split(
    ' ',
  ),
);

function attributePasses(
  name: string,
  { wanted, attributes }: { wanted: Statement; attributes: CertificateSearchResult['X509Attributes'] },
): boolean {
  switch (name) {
    case 'Subject':
      return textPasses(wanted.CommonName, [attributes.Subject.CommonName]);
    case 'SubjectAlternativeName':
      return textPasses(
        wanted.DnsName,
        attributes.SubjectAlternativeNames.map(({ DnsName }) => DnsName),
      );
    case 'ExtendedKeyUsage':
      return attributes.ExtendedKeyUsages.includes(wanted);
    case 'KeyUsage':
      return attributes.KeyUsages.includes(wanted);
    case 'KeyAlgorithm':
      return attributes.KeyAlgorithm === wanted;
    case 'SerialNumber':
      if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){1,19}$/.test(wanted)) throw invalid(`Serial number "${wanted}" is malformed`);
      return attributes.SerialNumber === wanted;
    case 'NotAfter':
      return within(wanted, attributes.NotAfter);
    case 'NotBefore':
      return within(wanted, attributes.NotBefore);
    default:
      return refuse(name);
  }
}

function textPasses(filter: Statement, texts: readonly (string | undefined)[]): boolean {
  const wanted = String(filter?.Value).toLowerCase();
  if (filter?.ComparisonOperator === 'EQUALS') return texts.some((text) => text?.toLowerCase() === wanted);
  if (filter?.ComparisonOperator === 'CONTAINS') return texts.some((text) => text?.toLowerCase().includes(wanted));
  throw invalid('ComparisonOperator must be one of CONTAINS, EQUALS');
}

/** Epoch seconds; the start is inclusive, the end is taken as exclusive. */
function within({ Start, End }: { Start?: number; End?: number }, date: Date | undefined): boolean {
  if (!date) return false;
  const seconds = date.getTime() / 1000;
  return (Start === undefined || seconds >= Start) && (End === undefined || seconds < End);
}

function sorted(
  results: readonly CertificateSearchResult[],
  { by, order }: { by: string; order: string },
): CertificateSearchResult[] {
  const direction = order === 'DESCENDING' ? -1 : 1;
  return results.toSorted((a, b) => direction * compare(sortKey(a, by), sortKey(b, by)));
}

/** `NOT_AFTER` sorts by the member NotAfter, wherever in the result it stands. */
function sortKey({ CertificateArn, X509Attributes, CertificateMetadata }: CertificateSearchResult, by: string) {
  const name = by.toLowerCase().replace(/(^|_)(\w)/g, (_match, _start, letter: string) => letter.toUpperCase());
  const { CommonName } = X509Attributes.Subject;
  const members = { ...CertificateMetadata.AcmCertificateMetadata, ...X509Attributes, CertificateArn, CommonName };
  return new Map<string, Sortable | object>(Object.entries(members)).get(name) as Sortable;
}

type Sortable = string | number | boolean | Date | undefined;

function compare(a: Sortable, b: Sortable): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a < b ? -1 : Number(a > b);
}

function onlyMember(union: Statement): [string, Statement] {
  const members = Object.entries(union ?? {});
  const [only] = members;
  if (!only || members.length > 1) throw invalid('Exactly one member of a filter must be specified');
  return only;
}

const invalid = (message: string) => new AwsError('ValidationException', message);

function refuse(name: string): never {
  throw invalid(`Unknown filter "${name}"`);
}
