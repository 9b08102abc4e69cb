import type { CaaRecord as NodeCaaRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { CaaRecord, NameRecords, Sight } from '../domain/observation.ts';

export type Dns = ReturnType<typeof dns>;

/**
 * DNS, as whoever validates a public certificate sees it. Nothing is kept: each question goes to a
 * server, which has two seconds, twice.
 *
 * @param servers `ip[:port]`, separated by commas; those of the system if empty. A VPC's own servers also answer from
 *   private hosted zones, which ACM does not see: `1.1.1.1` shows what it does.
 */
export function dns(servers = '', resolver = new Resolver({ timeout: 2_000, maxTimeout: 2_000, tries: 2 })) {
  const misset = servers === '' ? undefined : pointAt(resolver, servers);
  const look = <Fact>(see: () => Promise<Fact>) => (misset ? Promise.resolve(misset) : lookOnce(see));
  return {
    /** Where the CNAME at `name` leads, and from there on the next: a validation record may be handed on by others. */
    cnames: (name: string): Promise<Sight<readonly string[]>> => look(() => leadsTo(plain(name), resolver)),

    /**
     * The CAA records that govern a name of a certificate (RFC 8659, section 3): those at the name itself, without the
     * label of a wildcard, or else at the next domain above that has any.
     */
    caa: (name: string): Promise<NameRecords['caa']> =>
      look(() => governing(plain(name).replace(/^\*\./, ''), resolver)),
  };
}

/** A setting that cannot be read must not stop a warning: it is said wherever something should have been seen. */
function pointAt(resolver: Resolver, servers: string): Unseen | undefined {
  try {
    resolver.setServers(servers.split(',').map((server) => server.trim()));
    return undefined;
  } catch {
    return {
      is: 'unseen',
      why: `DNS was not asked: the parameter dnsServers is "${servers}", not a list of IP addresses`,
    };
  }
}

type Unseen = Extract<Sight<never>, { is: 'unseen' }>;

/** As names are compared: lower case, without the final dot that ACM writes and resolvers leave out. */
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

async function governing(name: string, resolver: Resolver) {
  for (const domain of upFrom(name)) {
    const records = await answers(`the CAA records of "${domain}"`, () => resolver.resolveCaa(domain));
    if (records.length === 0) continue;
    // The resolver followed the domain's CNAMEs: the records stand where the last of them leads.
    const [at = domain] = (await follow(domain, resolver)).slice(-1);
    return { at, records: records.flatMap(readCaa) };
  }
  return { at: name, records: [] };
}

/** The name, its parent, and so on to the top-level domain, but not the root. */
function* upFrom(name: string) {
  for (let domain = name; domain !== ''; domain = domain.split('.').slice(1).join('.')) yield domain;
}

/** Node gives a record's tag as the name of a property: `{critical: 0, issue: 'amazon.com'}`, `type` beside it. */
const readCaa = ({ critical, ...rest }: NodeCaaRecord): readonly CaaRecord[] =>
  Object.entries(rest)
    .filter(([tag]) => tag !== 'type')
    .map(([tag, value]) => ({ tag, value: String(value), critical: (critical & 128) !== 0 }));

async function leadsTo(name: string, resolver: Resolver): Promise<readonly string[]> {
  const [first] = await answers(`the CNAME of "${name}"`, () => resolver.resolveCname(name));
  return first === undefined ? [] : [plain(first), ...(await follow(plain(first), resolver))];
}

/** More CNAMEs in a row than anybody means to have: a circle. */
const mostAliases = 8;

/** The CNAMEs from a name on, one after the other, as far as DNS tells them. */
async function follow(name: string, resolver: Resolver): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < mostAliases) {
    const [next] = await resolver.resolveCname(found.at(-1) ?? name).catch(() => []);
    if (next === undefined) break;
    found.push(plain(next));
  }
  return found;
}

/** None where the name does not exist or has no such record: that is an answer, everything else a failure. */
async function answers<Answer>(what: string, ask: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
  try {
    return await ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new Unanswered(`DNS did not tell ${what}: ${failures[code] ?? code}`);
  }
}

const failures: Readonly<Record<string, string>> = {
  ESERVFAIL: 'the server failed (SERVFAIL), as it does when a zone is broken or its DNSSEC signatures are',
  EREFUSED: 'the server refused to answer (REFUSED)',
  ETIMEOUT: 'no server answered in time',
  ECONNREFUSED: 'no server could be reached',
  EBADNAME: 'it is no name that DNS knows',
};

class Unanswered extends Error {}

async function lookOnce<Fact>(see: () => Promise<Fact>): Promise<Sight<Fact>> {
  try {
    return { is: 'seen', fact: await see() };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    return { is: 'unseen', why: error.message };
  }
}
