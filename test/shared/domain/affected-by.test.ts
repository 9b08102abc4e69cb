import { expect, test } from 'vitest';
import { affectedBy } from '../../../shared/domain/affected-by.ts';
import type { DeliverySight, Observation } from '../../../shared/domain/observation.ts';
import type { Verdict } from '../../../shared/domain/rollout.ts';
import { consumerOf } from './sample-consumer.ts';
import { privateOne, publicOne, seen, unseen } from './sample-observation.ts';

const loadBalancer = (name: string) => `arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/${name}`;

const consumer = consumerOf();

const delivered = (holds: 'this' | 'earlier' | 'nothing' | 'unknown', ...verdicts: readonly Verdict[]): Observation => {
  const delivery: DeliverySight = {
    secret: 'courier/api',
    current: seen({ holds }),
    consumers: seen(verdicts.map((verdict) => ({ consumer, verdict }))),
  };
  return privateOne({}, { deliveries: [delivery] });
};

test.each([
  ['nothing that is known', privateOne(), []],
  [
    'hosts that nothing here names, below a wildcard',
    privateOne({ name: '*.example.com', names: ['*.example.com'] }),
    ['It covers every host directly below "example.com", also those that nothing here names'],
  ],
  ['a load balancer', publicOne(), ['Load balancer "app/web" serves it']],
  ['a classic load balancer', publicOne({ inUseBy: [loadBalancer('old')] }), ['Load balancer "old" serves it']],
  [
    'a distribution, and what has another shape',
    publicOne({ inUseBy: ['arn:aws:cloudfront::111122223333:distribution/E123', 'arn:aws:new:::thing', 'odd'] }),
    ['CloudFront distribution "E123" serves it', 'AWS resource "thing" serves it', 'AWS resource "odd" serves it'],
  ],
  [
    'a secret and its service',
    delivered('this', { is: 'new' }),
    ['Secret "courier/api" holds it as it is now', 'ECS service "web" in cluster "prod" reads secret "courier/api"'],
  ],
  [
    'a service that sleeps, or is late',
    delivered('earlier', { is: 'idle' }, { is: 'stale' }),
    [
      'Secret "courier/api" still holds an earlier certificate of this ARN',
      'ECS service "web" in cluster "prod" would read secret "courier/api", but runs no task',
      'ECS service "web" in cluster "prod" reads secret "courier/api", but not all of its tasks have started since that last changed',
    ],
  ],
  ['an empty secret', delivered('nothing'), ['Secret "courier/api" holds no certificate yet']],
  [
    'a secret of somebody else',
    delivered('unknown'),
    ['Secret "courier/api" holds something that acm-courier did not put there'],
  ],
  [
    'nothing of a secret that could not be seen',
    privateOne({}, { deliveries: [{ secret: 's', current: unseen('a'), consumers: unseen('b') }] }),
    [],
  ],
] as const)('a certificate affects %s', (_, observation, sentences) =>
  expect(affectedBy(observation)).toEqual(sentences),
);

test('of very many load balancers four are named and the others counted', () => {
  const five = Array.from({ length: 5 }, (_, index) => loadBalancer(`${index}`));
  expect(affectedBy(publicOne({ inUseBy: five }))).toHaveLength(5);
  expect(affectedBy(publicOne({ inUseBy: [...five, loadBalancer('5')] })).slice(3)).toEqual([
    'Load balancer "3" serves it',
    '2 more AWS resources serve it (describe-certificate, InUseBy)',
  ]);
});
