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
    /** ARNs of the ECS services whose tag names this secret. */
    async servicesOf(secret: string): Promise<readonly string[]> {
      const services = await all(tagging, 'ecs:service');
      return services.filter(({ value }) => consumedSecrets({ 'courier:secret': value }).includes(secret)).map(toArn);
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
