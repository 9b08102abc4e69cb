import type { Certificates } from './aws/certificates.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Tagged } from './aws/tagged.ts';
import type { Inventory } from './domain/inventory.ts';
import type { Base } from './world.ts';

export type Lists = Pick<Base, 'settings'> & {
  readonly certificates: Pick<Certificates, 'search'>;
  readonly secrets: Pick<Secrets, 'list'>;
  readonly tagged: Pick<Tagged, 'resources'>;
};

/**
 * Lists certificates, secrets and services side by side and joins them by their ARNs and names. Pages cost calls,
 * certificates do not: 500 of them, 100 secrets or 100 tagged resources with each.
 */
export async function takeInventory({ settings, ...from }: Lists): Promise<Inventory> {
  const [certificates, secrets, resources] = await Promise.all([
    from.certificates.search(),
    from.secrets.list(settings.secretPrefix),
    from.tagged.resources(),
  ]);
  const tags = new Map(resources.map((one) => [one.arn, one.tags]));
  return {
    certificates: certificates
      .map((certificate) => ({ ...certificate, tags: tags.get(certificate.arn) ?? {} }))
      .toSorted((a, b) => (a.notAfter ?? Infinity) - (b.notAfter ?? Infinity)),
    secrets,
    services: resources.filter(({ arn }) => arn.split(':')[2] === 'ecs'),
  };
}
