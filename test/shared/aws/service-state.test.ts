import type { Deployment } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { serviceState } from '../../../shared/aws/service-state.ts';

const createdAt = new Date('2026-10-01T12:00:00Z');
const primary: Deployment = { status: 'PRIMARY', createdAt };
const active: Deployment = { status: 'ACTIVE', createdAt: new Date(0) };

it.each<readonly [string, readonly Deployment[], boolean]>([
  ['has ended', [{ ...primary, rolloutState: 'COMPLETED' }], false],
  ['goes on', [{ ...primary, rolloutState: 'IN_PROGRESS' }], true],
  [
    'has failed beside the one from before',
    [
      { ...primary, rolloutState: 'FAILED' },
      { ...active, rolloutState: 'COMPLETED' },
    ],
    false,
  ],
  // Behind a Classic Load Balancer ECS gives no rollout state.
  ['is alone, in whatever state', [primary], false],
  ['replaces another one, in whatever state', [primary, active], true],
])('a service whose deployment %s', (_, deployments, underWay) => {
  const service = { status: 'ACTIVE', desiredCount: 1, deployments: [...deployments] };
  expect(serviceState(service)).toEqual({
    ...{ runs: true, restartable: true, underWay },
    startedAt: createdAt.getTime() / 1000,
  });
});
