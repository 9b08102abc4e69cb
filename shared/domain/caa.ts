import type { CaaRecord } from './observation.ts';

/** Any of them lets ACM issue (ACM User Guide, "Configure a CAA record"). */
const amazon = ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com'];

/** Tags that every authority understands, or may pass by: none of these others forbids anything. */
const known = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone'];

export type CaaVerdict =
  | { readonly is: 'permits' }
  /** `add`: the record that would permit it; absent where a critical record that nobody understands must go instead. */
  | { readonly is: 'forbids'; readonly forbidding: string; readonly add?: string };

/**
 * Whether the CAA records that govern a name let Amazon issue for it (RFC 8659, sections 4.2 to 4.4): `issuewild` counts
 * for wildcards only, and there instead of `issue`; where neither is said, everybody may issue.
 */
export function judgeCaa(name: string, records: readonly CaaRecord[]): CaaVerdict {
  const strange = records.find(({ tag, critical }) => critical && !known.includes(tag.toLowerCase()));
  if (strange) return { is: 'forbids', forbidding: written(strange) };
  const tagged = (wanted: string) => records.filter(({ tag }) => tag.toLowerCase() === wanted);
  const wild = name.startsWith('*.') ? tagged('issuewild') : [];
  const tag = wild.length > 0 ? 'issuewild' : 'issue';
  const ruling = tagged(tag);
  if (ruling.length === 0 || ruling.some(namesAmazon)) return { is: 'permits' };
  return { is: 'forbids', forbidding: ruling.map(written).join(', '), add: `0 ${tag} "amazon.com"` };
}

/** The issuer's domain stands before the parameters: `amazon.com; accounturi=…`. */
const namesAmazon = ({ value }: CaaRecord) => amazon.includes((value.split(';')[0] ?? '').trim().toLowerCase());

const written = ({ tag, value, critical }: CaaRecord) => `${critical ? 128 : 0} ${tag} "${value}"`;
