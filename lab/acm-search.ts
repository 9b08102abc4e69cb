import type { CertificateSearchResult } from './acm-views.ts';
import { AwsError } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: a filter of the wire, unchecked; unions are checked on the way down.
type Filter = any;
type Attributes = CertificateSearchResult['X509Attributes'];
type Search = { readonly FilterStatement?: Filter; readonly SortBy?: string; readonly SortOrder?: string };

/** Filters and sorts as SearchCertificates does; throws a ValidationException for a filter that its model lacks. */
export function searchCertificates(
  results: readonly CertificateSearchResult[],
  { FilterStatement: statement, SortBy, SortOrder }: Search,
): CertificateSearchResult[] {
  const found = results.filter((result) => statement === undefined || holds(statement, result));
  const direction = SortOrder === 'DESCENDING' ? -1 : 1;
  return SortBy ? found.toSorted((a, b) => direction * compare(sortKey(a, SortBy), sortKey(b, SortBy))) : found;
}

function holds(statement: Filter, result: CertificateSearchResult): boolean {
  const [kind, value] = onlyMember(statement);
  if (kind === 'And') return value.every((one: Filter) => holds(one, result));
  if (kind === 'Or') return value.some((one: Filter) => holds(one, result));
  if (kind === 'Not') return !holds(value, result);
  return kind === 'Filter' ? passes(value, result) : refuse(`Unknown filter statement "${kind}"`);
}

function passes(filter: Filter, { CertificateArn, X509Attributes, CertificateMetadata }: CertificateSearchResult) {
  const [kind, value] = onlyMember(filter);
  if (kind === 'CertificateArn') return value === CertificateArn;
  const [name, wanted] = onlyMember(value);
  if (kind === 'AcmCertificateMetadataFilter' && metadataFilters.has(name))
    return new Map<string, unknown>(Object.entries(CertificateMetadata.AcmCertificateMetadata)).get(name) === wanted;
  const attributeFilter = kind === 'X509AttributeFilter' ? attributeFilters[name] : undefined;
  return attributeFilter ? attributeFilter(wanted, X509Attributes) : refuse(`Unknown filter "${kind}.${name}"`);
}

const metadataFilters = new Set([
  'Status',
  'RenewalStatus',
  'Type',
  'InUse',
  'Exported',
  'ExportOption',
  'CertificateKeyPairOrigin',
]);

const attributeFilters: Readonly<Record<string, (wanted: Filter, attributes: Attributes) => boolean>> = {
  Subject: ({ CommonName }, { Subject }) => matches(CommonName, [Subject.CommonName]),
  SubjectAlternativeName: ({ DnsName: wanted }, { SubjectAlternativeNames: names }) =>
    matches(
      wanted,
      names.map(({ DnsName }) => DnsName),
    ),
  ExtendedKeyUsage: (wanted, { ExtendedKeyUsages }) => ExtendedKeyUsages.includes(wanted),
  KeyUsage: (wanted, { KeyUsages }) => KeyUsages.includes(wanted),
  KeyAlgorithm: (wanted, { KeyAlgorithm }) => KeyAlgorithm === wanted,
  SerialNumber: (wanted, { SerialNumber }) =>
    /^[0-9a-f]{2}(:[0-9a-f]{2}){1,19}$/.test(wanted)
      ? SerialNumber === wanted
      : refuse(`"${wanted}" is no serial number: bytes in lower case with colons between them`),
  NotAfter: (wanted, { NotAfter }) => isWithin(wanted, NotAfter),
  NotBefore: (wanted, { NotBefore }) => isWithin(wanted, NotBefore),
};

function matches(filter: Filter, texts: readonly (string | undefined)[]): boolean {
  const wanted = String(filter?.Value).toLowerCase();
  if (filter?.ComparisonOperator === 'EQUALS') return texts.some((text) => text?.toLowerCase() === wanted);
  if (filter?.ComparisonOperator === 'CONTAINS') return texts.some((text) => text?.toLowerCase().includes(wanted));
  return refuse('ComparisonOperator must be one of CONTAINS, EQUALS');
}

/** In epoch seconds; the start is inclusive, and AWS does not say whether the end is: here it is not. */
function isWithin({ Start = 0, End = Number.POSITIVE_INFINITY }, date: Date | undefined): boolean {
  const seconds = (date?.getTime() ?? Number.NaN) / 1000;
  return seconds >= Start && seconds < End;
}

type Sortable = string | number | boolean | Date | undefined;

/** `NOT_AFTER` sorts by the member NotAfter, wherever in the result it stands. */
function sortKey({ CertificateArn, X509Attributes, CertificateMetadata }: CertificateSearchResult, by: string) {
  const name = by.toLowerCase().replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase());
  const { CommonName } = X509Attributes.Subject;
  const members = { ...CertificateMetadata.AcmCertificateMetadata, ...X509Attributes, CertificateArn, CommonName };
  return new Map<string, unknown>(Object.entries(members)).get(name) as Sortable;
}

function compare(a: Sortable, b: Sortable): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a < b ? -1 : Number(a > b);
}

function onlyMember(union: Filter): [string, Filter] {
  const [only, ...more] = Object.entries(union ?? {});
  return only && more.length === 0 ? only : refuse('Exactly one member of a filter must be given');
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
