import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../docs/events');

/** What of JSON Schema the schemas in docs/events use. */
type Schema = Readonly<{
  type?: string;
  const?: string;
  pattern?: string;
  minimum?: number;
  minItems?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: false;
  items?: Schema;
}>;

const schemas: Readonly<Record<string, Schema>> = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
    .map((schema) => [schema.title, schema]),
);

/** The detail-types that docs/events has a schema of. */
export const documentedEvents: readonly string[] = Object.keys(schemas);

/** What of a bus event is not as docs/events has it, each with its place. */
export function eventFlaws(event: { readonly 'detail-type': string }): readonly string[] {
  const schema = schemas[event['detail-type']];
  return schema ? flaws(event, schema, 'event') : [`"${event['detail-type']}" is not documented`];
}

function flaws(value: unknown, schema: Schema, at: string): readonly string[] {
  const kind = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.const !== undefined) return value === schema.const ? [] : [`${at} is not "${schema.const}"`];
  if (kind !== schema.type) return [`${at} is of type ${kind}, not ${schema.type}`];
  if (typeof value === 'string') return new RegExp(schema.pattern ?? '').test(value) ? [] : [`${at} is "${value}"`];
  if (typeof value === 'number') return value >= (schema.minimum ?? 0) ? [] : [`${at} is ${value}`];
  if (Array.isArray(value)) return flawsOfList(value, schema, at);
  return flawsOfMembers(value as Readonly<Record<string, unknown>>, schema, at);
}

const flawsOfList = (list: readonly unknown[], { minItems = 0, items = {} }: Schema, at: string) => [
  ...(list.length < minItems ? [`${at} has fewer than ${minItems}`] : []),
  ...list.flatMap((one, index) => flaws(one, items, `${at}[${index}]`)),
];

function flawsOfMembers(members: Readonly<Record<string, unknown>>, schema: Schema, at: string): readonly string[] {
  const { required = [], properties = {}, additionalProperties } = schema;
  const missing = required.filter((name) => !(name in members)).map((name) => `${at}.${name} is missing`);
  const wrong = Object.entries(members).flatMap(([name, member]) => {
    const own = properties[name];
    if (own) return flaws(member, own, `${at}.${name}`);
    return additionalProperties === false ? [`${at}.${name} is not known`] : [];
  });
  return [...missing, ...wrong];
}
