import type { Acm } from './acm.ts';
import type { Authority } from './authority.ts';
import type { Clock } from './clock.ts';
import { type Dns, type DnsRecord, dnsTypes } from './dns.ts';
import { refuse } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: a body as somebody sent it; each route checks what would else be believed.
type Body = any;

type Parts = { clock: Pick<Clock, 'now'>; acm: Acm; authority: Authority; dns: Dns; dnsAddress: string };

/** The lab's own routes for what people do outside of AWS: DNS, mails, other accounts' CAs, and ACM's hidden reasons. */
export function certificateControl({ clock, acm, authority, dns, dnsAddress }: Parts) {
  const zone = () => ({ address: dnsAddress, records: dns.records() });

  return {
    'GET dns': zone,
    'POST dns'(body: Body) {
      dns.add(checkedRecord(body));
      return zone();
    },
    /** All records of this name and type give way to the one. */
    'PUT dns'(body: Body) {
      const { name, type } = checkedRecord(body);
      dns.remove({ name, type });
      dns.add(body);
      return zone();
    },
    'DELETE dns'({ name, type, data }: Body) {
      dns.remove({ name: text(name, 'name'), type, data });
      return zone();
    },
    /** Whether validation records appear by themselves. */
    'POST dns/publishing'({ on }: Body) {
      dns.setPublishing(on !== false);
    },

    'GET validation-mails': () => acm.validationMails(),
    'POST approvals': ({ certificateArn, domainName }: Body) =>
      acm.approve(text(certificateArn, 'certificateArn'), domainName),
    async 'POST renewals'({ certificateArn, reason, attempt }: Body) {
      if (reason !== undefined) acm.force(text(certificateArn, 'certificateArn'), reason);
      return attempt ? acm.attempt(text(certificateArn, 'certificateArn')) : undefined;
    },
    'POST users': ({ certificateArn, inUseBy = [] }: Body) =>
      acm.setInUseBy(text(certificateArn, 'certificateArn'), inUseBy),
    'POST validity': ({ days }: Body) => acm.setPublicValidity(Number(days)),

    /** Makes a CA, or certifies one anew; `days` from now until its end. */
    async 'POST authorities'({ days, ...wish }: Body) {
      const end = days === undefined ? {} : { notAfter: new Date(clock.now().getTime() + days * 86_400_000) };
      return { arn: (await authority.certify({ ...wish, ...end })).arn };
    },
  };
}

function checkedRecord({ name, type, data = '' }: Body): DnsRecord {
  if (!dnsTypes.includes(type))
    refuse('ValidationException', `The lab's DNS has ${dnsTypes.join(', ')}, not "${type}"`);
  if (type === 'CAA' && !/^\d+ \w+ ".*"$/.test(data))
    refuse('ValidationException', `The data of a CAA record is like 0 issue "amazon.com", not ${data}`);
  return { name: text(name, 'name'), type, data };
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  return refuse('ValidationException', `"${name}" is missing`);
}
