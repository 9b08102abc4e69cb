import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fleetModel } from '../shared/fleet-model.ts';

const folder = join(import.meta.dirname, '../../docs/events');
const files = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

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

/** What of a value is not as the schema has it; of JSON Schema just what the schemas here use. */
function wrong(value: unknown, schema: Schema, at = 'it'): readonly string[] {
  const kind = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.const !== undefined) return value === schema.const ? [] : [`${at} is not "${schema.const}"`];
  if (kind !== schema.type) return [`${at} is of type ${kind}, not ${schema.type}`];
  if (typeof value === 'string') return new RegExp(schema.pattern ?? '').test(value) ? [] : [`${at} is "${value}"`];
  if (typeof value === 'number') return value >= (schema.minimum ?? 0) ? [] : [`${at} is ${value}`];
  if (Array.isArray(value))
    return [
      ...(value.length < (schema.minItems ?? 0) ? [`${at} is empty`] : []),
      ...value.flatMap((one, index) => wrong(one, schema.items ?? {}, `${at}[${index}]`)),
    ];
  const members = value as Readonly<Record<string, unknown>>;
  const { required = [], properties = {} } = schema;
  return [
    ...required.filter((name) => !(name in members)).map((name) => `${at}.${name} is missing`),
    ...Object.entries(members).flatMap(([name, member]) => {
      const own = properties[name];
      if (own) return wrong(member, own, `${at}.${name}`);
      return schema.additionalProperties === false ? [`${at}.${name} is not known`] : [];
    }),
  ];
}

describe('the events that are documented', () => {
  it.each(files)('%s fits its sample', (file) => {
    expect(wrong(read(file.replace('schema', 'sample')), read(file))).toEqual([]);
  });

  it('are those that are sent, each as its schema has it', async () => {
    const fleets = [
      fleetModel({ a: {}, b: {}, c: {} }, { parallel: 1 }),
      fleetModel({ a: { nature: 'breaks' } }),
      fleetModel({ a: { nature: 'refuses' } }),
    ];
    for (const fleet of fleets) await fleet.run();
    const stored = { type: 'Certificate Stored', detail: read('certificate-stored.sample.json').detail };
    const sent = [stored, ...fleets.flatMap(({ events }) => events)];
    for (const { type, detail } of sent) {
      const schema = read(`${type.toLowerCase().replaceAll(' ', '-')}.schema.json`);
      expect([type, wrong(detail, schema.properties.detail)]).toEqual([type, []]);
    }
    expect(new Set(sent.map(({ type }) => `${type.toLowerCase().replaceAll(' ', '-')}.schema.json`))).toEqual(
      new Set(files),
    );
  });
});
