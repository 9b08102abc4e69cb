import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import type { ServiceState } from '../domain/inventory.ts';
import { clusterOf } from '../domain/service-arn.ts';
import { prompt } from './client.ts';
import { serviceState } from './service-state.ts';
import { askFor } from './trouble.ts';

export type Fleet = ReturnType<typeof fleet>;

/** DescribeServices takes ten services of one cluster (API Reference). */
const batchSize = 10;
/** Answers waited for at the same time: more of them are more memory, and the rate is bounded anyway. */
const lanes = 8;

/** ECS as a sweep sees it: what each of many services started with last, and no task. */
export function fleet(ecs = new ECSClient(prompt)) {
  return {
    /** How each service stands, by ARN; those that are gone are left out. A call for ten of a cluster. */
    async states(arns: readonly string[]): Promise<ReadonlyMap<string, ServiceState>> {
      const found = new Map<string, ServiceState>();
      const batches = batchesOf(arns);
      const lane = async () => {
        for (let batch = batches.pop(); batch; batch = batches.pop()) {
          const { cluster, services } = batch;
          const answer = await askFor('ecs:DescribeServices', () =>
            ecs.send(new DescribeServicesCommand({ cluster, services })),
          );
          // A deleted one is shown for a while.
          for (const service of (answer?.services ?? []).filter(({ status }) => status === 'ACTIVE'))
            found.set(service.serviceArn ?? '', serviceState(service));
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      return found;
    },
  };
}

function batchesOf(arns: readonly string[]): { cluster: string; services: string[] }[] {
  const byCluster = Map.groupBy(arns, (arn) => clusterOf(arn) ?? 'default');
  return [...byCluster].flatMap(([cluster, all]) =>
    Array.from({ length: Math.ceil(all.length / batchSize) }, (_, index) => ({
      cluster,
      services: all.slice(index * batchSize, (index + 1) * batchSize),
    })),
  );
}
