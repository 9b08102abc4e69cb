import { account, region } from './service.ts';

/** What a template's functions refer to. */
export type Scope = {
  readonly stackName: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  /** A resource's Ref; throws where there is no such resource. */
  ref(logicalId: string): string;
  /** A resource's attribute; throws where it has none of that name. */
  attribute(logicalId: string, name: string): string;
};

const noValue = Symbol('AWS::NoValue');

/** The value with all of CloudFormation's functions carried out. Throws on a function that the lab does not know. */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveAny(value, scope);
  return resolved === noValue ? undefined : resolved;
}

/** Whether a condition of the template holds. */
export function holds(name: string, scope: Scope): boolean {
  if (!Object.hasOwn(scope.conditions, name)) throw new Error(`The template has no condition "${name}"`);
  return condition(scope.conditions[name], scope);
}

function resolveAny(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveAny(item, scope)).filter((item) => item !== noValue);
  if (typeof value !== 'object' || value === null) return value;
  const [name, argument] = onlyEntry(value);
  if (name === 'Ref') return ref(String(argument), scope);
  if (name?.startsWith('Fn::')) return call(name, { argument, scope });
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, resolveAny(member, scope)] as const)
      .filter(([, member]) => member !== noValue),
  );
}

function ref(name: string, scope: Scope): unknown {
  const pseudo: Record<string, unknown> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': scope.stackName,
    'AWS::NoValue': noValue,
  };
  if (Object.hasOwn(pseudo, name)) return pseudo[name];
  return Object.hasOwn(scope.parameters, name) ? scope.parameters[name] : scope.ref(name);
}

function call(name: string, { argument, scope }: { argument: unknown; scope: Scope }): unknown {
  if (name === 'Fn::If') {
    const [when, then, otherwise] = argument as [string, unknown, unknown];
    return resolveAny(holds(when, scope) ? then : otherwise, scope);
  }
  if (name === 'Fn::GetAtt') {
    const [logicalId = '', ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
    return scope.attribute(logicalId, attribute.join('.'));
  }
  if (name === 'Fn::Sub') return substitute(argument, scope);
  const operands = resolveAny(argument, scope) as [never, never];
  if (name === 'Fn::Join') return (operands[1] as string[]).join(operands[0]);
  if (name === 'Fn::Select') return operands[1][operands[0]];
  if (name === 'Fn::Split') return String(operands[1]).split(operands[0]);
  throw new Error(`The lab's templates know no "${name}"`);
}

function substitute(argument: unknown, scope: Scope): string {
  const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Record<string, unknown>];
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return String(resolveAny(variables[name], scope));
    const [logicalId = '', ...attribute] = name.split('.');
    return String(attribute.length === 0 ? ref(name, scope) : scope.attribute(logicalId, attribute.join('.')));
  });
}

function condition(value: unknown, scope: Scope): boolean {
  const [name, argument] = onlyEntry(value as object);
  const operands = () => (argument as unknown[]).map((operand) => condition(operand, scope));
  if (name === 'Condition') return holds(String(argument), scope);
  if (name === 'Fn::Not') return !operands()[0];
  if (name === 'Fn::And') return operands().every(Boolean);
  if (name === 'Fn::Or') return operands().some(Boolean);
  if (name === 'Fn::Equals') {
    const [left, right] = resolveAny(argument, scope) as unknown[];
    return String(left) === String(right);
  }
  throw new Error(`The lab's conditions know no "${name}"`);
}

/** A function is an object with nothing but its name and argument. */
function onlyEntry(value: object): [string?, unknown?] {
  const entries = Object.entries(value);
  return entries.length === 1 && entries[0] ? entries[0] : [];
}
