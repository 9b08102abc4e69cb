import { CreateClusterCommand, RegisterTaskDefinitionCommand, UntagResourceCommand } from '@aws-sdk/client-ecs';
import { GetResourcesCommand, type GetResourcesCommandInput } from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { Behaviour, Counterpart } from './behaviour.ts';

let count = 0;

/** Three clusters, a task definition and a secret, tagged with keys of the behaviour's own. */
async function prepare(at: Counterpart) {
  const own = ++count;
  const key = (name: string) => `conformance:${name}:${own}`;
  const tagsOf = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => ({ key: key(name), value }));
  const clusters = { one: { owner: 'web', stage: 'test' }, two: { owner: 'mail' }, three: {} };
  for (const [name, values] of Object.entries(clusters))
    await at.ecs.send(new CreateClusterCommand({ clusterName: `tagging-${own}-${name}`, tags: tagsOf(values) }));
  const containerDefinitions = [{ name: 'app', image: 'https-server:1', memory: 128 }];
  const family = `tagging-${own}-task`;
  await at.ecs.send(
    new RegisterTaskDefinitionCommand({ family, containerDefinitions, tags: tagsOf({ owner: 'web' }) }),
  );
  const Tags = [{ Key: key('secret'), Value: 'yes' }];
  await at.secrets.send(new CreateSecretCommand({ Name: `tagging-${own}-secret`, SecretString: 'x', Tags }));

  async function find(input: GetResourcesCommandInput) {
    const { ResourceTagMappingList = [], PaginationToken } = await at.tagging.send(new GetResourcesCommand(input));
    const names = ResourceTagMappingList.map(({ ResourceARN = '' }) => nameIn(ResourceARN));
    return { names, next: PaginationToken };
  }
  return { own, key, find };
}

const nameIn = (arn: string) => /tagging-\d+-(one|two|three|task|secret)/.exec(arn)?.[1] ?? arn;

type Wish = (key: (name: string) => string) => GetResourcesCommandInput;
const finds = (what: string, { wish, names }: { wish: Wish; names: readonly string[] }): Behaviour => ({
  name: `resources are found by ${what}`,
  expected: names,
  async observe(at) {
    const { key, find } = await prepare(at);
    return (await find(wish(key))).names.sort();
  },
});

export const tagging: readonly Behaviour[] = [
  finds('a key, whatever its value', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner') }] }),
    names: ['one', 'task', 'two'],
  }),
  finds('a key and its value', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner'), Values: ['web'] }] }),
    names: ['one', 'task'],
  }),
  finds('any of several values', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner'), Values: ['mail', 'nobody'] }] }),
    names: ['two'],
  }),
  finds('all of several keys', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner') }, { Key: key('stage') }] }),
    names: ['one'],
  }),
  finds('a service, with all of its kinds', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner') }], ResourceTypeFilters: ['ecs'] }),
    names: ['one', 'task', 'two'],
  }),
  finds('a kind of a service', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner') }], ResourceTypeFilters: ['ecs:cluster', 'ecs:service'] }),
    names: ['one', 'two'],
  }),
  finds('a value that differs in case only, not at all', {
    wish: (key) => ({ TagFilters: [{ Key: key('owner'), Values: ['WEB'] }] }),
    names: [],
  }),
  finds('the tag of a secret', {
    wish: (key) => ({ TagFilters: [{ Key: key('secret') }], ResourceTypeFilters: ['secretsmanager:secret'] }),
    names: ['secret'],
  }),
  {
    name: 'a resource comes with all of its tags',
    expected: [
      ['owner', 'web'],
      ['stage', 'test'],
    ],
    async observe(at) {
      const { key } = await prepare(at);
      const wish = { TagFilters: [{ Key: key('stage') }] };
      const { ResourceTagMappingList = [] } = await at.tagging.send(new GetResourcesCommand(wish));
      return (ResourceTagMappingList[0]?.Tags ?? []).map(({ Key = '', Value }) => [Key.split(':')[1], Value]).sort();
    },
  },
  {
    name: 'a tag that was taken off is found no more',
    expected: { names: ['task', 'two'], next: '' },
    async observe(at) {
      const { own, key, find } = await prepare(at);
      const resourceArn = `arn:aws:ecs:us-east-1:111122223333:cluster/tagging-${own}-one`;
      await at.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: [key('owner')] }));
      const { names, next } = await find({ TagFilters: [{ Key: key('owner') }] });
      return { names: names.sort(), next };
    },
  },
  {
    name: 'pages hold as many resources as were wished, and the last one says so with an empty token',
    expected: { sizes: [2, 1], all: ['one', 'task', 'two'] },
    async observe(at) {
      const { key, find } = await prepare(at);
      const pages: string[][] = [];
      let PaginationToken: string | undefined;
      do {
        const page = await find({
          TagFilters: [{ Key: key('owner') }],
          ResourcesPerPage: 2,
          ...(PaginationToken && { PaginationToken }),
        });
        pages.push(page.names);
        PaginationToken = page.next;
      } while (PaginationToken && pages.length < 9);
      return { sizes: pages.map(({ length }) => length), all: pages.flat().sort() };
    },
  },
];
