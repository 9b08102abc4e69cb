import {
  DescribeServicesCommand,
  ECSClient,
  paginateListClusters,
  paginateListServices,
  type Service,
} from '@aws-sdk/client-ecs';
import type { Reader } from '../domain/inventory.ts';
import { readingsOf } from '../domain/task-definition.ts';
import { slices } from '../domain/waves.ts';
import { prompt } from './client.ts';
import { taskDefinitions } from './task-definitions.ts';
import { ask, askFor } from './trouble.ts';

export type Discovery = ReturnType<typeof discovery>;

/** DescribeServices takes ten services of one cluster (API Reference). */
const batchSize = 10;

/** ECS as a search: every service of the region, and what its task definition reads, whatever its tags say. */
export function discovery(ecs = new ECSClient(prompt)) {
  const definitions = taskDefinitions(ecs);

  async function readersIn(cluster: string, secrets: ReadonlySet<string>): Promise<readonly Reader[]> {
    const pages = await ask('ecs:ListServices', () =>
      Array.fromAsync(paginateListServices({ client: ecs }, { cluster, maxResults: 100 })),
    );
    const found: Reader[] = [];
    for (const services of slices(
      pages.flatMap(({ serviceArns = [] }) => serviceArns),
      batchSize,
    )) {
      const answer = await askFor('ecs:DescribeServices', () =>
        ecs.send(new DescribeServicesCommand({ cluster, services: [...services], include: ['TAGS'] })),
      );
      for (const service of answer?.services ?? []) {
        const reader = await readerOf(service, secrets);
        if (reader.readings.length > 0) found.push(reader);
      }
    }
    return found;
  }

  /** Under EXTERNAL each task set has a task definition of its own, and the service none. */
  async function readerOf({ serviceArn: arn = '', taskDefinition, tags = [] }: Service, secrets: ReadonlySet<string>) {
    const readings = taskDefinition ? readingsOf(await definitions.find(taskDefinition), secrets) : [];
    return { arn, tags: Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value])), readings };
  }

  return {
    /**
     * The services whose task definitions read any of these secrets. A call for a hundred services of a cluster, one for
     * ten, and one for each task definition that is new to this function.
     */
    async readers(secrets: ReadonlySet<string>): Promise<readonly Reader[]> {
      const pages = await ask('ecs:ListClusters', () => Array.fromAsync(paginateListClusters({ client: ecs }, {})));
      const found: Reader[] = [];
      for (const cluster of pages.flatMap(({ clusterArns = [] }) => clusterArns))
        found.push(...(await readersIn(cluster, secrets)));
      return found;
    },
  };
}
