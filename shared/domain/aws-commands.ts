import type { Command, OfSecret, OfService } from './reason.ts';

/**
 * A command of the AWS CLI as argv. What is put in stays one word and a value, whatever it contains; words are parted by
 * spaces. What begins with a dash would be taken for an option (an ECS service may be called `--debug`), and what begins
 * with `file://` for the name of a file.
 */
export function aws(words: TemplateStringsArray, ...values: readonly string[]): readonly string[] {
  const left = values.values();
  const argv = ['aws'];
  for (const word of words.join('\0').split(' ')) {
    const written = word.replaceAll('\0', () => left.next().value ?? '');
    if (!word.startsWith('\0')) argv.push(written);
    else if (written.startsWith('-')) argv.push(`${argv.pop()}=${written}`);
    else argv.push(written.replace(/^(?=\w+:\/\/)/, '?'));
  }
  return argv;
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

/** In the account and region of the certificate, as everything that a stack restarts. */
export function untagService({ certificateArn, cluster, service }: OfService, tag: string) {
  const [, partition = '', , region = '', account = ''] = certificateArn.split(':');
  const arn = `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${service}`;
  return aws`ecs untag-resource --resource-arn ${arn} --tag-keys ${tag}`;
}
