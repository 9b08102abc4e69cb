import type { Clock } from './clock.ts';
import { arn, type Operation, refuse, type Service } from './service.ts';

export type Ssm = ReturnType<typeof createSsm>;

type Wish = {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: string;
  readonly AllowedPattern?: string;
  readonly Overwrite?: boolean;
};

/** Parameter Store: texts. What is overwritten keeps its pattern. */
export function createSsm({ clock }: { clock: Pick<Clock, 'now'> }) {
  const parameters = new Map<string, Wish & { readonly Version: number; readonly LastModifiedDate: Date }>();

  function put({ Overwrite = false, ...wish }: Wish): number {
    const before = parameters.get(wish.Name);
    const kept = { ...before, ...wish };
    const { Name, Value, Type, AllowedPattern = '' } = kept;
    if (before && !Overwrite)
      refuse(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    if (Type !== 'String') refuse('UnsupportedParameterType', 'The lab has parameters of type String only.');
    if (!new RegExp(AllowedPattern).test(Value))
      refuse(
        'ParameterPatternMismatch',
        `Parameter value, cannot be validated against allowedPattern: ${AllowedPattern}`,
      );
    const Version = (before?.Version ?? 0) + 1;
    parameters.set(Name, { ...kept, Version, LastModifiedDate: clock.now() });
    return Version;
  }

  const GetParameter: Operation = ({ Name }) => {
    const found = parameters.get(Name) ?? refuse('ParameterNotFound', '');
    const { AllowedPattern: _, ...shown } = found;
    return { Parameter: { ...shown, ARN: arn('ssm', `parameter/${Name.replace(/^\//, '')}`), DataType: 'text' } };
  };

  const PutParameter: Operation = (input) => ({ Version: put(input), Tier: 'Standard' });

  const operations = { GetParameter, PutParameter };
  const service: Service = { name: 'ssm', protocol: 'json-1.1', target: 'AmazonSSM', operations };
  return { service, put };
}
