import type { ListedCertificate } from '../shared/domain/certificate.ts';
import {
  compare,
  consumersOf,
  type Difference,
  type Inventory,
  type Policy,
  type Service,
} from '../shared/domain/inventory.ts';
import { sentenceOf } from '../shared/domain/reasons.ts';
import { hasLabel, holderOf, label, type Secret, sinceOf } from '../shared/domain/secret.ts';
import { readVersionId } from '../shared/domain/version-id.ts';
import { daysLeft } from '../shared/domain/warning-days.ts';
import { readWishes } from '../shared/domain/wish.ts';

/** One delivery, or a certificate that nobody wants delivered: what the lists alone say of it. */
export type Row = {
  readonly certificate: ListedCertificate;
  readonly daysLeft: number | undefined;
  readonly renewal: string;
  readonly secret: string | undefined;
  /** The version that is current. */
  readonly versionId: string | undefined;
  /** Of the certificate in it, 40 hex digits; undefined where the version is not of our form. */
  readonly holds: string | undefined;
  /** Since when it is current, epoch seconds. */
  readonly since: number | undefined;
  readonly state: string;
  /** Who says by tags that it reads the secret. */
  readonly consumers: readonly Service[];
  readonly owner: string | undefined;
  readonly problems: readonly string[];
};

type Facts = Pick<Inventory, 'secrets'> & {
  readonly now: number;
  /** By certificate. */
  readonly differences: ReadonlyMap<string, readonly Difference[]>;
  readonly consumers: ReadonlyMap<string, readonly Service[]>;
};

/** The soonest to end first, as the inventory has them; what has no end yet, last. */
export function statusRows(inventory: Inventory, policy: Policy): readonly Row[] {
  const differences = Map.groupBy(compare(inventory, policy), ({ certificate }) => certificate.arn);
  const facts = { ...inventory, now: policy.now, differences, consumers: consumersOf(inventory) };
  return inventory.certificates.flatMap((certificate) => {
    const wanted = readWishes(certificate.tags).deliveries.map(({ secret }) => secret);
    return (wanted.length > 0 ? wanted : [undefined]).map((secret) => rowOf({ certificate, secret }, facts));
  });
}

type Wanted = { readonly certificate: ListedCertificate; readonly secret: string | undefined };

function rowOf({ certificate, secret }: Wanted, { secrets, consumers, differences, now }: Facts): Row {
  const found = secret === undefined ? undefined : secrets.get(secret);
  const versions = found?.state === 'present' ? found.versions : {};
  const versionId = holderOf(versions, label.current);
  const all = differences.get(certificate.arn) ?? [];
  const own = all.filter((one) => one.secret === undefined || one.secret === secret);
  return {
    certificate,
    daysLeft: certificate.notAfter === undefined ? undefined : daysLeft(certificate, now),
    renewal: renewalOf(certificate),
    secret,
    versionId,
    holds: versionId === undefined ? undefined : readVersionId(versionId)?.serial,
    since: versionId === undefined ? undefined : sinceOf(versions, versionId),
    state: own.map(inWords)[0] ?? rested({ found, versionId, secret }),
    consumers: (secret !== undefined && consumers.get(secret)) || [],
    owner: certificate.tags['courier:owner'],
    problems: [...own.map(asProblem), ...troubles(certificate, secret)],
  };
}

type Resting = {
  readonly found: Secret | undefined;
  readonly versionId: string | undefined;
  readonly secret: string | undefined;
};

function rested({ found, versionId, secret }: Resting): string {
  if (secret === undefined) return 'not tagged';
  if (found?.state !== 'present' || versionId === undefined) return 'not issued yet';
  return hasLabel(found.versions, versionId, label.delivered) ? 'delivered' : 'under way';
}

/** A difference in the words of the sweep. */
const inWords = (one: Difference): string => ('because' in one ? `${one.is}: ${one.because}` : one.is);

const asProblem = (one: Difference): string => {
  if ('finding' in one) return sentenceOf(one.finding);
  if (one.is === 'unarmed') return 'ACM will not renew it: it was not exported since it was issued or last renewed';
  return inWords(one);
};

function renewalOf({ type, origin, eligible, status, renewal }: ListedCertificate): string {
  if (status !== 'issued') return status;
  if (origin === 'acme') return 'by its ACME client';
  if (type === 'imported') return 'by hand';
  if (renewal && renewal.status !== 'succeeded') return renewal.status;
  return eligible ? 'eligible' : 'not eligible';
}

/** What is wrong with the certificate itself, where somebody uses it. */
function troubles(
  { status, renewal, inUse, eligible }: ListedCertificate,
  secret: string | undefined,
): readonly string[] {
  if (secret === undefined && !inUse && !eligible) return [];
  if (status === 'expired' || status === 'revoked') return [`The certificate is ${status}`];
  if (renewal?.status === 'failed') return ['Its renewal failed'];
  if (renewal?.status === 'validating') return ['Its renewal waits for a name to be validated'];
  return [];
}

/** By the deployment that ECS shows: how many services were started since the version became current. */
export function restartedInShort({ consumers, since }: Row): string {
  const states = consumers.flatMap(({ state }) => (state?.runs ? [state] : []));
  if (states.length === 0 || since === undefined) return '-';
  const fresh = states.filter(({ startedAt, underWay }) => !underWay && startedAt !== undefined && startedAt >= since);
  return `${fresh.length}/${states.length} restarted since`;
}

export type Filter = {
  readonly name?: string;
  readonly owner?: string;
  /** At most so many days left. */
  readonly days?: number;
  readonly problems?: boolean;
  /** Also certificates that nobody wants delivered. */
  readonly all?: boolean;
};

/** `*` stands for anything in a name; without one, any part of it will do. */
export function matches(row: Row, { name, owner, days, problems, all }: Filter): boolean {
  if (!all && row.secret === undefined && row.problems.length === 0) return false;
  if (name !== undefined && !isNamed(row.certificate.name, name)) return false;
  if (owner !== undefined && row.owner !== owner) return false;
  if (days !== undefined && (row.daysLeft === undefined || row.daysLeft > days)) return false;
  return !problems || row.problems.length > 0;
}

/** A wildcard certificate's own asterisk is a name's, too: it is found by itself. */
function isNamed(name: string, pattern: string): boolean {
  const [full, wanted] = [name.toLowerCase(), pattern.toLowerCase()];
  if (full === wanted || !wanted.includes('*')) return full.includes(wanted);
  const parts = wanted.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(full);
}
