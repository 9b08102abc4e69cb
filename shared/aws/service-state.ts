import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { ServiceState } from '../domain/inventory.ts';

/** What a service started with last, as a sweep goes by it. */
export function serviceState({
  status,
  desiredCount,
  deploymentController,
  deployments = [],
  taskSets = [],
  createdAt,
}: Service): ServiceState {
  // Under CODE_DEPLOY and EXTERNAL there are task sets in place of deployments (API Reference, Service).
  const primary = [...deployments, ...taskSets].find((one) => one.status === 'PRIMARY');
  const controller = deploymentController?.type ?? 'ECS';
  return {
    runs: status === 'ACTIVE' && (desiredCount ?? 0) > 0,
    restartable: controller === 'ECS',
    ...(controller !== 'ECS' && { controller }),
    // Behind a Classic Load Balancer ECS gives no rolloutState (API Reference, Deployment).
    underWay: deployments.some((one) => one.rolloutState === 'IN_PROGRESS' || (!one.rolloutState && isReplaced(one))),
    ...(createdAt && { createdAt: createdAt.getTime() / 1000 }),
    ...(primary?.createdAt && { startedAt: primary.createdAt.getTime() / 1000 }),
  };
}

/** A deployment whose tasks another one takes the place of: ECS shows it until the last of them is gone. */
export const isReplaced = ({ status }: Deployment): boolean => status === 'ACTIVE';
