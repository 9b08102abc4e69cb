import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { GetResourcesCommand, type GetResourcesCommandInput } from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ContainerLab, startContainerLab } from './container-lab.ts';

let lab: ContainerLab;

beforeAll(async () => {
  lab = await startContainerLab();
  const secrets = { one: { owner: 'web', stage: 'test' }, two: { owner: 'mail' }, three: {} };
  for (const [Name, tags] of Object.entries(secrets)) {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await lab.secretsClient.send(new CreateSecretCommand({ Name, Tags }));
  }
  const tags = [{ key: 'owner', value: 'web' }];
  await lab.ecsClient.send(new CreateClusterCommand({ clusterName: 'prod', tags }));
});
afterAll(() => lab.stop());

async function find(input: GetResourcesCommandInput) {
  const { ResourceTagMappingList = [], PaginationToken } = await lab.taggingClient.send(new GetResourcesCommand(input));
  const names = ResourceTagMappingList.map(({ ResourceARN = '' }) => /(one|two|three|prod)/.exec(ResourceARN)?.[1]);
  return { names, PaginationToken };
}

it.each<[string, GetResourcesCommandInput, string[]]>([
  ['everything that has tags', {}, ['one', 'two', 'prod']],
  ['a key with any value', { TagFilters: [{ Key: 'owner' }] }, ['one', 'two', 'prod']],
  ['one of the values', { TagFilters: [{ Key: 'owner', Values: ['web', 'nobody'] }] }, ['one', 'prod']],
  ['all of the keys', { TagFilters: [{ Key: 'owner', Values: ['web'] }, { Key: 'stage' }] }, ['one']],
  ['a type', { ResourceTypeFilters: ['ecs:cluster'] }, ['prod']],
  ['a whole service', { ResourceTypeFilters: ['secretsmanager'] }, ['one', 'two']],
  ['a service whose name only begins alike', { ResourceTypeFilters: ['secrets'] }, []],
])('finds %s', async (_, input, names) => {
  expect((await find(input)).names).toEqual(names);
});

it('hands out pages, the last with an empty token', async () => {
  const first = await find({ ResourcesPerPage: 2 });
  expect(first.names).toEqual(['one', 'two']);
  const { PaginationToken } = first;
  expect(await find({ ResourcesPerPage: 2, PaginationToken })).toEqual({ names: ['prod'], PaginationToken: '' });
});
