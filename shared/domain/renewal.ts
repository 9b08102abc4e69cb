import { proposedSecret } from './appraisal.ts';
import { authorityFindings } from './authority-checks.ts';
import { type Certificate, whyNotExportable } from './certificate.ts';
import type { DeliverySight, Observation, Sight } from './observation.ts';
import { notArmed, rearming } from './rearming.ts';
import { minute } from './reason.ts';
import { type Finding, type Findings, finding } from './reasons.ts';
import { causeOf } from './renewal-causes.ts';
import { isUsed, situation } from './situation.ts';
import { validationFindings } from './validation-checks.ts';
import { daysLeft, isOverdue } from './warning-days.ts';
import { isPaused, readWishes } from './wish.ts';

export type { Authority, CaaRecord, DeliverySight, NameRecords, Observation, Sight } from './observation.ts';

/** What is wrong, what we do about it ourselves, and what could not be looked at. */
export type Diagnosis = {
  /** Empty where ACM renews it in time, as far as anybody can see. */
  readonly findings: readonly Finding[];
  /** `rearm`: deliver it again, which exports it. `renew`: ask ACM to renew it now, of private certificates only. */
  readonly act: 'rearm' | 'renew' | 'nothing';
  /** With `rearm`: what is stored holds the certificate already, and only an export of its own with this nonce counts. */
  readonly force?: string;
  /** A sentence each. */
  readonly unseen: readonly string[];
};

/** What is known besides what was seen. */
export type Said = {
  /** Revoked by its authority, which ACM goes on showing as issued: the serial that an event names, in our dress. */
  readonly revokedSerial?: string;
  /** Revoked by ACM, which still shows it as issued. */
  readonly revoked?: boolean;
  /** Where a certificate that nobody delivers could go. */
  readonly secretPrefix?: string;
};

/** Why this certificate has not been renewed, or will not be; judged on how the world is now. */
export function diagnose(observation: Observation, said: Said = {}): Diagnosis {
  const findings = firstAnswer(checks, { observation, said });
  return { findings, ...actOn(findings, observation), unseen: unseenIn(observation) };
}

/**
 * The certificate with the RenewalStatusReason of an event where ACM shows no attempt of this cycle with one: for private
 * certificates the API Reference promises no RenewalSummary, and the one of the renewal before is kept for a year.
 */
export function asTold(certificate: Certificate, reason: string | undefined): Certificate {
  const { renewal } = certificate;
  const isOfThisCycle = renewal !== undefined && renewal.status !== 'succeeded';
  if (reason === undefined || (isOfThisCycle && renewal.reason !== undefined)) return certificate;
  const attempt = isOfThisCycle ? renewal : ({ status: 'failed', updatedAt: 0 } as const);
  return { ...certificate, renewal: { ...attempt, reason } };
}

/**
 * The all-clear, and what already stands against the renewal after this one. For a certificate that was renewed or
 * imported anew after people had been warned.
 */
export function allClear(observation: Observation): Findings {
  const { certificate, now } = observation;
  const { name, arn: certificateArn, type } = certificate;
  return [
    finding('RenewedAfterAll', {
      name,
      certificateArn,
      daysLeft: daysLeft(certificate, now),
      imported: type === 'imported',
    }),
    ...authorityFindings(observation).filter(({ reason }) => reason === 'AuthorityEndsTooSoon'),
  ];
}

type Known = { readonly observation: Observation; readonly said: Said };
/** Undefined: it is not for this check to say. */
type Check = (known: Known) => readonly Finding[] | undefined;

/** Ordered: each check assumes that those above it had nothing to say. */
const checks: readonly Check[] = [revoked, expired, neverIssued, imported, fromAcme, blocked, overdue];

function firstAnswer(all: readonly Check[], known: Known): readonly Finding[] {
  for (const check of all) {
    const findings = check(known);
    if (findings) return findings;
  }
  return [];
}

function revoked({ observation, said }: Known) {
  const { status, type, serial } = observation.certificate;
  const byAuthority = said.revokedSerial !== undefined && said.revokedSerial === serial;
  if (status !== 'revoked' && !said.revoked && !byAuthority) return stillHeld({ observation, said });
  // ACM's own RevokeCertificate is for public certificates; a private one is revoked at its authority.
  const reason = byAuthority || type === 'private' ? 'RevokedByAuthority' : 'Revoked';
  return [finding(reason, replaceable(observation))];
}

/** Revoked was an earlier one: ACM has another since, but who reads a secret that was not filled again serves it. */
function stillHeld({ observation, said: { revokedSerial } }: Known) {
  const holds = ({ current }: DeliverySight) =>
    current.is === 'seen' && 'serial' in current.fact && current.fact.serial === revokedSerial;
  const secrets = revokedSerial === undefined ? [] : observation.deliveries.filter(holds).map(({ secret }) => secret);
  return secrets.length > 0 ? [finding('RevokedStillHeld', { ...situation(observation), secrets })] : undefined;
}

function expired({ observation }: Known) {
  const { status, notAfter } = observation.certificate;
  const hasEnded = status === 'expired' || (notAfter !== undefined && notAfter <= observation.now);
  return hasEnded ? [finding('Expired', replaceable(observation))] : undefined;
}

function neverIssued({ observation }: Known) {
  return observation.certificate.status === 'issued' ? undefined : [];
}

