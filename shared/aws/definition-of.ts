import type { Service } from '@aws-sdk/client-ecs';

/**
 * The ARN of the task definition that a service runs; undefined where nothing was ever deployed. Under EXTERNAL task sets
 * have one each, and the service shows that of the primary one, if there is one (ECS Developer Guide, "Deploy Amazon ECS
 * services using a third-party controller"): before that, the newest task set's.
 */
export function definitionOf({ taskDefinition, taskSets = [] }: Service): string | undefined {
  const newestFirst = taskSets.toSorted((a, b) => Number(b.createdAt ?? 0) - Number(a.createdAt ?? 0));
  const shown = newestFirst.find(({ status }) => status === 'PRIMARY') ?? newestFirst[0];
  return taskDefinition ?? shown?.taskDefinition;
}
