import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { validated } from '../../lab/request-model.ts';
import type { Service } from '../../lab/service.ts';

/** As botocore lays them out; test/peers/request-models.test.ts has the real ones. */
const models = mkdtempSync(join(tmpdir(), 'acm-courier-models-'));
afterAll(() => rmSync(models, { recursive: true }));

const model = (protocol: string, errors: readonly string[]) => ({
  metadata: { protocol },
  operations: { Put: { input: { shape: 'PutInput' }, errors: errors.map((shape) => ({ shape })) }, Ping: {} },
  shapes: {
    PutInput: {
      type: 'structure',
      required: ['Name'],
      members: {
        Name: { shape: 'Name' },
        Count: { shape: 'Count' },
        Bytes: { shape: 'Bytes' },
        Secret: { shape: 'Secret' },
        Names: { shape: 'Names' },
        Labels: { shape: 'Labels' },
        On: { shape: 'On' },
        Sizes: { shape: 'Sizes' },
        Either: { shape: 'Either' },
      },
    },
    Name: { type: 'string', min: 2, max: 4, pattern: '[a-z]+' },
    Count: { type: 'integer', min: 1, max: 9 },
    Bytes: { type: 'blob', max: 3 },
    Secret: { type: 'string', min: 3, sensitive: true },
    Names: { type: 'list', max: 2, member: { shape: 'Name' } },
    Labels: { type: 'map', key: { shape: 'On' }, value: { shape: 'Label' } },
    Label: { type: 'structure', required: ['Text'], members: { Text: { shape: 'Name' } } },
    On: { type: 'boolean' },
    Sizes: { type: 'map', max: 2, key: { shape: 'Name' }, value: { shape: 'Count' } },
    Either: { type: 'structure', union: true, members: { One: { shape: 'On' }, Other: { shape: 'On' } } },
    InvalidParameterException: { type: 'structure', error: { code: 'InvalidParameter' } },
  },
});

function write(service: string, version: string, content: object): void {
  mkdirSync(join(models, service, version), { recursive: true });
  writeFileSync(join(models, service, version, 'service-2.json.gz'), gzipSync(JSON.stringify(content)));
}

beforeAll(() => {
  write('strict', '2010-01-01', { metadata: {}, operations: {}, shapes: {} });
  write('strict', '2020-01-01', model('json', ['NotFound', 'ValidationException']));
  write('old', '2010-01-01', model('query', []));
  write('named', '2010-01-01', model('query', ['InvalidParameterException']));
  for (const name of ['secretsmanager', 'sqs', 'cloudwatch'])
    write(name, '2010-01-01', model('json', ['InvalidParameterException']));
});

const protocols: Readonly<Record<string, Service['protocol']>> = {
  old: 'query',
  named: 'query',
  sqs: 'json-1.0',
  monitoring: 'json-1.0',
};
const service = (name: string): Service => ({
  name,
  protocol: protocols[name] ?? 'json-1.1',
  target: '',
  operations: { Put: () => 'performed', Ping: () => 'performed' },
});

function put(input: unknown, { of = 'strict', operation = 'Put' } = {}): unknown {
  try {
    return validated(service(of), models).operations[operation]?.(input, { operation, caller: 'operator' });
  } catch (error) {
    const { code, queryCode, message } = error as { code: string; queryCode?: string; message: string };
    const names = queryCode ? `${code}, ${queryCode}` : code;
    return `${names}: ${message.replaceAll(' failed to satisfy constraint: Member must', '')}`;
  }
}

it.each<[string, unknown]>([
  ['the least', { Name: 'ab' }],
  ['the most', { Name: 'abcd', Count: 9, Names: ['ab', 'cd'], Labels: { x: { Text: 'ab' } }, On: false }],
  ['as many bytes as may be, in base64', { Name: 'ab', Bytes: 'AAAA' }],
  ['null for what may be missing', { Name: 'ab', Count: null, Names: null }],
  ['what AWS does not know', { Name: 'ab', Other: { Name: 1 } }],
  ['a map within its bounds', { Name: 'ab', Sizes: { ab: 1, cd: 9 } }],
  ['one member of a union', { Name: 'ab', Either: { Other: false, One: null } }],
])('performs a request with %s', (_, input) => {
  expect(put(input)).toBe('performed');
});

