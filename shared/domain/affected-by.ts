import type { DeliverySight, Observation } from './observation.ts';
import { listed } from './reason.ts';
import type { Judged } from './rollout.ts';

const shown = 5;

/**
 * Who uses a certificate, a sentence each: hosts below a wildcard, the AWS resources that ACM knows of, the secrets it is delivered
 * to with what they hold now, and the services that read them. What could not be looked at is left out: the diagnosis
 * says so.
 */
export const affectedBy = (observation: Observation): readonly string[] => [
  ...wildcards(observation),
  ...awsResources(observation),
  ...observation.deliveries.flatMap(deliveredTo),
];

/** A wildcard reaches further than anything here can see. Other names stand beside the certificate's end, in every mail. */
function wildcards({ certificate: { names } }: Observation): readonly string[] {
  const wild = names.filter((one) => one.startsWith('*.')).map((one) => one.slice(2));
  return wild.length > 0
    ? [`It covers every host directly below ${listed(wild)}, also those that nothing here names`]
    : [];
}

function awsResources({ certificate: { inUseBy } }: Observation): readonly string[] {
  const more = inUseBy.length - shown;
  return [
    ...inUseBy.slice(0, more > 0 ? shown - 1 : shown).map((arn) => `${kindOf(arn)} "${nameOf(arn)}" serves it`),
    ...(more > 0 ? [`${more + 1} more AWS resources serve it (describe-certificate, InUseBy)`] : []),
  ];
}

const kinds: Readonly<Record<string, string>> = {
  elasticloadbalancing: 'Load balancer',
  cloudfront: 'CloudFront distribution',
  apigateway: 'API Gateway',
};

const kindOf = (arn: string) => kinds[arn.split(':')[2] ?? ''] ?? 'AWS resource';
/** `loadbalancer/app/web/50dc6c495c0c9188` as `app/web`; without an ARN's shape whole. */
const nameOf = (arn: string) =>
  arn
    .split(':')
    .slice(5)
    .join(':')
    .replace(/^[a-z]*\/(.*)$/, '$1')
    .replace(/^((?:app|net|gwy)\/.*)\/[^/]*$/, '$1') || arn;

function deliveredTo({ secret, current, consumers }: DeliverySight): readonly string[] {
  const holds = current.is === 'seen' ? [`Secret "${secret}" ${holdings[current.fact.holds]}`] : [];
  const readers = consumers.is === 'seen' ? consumers.fact.map((one) => reader(one, secret)) : [];
  return [...holds, ...readers];
}

const holdings = {
  this: 'holds it as it is now',
  earlier: 'still holds an earlier certificate of this ARN',
  nothing: 'holds no certificate yet',
  another: 'holds another certificate than this one, delivered there under another ARN',
  unknown: 'holds something that acm-courier did not put there',
} as const;

function reader({ consumer, verdict }: Judged, secret: string): string {
  const service = `ECS service "${consumer.service}" in cluster "${consumer.cluster}"`;
  if (verdict.is === 'reads by itself') return `${service} reads secret "${secret}" by itself, again and again`;
  if (verdict.is === 'new') return `${service} reads secret "${secret}"`;
  if (verdict.is === 'idle') return `${service} would read secret "${secret}", but runs no task`;
  return `${service} reads secret "${secret}", but not all of its tasks have started since that last changed`;
}
