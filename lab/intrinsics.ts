import { account, region } from './service.ts';

/** What a template's functions refer to; `ref` and `attribute` throw where there is no such resource. */
export type Scope = {
  readonly stackName: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  ref(logicalId: string): string;
  attribute(logicalId: string, name: string): string;
};

// biome-ignore lint/suspicious/noExplicitAny: each function reads its own; a wrong one throws.
type Argument = any;

/** What AWS::NoValue stands for: the member or item that has it is left out. */
const noValue = Symbol('AWS::NoValue');

/** The value with all of CloudFormation's functions carried out. Throws on a function that the lab does not know. */
export function resolve(value: unknown, scope: Scope): unknown {
  const present = (one: unknown) => one !== noValue;
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter(present);
  if (typeof value !== 'object' || value === null) return value;
  const [name, argument] = onlyMember(value);
  if (name === 'Ref') return ref(String(argument), scope);
  if (name.startsWith('Fn::')) return call(name, { argument, scope });
  const members = Object.entries(value).map(([key, member]) => [key, resolve(member, scope)]);
  return Object.fromEntries(members.filter(([, member]) => present(member)));
}

/** Whether a condition of the template holds; throws where it has none of that name. */
export function holds(name: string, scope: Scope): boolean {
  const condition = scope.conditions[name];
  if (condition === undefined) throw new Error(`The template has no condition "${name}"`);
  return isTrue(condition, scope);
}

function isTrue(condition: unknown, scope: Scope): boolean {
  const [name, argument] = onlyMember(condition as object);
  const operands = [argument].flat();
  if (name === 'Condition') return holds(String(argument), scope);
  if (name === 'Fn::Not') return !isTrue(operands[0], scope);
  if (name === 'Fn::And') return operands.every((operand) => isTrue(operand, scope));
  if (name === 'Fn::Or') return operands.some((operand) => isTrue(operand, scope));
  if (name !== 'Fn::Equals') throw new Error(`The lab's conditions know no such "${name}"`);
  const [left, right] = operands.map((operand) => JSON.stringify(resolve(operand, scope)));
  return left === right;
}

function call(name: string, { argument, scope }: { argument: Argument; scope: Scope }): unknown {
  const [first, second, third] = [argument].flat();
  if (name === 'Fn::If') return resolve(holds(first, scope) ? second : third, scope);
  if (name === 'Fn::GetAtt') return Array.isArray(argument) ? scope.attribute(first, second) : named(first, scope);
  if (name === 'Fn::Join') return (resolve(second, scope) as string[]).join(first);
  if (name !== 'Fn::Sub') throw new Error(`The lab's templates know no such "${name}"`);
  return first.replace(/\$\{(!?)([^}]+)\}/g, (_: string, literal: string, placeholder: string) => {
    if (literal) return `\${${placeholder}}`;
    return Object.hasOwn(second ?? {}, placeholder) ? resolve(second[placeholder], scope) : named(placeholder, scope);
  });
}

/** As Fn::Sub writes both: `Name` is a Ref, `Name.Attribute` a GetAtt. */
function named(text: string, scope: Scope): unknown {
  const [logicalId = '', ...attribute] = text.split('.');
  return attribute.length > 0 ? scope.attribute(logicalId, attribute.join('.')) : ref(text, scope);
}

function ref(name: string, { stackName, parameters, ref: refToResource }: Scope): unknown {
  const values: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::NoValue': noValue,
    ...parameters,
  };
  return values[name] ?? refToResource(name);
}

/** A function is an object that has its name and argument and nothing else; of any other object the name is empty. */
function onlyMember(value: object): [string, Argument] {
  const [member, ...more] = Object.entries(value);
  return member && more.length === 0 ? member : ['', undefined];
}
