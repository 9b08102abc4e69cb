import type { Counterpart } from './behaviours/behaviour.ts';

/** Where a counterpart does not do what AWS does, and what it does instead. */
export type KnownDifference = {
  /** The behaviour's name. */
  readonly behaviour: string;
  readonly differs: Counterpart['name'];
  /** In a sentence, and as the behaviour observes it. */
  readonly does: string;
  readonly observed: unknown;
  /** Which of the two does what AWS does; null where neither does. */
  readonly likeAws: Counterpart['name'] | null;
  /** Where one reads that AWS does otherwise. */
  readonly source: string;
};

const docs = 'https://docs.aws.amazon.com';
const secretsManager = `${docs}/secretsmanager/latest/apireference`;
const sns = `${docs}/sns/latest/api`;
const sqs = `${docs}/AWSSimpleQueueService/latest`;
const ecs = `${docs}/AmazonECS/latest/APIReference`;

const inMiniStack = (row: Omit<KnownDifference, 'differs' | 'likeAws'>): KnownDifference => ({
  ...row,
  differs: 'MiniStack',
  likeAws: 'lab',
});

/** An unlisted difference fails the suite, and so does a row that is no longer true. */
export const knownDifferences: readonly KnownDifference[] = [
  inMiniStack({
    behaviour: 'the token of CreateSecret is the id of the first version',
    does: 'gives the version an id of its own',
    observed: false,
    source: `${secretsManager}/API_CreateSecret.html`,
  }),
  inMiniStack({
    behaviour: 'the same token with the same value makes no second version',
    does: 'makes the version anew: it pushes itself out of AWSPREVIOUS',
    observed: { answered: true, versions: { b: ['AWSCURRENT'] } },
    source: `${secretsManager}/API_PutSecretValue.html`,
  }),
  inMiniStack({
    behaviour: 'the same token with another value is refused, and the version stays what it was',
    does: 'overwrites the version',
    observed: { answered: 'accepted', value: 'other' },
    source: `${secretsManager}/API_PutSecretValue.html`,
  }),
  inMiniStack({
    behaviour: 'creating again with the same token and value answers as the first time',
    does: 'refuses the name',
    observed: 'ResourceExistsException',
    source: `${secretsManager}/API_CreateSecret.html`,
  }),
  inMiniStack({
    behaviour: 'a secret can be created without a value, and has none',
    does: 'makes a current version without a value',
    observed: { made: true, read: 'accepted' },
    source: 'https://github.com/boto/boto3/issues/2794',
  }),
  inMiniStack({
    behaviour: 'the first version becomes current, whatever stages were asked for',
    does: 'leaves AWSCURRENT on the empty version that CreateSecret made',
    observed: { a: ['COURIER_NEXT'] },
    source: `${secretsManager}/API_PutSecretValue.html`,
  }),
  inMiniStack({
    behaviour: 'a label sits on one version at a time',
    does: 'leaves the label on the version before as well',
    observed: { a: ['AWSCURRENT'], b: ['COURIER_NEXT'], c: ['COURIER_NEXT'] },
    source: `${secretsManager}/API_PutSecretValue.html`,
  }),
  inMiniStack({
    behaviour: 'a version without a label is kept, and shown with IncludeDeprecated only',
    does: 'deletes a version with its last label',
    observed: {
      described: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
      listed: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
      deprecated: { b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] },
    },
    source: `${secretsManager}/API_ListSecretVersionIds.html`,
  }),
  inMiniStack({
    behaviour: 'AWSCURRENT cannot be taken off',
    does: 'takes it off',
    observed: { answered: 'accepted', labels: {} },
    source:
      'https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go',
  }),
  inMiniStack({
    behaviour: 'a secret takes twenty labels on all of its versions, and not one more',
    does: 'takes any number',
    observed: ['accepted', 'accepted'],
    source: `${docs}/secretsmanager/latest/userguide/reference_limits.html`,
  }),
  inMiniStack({
    behaviour: 'a value is read by label, by id, and by both where they belong together',
    does: 'ignores the label beside an id',
    observed: { current: 'second', label: 'first', id: 'first', both: 'first', mismatch: 'accepted' },
    source: `${secretsManager}/API_GetSecretValue.html`,
  }),
  inMiniStack({
    behaviour: 'a value may have 65,536 bytes and not one more',
    does: 'takes a value of any size',
    observed: ['accepted', 'accepted'],
    source: 'https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/1531',
  }),
  inMiniStack({
    behaviour: 'a secret that is scheduled for deletion can be described, not read or written, and its name is taken',
    does: 'says that the name exists, not that it is scheduled for deletion',
    observed: {
      days: [7, 7],
      described: { a: ['AWSCURRENT'] },
      read: 'InvalidRequestException',
      written: 'InvalidRequestException',
      created: 'ResourceExistsException',
    },
    source: `${secretsManager}/API_CreateSecret.html`,
  }),
  ...['a subject of 101 characters', 'a subject of two lines', 'a subject beyond ASCII', 'an empty message'].map(
    (what) =>
      inMiniStack({
        behaviour: `${what} is refused`,
        does: 'accepts it',
        observed: 'accepted',
        source: `${sns}/API_Publish.html`,
      }),
  ),
  inMiniStack({
    behaviour: 'an attribute without a value is refused',
    does: 'accepts it',
    observed: 'accepted',
    source: `${docs}/sns/latest/dg/sns-message-attributes.html`,
  }),
  inMiniStack({
    behaviour: 'the receipt handle of a message whose visibility has ended is refused',
    does: 'deletes the message',
    observed: { remove: 'accepted', left: [] },
    source: 'https://repost.aws/knowledge-center/sqs-receipt-handle-error',
  }),
  inMiniStack({
    behaviour: 'a message cannot be hidden for more than twelve hours',
    does: 'hides it',
    observed: 'accepted',
    source: `${sqs}/APIReference/API_ChangeMessageVisibility.html`,
  }),
  inMiniStack({
    behaviour: 'a standard queue refuses to hide a message that is not in flight',
    does: 'hides it',
    observed: 'accepted',
    source: `${sqs}/APIReference/API_ChangeMessageVisibility.html`,
  }),
  inMiniStack({
    behaviour: 'a message is deleted twice without complaint',
    does: 'no longer knows the receipt handle',
    observed: ['accepted', 'ReceiptHandleIsInvalid'],
    source: `${sqs}/APIReference/API_DeleteMessage.html`,
  }),
  inMiniStack({
    behaviour: 'a FIFO queue refuses a dead-letter queue that is none',
    does: 'takes any queue',
    observed: 'accepted',
    source: `${sqs}/SQSDeveloperGuide/sqs-dead-letter-queues.html`,
  }),
  ...['a detail that is no JSON', 'an entry without a detail-type'].map((what) =>
    inMiniStack({
      behaviour: `${what} is refused, and the other entries are not`,
      does: 'accepts it',
      observed: { failed: 0, errors: [undefined, undefined] },
      source: `${docs}/eventbridge/latest/APIReference/API_PutEventsResultEntry.html`,
    }),
  ),
  inMiniStack({
    behaviour: 'a service of a definition that does not exist is refused',
    does: 'creates it',
    observed: 'accepted',
    source: `${ecs}/API_CreateService.html`,
  }),
  inMiniStack({
    behaviour: 'a service in a cluster that does not exist is refused',
    does: 'creates the cluster',
    observed: 'accepted',
    source: `${ecs}/API_CreateService.html`,
  }),
  inMiniStack({
    behaviour: 'a service shows its tags to who includes TAGS',
    does: 'shows them always',
    observed: { without: true, with: [{ key: 'courier:secret', value: 'courier/api' }] },
    source: `${ecs}/API_DescribeServices.html`,
  }),
  inMiniStack({
    behaviour: 'more than ten services in one call are refused',
    does: 'describes them',
    observed: 'accepted',
    source: `${ecs}/API_DescribeServices.html`,
  }),
  inMiniStack({
    behaviour: 'service deployments are listed, one more for a forced deployment, newest first',
    does: 'lists none',
    observed: { created: 0, forced: 0, ordered: false, service: false },
    source: `${ecs}/API_ListServiceDeployments.html`,
  }),
  inMiniStack({
    behaviour: 'a service deployment without tasks to start succeeds',
    does: 'has none',
    observed: 'none',
    source: `${ecs}/API_ServiceDeploymentBrief.html`,
  }),
  inMiniStack({
    behaviour: 'a service that is not there cannot be updated, nor one in a cluster that is not',
    does: 'misses the service where the cluster is missing',
    observed: ['ServiceNotFoundException', 'ServiceNotFoundException'],
    source: `${ecs}/API_UpdateService.html`,
  }),
  inMiniStack({
    behaviour: 'a service that CodeDeploy deploys refuses a forced deployment and another task definition',
    does: 'takes both',
    observed: ['accepted', 'accepted'],
    source: `${ecs}/API_UpdateService.html`,
  }),
  inMiniStack({
    behaviour: "a service's tasks are listed, and say which deployment started them",
    does: 'names something else as what started the task',
    observed: { tasks: 1, group: true, startedBy: false, definition: true, others: 0 },
    source: `${ecs}/API_Task.html`,
  }),
  inMiniStack({
    behaviour: 'a deleted service is INACTIVE, takes no update, and its name is free',
    does: 'updates a service that is INACTIVE',
    observed: { status: 'INACTIVE', update: 'accepted', again: 'ACTIVE' },
    source: `${ecs}/API_UpdateService.html`,
  }),
  inMiniStack({
    behaviour: 'a name that is taken by an active service is refused',
    does: 'refuses it by another name of error',
    observed: 'ClientException',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/14489',
  }),
  inMiniStack({
    behaviour: 'resources are found by the tag of a secret',
    does: 'finds no secrets',
    observed: [],
    source: `${docs}/resourcegroupstagging/latest/APIReference/supported-services.html`,
  }),
  inMiniStack({
    behaviour: 'pages hold as many resources as were wished, and the last one says so with an empty token',
    does: 'answers everything at once',
    observed: { sizes: [3], all: ['one', 'task', 'two'] },
    source: `${docs}/resourcegroupstagging/latest/APIReference/API_GetResources.html`,
  }),
];
