import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Operation, refuse, type Service } from './service.ts';

type Reference = { readonly shape: string };

type Shape = Partial<Readonly<Record<'member' | 'value', Reference> & Record<'min' | 'max', number>>> & {
  readonly type: string;
  readonly members?: Readonly<Record<string, Reference>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
  readonly error?: { readonly code?: string };
};

type Model = {
  readonly metadata: { readonly protocol: string };
  readonly operations: Readonly<Record<string, { input?: Reference; errors?: readonly Reference[] }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
};

/** A service's model as AWS publishes it; `models` is botocore's folder `data`. Throws where there is none. */
export function loadModel(service: string, models: string): Model {
  const folder = join(models, service === 'tagging' ? 'resourcegroupstaggingapi' : service);
  const latest = readdirSync(folder).sort().at(-1) ?? '';
  return JSON.parse(gunzipSync(readFileSync(join(folder, latest, 'service-2.json.gz'))).toString());
}

/** The service, refusing first what AWS refuses by the model alone: required members, types, lengths, patterns, enums. */
export function validated(service: Service, models: string): Service {
  const model = loadModel(service.name, models);
  const checked = ([operation, perform]: [string, Operation]): [string, Operation] => [
    operation,
    (input, call) => perform(checkedInput(input, { model, operation }), call),
  ];
  return { ...service, operations: Object.fromEntries(Object.entries(service.operations).map(checked)) };
}

function checkedInput(input: unknown, { model, operation }: { model: Model; operation: string }): unknown {
  const { input: root, errors = [] } = model.operations[operation] ?? {};
  const nodes = root ? [...nodesOf({ value: input, shape: shapeOf(model, root), path: '' }, model)] : [];
  const mistyped = nodes.find((node) => !isTyped(node, model));
  if (mistyped) refuse('SerializationException', `"${mistyped.path}" is not of type ${mistyped.shape.type}`);
  const flaws = nodes.flatMap((node) => flawsOf(node, model));
  if (flaws.length === 0) return input;
  const named = errors.find(({ shape }) => /^(Validation|InvalidParameter)Exception$/.test(shape));
  const code = named ? (shapeOf(model, named).error?.code ?? named.shape) : 'ValidationException';
  return refuse(code, `${flaws.length} validation error${flaws[1] ? 's' : ''} detected: ${flaws.join('; ')}`);
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

function flawsOf({ value, shape, path }: Node, model: Model): readonly string[] {
  const told = (what: string, text: string) =>
    `Value ${what}at '${path}' failed to satisfy constraint: Member must ${text}`;
  if (value === undefined) return [told('null ', 'not be null')];
  // The list that it is in says what is wrong with it.
  if (path.endsWith('.member')) return [];
  const shown = shape.sensitive || typeof value === 'object' ? '' : `'${value}' `;
  return constraintsOf(shape, model).flatMap(({ text, holds }) => (holds(value) ? [] : told(shown, text)));
}

// biome-ignore lint/suspicious/noExplicitAny: it is of the shape's type, which was looked at before.
type Value = any;
type Constraint = { readonly text: string; readonly holds: (value: Value) => boolean };

/** In AWS's words and order. */
function constraintsOf({ type, min, max, pattern, enum: values, member }: Shape, model: Model): readonly Constraint[] {
  const sized = /string|blob|list|map/.test(type);
  const size = (value: Value): number => (sized ? lengthOf(value, type) : Number(value));
  const measure = sized ? 'have length' : 'have value';
  const regExp = pattern !== undefined && type === 'string' && compiled(pattern);
  const each = member ? constraintsOf(shapeOf(model, member), model) : [];
  const eachKeeps = (values: Value[]) => values.every((one) => one !== null && each.every(({ holds }) => holds(one)));
  const all: Constraint[] = [];
  const add = (text: string, holds: Constraint['holds']) => all.push({ text, holds });
  if (max !== undefined) add(`${measure} less than or equal to ${max}`, (value) => size(value) <= max);
  if (min !== undefined) add(`${measure} greater than or equal to ${min}`, (value) => size(value) >= min);
  if (regExp) add(`satisfy regular expression pattern: ${pattern}`, (value) => regExp.test(value));
  if (values) add(`satisfy enum value set: [${values.join(', ')}]`, (value) => values.includes(value));
  if (each[0]) add(`satisfy constraint: [${each.map(({ text }) => `Member must ${text}`).join(', ')}]`, eachKeeps);
  return all;
}

const lengthOf = (value: Value, type: string): number =>
  type === 'blob' ? Buffer.from(value, 'base64').length : (value.length ?? Object.keys(value).length);

/** AWS writes them for Java, and matches the whole value. */
export const compiled = (pattern: string) => new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');

const shapeOf = ({ shapes }: Model, { shape }: Reference): Shape => shapes[shape] ?? { type: 'structure' };
