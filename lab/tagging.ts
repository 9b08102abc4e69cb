import { AwsError, type Operation, type Service, type TaggedResources } from './service.ts';

type TagFilter = { readonly Key: string; readonly Values?: readonly string[] };

/**
 * The Resource Groups Tagging API over every service that has tags. As in AWS it only nominates: a source may still
 * hand out what was deleted.
 */
export function createTagging({ sources }: { sources: readonly TaggedResources[] }): { service: Service } {
  const GetResources: Operation = (input) => {
    const perPage = input.ResourcesPerPage ?? 50;
    if (perPage < 1 || perPage > 100) throw invalid('ResourcesPerPage must be between 1 and 100');
    const start = Number(Buffer.from(input.PaginationToken ?? '', 'base64').toString() || 0);
    if (!Number.isInteger(start)) throw invalid('Invalid pagination token');

    const found = sources
      .flatMap((source) => [...source()])
      .filter(({ tags }) => Object.keys(tags).length > 0)
      .filter(({ type }) => isOfType(type, input.ResourceTypeFilters ?? []))
      .filter(({ tags }) => (input.TagFilters ?? []).every((filter: TagFilter) => isTagged(tags, filter)));
    const end = start + perPage;
    return {
      PaginationToken: end < found.length ? Buffer.from(String(end)).toString('base64') : '',
      ResourceTagMappingList: found.slice(start, end).map((resource) => ({
        ResourceARN: resource.arn,
        Tags: Object.entries(resource.tags).map(([Key, Value]) => ({ Key, Value })),
      })),
    };
  };

  return {
    service: {
      name: 'tagging',
      protocol: 'json-1.1',
      target: 'ResourceGroupsTaggingAPI_20170126',
      operations: { GetResources },
    },
  };
}

const invalid = (message: string) => new AwsError('InvalidParameterException', message);

/** A filter is `service:type`, or `service` alone for all of its types. */
const isOfType = (type: string, filters: readonly string[]) =>
  filters.length === 0 || filters.some((filter) => type === filter || type.startsWith(`${filter}:`));

const isTagged = (tags: Readonly<Record<string, string>>, { Key, Values = [] }: TagFilter) => {
  const value = tags[Key];
  return value !== undefined && (Values.length === 0 || Values.includes(value));
};
