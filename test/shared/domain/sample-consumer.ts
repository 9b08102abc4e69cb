import type { Consumer } from '../../../shared/domain/rollout.ts';

/** A service of two tasks, of which ECS shows none. */
export const consumerOf = (service = 'web', other: Partial<Consumer> = {}): Consumer => ({
  arn: `arn:aws:ecs:us-east-1:111122223333:service/prod/${service}`,
  service,
  cluster: 'prod',
  active: true,
  desired: 2,
  controller: 'ECS',
  canary: false,
  mutableImages: [],
  order: 100,
  paused: false,
  readsByItself: false,
  refusesMutableImages: false,
  problems: [],
  tasks: [],
  deployments: [],
  ...other,
});
