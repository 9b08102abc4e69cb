import { EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { slices } from '../domain/waves.ts';
import { prompt } from './client.ts';
import type { Host } from './task-addresses.ts';
import { ask } from './trouble.ts';

export type Instances = ReturnType<typeof instances>;

/** EC2 takes at most 200 values in a filter, and recommends pages; of so many instances one page holds all. */
const idsAtOnce = 100;

/** EC2, asked for nothing but where instances stand. */
export function instances(ec2 = new EC2Client(prompt)) {
  return {
    /**
     * The instances' primary private addresses, IPv4 before IPv6, and subnets, by their ids; what EC2 does not know, or has
     * terminated, is left out. By a filter, for of the parameter InstanceIds one that is gone fails the call for all of them
     * (EC2 API Reference, DescribeInstances).
     */
    async hostsOf(ids: readonly string[]): Promise<ReadonlyMap<string, Host>> {
      const found = new Map<string, Host>();
      for (const Values of slices(ids, idsAtOnce)) {
        const wanted = { Filters: [{ Name: 'instance-id', Values: [...Values] }] };
        const pages = await ask('ec2:DescribeInstances', () =>
          Array.fromAsync(paginateDescribeInstances({ client: ec2, pageSize: idsAtOnce }, wanted)),
        );
        const reservations = pages.flatMap(({ Reservations = [] }) => Reservations);
        for (const instance of reservations.flatMap(({ Instances = [] }) => Instances)) {
          const host = hostOf(instance);
          if (host) found.set(instance.InstanceId ?? '', host);
        }
      }
      return found;
    },
  };
}

function hostOf({ PrivateIpAddress, Ipv6Address, SubnetId: subnet }: Instance): Host | undefined {
  // Of a terminated instance the address may be there, and empty.
  const host = PrivateIpAddress || Ipv6Address;
  return host ? { host, subnet } : undefined;
}
