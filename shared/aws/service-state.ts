import type { Service } from '@aws-sdk/client-ecs';
import type { ServiceState } from '../domain/inventory.ts';

/** What a service started with last, as a sweep goes by it. */
export function serviceState({ status, desiredCount, deploymentController, deployments = [] }: Service): ServiceState {
  const primary = deployments.find((one) => one.status === 'PRIMARY');
  return {
    runs: status === 'ACTIVE' && (desiredCount ?? 0) > 0,
    restartable: (deploymentController?.type ?? 'ECS') === 'ECS',
    underWay: deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'),
    ...(primary?.createdAt && { startedAt: primary.createdAt.getTime() / 1000 }),
  };
}
