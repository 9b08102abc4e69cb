/** A CloudFormation template as parsed JSON, as far as packaging looks into it. */
export type Template = {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
};

export type Resource = {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
};

/**
 * Makes the Serverless Framework's template one that `aws cloudformation package` and `deploy` accept: the code of each
 * function is the folder functions/<name> beside the template, and the framework's bucket is gone, with the output that
 * names it. Parameters, conditions and what depends on them stay as they are written: CloudFormation evaluates them.
 */
export function portableTemplate({ Outputs: _, Resources, ...rest }: Template): Template {
  const ours = Object.entries(Resources).filter(([id]) => !id.startsWith('ServerlessDeploymentBucket'));
  return { ...rest, Resources: Object.fromEntries(ours.map(([id, resource]) => [id, withLocalCode(resource)])) };
}

/** In the framework's zip a bundle lies at dist/functions/<name>/index.js, in the folder at index.js. */
function withLocalCode(resource: Resource): Resource {
  if (resource.Type !== 'AWS::Lambda::Function') return resource;
  const [, folder, handler] = /^dist\/(functions\/[^/]+)\/(.+)$/.exec(String(resource.Properties.Handler)) ?? [];
  return { ...resource, Properties: { ...resource.Properties, Code: folder, Handler: handler } };
}