it.each<[string, unknown, string]>([
  ['a missing member', {}, "Value null at 'name' not be null"],
  ['null for what is required', { Name: null }, "Value null at 'name' not be null"],
  ['too short a text', { Name: 'a' }, "Value 'a' at 'name' have length greater than or equal to 2"],
  ['too long a text', { Name: 'abcde' }, "Value 'abcde' at 'name' have length less than or equal to 4"],
  [
    'a text that fits only in part',
    { Name: 'ab1' },
    "Value 'ab1' at 'name' satisfy regular expression pattern: [a-z]+",
  ],
  ['too small a number', { Name: 'ab', Count: 0 }, "Value '0' at 'count' have value greater than or equal to 1"],
  ['too great a number', { Name: 'ab', Count: 10 }, "Value '10' at 'count' have value less than or equal to 9"],
  [
    'too many bytes',
    { Name: 'ab', Bytes: 'AAAAAA==' },
    "Value 'AAAAAA==' at 'bytes' have length less than or equal to 3",
  ],
  ['a bad secret, untold', { Name: 'ab', Secret: 'xy' }, "Value at 'secret' have length greater than or equal to 3"],
  [
    'too long a list',
    { Name: 'ab', Names: ['ab', 'cd', 'ef'] },
    "Value at 'names' have length less than or equal to 2",
  ],
  ['a member of a member', { Name: 'ab', Labels: { x: {} } }, "Value null at 'labels.x.member.text' not be null"],
])('refuses %s', (_, input, flaw) => {
  expect(put(input)).toBe(`ValidationException: 1 validation error detected: ${flaw}`);
});

it.each<[string, unknown, string]>([
  ['a number for a text', { Name: 12 }, '"name" is not of type string'],
  ['a text for a number', { Name: 'ab', Count: '3' }, '"count" is not of type integer'],
  ['a text for a list', { Name: 'ab', Names: 'ab' }, '"names" is not of type list'],
  ['a list for a map', { Name: 'ab', Labels: [] }, '"labels" is not of type map'],
  [
    'a text in the place of a structure',
    { Name: 'ab', Labels: { x: 'y' } },
    '"labels.x.member" is not of type structure',
  ],
  ['a number for a truth', { Name: 'ab', On: 1 }, '"on" is not of type boolean'],
  ['a union of nothing', { Name: 'ab', Either: {} }, '"either" must have exactly one member'],
  ['a union of two', { Name: 'ab', Either: { One: true, Other: true } }, '"either" must have exactly one member'],
])('cannot read %s', (_, input, message) => {
  expect(put(input)).toBe(`SerializationException: ${message}`);
});

it('says of a list what all of its members must keep to', () => {
  const each = 'Member must have length less than or equal to 4, Member must have length greater than or equal to 2';
  const flaw = `Value at 'names' satisfy constraint: [${each}, Member must satisfy regular expression pattern: [a-z]+]`;
  for (const bad of ['X', null])
    expect(put({ Name: 'ab', Names: ['ab', bad] })).toBe(`ValidationException: 1 validation error detected: ${flaw}`);
});

it.each<[string, unknown, string]>([
  [
    'a key',
    { x: 1 },
    'Map keys must satisfy constraint: [Member must have length less than or equal to 4, Member must have length greater than or equal to 2, Member must satisfy regular expression pattern: [a-z]+]',
  ],
  [
    'a value',
    { ab: 10 },
    'Map value must satisfy constraint: [Member must have value less than or equal to 9, Member must have value greater than or equal to 1]',
  ],
])('says of a map what %s must keep to', (_, Sizes, flaw) => {
  expect(put({ Name: 'ab', Sizes })).toBe(
    `ValidationException: 1 validation error detected: Value at 'sizes' failed to satisfy constraint: ${flaw}`,
  );
});

const missing = 'MissingRequiredParameterException, MissingParameter: The request must contain the parameter Name.';
const tooShort = "1 validation error detected: Value 'a' at 'name' have length greater than or equal to 2";
it.each<[string, unknown, string]>([
  ['secretsmanager', { Name: 'a' }, `ValidationException: ${tooShort}`],
  ['sqs', { Name: 'a' }, `InvalidAttributeName, InvalidAttributeName: ${tooShort}`],
  ['monitoring', { Name: 'a' }, `InvalidParameterValueException, InvalidParameterValue: ${tooShort}`],
  ['sqs', {}, missing],
  ['monitoring', { Count: 10 }, missing],
])('refuses for %s by the names that it has', (of, input, refusal) => {
  expect(put(input, { of })).toBe(refusal);
});

it('counts the flaws, and takes a form as the text that it is', () => {
  expect(put({ Name: 'A', Count: '10' }, { of: 'old' })).toBe(
    "ValidationError: 3 validation errors detected: Value 'A' at 'name' have length greater than or equal to 2; Value 'A' at 'name' satisfy regular expression pattern: [a-z]+; Value '10' at 'count' have value less than or equal to 9",
  );
  expect(put({ Name: 'ab', Count: '3', On: 'true' }, { of: 'old' })).toBe('performed');
});

it('refuses by the name that the operation lists, as it is on the wire', () => {
  expect(put({}, { of: 'named' })).toMatch(/^InvalidParameter: /);
});

it('checks nothing of an operation without an input, and refuses to start without a model', () => {
  expect(put({ Name: 1 }, { operation: 'Ping' })).toBe('performed');
  expect(() => validated(service('none'), models)).toThrow('no such file or directory');
});
