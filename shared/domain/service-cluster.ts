/**
 * The name of the cluster in a service's ARN, `arn:…:service/CLUSTER/NAME`. The old short form names none: ECS takes no
 * tags for such a service, and nothing of ours restarts it.
 */
export function clusterOf(serviceArn: string): string | undefined {
  const [, cluster, name] = serviceArn.split('/');
  return name === undefined ? undefined : cluster;
}
