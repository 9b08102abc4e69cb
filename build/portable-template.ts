/** A CloudFormation template as parsed JSON, as far as packaging looks into it. */
export type Template = {
  Conditions?: Readonly<Record<string, unknown>>;
  Outputs?: Readonly<Record<string, unknown>>;
  Resources: Readonly<Record<string, Resource>>;
};

export type Resource = {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
};

/**
 * Makes the Serverless Framework's template one that `aws cloudformation package` and `deploy` accept: the code of each
 * function is the folder functions/<name> beside the template, the framework's bucket is gone, and conditions, which
 * compare values that were known when packaging, are settled.
 */
export function portableTemplate({ Conditions = {}, Outputs: _, Resources, ...rest }: Template): Template {
  const present = Object.entries(Resources)
    .filter(([id, { Condition }]) => !id.startsWith('ServerlessDeploymentBucket') && holds(Condition, Conditions))
    .map(([id, { Condition: _, ...resource }]) => [id, withLocalCode(resource)]);
  return { ...rest, Resources: Object.fromEntries(present) };
}

function holds(name: string | undefined, conditions: Readonly<Record<string, unknown>>): boolean {
  return name === undefined || evaluate(conditions[name], conditions);
}

/** Knows the functions that serverless.yml uses; any other is a mistake to see when packaging, not when deploying. */
function evaluate(condition: unknown, conditions: Readonly<Record<string, unknown>>): boolean {
  const [[operator, operands] = []] = Object.entries(condition ?? {});
  if (operator === 'Condition') return evaluate(conditions[operands], conditions);
  if (operator === 'Fn::Equals') return operands[0] === operands[1];
  if (operator === 'Fn::Not') return !evaluate(operands[0], conditions);
  if (operator === 'Fn::And') return operands.every((operand: unknown) => evaluate(operand, conditions));
  throw new Error(`Cannot settle the condition ${JSON.stringify(condition)} when packaging`);
}

/** In the framework's zip a bundle lies at dist/functions/<name>/index.js, in the folder at index.js. */
function withLocalCode(resource: Resource): Resource {
  if (resource.Type !== 'AWS::Lambda::Function') return resource;
  const [, folder, handler] = /^dist\/(functions\/[^/]+)\/(.+)$/.exec(String(resource.Properties.Handler)) ?? [];
  return { ...resource, Properties: { ...resource.Properties, Code: folder, Handler: handler } };
}