function imported({ observation }: Known) {
  const { certificate, authority } = observation;
  if (certificate.type !== 'imported') return undefined;
  const owner = certificate.tags['courier:owner'];
  const of = { ...situation(observation), ...(owner && { owner }) };
  return authority?.is === 'seen' && authority.fact !== 'gone'
    ? [finding('ImportedFromOwnAuthority', { ...of, authority: authority.fact.arn })]
    : [finding('ImportedEnds', of)];
}

function fromAcme({ observation }: Known) {
  return observation.certificate.origin === 'acme' ? [finding('AcmeEnds', situation(observation))] : undefined;
}

/** What stands in the way now, held against what ACM gave as its reason when it last tried. */
function blocked({ observation, said }: Known) {
  const found = [
    ...notExported(observation, said),
    ...validationFindings(observation),
    ...authorityFindings(observation),
  ];
  const findings = explained(found, observation);
  return findings.length > 0 ? findings : undefined;
}

function overdue({ observation }: Known) {
  const { certificate, now } = observation;
  if (!isOverdue(certificate, now)) return undefined;
  return [finding('RenewalOverdue', { ...situation(observation), free: certificate.type === 'private' })];
}

/** ACM renews only what an AWS service uses or what was exported since it was issued or last renewed. */
function notExported(observation: Observation, { secretPrefix = 'courier/' }: Said): readonly Finding[] {
  const { certificate, tagsUnseen } = observation;
  if (certificate.eligible || certificate.inUseBy.length > 0) return [];
  const of = situation(observation);
  if (whyNotExportable(certificate)) return [finding('NobodyUses', of)];
  const isDelivered = readWishes(certificate.tags).deliveries.length > 0;
  if (isDelivered && isPaused(certificate.tags)) return [finding('PausedSoNotRenewed', of)];
  if (isDelivered || tagsUnseen !== undefined) return notArmed(observation);
  return [finding('NobodyExports', { ...of, secret: proposedSecret(certificate, secretPrefix) })];
}

function explained(found: readonly Finding[], observation: Observation): readonly Finding[] {
  const word = reasonOf(observation);
  if (word === undefined) return found;
  const cause = causeOf(word);
  if (!cause)
    return found.length > 0 ? found : [finding('RenewalFailedForNewReason', { ...situation(observation), said: word })];
  if (found.some(({ reason }) => cause.says.includes(reason))) return found;
  if (found.length > 0 && (cause.vague || cause.seen(observation))) return found;
  return cause.seen(observation) ? [causeGone(observation, cause.was)] : [...found, cause.believed(observation)];
}

/** Why ACM's newest attempt failed, in its own word; undefined where none did. */
function reasonOf({ certificate: { renewal } }: Observation): string | undefined {
  if (!renewal || renewal.status === 'succeeded') return undefined;
  if (renewal.reason !== undefined) return renewal.reason;
  if (renewal.status === 'validating') return 'PENDING_DOMAIN_VALIDATION';
  return renewal.status === 'failed' ? 'OTHER' : undefined;
}

function causeGone(observation: Observation, was: string): Finding {
  const { type, eligible, renewal } = observation.certificate;
  const tried = renewal && renewal.updatedAt > 0 ? `, on ${minute(renewal.updatedAt)}` : '';
  const facts = { ...situation(observation), cause: was, triedOn: tried };
  return finding(type === 'private' && eligible ? 'CauseGoneRenewNow' : 'CauseGone', facts);
}

function actOn(findings: readonly Finding[], observation: Observation): Pick<Diagnosis, 'act' | 'force'> {
  const reasons = findings.map(({ reason }) => reason);
  if (reasons.includes('NotExportedSinceRenewal')) return rearming(observation);
  return { act: reasons.includes('CauseGoneRenewNow') ? 'renew' : 'nothing' };
}

function replaceable(observation: Observation) {
  const { type, names, keyAlgorithm, caArn, exportOption } = observation.certificate;
  const by = {
    imported: { is: 'imported' },
    private: { is: 'private', ...(caArn !== undefined && { authority: caArn }) },
    public: { is: 'public', exportOption },
  } as const;
  return {
    ...situation(observation),
    used: isUsed(observation),
    names,
    ...(keyAlgorithm !== undefined && { keyAlgorithm }),
    by: by[type],
  };
}

/** Very many names fail alike. */
const mostUnseen = 5;

function unseenIn({ tagsUnseen, authority, names, linkedRole, deliveries }: Observation): readonly string[] {
  const permission = authority?.is === 'seen' && authority.fact !== 'gone' ? authority.fact.permission : undefined;
  const sights: readonly (Sight<unknown> | undefined)[] = [
    tagsUnseen === undefined ? undefined : { is: 'unseen', why: tagsUnseen },
    authority,
    permission,
    linkedRole,
    ...names.flatMap(({ validation, caa }) => [validation, caa]),
    ...deliveries.flatMap(({ current, consumers }) => [current, consumers]),
  ];
  const whys = [...new Set(sights.flatMap((sight) => (sight?.is === 'unseen' ? [sight.why] : [])))];
  if (whys.length <= mostUnseen) return whys;
  return [...whys.slice(0, mostUnseen), `And ${whys.length - mostUnseen} more looks that failed alike`];
}
