/** A statement of an identity-based policy. */
export type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | boolean | readonly string[]>>>>;
};

/** One action on one resource. */
export type AccessRequest = {
  readonly action: string;
  /** An ARN, or `*` where the action is on none. */
  readonly resource: string;
  /** Values of condition keys; keys in lower case, as IAM compares them. */
  readonly context: Readonly<Record<string, readonly string[]>>;
};

/** What let a request pass: the statement, and which of its patterns. */
export type Grant = { readonly statement: Statement; readonly action: string; readonly resource: string };

export type Decision =
  | { readonly allowed: true; readonly by: Grant }
  | { readonly allowed: false; readonly why: string };

/** The statements of a policy document. Throws on what the lab does not evaluate, instead of passing over it. */
export function statementsOf(document: { readonly Statement: Statement | readonly Statement[] }): readonly Statement[] {
  const statements = many(document.Statement);
  for (const statement of statements) {
    const { Sid: _, Effect, Action, Resource, Condition = {}, ...others } = statement;
    const [other] = Object.keys(others);
    if (other) throw new Error(`The lab evaluates no ${other} in policies`);
    if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error(`"${Effect}" is no effect of a statement`);
    if (!Action || !Resource) throw new Error('A statement of a role needs Action and Resource');
    if (JSON.stringify(statement).includes('${')) throw new Error('The lab evaluates no variables in policies');
    for (const operator of Object.keys(Condition)) readOperator(operator);
  }
  return statements;
}

/** Source: IAM User Guide, "Policy evaluation logic": an explicit deny, else an allow, else an implicit deny. */
export function decide(statements: readonly Statement[], request: AccessRequest): Decision {
  const grants = statements.flatMap((statement) => grantOf(statement, request) ?? []);
  const allow = grants.find(({ statement }) => statement.Effect === 'Allow');
  if (grants.some(({ statement }) => statement.Effect === 'Deny'))
    return { allowed: false, why: 'with an explicit deny in an identity-based policy' };
  if (!allow) return { allowed: false, why: `because no identity-based policy allows the ${request.action} action` };
  return { allowed: true, by: allow };
}

/** How a statement applies to a request; undefined where it does not. */
function grantOf(statement: Statement, { action, resource, context }: AccessRequest): Grant | undefined {
  const named = many(statement.Action).find((pattern) => like(pattern.toLowerCase()).test(action.toLowerCase()));
  const on = many(statement.Resource).find((pattern) => arnLike(pattern, resource));
  const holds = Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => readOperator(operator)(context[key.toLowerCase()], wanted)),
  );
  return named !== undefined && on !== undefined && holds ? { statement, action: named, resource: on } : undefined;
}

type Test = (
  values: readonly string[] | undefined,
  wanted: string | boolean | readonly (string | boolean)[],
) => boolean;

const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringEqualsIgnoreCase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  StringLike: (value, wanted) => like(wanted).test(value),
  ArnEquals: (value, wanted) => arnLike(wanted, value),
  ArnLike: (value, wanted) => arnLike(wanted, value),
  Bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
};

/** Source: IAM User Guide, "IAM JSON policy elements: Condition operators", and "Conditions with multiple keys or values". */
function readOperator(operator: string): Test {
  const [, set, name = '', ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === 'Null') return (values, wanted) => (values === undefined) === (String(wanted) === 'true');
  const negated = /^(String|Arn)Not/.test(name);
  const compare = comparisons[name.replace('Not', '')];
  if (!compare) throw new Error(`The lab evaluates no condition operator "${operator}"`);
  return (values, wanted) => {
    if (values === undefined) return ifExists !== undefined || (set ? set === 'ForAllValues' : negated);
    const matches = (value: string) => many(wanted).some((one) => compare(value, String(one))) !== negated;
    return set === 'ForAllValues' || (negated && !set) ? values.every(matches) : values.some(matches);
  };
}

const many = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const patterns = new Map<string, RegExp>();

/** `*` is any characters, `?` one. */
function like(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const made = new RegExp(`^${source}$`, 's');
  patterns.set(pattern, made);
  return made;
}

/** Part by part: only in its last part, the resource, may a wildcard stand for a colon. */
function arnLike(pattern: string, value: string): boolean {
  if (pattern === '*') return true;
  const [wanted = [], given = []] = [pattern, value].map((arn) => {
    const parts = arn.split(':');
    return [...parts.slice(0, 5), parts.slice(5).join(':')];
  });
  return wanted.length === given.length && wanted.every((part, index) => like(part).test(given[index] ?? ''));
}
