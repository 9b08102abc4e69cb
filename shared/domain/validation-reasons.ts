import { aws } from './aws-commands.ts';
import { asUrgent, listed, type OfRenewal, type Reason, reason, remaining } from './reason.ts';

/** A DNS record as a person creates it. */
type CnameRecord = { readonly name: string; readonly value: string };
type Waiting = { readonly domain: string; readonly mailDomain: string; readonly mailboxes: readonly string[] };
type OfWaiting = OfRenewal & { readonly waiting: readonly Waiting[] };
type OfDomains = OfRenewal & { readonly domains: readonly string[] };

const shownRecords = 10;

/** Each record on a line of its own, as a zone file has it; of very many the first. */
const zoneLines = (records: readonly CnameRecord[]) =>
  records.slice(0, shownRecords).map(({ name, value }) => `${name} CNAME ${value}`);

const checkedBy = ({ length }: readonly CnameRecord[], one: string, many: string) =>
  length === 1
    ? `a CNAME record by which it checks that the domain is yours ${one}`
    : `${length} CNAME records by which it checks that the domains are yours ${many}`;

const otherRecords = (records: readonly CnameRecord[]) =>
  records.length > shownRecords
    ? `. These are ${shownRecords} of ${records.length}; aws acm describe-certificate lists all under DomainValidationOptions`
    : '';

const mailboxesOf = (waiting: readonly Waiting[]) =>
  listed([...new Set(waiting.flatMap(({ mailboxes }) => mailboxes))], 10);

const sendAgain = ({ certificateArn, waiting }: OfWaiting) =>
  waiting
    .slice(0, shownRecords)
    .map(
      ({ domain, mailDomain }) =>
        aws`acm resend-validation-email --certificate-arn ${certificateArn} --domain ${domain} --validation-domain ${mailDomain}`,
    );

const otherMails = ({ length }: readonly Waiting[]) =>
  length > shownRecords ? `. This is for ${shownRecords} names of ${length}; the console does it for the others` : '';

/** What to ask of AWS Support, where nobody else can help. */
const askSupport = (certificateArn: string, sentence: string) =>
  `open a case with AWS Support for the service Certificate Manager: "ACM cannot renew ${certificateArn}: ${sentence}"`;

