import type { Template } from '../../build/portable-template.ts';
import { holds } from '../../lab/intrinsics.ts';

/**
 * What CloudFormation sees in a template once its parameters have values, given or by default: the resources whose
 * conditions hold, one side of each Fn::If, and no parameter. All other functions stay as they are written.
 */
export function settled(template: Template, given: Readonly<Record<string, string>> = {}): Template {
  const { Parameters = {}, Conditions: conditions = {}, Resources, ...rest } = template;
  const defaults = Object.entries(Parameters).map(([name, { Default }]) => [name, String(Default)]);
  const parameters: Record<string, string> = { ...Object.fromEntries(defaults), ...given };
  const scope = { stackName: '', parameters, conditions, ref: notHere, attribute: notHere };

  function settle(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(settle).filter((item) => item !== undefined);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref = '', 'Fn::If': choice } = value as { Ref?: string; 'Fn::If'?: [string, unknown, unknown] };
    if (choice) return settle(holds(choice[0], scope) ? choice[1] : choice[2]);
    if (Ref === 'AWS::NoValue') return undefined;
    if (Object.hasOwn(parameters, Ref)) return parameters[Ref];
    const members = Object.entries(value).map(([name, member]) => [name, settle(member)]);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }

  const made = Object.entries(Resources)
    .filter(([, { Condition }]) => Condition === undefined || holds(Condition, scope))
    .map(([id, { Condition: _, ...resource }]) => [id, settle(resource)]);
  return { ...rest, Resources: Object.fromEntries(made) };
}

function notHere(): never {
  throw new Error('A condition can refer to parameters only');
}
