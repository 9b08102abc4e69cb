/**
 * The name of the cluster in a service's ARN, `arn:…:service/CLUSTER/NAME`. The old short form names none: ECS takes no
 * tags for such a service, and nothing of ours restarts it.
 */
export function clusterOf(serviceArn: string): string | undefined {
  const [cluster, name] = partsOf(serviceArn);
  return name === undefined ? undefined : cluster;
}

/** Both names in a service's ARN, as people and reasons name it. */
export function namesIn(serviceArn: string): { readonly cluster: string; readonly service: string } {
  const [cluster = '', service = serviceArn] = partsOf(serviceArn);
  return { cluster, service };
}

/** `cluster/service`, as the console shows it. */
export const shownService = (serviceArn: string): string => partsOf(serviceArn).join('/');

const partsOf = (serviceArn: string) => serviceArn.split('/').slice(1);
