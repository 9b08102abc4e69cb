import { createHash } from 'node:crypto';
import type { CertificateRequest } from './certificate-request.ts';
import type { Dns } from './dns.ts';
import { account } from './service.ts';

/** How a name of a public certificate is validated, and whether it is, as DescribeCertificate answers it. */
export type DomainValidation = {
  readonly DomainName: string;
  readonly ValidationDomain: string;
  readonly ValidationMethod: 'DNS' | 'EMAIL' | undefined;
  readonly ValidationStatus: 'PENDING_VALIDATION' | 'SUCCESS';
  readonly ResourceRecord?: ReturnType<typeof validationRecord>;
  readonly ValidationEmails?: readonly string[];
};

/** The mailboxes that ACM writes to, at the validation domain. Source: ACM User Guide, "Email validation". */
const mailboxes = ['administrator', 'hostmaster', 'postmaster', 'webmaster', 'admin'];

/** Whom a CAA record must name for Amazon to issue. Source: ACM User Guide, "Configure a CAA record". */
const amazon = ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com'];

type Validated = {
  readonly type: string;
  readonly request: CertificateRequest | null;
  /** Names for which a mail was answered. */
  readonly approved: ReadonlySet<string>;
};

/** Each name of a public certificate as it stands in the DNS and the mailboxes now; of another certificate none. */
export function domainValidations(
  { request, type, approved }: Validated,
  dns: Pick<Dns, 'ask'>,
): readonly DomainValidation[] {
  if (!request || type !== 'AMAZON_ISSUED') return [];
  const { validationMethod: ValidationMethod, validationDomains, names } = request;
  return names.map((DomainName) => {
    const ValidationDomain = validationDomains.get(DomainName) ?? DomainName.replace(/^(\*|www)\./, '');
    const named = { DomainName, ValidationDomain, ValidationMethod };
    if (ValidationMethod === 'EMAIL') {
      const ValidationEmails = mailboxes.map((mailbox) => `${mailbox}@${ValidationDomain}`);
      return { ...named, ValidationEmails, ValidationStatus: statusOf(approved.has(DomainName)) };
    }
    const ResourceRecord = validationRecord(DomainName);
    const { Name, Type, Value } = ResourceRecord;
    const found = dns.ask(Name, Type).answers.some(({ data }) => spelled(data) === Value);
    return { ...named, ResourceRecord, ValidationStatus: statusOf(found) };
  });
}

/** The leading underscore may be left out of the value. Source: ACM User Guide, "Troubleshoot DNS validation problems". */
const spelled = (found: string) => `_${found.toLowerCase().replace(/^_|\.$/g, '')}.`;

const statusOf = (validated: boolean) => (validated ? ('SUCCESS' as const) : ('PENDING_VALIDATION' as const));

/** The same for a name whenever this account asks, and for a wildcard as for the name below it. */
function validationRecord(domainName: string) {
  const name = domainName.replace(/^\*\./, '').toLowerCase();
  const digest = createHash('sha256').update(`${account} ${name}`).digest('hex');
  const zone = digest.slice(-10).replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)));
  const Value = `_${digest.slice(32, 54).padEnd(32, digest)}.${zone}.acm-validations.aws.`;
  return { Name: `_${digest.slice(0, 32)}.${name}.`, Type: 'CNAME' as const, Value };
}

type Property = { readonly critical: boolean; readonly tag: string; readonly issuer: string };

/**
 * Whether the CAA records that apply to a name keep Amazon from issuing: those of the name itself, or else of the nearest
 * domain above it that has any (RFC 8659, 3). A lookup that fails forbids as well.
 */
export function caaForbids(domainName: string, dns: Pick<Dns, 'ask'>): boolean {
  const labels = domainName.replace(/^\*\./, '').split('.');
  for (const depth of labels.keys()) {
    const { rcode, answers } = dns.ask(labels.slice(depth).join('.'), 'CAA');
    if (rcode === 'SERVFAIL') return true;
    const properties = answers.filter(({ type }) => type === 'CAA').map(({ data }) => propertyOf(data));
    if (properties.length > 0) return forbid(properties, domainName.startsWith('*.'));
  }
  return false;
}

function forbid(properties: readonly Property[], wildcard: boolean): boolean {
  if (properties.some(({ critical, tag }) => critical && !/^(issue|issuewild|iodef)$/.test(tag))) return true;
  const wild = wildcard && properties.some(({ tag }) => tag === 'issuewild');
  const applying = properties.filter(({ tag }) => tag === (wild ? 'issuewild' : 'issue'));
  return applying.length > 0 && !applying.some(({ issuer }) => amazon.includes(issuer));
}

/** Of `0 issue "amazon.com; parameters"`; without parameters. */
function propertyOf(data: string): Property {
  const [, flags = '', tag = '', value = ''] = /^(\d+) (\w+) "(.*)"$/.exec(data) ?? [];
  return {
    critical: Number(flags) >= 128,
    tag: tag.toLowerCase(),
    issuer: (value.split(';')[0] ?? '').trim().toLowerCase(),
  };
}
