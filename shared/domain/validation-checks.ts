import { judgeCaa } from './caa.ts';
import type { Validation } from './certificate.ts';
import type { NameRecords, Observation } from './observation.ts';
import { type Finding, finding } from './reasons.ts';
import { situation } from './situation.ts';

/** What forbids or delays the renewal of a public certificate, as far as DNS and ACM show it. */
export const validationFindings = (observation: Observation): readonly Finding[] =>
  observation.certificate.type === 'public'
    ? [...missingRecords(observation), ...wrongRecords(observation), ...forbidden(observation), ...waiting(observation)]
    : [];

function missingRecords(observation: Observation): readonly Finding[] {
  const records = recordsOf(observation).filter(({ found }) => found.length === 0);
  const shown = records.map(({ name, value }) => ({ name, value }));
  return shown.length === 0 ? [] : [finding('ValidationRecordMissing', { ...situation(observation), records: shown })];
}

function wrongRecords(observation: Observation): readonly Finding[] {
  const records = recordsOf(observation).flatMap(({ name, value, found: [first, ...more] }) =>
    first === undefined || [first, ...more].some((one) => isValue(one, value)) ? [] : [{ name, value, found: first }],
  );
  return records.length === 0 ? [] : [finding('ValidationRecordWrong', { ...situation(observation), records })];
}

/**
 * ACM also takes a value without its leading underscore, which some DNS providers do not store (User Guide,
 * "Troubleshoot DNS validation problems").
 */
const isValue = (found: string, wanted: string) =>
  [plain(wanted), plain(wanted).replace(/^_/, '')].includes(plain(found));

/** A name and its wildcard share one record. */
function recordsOf({ names }: Observation) {
  const seen = names.flatMap(({ validation }) =>
    validation?.is === 'seen' ? [{ ...validation.fact.wanted, found: validation.fact.found }] : [],
  );
  return [...new Map(seen.map((record) => [plain(record.name), record])).values()];
}

/** Names that the same records forbid are one finding: a hundred names often share a zone. */
function forbidden(observation: Observation): readonly Finding[] {
  const groups = new Map<string, { at: string; forbidding: string; add?: string; domains: string[] }>();
  for (const { name, caa } of observation.names) {
    if (caa.is === 'unseen') continue;
    const verdict = judgeCaa(name, caa.fact.records);
    if (verdict.is === 'permits') continue;
    const { is: _, ...how } = verdict;
    const key = JSON.stringify([caa.fact.at, how]);
    const group = groups.get(key) ?? { at: caa.fact.at, ...how, domains: [] };
    group.domains.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => finding('CaaForbidsIssuance', { ...situation(observation), ...group }));
}

/** Only a renewal under way writes mails: what stood there before is of the request, long approved. */
function waiting(observation: Observation): readonly Finding[] {
  const { renewal, validations } = observation.certificate;
  if (renewal === undefined || renewal.status === 'succeeded') return [];
  const pending = validations.filter(({ method, status }) => method === 'email' && status !== 'success');
  if (pending.length === 0) return [];
  const reason = renewal.reason === 'NO_AVAILABLE_CONTACTS' ? 'MailboxMissing' : 'EmailNotConfirmed';
  return [finding(reason, { ...situation(observation), waiting: pending.map(waitingFor) })];
}

/** The only mailboxes that ACM writes to (User Guide, "Email validation"). */
const mailboxes = ['administrator', 'hostmaster', 'postmaster', 'webmaster', 'admin'];

export const waitingFor = ({ name, mailDomain, mailboxes: told }: Validation) => {
  const domain = (mailDomain || name).replace(/^\*\./, '');
  return {
    domain: name,
    mailDomain: domain,
    mailboxes: told.length > 0 ? told : mailboxes.map((box) => `${box}@${domain}`),
  };
};

/** Whether DNS was seen to have nothing against it: every name's CAA, every record that ACM wants. */
export const caaSeen = ({ names }: Observation): boolean =>
  names.length > 0 && names.every(({ caa }) => caa.is === 'seen');

export const validationSeen = ({ certificate, names }: Observation): boolean =>
  certificate.validations.length > 0 &&
  certificate.validations.every(
    ({ method, status, name }) => status === 'success' || (method === 'dns' && recordSeen(names, name)),
  );

const recordSeen = (names: readonly NameRecords[], name: string) =>
  names.some((one) => one.name === name && one.validation?.is === 'seen');

/** Names of domains, as DNS compares them. */
const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');
