import { account, region } from './service.ts';

/** What a template's functions refer to; both throw where there is no such thing. */
export type Scope = {
  readonly stackName: string;
  /** A resource's Ref. */
  ref(logicalId: string): string;
  attribute(logicalId: string, name: string): string;
};

/** The value with all of CloudFormation's functions carried out. Throws on a function that the lab does not know. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = [], ...more] = Object.entries(value);
  if (name === 'Ref' && more.length === 0) return ref(String(argument), scope);
  if (name?.startsWith('Fn::')) return call(name, { argument, scope });
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member, scope)]));
}

function ref(name: string, scope: Scope): string {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': scope.stackName,
  };
  return pseudo[name] ?? scope.ref(name);
}

function call(name: string, { argument, scope }: { argument: unknown; scope: Scope }): unknown {
  if (name === 'Fn::GetAtt') {
    const [logicalId = '', ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
    return scope.attribute(logicalId, attribute.join('.'));
  }
  if (name === 'Fn::Join') {
    const [separator, parts] = resolve(argument, scope) as [string, string[]];
    return parts.join(separator);
  }
  if (name !== 'Fn::Sub' || typeof argument !== 'string') throw new Error(`The lab's templates know no such "${name}"`);
  return argument.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, placeholder: string) => {
    if (literal) return `\${${placeholder}}`;
    const [logicalId = '', ...attribute] = placeholder.split('.');
    return attribute.length === 0 ? ref(placeholder, scope) : scope.attribute(logicalId, attribute.join('.'));
  });
}
