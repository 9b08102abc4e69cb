import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api';
import type { Tags } from '../domain/certificate.ts';
import { consumedSecrets, readWishes } from '../domain/wish.ts';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type Tagged = ReturnType<typeof tagged>;

/**
 * The Resource Groups Tagging API: who says `courier:secret`. It lags, and may still return what was deleted hours
 * ago, so it only nominates: whoever acts asks the resource itself.
 */
export function tagged(tagging = new ResourceGroupsTaggingAPIClient(prompt)) {
  return {
    /** The ECS services that consume secrets, which, and all their tags. A hundred a page: ask once for many secrets. */
    async services(): Promise<readonly TaggedService[]> {
      const services = await all(tagging, { key: 'courier:secret', types: ['ecs:service'] });
      return services.map(({ arn, tags }) => ({ arn, tags, secrets: consumedSecrets(tags) }));
    },

    /** The certificates and ECS services that somebody wants delivered or owns, each with all its tags. */
    async resources(): Promise<readonly TaggedResource[]> {
      const types = ['acm:certificate', 'ecs:service'];
      const delivered = await all(tagging, { key: 'courier:secret', types });
      const owned = await all(tagging, { key: 'courier:owner', types });
      return [...new Map([...delivered, ...owned].map((one) => [one.arn, one])).values()];
    },

    /** ARNs of the certificates that are to be delivered to this secret. */
    async certificatesOf(secret: string): Promise<readonly string[]> {
      const certificates = await all(tagging, delivered);
      return certificates
        .filter(({ tags }) => readWishes(tags).deliveries.some((one) => one.secret === secret))
        .map(({ arn }) => arn);
    },

    /** ARNs of all certificates that are to be delivered somewhere. */
    async certificates(): Promise<readonly string[]> {
      return (await all(tagging, delivered)).map(({ arn }) => arn);
    },
  };
}

export type TaggedService = TaggedResource & { readonly secrets: readonly string[] };

/** What the Tagging API nominates: it may have been deleted or tagged otherwise since. */
export type TaggedResource = { readonly arn: string; readonly tags: Tags };

const delivered = { key: 'courier:secret', types: ['acm:certificate'] };

type Wanted = { readonly key: string; readonly types: readonly string[] };

async function all(
  tagging: ResourceGroupsTaggingAPIClient,
  { key, types }: Wanted,
): Promise<readonly TaggedResource[]> {
  const found: TaggedResource[] = [];
  let PaginationToken: string | undefined;
  do {
    const page = await ask('tag:GetResources', () =>
      tagging.send(
        new GetResourcesCommand({
          ResourceTypeFilters: [...types],
          TagFilters: [{ Key: key }],
          ResourcesPerPage: 100,
          ...(PaginationToken && { PaginationToken }),
        }),
      ),
    );
    found.push(...(page.ResourceTagMappingList ?? []).flatMap(readResource));
    PaginationToken = page.PaginationToken;
  } while (PaginationToken);
  return found;
}

const readResource = ({ ResourceARN: arn, Tags: tags = [] }: ResourceTagMapping): readonly TaggedResource[] =>
  arn ? [{ arn, tags: Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])) }] : [];
