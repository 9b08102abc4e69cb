import { ACMClient } from '@aws-sdk/client-acm';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { unhurried } from './client.ts';
import { paced } from './paced.ts';

/** A sweep has time: it rather waits than fails where others use up what AWS allows. */
const patient = { ...unhurried, maxAttempts: 8 };

/**
 * The clients of a sweep, within what AWS allows of each operation in a region, so that others can call as well. Sources:
 * ACM User Guide, "Quotas" (SearchCertificates 5 a second, Describe and ListTags 10); Amazon ECS, "Request throttling"
 * (service reads 100 at once, 20 a second; task reads as well). Of the Tagging API and of ListSecrets we found no figure
 * that AWS's pages agree on: a modest one, and less of it after the first throttle.
 */
export const pacedClients = () => ({
  acm: paced(new ACMClient(patient), {
    SearchCertificates: { perSecond: 4, burst: 4 },
    DescribeCertificate: { perSecond: 8, burst: 8 },
    ListTagsForCertificate: { perSecond: 8, burst: 8 },
  }),
  manager: paced(new SecretsManagerClient(patient), {
    ListSecrets: { perSecond: 10, burst: 10 },
    UpdateSecretVersionStage: { perSecond: 10, burst: 10 },
  }),
  tagging: paced(new ResourceGroupsTaggingAPIClient(patient), { GetResources: { perSecond: 10, burst: 10 } }),
  ecs: paced(new ECSClient(patient), {
    ListClusters: { perSecond: 16, burst: 40 },
    ListServices: { perSecond: 16, burst: 80 },
    DescribeTaskDefinition: { perSecond: 16, burst: 40 },
    DescribeServices: { perSecond: 16, burst: 80 },
    ListServiceDeployments: { perSecond: 16, burst: 80 },
    ListTasks: { perSecond: 16, burst: 80 },
    DescribeTasks: { perSecond: 16, burst: 80 },
  }),
});
