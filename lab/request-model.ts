import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Operation, refuse, type Service } from './service.ts';

type Reference = { readonly shape: string };

type Shape = Partial<Readonly<Record<'member' | 'key' | 'value', Reference> & Record<'min' | 'max', number>>> & {
  readonly type: string;
  readonly members?: Readonly<Record<string, Reference>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
  readonly union?: boolean;
  readonly error?: { readonly code?: string };
};

type Model = {
  readonly metadata: { readonly protocol: string };
  readonly operations: Readonly<Record<string, { input?: Reference; errors?: readonly Reference[] }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
};

/** botocore's folders, where they are not named as the service signs. */
const folders: Readonly<Record<string, string>> = { tagging: 'resourcegroupstaggingapi', monitoring: 'cloudwatch' };

/** A service's model as AWS publishes it; `models` is botocore's folder `data`. Throws where there is none. */
export function loadModel(service: string, models: string): Model {
  const folder = join(models, folders[service] ?? service);
  const latest = readdirSync(folder).sort().at(-1) ?? '';
  return JSON.parse(gunzipSync(readFileSync(join(folder, latest, 'service-2.json.gz'))).toString());
}

/** The service, refusing first what AWS refuses by the model alone: required members, types, lengths, patterns, enums. */
export function validated(service: Service, models: string): Service {
  // Security Hub says of each finding, within its answer, what is wrong with it.
  // EC2's members have other names on the wire than in the model.
  if (service.name === 'securityhub' || service.name === 'ec2') return service;
  const model = loadModel(service.name, models);
  const checked = ([operation, perform]: [string, Operation]): [string, Operation] => [
    operation,
    (input, call) => perform(checkedInput(input, { model, operation, service }), call),
  ];
  return { ...service, operations: Object.fromEntries(Object.entries(service.operations).map(checked)) };
}

type Asked = { readonly model: Model; readonly operation: string; readonly service: Service };

function checkedInput(input: unknown, { model, operation, service }: Asked): unknown {
  const { input: root, errors = [] } = model.operations[operation] ?? {};
  const nodes = root ? [...nodesOf({ value: input, shape: shapeOf(model, root), path: '' }, model)] : [];
  const mistyped = nodes.find((node) => !isTyped(node, model));
  if (mistyped) refuse('SerializationException', `"${mistyped.path}" is not of type ${mistyped.shape.type}`);
  const undecided = nodes.find((node) => !isDecided(node));
  if (undecided) refuse('SerializationException', `"${undecided.path}" must have exactly one member`);
  const missing = nodes.find(({ value }) => value === undefined);
  if (missing && service.protocol === 'json-1.0') refuseMissing(missing);
  const flaws = nodes.flatMap((node) => flawsOf(node, model));
  if (flaws.length === 0) return input;
  const named = errors.find(({ shape }) => /^(Validation|InvalidParameter)Exception$/.test(shape));
  const listed = named && (shapeOf(model, named).error?.code ?? named.shape);
  const code = ownNames[service.name] ?? listed ?? (service.protocol === 'query' ? 'ValidationError' : unnamed);
  const message = `${flaws.length} validation error${flaws[1] ? 's' : ''} detected: ${flaws.join('; ')}`;
  return refuse(code, message, service.protocol === 'json-1.0' ? { queryCode: code.replace(/Exception$/, '') } : {});
}

const unnamed = 'ValidationException';

/** What a service says although its model lists something else, or nothing. */
const ownNames: Readonly<Record<string, string>> = {
  // It lists InvalidParameterException. Seen: https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/1531
  secretsmanager: unnamed,
  // Nothing but the names of attributes is constrained there.
  sqs: 'InvalidAttributeName',
  monitoring: 'InvalidParameterValueException',
};

