import { type ContainerDefinition, DescribeTaskDefinitionCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { BoundedMap } from '../domain/bounded-map.ts';
import type { TaskDefinition } from '../domain/task-definition.ts';
import { ask } from './trouble.ts';

export type TaskDefinitions = ReturnType<typeof taskDefinitions>;

/** Task definitions by ARN. They never change: each is asked for once while the function lives, the latest 10,000 kept. */
export function taskDefinitions(ecs: ECSClient) {
  const known = new BoundedMap<string, TaskDefinition>(10_000);
  return {
    has: (arn: string): boolean => known.has(arn),

    async find(arn: string): Promise<TaskDefinition> {
      const found = known.get(arn) ?? (await describe(ecs, arn));
      known.set(arn, found);
      return found;
    },
  };
}

async function describe(ecs: ECSClient, taskDefinition: string): Promise<TaskDefinition> {
  const answer = await ask('ecs:DescribeTaskDefinition', () =>
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })),
  );
  const containers: readonly ContainerDefinition[] = answer.taskDefinition?.containerDefinitions ?? [];
  const isNear = (secret: string) => placeOf(secret) === undefined || placeOf(secret) === placeOf(taskDefinition);
  return {
    images: containers.flatMap(({ image }) => image ?? []),
    valuesFrom: containers
      .flatMap(({ secrets = [], logConfiguration }) => [...secrets, ...(logConfiguration?.secretOptions ?? [])])
      .flatMap(({ valueFrom }) => valueFrom ?? [])
      .filter(isNear),
    logins: containers
      .flatMap(({ repositoryCredentials }) => repositoryCredentials?.credentialsParameter ?? [])
      .filter(isNear),
  };
}

/** Region and account: a secret of others may have the name of one of ours. Undefined where it is no ARN. */
const placeOf = (arn: string) => (arn.startsWith('arn:') ? arn.split(':').slice(3, 5).join(':') : undefined);
