/** What a custom resource stands for, as CloudFormation keeps it for us: one certificate in one secret. */
export type Held = {
  readonly certificateArn: string;
  readonly secret: string;
  /** The secret came with the resource, so it may go with it. Any other was there before and stays. */
  readonly made: boolean;
};

/** Neither an ARN nor a secret's name holds a space. CloudFormation deletes the old one where this changes. */
export const writePhysicalId = ({ certificateArn, secret, made }: Held): string =>
  [certificateArn, secret, ...(made ? [mark] : [])].join(' ');

/** Null for what stands for nothing: the id of a resource that could not even be read. */
export function readPhysicalId(id: string): Held | null {
  const [certificateArn = '', secret, made, ...more] = id.split(' ');
  if (!certificateArn.startsWith('arn:') || !secret || more.length > 0 || ![undefined, mark].includes(made))
    return null;
  return { certificateArn, secret, made: made === mark };
}

const mark = 'made';
