import {
  DescribeServicesCommand,
  ECSClient,
  paginateListClusters,
  paginateListServices,
  type Service,
} from '@aws-sdk/client-ecs';
import type { Reader, ServiceState } from '../domain/inventory.ts';
import { finding } from '../domain/reasons.ts';
import { clusterOf } from '../domain/service-arn.ts';
import { followedSecrets, readingsOf, type TaskDefinition } from '../domain/task-definition.ts';
import { slices } from '../domain/waves.ts';
import { prompt } from './client.ts';
import { definitionOf } from './definition-of.ts';
import { serviceState } from './service-state.ts';
import type { TaggedService } from './tagged.ts';
import { taskDefinitions } from './task-definitions.ts';
import { ask, askFor, Trouble } from './trouble.ts';

export type Discovery = ReturnType<typeof discovery>;

export type Searching = {
  /** What is known of task definitions, where others ask for them as well. */
  readonly definitions?: ReturnType<typeof taskDefinitions>;
  /** Milliseconds in which a search asks for new task definitions: the next goes on with those of this one. */
  readonly patience?: number;
};

/** DescribeServices takes ten services of one cluster (API Reference). */
const batchSize = 10;

/**
 * ECS as a search: every service of a cluster, and what its task definition reads, whatever its tags say. A call for a
 * hundred services, one for ten, and one for each task definition that is new.
 */
export function discovery(
  ecs = new ECSClient(prompt),
  { definitions = taskDefinitions(ecs), patience = Infinity }: Searching = {},
) {
  return {
    /** Names of the region's clusters. */
    async clusters(): Promise<readonly string[]> {
      const pages = await ask('ecs:ListClusters', () => Array.fromAsync(paginateListClusters({ client: ecs }, {})));
      return pages.flatMap(({ clusterArns = [] }) => clusterArns.flatMap((arn) => arn.split('/').at(-1) ?? []));
    },

    /** The services of the clusters whose task definitions read any of these secrets. */
    readers: (secrets: ReadonlySet<string>, clusters: readonly string[]): Promise<readonly Reader[]> =>
      search(clusters, ({ definition, ...service }) => {
        const readings = readingsOf(definition, secrets);
        return readings.length > 0 ? { ...service, readings } : undefined;
      }),

    /**
     * The services of the clusters to which a restart brings another version of a secret below the prefix. Throws Trouble
     * of reason SearchUnfinished where it takes too long.
     */
    followers: (prefix: string, clusters: readonly string[]): Promise<readonly TaggedService[]> =>
      search(clusters, ({ definition, arn, tags }) => {
        const secrets = followedSecrets(definition, prefix);
        return secrets.length > 0 && clusterOf(arn) !== undefined ? { arn, tags, secrets } : undefined;
      }),
  };

  async function search<One>(
    clusters: readonly string[],
    read: (found: Found) => One | undefined,
  ): Promise<readonly One[]> {
    const until = performance.now() + patience;
    const all: One[] = [];
    for (const cluster of clusters)
      for (const arns of slices(await list(ecs, cluster), batchSize)) {
        const services = await describe(ecs, { cluster, services: arns });
        const isNews = services.map(definitionOf).some((arn) => arn !== undefined && !definitions.has(arn));
        const found = await Promise.all(services.map(foundOf));
        if (isNews && performance.now() > until)
          throw new Trouble(finding('SearchUnfinished', { cluster, clusters: clusters.length }));
        all.push(...found.flatMap((one) => (one && read(one)) ?? []));
      }
    return all;
  }

  async function foundOf(service: Service): Promise<Found | undefined> {
    const { serviceArn: arn = '', tags = [] } = service;
    const taskDefinition = definitionOf(service);
    if (taskDefinition === undefined) return undefined;
    return {
      arn,
      tags: Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value])),
      state: serviceState(service),
      definition: await definitions.find(taskDefinition),
    };
  }
}

type Found = Omit<Reader, 'readings'> & { readonly state: ServiceState; readonly definition: TaskDefinition };

/** None where there is no such cluster: whoever named it is told by `courier doctor`, and the others' are found. */
async function list(ecs: ECSClient, cluster: string): Promise<readonly string[]> {
  const pages = await askFor('ecs:ListServices', () =>
    Array.fromAsync(paginateListServices({ client: ecs }, { cluster, maxResults: 100 })),
  );
  return pages?.flatMap(({ serviceArns = [] }) => serviceArns) ?? [];
}

async function describe(
  ecs: ECSClient,
  { cluster, services }: { cluster: string; services: readonly string[] },
): Promise<readonly Service[]> {
  const answer = await askFor('ecs:DescribeServices', () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: [...services], include: ['TAGS'] })),
  );
  return answer?.services ?? [];
}
