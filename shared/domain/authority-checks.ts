import type { Certificate } from './certificate.ts';
import type { Authority, Observation } from './observation.ts';
import { type FactsOf, type Finding, finding } from './reasons.ts';
import { situation } from './situation.ts';
import { lifetimeDays, windowDays } from './warning-days.ts';

const day = 86_400;

/** What every finding about the authority of a private certificate says. */
export const ofAuthority = (observation: Observation) => ({
  ...situation(observation),
  authority: observation.certificate.caArn ?? 'unknown',
  eligible: observation.certificate.eligible,
});

/** Why the authority of a private certificate would not issue the next one, as far as it can be seen. */
export function authorityFindings(observation: Observation): readonly Finding[] {
  const { authority, certificate, linkedRole } = observation;
  const of = ofAuthority(observation);
  const withoutRole = linkedRole?.is === 'seen' && !linkedRole.fact ? [finding('LinkedRoleMissing', of)] : [];
  if (certificate.type !== 'private' || authority?.is !== 'seen') return withoutRole;
  if (authority.fact === 'gone') return [finding('AuthorityGone', of)];
  return [...withoutRole, ...(authority.fact.own ? ownFindings : foreignFindings)(authority.fact, observation)];
}

function ownFindings(authority: Authority, observation: Observation): readonly Finding[] {
  const of = ofAuthority(observation);
  const { permission } = authority;
  const state = statusFindings[authority.status];
  if (authority.shortLived) return [finding('AuthorityShortLived', of)];
  return [
    ...(state ? [finding(state, of)] : []),
    ...(permission?.is === 'seen' && permission.fact !== 'whole'
      ? [finding('AuthorityDoesNotPermit', { ...of, partly: permission.fact === 'partial' })]
      : []),
    ...endFindings(authority, observation),
  ];
}

const statusFindings = {
  active: undefined,
  disabled: 'AuthorityDisabled',
  deleted: 'AuthorityDeleted',
  expired: 'AuthorityExpired',
  'not ready': 'AuthorityNotReady',
  failed: 'AuthorityNotReady',
} as const;

/** Nobody here can mend another account's authority; one finding says what to ask of them. */
function foreignFindings(authority: Authority, observation: Observation): readonly Finding[] {
  const asked = whatToAsk(authority, observation.certificate, observation.now);
  return asked ? [foreign(observation, asked)] : [];
}

export const foreign = (observation: Observation, asked: Pick<FactsOf<'ForeignAuthorityRefuses'>, 'state' | 'ask'>) =>
  finding('ForeignAuthorityRefuses', {
    ...ofAuthority(observation),
    account: accountOf(observation.certificate.caArn ?? ''),
    ...asked,
  });

export const accountOf = (arn: string): string => arn.split(':')[4] ?? 'unknown';

function whatToAsk(authority: Authority, certificate: Certificate, now: number) {
  const states = {
    active: undefined,
    disabled: { state: 'is disabled', ask: 'enable it' },
    deleted: { state: 'has been deleted', ask: 'restore and enable it, which is possible for 7 to 30 days' },
    expired: { state: 'has expired', ask: 'install a new CA certificate' },
    'not ready': { state: 'is not active yet', ask: 'install its CA certificate' },
    failed: { state: 'has failed', ask: 'open a case with AWS Support' },
  } as const;
  if (authority.shortLived)
    return {
      state: 'issues for 7 days at most (short-lived mode), which ACM cannot use',
      ask: 'share a general-purpose CA, and request a new certificate from that',
    };
  const end = tooSoon(authority, certificate, now);
  return (
    states[authority.status] ??
    (end && {
      state: `ends on ${end.ends}, and the next certificate, good for ${end.lifetimeDays} days, would outlive it`,
      ask: 'install a CA certificate that ends later',
    })
  );
}

/** Long before ACM would renew, an authority that ends too soon is worth a word but not a page. */
function endFindings(authority: Authority, observation: Observation): readonly Finding[] {
  const { certificate, now } = observation;
  const end = tooSoon(authority, certificate, now);
  if (!end || authority.status === 'expired') return [];
  const of = ofAuthority(observation);
  const { begun, ...facts } = end;
  return [finding('AuthorityEndsTooSoon', { ...of, ...facts, urgency: begun ? of.urgency : 'info' })];
}

/** No certificate outlives its authority: ACM asks for the same lifetime again, when it begins to renew or now. */
function tooSoon(authority: Authority, certificate: Certificate, now: number) {
  const lifetime = lifetimeDays(certificate);
  const begins = (certificate.notAfter ?? now) - windowDays('private', lifetime) * day;
  const end = Math.max(now, begins) + lifetime * day;
  if (authority.notAfter === undefined || authority.notAfter >= end) return undefined;
  return {
    ends: new Date(authority.notAfter * 1000).toISOString().slice(0, 10),
    lifetimeDays: lifetime,
    begun: now >= begins,
  };
}

/** Whether the authority was seen, permissions too where it is our own: what is found wrong is then all there is. */
export function authoritySeen({ authority }: Observation): boolean {
  if (authority?.is !== 'seen') return false;
  return authority.fact === 'gone' || !authority.fact.own || authority.fact.permission?.is === 'seen';
}
