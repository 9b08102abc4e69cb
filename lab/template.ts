import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EventBridge } from './eventbridge.ts';
import type { Iam } from './iam.ts';
import { resolve, type Scope } from './intrinsics.ts';
import type { Lambda } from './lambda.ts';
import { arn } from './service.ts';
import type { Sns } from './sns.ts';
import type { Sqs } from './sqs.ts';

/** What a template's resources are made in. */
type World = {
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly bus: EventBridge;
  readonly lambda: Lambda;
  readonly iam: Pick<Iam, 'createRole' | 'attach' | 'assume'>;
};

type Template = {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
};
type Made = { readonly ref: string; readonly attributes: Readonly<Record<string, string>> };
type Context = { readonly world: World; readonly folder: string; readonly logicalId: string };
// biome-ignore lint/suspicious/noExplicitAny: properties are as the template has them; each kind reads its own.
type Kind = (properties: any, context: Context) => Made;

const stackName = 'acm-courier-lab';

/**
 * Reads a packaged template and makes its resources: the lab's only configuration. Functions' `Code` is relative to the
 * template. Rejects on what the template does not define, on cycles and on functions that the lab does not know.
 */
export async function applyTemplateFile(path: string, world: World): Promise<void> {
  const { Resources }: Template = JSON.parse(await readFile(path, 'utf8'));
  const folder = dirname(path);
  const made = new Map<string, Made>();
  const making = new Set<string>();
  const scope: Scope = {
    stackName,
    ref: (logicalId) => make(logicalId).ref,
    attribute(logicalId, name) {
      const value = make(logicalId).attributes[name];
      if (value === undefined) throw new Error(`Resource "${logicalId}" has no attribute "${name}" in the lab`);
      return value;
    },
  };

  /** On first mention, so that what a resource refers to exists before it. */
  function make(logicalId: string): Made {
    const known = made.get(logicalId);
    if (known) return known;
    const resource = Resources[logicalId];
    if (!resource) throw new Error(`The template refers to "${logicalId}", which it does not create`);
    if ('Condition' in resource) throw new Error(`The lab knows no conditions, as "${logicalId}" has one`);
    if (making.has(logicalId)) throw new Error(`Circular dependency: ${[...making, logicalId].join(' → ')}`);
    making.add(logicalId);
    const properties = resolve(resource.Properties ?? {}, scope);
    const kind = kinds[resource.Type] ?? inert(resource.Type);
    const result = told(`Cannot create "${logicalId}" (${resource.Type})`, () =>
      kind(properties, { world, folder, logicalId }),
    );
    making.delete(logicalId);
    made.set(logicalId, result);
    return result;
  }

  for (const logicalId of Object.keys(Resources)) make(logicalId);
}

function told<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new Error(`${what}: ${(cause as Error).message}`, { cause });
  }
}

const kinds: Readonly<Record<string, Kind>> = {
  'AWS::SQS::Queue'({ QueueName, Tags: _, ...attributes }, { world, logicalId }) {
    const name = QueueName ?? `${stackName}-${logicalId}${attributes.FifoQueue ? '.fifo' : ''}`;
    const texts = Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
    const queue = world.sqs.create(name, Object.fromEntries(texts));
    const url = world.sqs.urlOf(queue);
    return { ref: url, attributes: { Arn: queue.arn, QueueName: queue.name, QueueUrl: url } };
  },

  'AWS::SNS::Topic'({ TopicName, Subscription }, { world, logicalId }) {
    const name = TopicName ?? `${stackName}-${logicalId}`;
    const topicArn = world.sns.create(name);
    if (Subscription) throw new Error('Subscriptions are resources of their own in the lab: AWS::SNS::Subscription');
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
  },

  'AWS::SNS::Subscription'(properties, { world }) {
    if (properties.FilterPolicyScope === 'MessageBody') throw new Error('The lab filters on message attributes only');
    const subscriptionArn = world.sns.subscribe(properties);
    return { ref: subscriptionArn, attributes: { Arn: subscriptionArn } };
  },

  'AWS::Lambda::Function'(properties, { world, folder, logicalId }) {
    const name = properties.FunctionName ?? `${stackName}-${logicalId}`;
    if (typeof properties.Code !== 'string') throw new Error("Code must be the path of the bundle's folder");
    const bundle = join(properties.Code, `${properties.Handler.split('.')[0]}.js`);
    if (!existsSync(join(folder, bundle))) throw new Error(`There is no "${bundle}" beside the template`);
    const functionArn = world.lambda.create({
      name,
      folder: join(folder, properties.Code),
      handler: properties.Handler,
      timeoutSeconds: Number(properties.Timeout ?? 3),
      memoryMb: Number(properties.MemorySize ?? 128),
      environment: textsOf(properties.Environment?.Variables),
      credentials: world.iam.assume(properties.Role, name),
      concurrency: properties.ReservedConcurrentExecutions,
    });
    return { ref: name, attributes: { Arn: functionArn } };
  },

  'AWS::Lambda::EventSourceMapping'(properties, { world, logicalId }) {
    if (properties.FilterCriteria) throw new Error('The lab filters no event sources: FilterCriteria');
    if (properties.Enabled !== false) world.lambda.map(properties);
    return { ref: logicalId, attributes: { Id: logicalId } };
  },

  'AWS::Lambda::EventInvokeConfig'(properties, { world, logicalId }) {
    world.lambda.configureAsync(properties);
    return { ref: logicalId, attributes: {} };
  },

  'AWS::Events::Rule'({ Name, EventPattern, State, Targets = [], ScheduleExpression }, { world, logicalId }) {
    if (ScheduleExpression) throw new Error('The lab runs no schedules: ScheduleExpression');
    const name = Name ?? `${stackName}-${logicalId}`;
    const ruleArn = world.bus.putRule({ name, pattern: EventPattern, enabled: State !== 'DISABLED', targets: Targets });
    return { ref: name, attributes: { Arn: ruleArn } };
  },

  'AWS::IAM::Role'({ RoleName, Path, Policies, ManagedPolicyArns, PermissionsBoundary }, { world, logicalId }) {
    if (ManagedPolicyArns || PermissionsBoundary) throw new Error("The lab evaluates the template's own policies only");
    const name = RoleName ?? `${stackName}-${logicalId}`;
    return { ref: name, attributes: { Arn: world.iam.createRole({ name, path: Path, policies: Policies }) } };
  },

  'AWS::IAM::Policy'({ PolicyDocument, Roles = [] }, { world, logicalId }) {
    for (const role of Roles) world.iam.attach(role, PolicyDocument);
    return { ref: logicalId, attributes: {} };
  },
};

/** What has no effect in the lab (alarms, log groups, policies, …) has a name and an ARN, so that others can refer to it. */
function inert(type: string): Kind {
  return (_, { logicalId }) => {
    const name = `${stackName}-${logicalId}`;
    return { ref: name, attributes: { Arn: arn(type.split('::')[1]?.toLowerCase() ?? '', name) } };
  };
}

/** Environment variables are text in CloudFormation; a number or boolean is taken as its text. */
function textsOf(values: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
