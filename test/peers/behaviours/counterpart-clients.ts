import { ECSClient } from '@aws-sdk/client-ecs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The SDK's clients for one endpoint; one attempt, so that each answer is seen. `key`: access key id and secret. */
export function counterpartClients(endpoint: string, key: string) {
  const credentials = { accessKeyId: key, secretAccessKey: key };
  const to = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  return {
    secrets: new SecretsManagerClient(to),
    sns: new SNSClient(to),
    sqs: new SQSClient(to),
    bus: new EventBridgeClient(to),
    ecs: new ECSClient(to),
    tagging: new ResourceGroupsTaggingAPIClient(to),
  };
}
