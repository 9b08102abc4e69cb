import type { Authorities } from './aws/authority.ts';
import type { LinkedRole } from './aws/linked-role.ts';
import { look } from './aws/look.ts';
import { type Certificate, isIssued } from './domain/certificate.ts';
import { nextStep } from './domain/delivery.ts';
import type { DeliverySight, Held, NameRecords, Observation, Sight } from './domain/observation.ts';
import { holderOf, label, type Secret, sinceOf } from './domain/secret.ts';
import { isContentOf, readVersionId } from './domain/version-id.ts';
import { type Delivery, readWishes } from './domain/wish.ts';
import type { Dns } from './network/dns.ts';
import { judgeConsumers } from './plan.ts';
import type { Sight as World } from './world.ts';

/** What a diagnosis may look at. Nothing that changes anything, nothing that touches a key. */
export type RenewalSight = World & {
  readonly authorities: Pick<Authorities, 'find' | 'named'>;
  readonly linkedRole: LinkedRole;
  readonly dns: Dns;
};

/**
 * Looks at all that the renewal of a certificate hangs on, side by side, and at nothing else: what does not concern
 * its type is not asked for. A look that fails says why in its own place, so that the others still make a warning.
 */
export async function observeRenewal(certificate: Certificate, sight: RenewalSight): Promise<Observation> {
  const [authority, names, linkedRole, deliveries] = await Promise.all([
    lookAtAuthority(certificate, sight),
    lookAtNames(certificate, sight),
    lookAtLinkedRole(certificate, sight),
    lookAtDeliveries(certificate, sight),
  ]);
  return {
    certificate,
    now: sight.now(),
    ...(authority && { authority }),
    names,
    ...(linkedRole && { linkedRole }),
    deliveries,
  };
}

async function lookAtAuthority({ type, caArn, issuer }: Certificate, sight: RenewalSight) {
  const { authorities } = sight;
  if (type === 'private' && caArn !== undefined) return inTime(() => authorities.find(caArn), sight);
  if (type !== 'imported' || issuer === undefined) return undefined;
  const found = await inTime(() => authorities.named(issuer), sight);
  if (found.is === 'unseen') return found;
  return found.fact ? { is: 'seen' as const, fact: found.fact } : undefined;
}

/** Only ACM's own public certificates are validated at each renewal; an ACME client answers for its own. */
async function lookAtNames(certificate: Certificate, { dns }: RenewalSight): Promise<readonly NameRecords[]> {
  if (certificate.type !== 'public' || certificate.origin === 'acme') return [];
  return Promise.all(
    certificate.names.map(async (name) => {
      const record = certificate.validations.find((one) => one.name === name)?.record;
      const [validation, caa] = await Promise.all([record && lookAtRecord(record, dns), dns.caa(name)]);
      return { name, ...(validation && { validation }), caa };
    }),
  );
}

async function lookAtRecord(wanted: { readonly name: string; readonly value: string }, dns: Dns) {
  const found = await dns.cnames(wanted.name);
  return found.is === 'unseen' ? found : { is: 'seen' as const, fact: { wanted, found: found.fact } };
}

const lookAtLinkedRole = async ({ renewal }: Certificate, sight: RenewalSight) =>
  renewal?.reason === 'SLR_NOT_FOUND' ? inTime(() => sight.linkedRole.exists(), sight) : undefined;

async function lookAtDeliveries(certificate: Certificate, sight: RenewalSight): Promise<readonly DeliverySight[]> {
  const { deliveries } = readWishes(certificate.tags);
  if (deliveries.length === 0) return [];
  // Pages of tags: they are asked for once, whichever of the secrets needs them first.
  let asked: ReturnType<RenewalSight['tagged']['services']> | undefined;
  const tagged = { services: () => (asked ??= sight.tagged.services()) };
  const once = { ...sight, tagged };
  return Promise.all(deliveries.map((delivery) => lookAtDelivery(delivery, { certificate, sight: once })));
}

async function lookAtDelivery(
  delivery: Delivery,
  { certificate, sight }: { certificate: Certificate; sight: RenewalSight },
): Promise<DeliverySight> {
  const { secret } = delivery;
  const prefix = sight.settings.secretPrefix;
  const nextOf = (found: Secret) =>
    isIssued(certificate) && { next: nextStep({ certificate, delivery, secret: found, prefix, asked: {} }) };
  // IAM would deny it, and the denial would hide what is wrong.
  if (!secret.startsWith(prefix))
    return {
      ...unseen(secret, `The secret "${secret}" is outside the prefix "${prefix}"`),
      ...nextOf({ state: 'absent' }),
    };
  const found = await inTime(() => sight.secrets.find(secret), sight);
  if (found.is === 'unseen') return unseen(secret, found.why);
  const since = currentSince(found.fact);
  return {
    secret,
    current: { is: 'seen', fact: whatItHolds(found.fact, certificate) },
    ...nextOf(found.fact),
    consumers:
      since === undefined
        ? { is: 'seen', fact: [] }
        : await inTime(() => judgeConsumers({ delivery }, { since, sight }), sight),
  };
}

const unseen = (secret: string, why: string): DeliverySight => ({
  secret,
  current: { is: 'unseen', why },
  consumers: { is: 'unseen', why },
});

/** Undefined where nothing is current: whoever reads the secret then has no certificate, old or new. */
function currentSince(secret: Secret): number | undefined {
  if (secret.state !== 'present') return undefined;
  const current = holderOf(secret.versions, label.current);
  return current === undefined ? undefined : (sinceOf(secret.versions, current) ?? secret.changedAt);
}

function whatItHolds(secret: Secret, { arn, serial }: Certificate): Held {
  const current = secret.state === 'present' ? holderOf(secret.versions, label.current) : undefined;
  if (current === undefined) return { holds: 'nothing' };
  const version = readVersionId(current);
  if (!version) return { holds: 'unknown' };
  const { content, ...held } = version;
  if (held.serial === serial) return { holds: 'this', ...held };
  return { holds: isContentOf(arn, content) ? 'earlier' : 'another', ...held };
}

/** Milliseconds that one look may take. The warning goes out before the function's own time is over. */
const patience = 15_000;

const inTime = <Fact>(see: () => Promise<Fact>, { sleep }: RenewalSight): Promise<Sight<Fact>> =>
  Promise.race([
    look(see),
    sleep(patience).then(() => ({
      is: 'unseen' as const,
      why: `AWS did not answer within ${patience / 1000} seconds`,
    })),
  ]);