/** SQS and CloudWatch, which once spoke `query`, have a name of their own for it, and say the first only. */
function refuseMissing({ path }: Node): never {
  const parameter = path.charAt(0).toUpperCase() + path.slice(1);
  const queryCode = 'MissingParameter';
  refuse('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`, { queryCode });
}

/** A value in an input; undefined is a required one that is missing. */
type Node = { readonly value: unknown; readonly shape: Shape; readonly path: string };

function* nodesOf(node: Node, model: Model): Generator<Node> {
  yield node;
  if (node.value === undefined || !isTyped(node, model)) return;
  const { members, required = [], member, value: element } = node.shape;
  const missing = Object.fromEntries(required.map((name) => [name, null]));
  for (const [name, value] of Object.entries({ ...missing, ...(node.value as object) })) {
    const reference = members?.[name] ?? member ?? element;
    // AWS ignores what it does not know.
    if (!reference || (value === null && !required.includes(name))) continue;
    const step = members ? name.charAt(0).toLowerCase() + name.slice(1) : `${member ? Number(name) + 1 : name}.member`;
    const path = node.path ? `${node.path}.${step}` : step;
    yield* nodesOf({ value: value ?? undefined, shape: shapeOf(model, reference), path }, model);
  }
}

/** A form has text only; base64 stands for bytes, and seconds for a time. */
function isTyped({ value, shape: { type } }: Node, { metadata }: Model): boolean {
  if (value === undefined) return true;
  if (type === 'list') return Array.isArray(value);
  if (type === 'structure' || type === 'map') return typeof value === 'object' && !Array.isArray(value);
  const asText = metadata.protocol === 'query' || type === 'string' || type === 'blob';
  return typeof value === (asText ? 'string' : type === 'boolean' ? 'boolean' : 'number');
}

/** A union is one of its members. */
const isDecided = ({ value, shape: { union, members = {} } }: Node): boolean =>
  !union || value === undefined || Object.keys(members).filter((name) => (value as Value)[name] != null).length === 1;

function flawsOf({ value, shape, path }: Node, model: Model): readonly string[] {
  const told = (what: string, text: string) => `Value ${what}at '${path}' failed to satisfy constraint: ${text}`;
  if (value === undefined) return [told('null ', 'Member must not be null')];
  // The list or map that it is in says what is wrong with it.
  if (path.endsWith('.member')) return [];
  const shown = shape.sensitive || typeof value === 'object' ? '' : `'${value}' `;
  return constraintsOf(shape, model).flatMap(({ text, holds }) => (holds(value) ? [] : told(shown, text)));
}

// biome-ignore lint/suspicious/noExplicitAny: it is of the shape's type, which was looked at before.
type Value = any;
type Constraint = { readonly text: string; readonly holds: (value: Value) => boolean };

/** In AWS's words and order. */
function constraintsOf(shape: Shape, model: Model): readonly Constraint[] {
  const { type, min, max, pattern, enum: values, member, key, value: element } = shape;
  const sized = /string|blob|list|map/.test(type);
  const size = (value: Value): number => (sized ? lengthOf(value, type) : Number(value));
  const measure = sized ? 'have length' : 'have value';
  const regExp = pattern !== undefined && type === 'string' && compiled(pattern);
  const all: Constraint[] = [];
  const add = (text: string, holds: Constraint['holds']) => all.push({ text, holds });
  const addEach = (what: string, of: Reference | undefined, pick: (value: Value) => Value[]) => {
    const each = of ? constraintsOf(shapeOf(model, of), model) : [];
    const text = `${what} must satisfy constraint: [${each.map((one) => one.text).join(', ')}]`;
    const keeps = (one: Value) => one !== null && each.every(({ holds }) => holds(one));
    if (each[0]) add(text, (value) => pick(value).every(keeps));
  };
  if (max !== undefined) add(`Member must ${measure} less than or equal to ${max}`, (value) => size(value) <= max);
  if (min !== undefined) add(`Member must ${measure} greater than or equal to ${min}`, (value) => size(value) >= min);
  if (regExp) add(`Member must satisfy regular expression pattern: ${pattern}`, (value) => regExp.test(value));
  if (values) add(`Member must satisfy enum value set: [${values.join(', ')}]`, (value) => values.includes(value));
  addEach('Member', member, (list) => list);
  addEach('Map keys', key, Object.keys);
  addEach('Map value', element, Object.values);
  return all;
}

const lengthOf = (value: Value, type: string): number =>
  type === 'blob' ? Buffer.from(value, 'base64').length : (value.length ?? Object.keys(value).length);

/** AWS writes them for Java, and matches the whole value. */
export const compiled = (pattern: string) => new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');

const shapeOf = ({ shapes }: Model, { shape }: Reference): Shape => shapes[shape] ?? { type: 'structure' };