/** Why a public certificate cannot be renewed: its names, their DNS records and mailboxes, the authority's own rules. */
export const validationReasons = {
  ValidationRecordMissing: reason<OfRenewal & { readonly records: readonly CnameRecord[] }>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, DNS record missing, ${remaining(facts)}`,
    sentence: ({ name, records }) =>
      `ACM cannot renew the certificate of "${name}": ${checkedBy(records, 'is', 'are')} missing from DNS: ${listed(records.map((one) => one.name))}`,
    mend: {
      kind: 'by hand',
      text: ({ records }) =>
        `Create ${records.length === 1 ? 'this record in the zone of its domain and leave it' : 'these records in the zones of their domains and leave them'} there for as long as the certificate is needed; ACM looks again by itself${otherRecords(records)}`,
      lines: ({ records }) => zoneLines(records),
    },
  }),
  ValidationRecordWrong: reason<
    OfRenewal & { readonly records: readonly (CnameRecord & { readonly found: string })[] }
  >({
    ...asUrgent,
    headline: (facts) => `renewal blocked, DNS record wrong, ${remaining(facts)}`,
    sentence: ({ name, records }) =>
      `ACM cannot renew the certificate of "${name}": ${checkedBy(records, 'leads', 'lead')} elsewhere: ${records
        .slice(0, 5)
        .map((one) => `"${one.name}" to "${one.found}"`)
        .join(', ')}`,
    mend: {
      kind: 'by hand',
      text: ({ records }) =>
        `Give ${records.length === 1 ? 'the record the value that ACM wants, and leave it' : 'the records the values that ACM wants, and leave them'} there for as long as the certificate is needed; ACM looks again by itself${otherRecords(records)}`,
      lines: ({ records }) => zoneLines(records),
    },
  }),
  CaaForbidsIssuance: reason<OfDomains & { readonly at: string; readonly forbidding: string; readonly add?: string }>({
    ...asUrgent,
    headline: (facts) => `renewal blocked by CAA, ${remaining(facts)}`,
    sentence: ({ name, domains, at, forbidding }) =>
      `ACM cannot renew the certificate of "${name}": the CAA record ${forbidding} at "${at}" does not let Amazon issue for ${listed(domains)}`,
    mend: {
      kind: 'by hand',
      text: ({ add, at }) =>
        add === undefined
          ? `Remove this record from the zone of "${at}", or take away its critical flag: no authority may issue while it stands. ACM tries again by itself`
          : `Add this record at "${at}", beside those that are there; ACM tries again by itself`,
      lines: ({ at, add, forbidding }) => [`${at} CAA ${add ?? forbidding}`],
    },
  }),
  CaaUnreadable: reason<OfDomains>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, CAA not readable, ${remaining(facts)}`,
    sentence: ({ name, domains }) =>
      `ACM cannot renew the certificate of "${name}": a CAA record of ${listed(domains)} forbids it, or the name servers do not say which there are. acm-courier could not read them either`,
    mend: {
      kind: 'by hand',
      text: () =>
        'Ask each name server of the domain for its CAA records, and those of the domains above it. Each must answer, also where there are none; where there are some, one of them must be 0 issue "amazon.com"',
      lines: ({ domains }) =>
        domains.slice(0, 5).map((domain) => `dig CAA ${domain.replace(/^\*\./, '').replace(/[^\w.-]/g, '?')}`),
    },
  }),
  EmailNotConfirmed: reason<OfWaiting>({
    ...asUrgent,
    headline: (facts) => `renewal waits for a click, ${remaining(facts)}`,
    sentence: ({ name, waiting }) =>
      `ACM cannot renew the certificate of "${name}" before somebody approves it: it has written to ${mailboxesOf(waiting)}, and for ${listed(waiting.map(({ domain }) => domain))} nobody has followed the link`,
    mend: {
      kind: 'command',
      text: ({ waiting }) =>
        `Have ACM write again, and whoever reads one of these mailboxes follow the link within 72 hours${otherMails(waiting)}`,
      commands: sendAgain,
    },
  }),
  MailboxMissing: reason<OfWaiting>({
    ...asUrgent,
    headline: (facts) => `renewal blocked, no mailbox, ${remaining(facts)}`,
    sentence: ({ name, waiting }) =>
      `ACM cannot renew the certificate of "${name}": somebody must approve it by e-mail, and ACM found no mailbox for ${listed(waiting.map(({ domain }) => domain))}`,
    mend: {
      kind: 'command',
      text: ({ waiting }) =>
        `See that the domain takes mail (MX record) and that one of these mailboxes exists: ${mailboxesOf(waiting)}. Then have ACM write again, and follow the link within 72 hours${otherMails(waiting)}`,
      commands: sendAgain,
    },
  }),
  ValidationPending: reason<OfDomains & { readonly records: readonly CnameRecord[] }>({
    ...asUrgent,
    headline: (facts) => `renewal waits for validation, ${remaining(facts)}`,
    sentence: ({ name, domains }) =>
      `ACM cannot renew the certificate of "${name}" before it has seen again that ${listed(domains)} ${domains.length === 1 ? 'is' : 'are'} yours; acm-courier could not see what is missing`,
    mend: {
      kind: 'by hand',
      text: ({ records }) =>
        records.length > 0
          ? `See that ${records.length === 1 ? 'this record stands' : 'these records stand'} in DNS${otherRecords(records)}`
          : 'See in the console how each name is validated. A name validated over HTTP needs the redirect that ACM names there, reachable from everywhere',
      lines: ({ records }) => zoneLines(records),
    },
  }),
  AdditionalVerificationRequired: reason<OfRenewal>({
    ...asUrgent,
    headline: (facts) => `renewal needs AWS Support, ${remaining(facts)}`,
    sentence: ({ name }) =>
      `ACM does not renew the certificate of "${name}" by itself: Amazon wants to verify first who asks for it, as it does for names that are well known or easily mistaken`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn }) =>
        `Now, not later, ${askSupport(certificateArn, 'ADDITIONAL_VERIFICATION_REQUIRED. Please tell us what you need from us')}`,
    },
  }),
  DomainNotAllowed: reason<OfRenewal & { readonly names: readonly string[] }>({
    ...asUrgent,
    headline: (facts) => `renewal refused, unsafe name, ${remaining(facts)}`,
    sentence: ({ name, names }) =>
      `ACM refuses to renew the certificate of "${name}": one of its names (${listed(names)}) is on a list of unsafe domains`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn }) =>
        `Look each name up at www.virustotal.com, clean up what it finds and have the listing withdrawn; then ${askSupport(certificateArn, 'DOMAIN_NOT_ALLOWED. The listing has been withdrawn')}`,
    },
  }),
  InvalidPublicDomain: reason<OfRenewal & { readonly names: readonly string[] }>({
    ...asUrgent,
    headline: (facts) => `renewal refused, name not public, ${remaining(facts)}`,
    sentence: ({ name, names }) =>
      `ACM refuses to renew the certificate of "${name}": it does not take one of its names (${listed(names)}) for a public domain`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn }) =>
        `Request a new certificate without that name. If every name is a registered public domain, ${askSupport(certificateArn, 'INVALID_PUBLIC_DOMAIN, though all of its names are registered')}`,
    },
  }),
  DomainValidationDenied: reason<OfRenewal & { readonly names: readonly string[] }>({
    ...asUrgent,
    headline: (facts) => `renewal refused, validation denied, ${remaining(facts)}`,
    sentence: ({ name, names }) =>
      `ACM refuses to renew the certificate of "${name}": the validation of one of its names (${listed(names)}) was denied`,
    mend: {
      kind: 'by hand',
      text: ({ certificateArn }) =>
        `Find out whether somebody of yours declined it, and why; then ${askSupport(certificateArn, 'DOMAIN_VALIDATION_DENIED. The domains are ours; please validate them again')}`,
    },
  }),
} satisfies Record<string, Reason<never>>;
