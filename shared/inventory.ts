import type { Authorities, ListedAuthority } from './aws/authority.ts';
import type { Certificates } from './aws/certificates.ts';
import type { Discovery } from './aws/discovery.ts';
import type { Fleet } from './aws/fleet.ts';
import { look } from './aws/look.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Tagged } from './aws/tagged.ts';
import { type Inventory, type Reader, withReaders } from './domain/inventory.ts';
import type { Base } from './world.ts';

export type Lists = Pick<Base, 'settings'> & {
  readonly certificates: Pick<Certificates, 'search'>;
  readonly secrets: Pick<Secrets, 'list'>;
  readonly tagged: Pick<Tagged, 'resources'>;
  /** Where it matters what the services started with, and how long authorities last. */
  readonly fleet?: Pick<Fleet, 'states'>;
  readonly authorities?: Pick<Authorities, 'all'>;
  /** Where services are searched for that read a secret and do not say so: in the stack's clusters, or `everywhere`. */
  readonly discovery?: Pick<Discovery, 'readers' | 'clusters'>;
  readonly everywhere?: boolean;
};

/**
 * Lists certificates, secrets, services and authorities side by side and joins them by their ARNs and names. Pages cost
 * calls, certificates do not: 500 of them, 100 secrets, 100 tagged resources or ten services with each.
 */
export async function takeInventory({ settings, ...from }: Lists): Promise<Inventory> {
  const [certificates, secrets, [resources, states], authorities] = await Promise.all([
    from.certificates.search(),
    from.secrets.list(settings.secretPrefix),
    taggedWithStates(from),
    look(async () => (await from.authorities?.all()) ?? []),
  ]);
  const readers = await look(async () => readersOf(new Set(secrets.keys()), { ...from, settings }));
  const found = { readers: (readers.is === 'seen' && readers.fact) || [], clusters: settings.discoverConsumers };
  const tags = new Map(resources.map((one) => [one.arn, one.tags]));
  return {
    certificates: certificates
      .map((certificate) => ({ ...certificate, tags: tags.get(certificate.arn) ?? noTags }))
      .sort((a, b) => (a.notAfter ?? Infinity) - (b.notAfter ?? Infinity) || (a.arn < b.arn ? -1 : 1)),
    secrets,
    services: withReaders(
      resources.filter(isService).map((one) => {
        const state = states.is === 'seen' ? states.fact?.get(one.arn) : undefined;
        return state ? { ...one, state } : one;
      }),
      found,
    ),
    ...(authorities.is === 'seen' && { authorities: byKey(authorities.fact) }),
    ...(readers.is === 'seen' && readers.fact && { readers: readers.fact, everywhere: from.everywhere === true }),
    unseen: [states, authorities, readers].flatMap((sight) => (sight.is === 'unseen' ? [sight.why] : [])),
  };
}

/** Undefined where nobody looks for them. */
async function readersOf(
  secrets: ReadonlySet<string>,
  { discovery, everywhere, settings }: Pick<Lists, 'discovery' | 'everywhere' | 'settings'>,
): Promise<readonly Reader[] | undefined> {
  if (!discovery || (!everywhere && settings.discoverConsumers.length === 0)) return undefined;
  return discovery.readers(secrets, everywhere ? await discovery.clusters() : settings.discoverConsumers);
}

/** Of several with one name the one that ends last: nothing is to be feared for the others' certificates then. */
const byKey = (all: readonly ListedAuthority[]) =>
  new Map(all.toSorted((a, b) => (a.notAfter ?? 0) - (b.notAfter ?? 0)).map(({ key, ...one }) => [key, one]));

/** One for all that have none: most certificates of a large account. */
const noTags = {};

async function taggedWithStates({ tagged, fleet }: Pick<Lists, 'tagged' | 'fleet'>) {
  const resources = await tagged.resources();
  const consuming = resources.filter((one) => isService(one) && one.tags['courier:secret'] !== undefined);
  const states = await look(async () => fleet?.states(consuming.map(({ arn }) => arn)));
  return [resources, states] as const;
}

const isService = ({ arn }: { readonly arn: string }) => arn.split(':', 3)[2] === 'ecs';
