import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { discovery } from '../../../shared/aws/discovery.ts';

const place = 'us-east-1:111122223333';
const secretArn = (at = place) => `arn:aws:secretsmanager:${at}:secret:courier/api-AbC123:certificate::`;

type World = {
  /** What each service of a cluster reads, by the end of its ARN. */
  readonly services: Readonly<Record<string, string>>;
  readonly refusal?: string;
  /** In place of a task definition of its own, of services under EXTERNAL. */
  readonly taskSets?: Readonly<Record<string, readonly object[]>>;
};

/** ECS with one cluster, `prod`, and the operations that it was asked for. */
function ecs({ services, refusal, taskSets }: World) {
  const asked: string[] = [];
  const arnOf = (name: string) => `arn:aws:ecs:${place}:service/${name}`;
  const answers: Readonly<Record<string, (input: never) => object>> = {
    ListServices: ({ cluster }: { cluster: string }) => {
      if (refusal || cluster !== 'prod') {
        const name = refusal ?? 'ClusterNotFoundException';
        throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
      }
      return { serviceArns: Object.keys(services).map(arnOf) };
    },
    DescribeServices: ({ services: arns }: { services: readonly string[] }) => ({
      services: arns.map((serviceArn) => {
        const [, name = ''] = serviceArn.split('service/');
        const own = { taskDefinition: `arn:aws:ecs:${place}:task-definition/${name}:1` };
        const tags = [{ key: 'courier:order', value: '10' }];
        return { serviceArn, tags, ...(taskSets ? { taskSets: taskSets[name] } : own) };
      }),
    }),
    DescribeTaskDefinition: ({ taskDefinition }: { taskDefinition: string }) => {
      const [, name = ''] = /task-definition\/(.*):1$/.exec(taskDefinition) ?? [];
      return { taskDefinition: { containerDefinitions: [{ secrets: [{ valueFrom: services[name] }] }] } };
    },
  };
  const client = Object.assign(Object.create(ECSClient.prototype), {
    send: async (command: { readonly constructor: { readonly name: string }; readonly input: never }) => {
      const operation = command.constructor.name.replace('Command', '');
      asked.push(operation);
      return answers[operation]?.(command.input) ?? {};
    },
  });
  return { client: client as ECSClient, asked };
}

const followers = (world: World, clusters = ['prod']) => discovery(ecs(world).client).followers('courier/', clusters);

describe('a search for services that follow a secret', () => {
  it('finds them with their tags, whatever these say', async () => {
    expect(await followers({ services: { 'prod/web': secretArn(), 'prod/other': 'arn:aws:ssm:x' } })).toEqual([
      {
        arn: `arn:aws:ecs:${place}:service/prod/web`,
        tags: { 'courier:order': '10' },
        secrets: ['courier/api-AbC123', 'courier/api'],
      },
    ]);
  });

  it.each([
    [
      'a secret of another account, though it has the name of ours',
      { 'prod/web': secretArn('us-east-1:444455556666') },
    ],
    ['a secret of another region', { 'prod/web': secretArn('eu-west-1:111122223333') }],
    ['a secret outside the prefix', { 'prod/web': secretArn().replace('courier/', 'theirs/') }],
    ['a service by an ARN of the old form, which names no cluster to restart it in', { web: secretArn() }],
  ])('leaves out %s', async (_, services) => {
    expect(await followers({ services })).toEqual([]);
  });

  it('finds one under EXTERNAL by the task definition of its primary task set, or of its newest', async () => {
    const definition = (name: string) => `arn:aws:ecs:${place}:task-definition/${name}:1`;
    const set = (name: string, status: string, createdAt: number) => ({
      ...{ status, createdAt: new Date(createdAt), taskDefinition: definition(name) },
    });
    const services = { 'prod/web': secretArn(), 'prod/api': secretArn(), 'prod/new': 'arn:aws:ssm:x', 'prod/none': '' };
    const taskSets = {
      'prod/web': [set('prod/new', 'ACTIVE', 2), set('prod/web', 'PRIMARY', 1)],
      'prod/api': [set('prod/new', 'DRAINING', 1), set('prod/api', 'ACTIVE', 2)],
      'prod/new': [set('prod/new', 'ACTIVE', 2), set('prod/web', 'DRAINING', 1)],
      'prod/none': [],
    };
    const found = await followers({ services, taskSets });
    expect(found.map(({ arn }) => arn.split('service/')[1])).toEqual(['prod/web', 'prod/api']);
  });

  it('goes on where a cluster is not there', async () => {
    expect(await followers({ services: { 'prod/web': secretArn() } }, ['gone', 'prod'])).toHaveLength(1);
  });

  it('is Trouble where AWS refuses it', async () => {
    const refused = followers({ services: {}, refusal: 'AccessDeniedException' });
    await expect(refused).rejects.toMatchObject({ finding: { reason: 'AccessDenied' } });
  });

  it('ends when it has taken too long, and the next goes on with what it has asked for', async () => {
    const services = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`prod/web-${index}`, secretArn()]));
    const { client, asked } = ecs({ services });
    const count = () => asked.filter((one) => one === 'DescribeTaskDefinition').length;
    const hurried = discovery(client, { patience: -1 });
    await expect(hurried.followers('courier/', ['prod'])).rejects.toMatchObject({
      finding: { reason: 'SearchUnfinished', facts: { cluster: 'prod', clusters: 1 } },
    });
    expect(count()).toBe(10);
    await expect(hurried.followers('courier/', ['prod'])).rejects.toThrow();
    expect(count()).toBe(20);
    await expect(hurried.followers('courier/', ['prod'])).rejects.toThrow();
    expect(await hurried.followers('courier/', ['prod'])).toHaveLength(25);
    expect(count()).toBe(25);
  });
});
