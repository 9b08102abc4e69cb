import type { Command, OfSecret, OfService } from './reason.ts';

/** A command of the AWS CLI as argv. What is put in stays one word, whatever it contains; words are parted by spaces. */
export function aws(words: TemplateStringsArray, ...values: readonly string[]): readonly string[] {
  const left = values.values();
  const written = words.join('\0').split(' ');
  return ['aws', ...written.map((word) => word.replaceAll('\0', () => left.next().value ?? ''))];
}

export const describe = (certificateArn: string) => aws`acm describe-certificate --certificate-arn ${certificateArn}`;

export const tagCertificate = (certificateArn: string, tag: string) =>
  aws`acm add-tags-to-certificate --certificate-arn ${certificateArn} --tags ${tag}`;

export const untagCertificate = (certificateArn: string) =>
  aws`acm remove-tags-from-certificate --certificate-arn ${certificateArn} --tags Key=courier:secret`;

export const untagPause = (certificateArn: string) =>
  aws`acm remove-tags-from-certificate --certificate-arn ${certificateArn} --tags Key=courier:pause`;

export const handOver = ({ secret, certificateArn }: OfSecret): readonly Command[] => [
  aws`secretsmanager tag-resource --secret-id ${secret} --tags Key=courier:certificate,Value=${certificateArn}`,
  { reExport: { certificateArn } },
];

export const describeService = ({ cluster, service }: OfService) =>
  aws`ecs describe-services --cluster ${cluster} --services ${service} --query services[].events[:5].message`;
