import { page } from './page.ts';
import type { Operation, Service } from './service.ts';
import type { Tag, Tags } from './tags.ts';

type TagFilter = { readonly Key: string; readonly Values?: readonly string[] };

/** The Resource Groups Tagging API. As in AWS it only nominates: a service may leave the tags of what it deleted. */
export function createTagging({ tags }: { tags: Tags }): { service: Service } {
  const GetResources: Operation = ({ TagFilters = [], ResourceTypeFilters: types = [], ...input }) => {
    const found = tags
      .arns()
      .filter((arn) => types.length === 0 || types.some((type: string) => isOfType(arn, type)))
      .map((ResourceARN) => ({ ResourceARN, Tags: tags.of(ResourceARN) }))
      .filter(({ Tags }) => Tags.length > 0 && TagFilters.every((filter: TagFilter) => isTagged(Tags, filter)));
    const { items, next } = page(found, { size: input.ResourcesPerPage ?? 50, token: input.PaginationToken });
    return { PaginationToken: next ?? '', ResourceTagMappingList: items };
  };

  const target = 'ResourceGroupsTaggingAPI_20170126';
  return { service: { name: 'tagging', protocol: 'json-1.1', target, operations: { GetResources } } };
}

/** A type is `service:kind`, or `service` alone for all of its kinds. */
function isOfType(arn: string, type: string): boolean {
  const [, , service, , , resource = ''] = arn.split(':');
  return type === service || type === `${service}:${resource.split('/')[0]}`;
}

const isTagged = (tags: readonly Tag[], { Key: key, Values: values = [] }: TagFilter) =>
  tags.some(({ Key, Value = '' }) => Key === key && (values.length === 0 || values.includes(Value)));
