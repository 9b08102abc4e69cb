import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CloudWatch } from './cloudwatch.ts';
import type { EventBridge } from './eventbridge.ts';
import type { Iam } from './iam.ts';
import { holds, resolve, type Scope } from './intrinsics.ts';
import type { Lambda } from './lambda.ts';
import type { Scheduler } from './scheduler.ts';
import { arn } from './service.ts';
import type { Sns } from './sns.ts';
import type { Sqs } from './sqs.ts';
import type { Ssm } from './ssm.ts';

/** What a template's resources are made in. */
type World = {
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly ssm: Pick<Ssm, 'put'>;
  readonly cloudwatch: Pick<CloudWatch, 'createAlarm'>;
  readonly bus: EventBridge;
  readonly lambda: Lambda;
  readonly scheduler: Scheduler;
  readonly iam: Pick<Iam, 'createRole' | 'attach' | 'assume'>;
};

type Template = {
  readonly Parameters?: Readonly<Record<string, Parameter>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
};
type Parameter = { readonly Type: string; readonly Default?: string | number; readonly AllowedValues?: unknown[] };
type Resource = {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: object;
};
type Made = {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** A role's: who may assume it. */
  readonly trust?: object;
};
type Context = {
  readonly world: World;
  readonly folder: string;
  readonly logicalId: string;
  /** What exists already, by logical id. */
  readonly made: ReadonlyMap<string, Made>;
};
// biome-ignore lint/suspicious/noExplicitAny: properties are as the template has them; each kind reads its own.
type Kind = (properties: any, context: Context) => Made;

export type StackOptions = {
  readonly world: World;
  /** Values of the template's parameters; the others have their defaults. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
};

const stackName = 'acm-courier-lab';

/**
 * Reads a packaged template and makes its resources: the lab's only configuration. Functions' `Code` is relative to the
 * template. Rejects on what the template does not define, on cycles and on functions that the lab does not know.
 */
export async function applyTemplateFile(path: string, { world, parameters }: StackOptions): Promise<void> {
  const template: Template = JSON.parse(await readFile(path, 'utf8'));
  const { Conditions: conditions = {}, Resources } = template;
  const folder = dirname(path);
  const made = new Map<string, Made>();
  const making = new Set<string>();
  const scope: Scope = {
    stackName,
    parameters: parametersOf(template, parameters),
    conditions,
    ref: (logicalId) => make(logicalId).ref,
    attribute(logicalId, name) {
      const value = make(logicalId).attributes[name];
      if (value === undefined) throw new Error(`Resource "${logicalId}" has no attribute "${name}" in the lab`);
      return value;
    },
  };
  const isWanted = ({ Condition }: Resource) => Condition === undefined || holds(Condition, scope);
  const wanted = new Map(Object.entries(Resources).filter(([, resource]) => isWanted(resource)));

  /** On first mention, so that what a resource refers to or depends on exists before it. */
  function make(logicalId: string): Made {
    const known = made.get(logicalId);
    if (known) return known;
    const resource = wanted.get(logicalId);
    if (!resource) throw new Error(`The template refers to "${logicalId}", which it does not create`);
    if (making.has(logicalId)) throw new Error(`Circular dependency: ${[...making, logicalId].join(' → ')}`);
    making.add(logicalId);
    for (const before of [resource.DependsOn ?? []].flat()) if (wanted.has(before)) make(before);
    const properties = resolve(resource.Properties ?? {}, scope);
    const kind = kinds[resource.Type] ?? inert(resource.Type);
    const result = told(`Cannot create "${logicalId}" (${resource.Type})`, () =>
      kind(properties, { world, folder, logicalId, made }),
    );
    making.delete(logicalId);
    made.set(logicalId, result);
    return result;
  }

  for (const logicalId of wanted.keys()) make(logicalId);
}

/** Each parameter's value: given, or its default. Of CloudFormation's checks, AllowedValues. */
function parametersOf({ Parameters = {} }: Template, given: StackOptions['parameters'] = {}): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => !Parameters[name]);
  if (unknown.length > 0) throw new Error(`Parameters: [${unknown}] do not exist in the template`);
  const values = Object.entries(Parameters).map(([name, { Type, Default, AllowedValues }]) => {
    if (!['String', 'Number'].includes(Type))
      throw new Error(`The lab's parameters are texts and numbers, not ${Type}`);
    const value = given[name] ?? Default;
    if (value === undefined) throw new Error(`Parameters: [${name}] must have values`);
    const allowed = AllowedValues?.map(String) ?? [String(value)];
    if (!allowed.includes(String(value)))
      throw new Error(`Parameter '${name}' must be one of AllowedValues: [${allowed.join(', ')}], not "${value}"`);
    return [name, String(value)] as const;
  });
  return Object.fromEntries(values);
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

  'AWS::CloudWatch::Alarm'(properties, { world, logicalId }) {
    const AlarmName = properties.AlarmName ?? `${stackName}-${logicalId}`;
    world.cloudwatch.createAlarm({ ...properties, AlarmName });
    return { ref: AlarmName, attributes: { Arn: arn('cloudwatch', `alarm:${AlarmName}`) } };
  },

  'AWS::SSM::Parameter'({ Name, Type, Value, AllowedPattern }, { world, logicalId }) {
    const name = Name ?? `CFN-${logicalId}`;
    world.ssm.put({ Name: name, Type, Value, AllowedPattern });
    return { ref: name, attributes: { Type, Value } };
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

  'AWS::Events::Rule'({ Name, EventPattern: pattern, State, Targets = [], ScheduleExpression }, { world, logicalId }) {
    const name = Name ?? `${stackName}-${logicalId}`;
    const enabled = State !== 'DISABLED';
    const ruleArn = world.bus.putRule({ name, pattern, schedule: ScheduleExpression, enabled, targets: Targets });
    return { ref: name, attributes: { Arn: ruleArn } };
  },

  'AWS::Scheduler::Schedule'(properties, { world, logicalId, made }) {
    const role = [...made.values()].find(({ attributes }) => attributes.Arn === properties.Target.RoleArn);
    if (!JSON.stringify(role?.trust ?? {}).includes('"scheduler.amazonaws.com"'))
      throw new Error('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
    const Name = properties.Name ?? `${stackName}-${logicalId}`;
    return { ref: Name, attributes: { Arn: world.scheduler.create({ ...properties, Name }) } };
  },

  'AWS::IAM::Role'(properties, { world, logicalId }) {
    const { RoleName, Path, Policies, ManagedPolicyArns, PermissionsBoundary, AssumeRolePolicyDocument } = properties;
    if (ManagedPolicyArns || PermissionsBoundary) throw new Error("The lab evaluates the template's own policies only");
    const name = RoleName ?? `${stackName}-${logicalId}`;
    const Arn = world.iam.createRole({ name, path: Path, policies: Policies });
    return { ref: name, attributes: { Arn }, trust: AssumeRolePolicyDocument };
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
