import { ECSClient } from '@aws-sdk/client-ecs';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { prompt } from './client.ts';
import { discovery, type Searching } from './discovery.ts';
import { ecsRates } from './ecs-rates.ts';
import { nominations } from './nominations.ts';
import { paced } from './paced.ts';
import { services } from './services.ts';
import { tagged } from './tagged.ts';
import type { HostsOf } from './task-addresses.ts';
import { taskDefinitions } from './task-definitions.ts';

export type Consumption = ReturnType<typeof consumption>;

/** Of a stack's settings, those that say who consumes a secret. */
type Policy = {
  /** Clusters, by name. */
  readonly discoverConsumers: readonly string[];
  readonly secretPrefix: string;
  /** Epoch seconds. */
  readonly now: () => number;
};

type Means = Pick<Searching, 'patience'> & {
  readonly ecs?: ECSClient;
  readonly tagging?: ResourceGroupsTaggingAPIClient;
  readonly hostsOf?: HostsOf;
};

/**
 * Who reads secrets, and how they stand: `tagged`, `services` and `discovery` in one, for the three know the same task
 * definitions. With clusters to be searched, whoever reads a secret there is nominated as if it were tagged.
 */
export function consumption({ discoverConsumers, secretPrefix, now }: Policy, means: Means = {}) {
  const { ecs = new ECSClient(prompt), tagging, hostsOf, patience } = means;
  const definitions = taskDefinitions(ecs);
  const byTags = tagged(tagging);
  const searching = means.ecs ?? paced(new ECSClient(prompt), ecsRates);
  const search = discovery(searching, { definitions, ...(patience && { patience }) });
  const followers = () => search.followers(secretPrefix, discoverConsumers);
  return {
    ...byTags,
    ...search,
    ...services(ecs, { definitions, searched: discoverConsumers, ...(hostsOf && { hostsOf }) }),
    ...(discoverConsumers.length > 0 ? nominations({ tagged: byTags, followers, now }) : {}),
  };
}
