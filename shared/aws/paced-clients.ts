import { ACMClient } from '@aws-sdk/client-acm';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { unhurried } from './client.ts';
import { ecsRates } from './ecs-rates.ts';
import { paced } from './paced.ts';

/** A sweep has time: it rather waits than fails where others use up what AWS allows. */
const patient = { ...unhurried, maxAttempts: 8 };

/**
 * The clients of a sweep, within what AWS allows of each operation in a region, so that others can call as well. Sources:
 * ACM User Guide, "Quotas" (SearchCertificates 5 a second, Describe and ListTags 10). Of the Tagging API and of ListSecrets we found no figure
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
  ecs: paced(new ECSClient(patient), ecsRates),
});
