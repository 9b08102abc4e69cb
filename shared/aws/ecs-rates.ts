/**
 * Calls of ECS, within what AWS allows in a region, so that others can call as well. Source: Amazon ECS, "Request
 * throttling" (reads of services and tasks 100 at once, 20 a second; of
 * task definitions 50 and 20).
 */
export const ecsRates = {
  ListClusters: { perSecond: 16, burst: 40 },
  ListServices: { perSecond: 16, burst: 80 },
  DescribeTaskDefinition: { perSecond: 16, burst: 40 },
  DescribeServices: { perSecond: 16, burst: 80 },
  ListServiceDeployments: { perSecond: 16, burst: 80 },
  ListTasks: { perSecond: 16, burst: 80 },
  DescribeTasks: { perSecond: 16, burst: 80 },
};
