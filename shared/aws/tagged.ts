import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { consumedSecrets, readWishes } from '../domain/wish.ts';
import { ask } from './trouble.ts';

export type Tagged = ReturnType<typeof tagged>;

/**
 * The Resource Groups Tagging API: who says `courier:secret`. It lags, and may still return what was deleted hours
 * ago, so it only nominates: whoever acts asks the resource itself.
 */
export function tagged(tagging = new ResourceGroupsTaggingAPIClient({})) {
  return {
    /** The ECS services that consume secrets, and which. Pages of a hundred: ask once where many secrets are looked at. */
    async services(): Promise<readonly TaggedService[]> {
      const services = await all(tagging, 'ecs:service');
      return services.map(({ arn, value }) => ({ arn, secrets: consumedSecrets({ 'courier:secret': value }) }));
    },

    /** ARNs of the certificates that are to be delivered to this secret. */
    async certificatesOf(secret: string): Promise<readonly string[]> {
      const certificates = await all(tagging, 'acm:certificate');
      return certificates
        .filter(({ value }) => readWishes({ 'courier:secret': value }).deliveries.some((one) => one.secret === secret))
        .map(toArn);
    },

    /** ARNs of all certificates that are to be delivered somewhere. */
    async certificates(): Promise<readonly string[]> {
      return (await all(tagging, 'acm:certificate')).map(toArn);
    },
  };
}

export type TaggedService = { readonly arn: string; readonly secrets: readonly string[] };

type Nominated = { readonly arn: string; readonly value: string };
const toArn = ({ arn }: Nominated) => arn;

async function all(tagging: ResourceGroupsTaggingAPIClient, type: string): Promise<readonly Nominated[]> {
  const found: Nominated[] = [];
  let PaginationToken: string | undefined;
  do {
    const page = await ask('tag:GetResources', () =>
      tagging.send(
        new GetResourcesCommand({
          ResourceTypeFilters: [type],
          TagFilters: [{ Key: 'courier:secret' }],
          ResourcesPerPage: 100,
          ...(PaginationToken && { PaginationToken }),
        }),
      ),
    );
    found.push(...(page.ResourceTagMappingList ?? []).flatMap(nominated));
    PaginationToken = page.PaginationToken;
  } while (PaginationToken);
  return found;
}

const nominated = ({ ResourceARN, Tags = [] }: ResourceTagMapping): readonly Nominated[] =>
  Tags.filter(({ Key }) => Key === 'courier:secret').flatMap(({ Value = '' }) =>
    ResourceARN ? [{ arn: ResourceARN, value: Value }] : [],
  );
