import type { CertificateSearchResult } from './acm-views.ts';
import { refuse } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: a filter of the wire, unchecked; unions are checked on the way down.
type Filter = any;

/** Whether a certificate is what SearchCertificates asks for; throws a ValidationException for an unknown filter. */
export function isFound(result: CertificateSearchResult, statement: Filter): boolean {
  const [kind, value] = onlyMember(statement);
  if (kind === 'And') return value.every((one: Filter) => isFound(result, one));
  if (kind === 'Or') return value.some((one: Filter) => isFound(result, one));
  if (kind === 'Not') return !isFound(result, value);
  return kind === 'Filter' ? passes(result, value) : unknown(kind);
}

function passes({ CertificateArn, X509Attributes, CertificateMetadata }: CertificateSearchResult, filter: Filter) {
  const [kind, value] = onlyMember(filter);
  if (kind === 'CertificateArn') return value === CertificateArn;
  const [name, wanted] = onlyMember(value);
  const metadata: Readonly<Record<string, unknown>> = CertificateMetadata.AcmCertificateMetadata;
  if (kind === 'AcmCertificateMetadataFilter' && name in metadata) return metadata[name] === wanted;
  if (kind !== 'X509AttributeFilter') return unknown(`${kind}.${name}`);
  if (name === 'Subject') return matches(wanted.CommonName, [X509Attributes.Subject.CommonName]);
  if (name === 'SubjectAlternativeName') {
    const names = X509Attributes.SubjectAlternativeNames.map(({ DnsName }) => DnsName);
    return matches(wanted.DnsName, names);
  }
  if (name === 'KeyAlgorithm' || name === 'SerialNumber') return X509Attributes[name] === wanted;
  return unknown(`${kind}.${name}`);
}

function matches({ Value, ComparisonOperator }: Filter, texts: readonly (string | undefined)[]): boolean {
  const wanted = String(Value).toLowerCase();
  const exactly = ComparisonOperator === 'EQUALS';
  return texts.some((text) => (exactly ? text?.toLowerCase() === wanted : text?.toLowerCase().includes(wanted)));
}

function onlyMember(union: object): [string, Filter] {
  const [only, ...more] = Object.entries(union);
  return only && more.length === 0 ? only : refuse('ValidationException', 'A filter must have exactly one member');
}

const unknown = (name: string) => refuse('ValidationException', `The lab does not search by "${name}"`);
