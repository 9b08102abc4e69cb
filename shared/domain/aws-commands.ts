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

const primary = "services[0].taskSets[?status=='PRIMARY'] | [0]";

/**
 * Starts the deployment once more by which the tasks of a service under CODE_DEPLOY came: its id is that of the task set
 * (API Reference, TaskSet), and CodeDeploy knows its names and what it deployed. By a file, for the AWS CLI reads twice
 * what it is given by --cli-input-json (aws-cli#7850), and so that it can be read before it is deployed.
 */
export function deployAgain({ cluster, service }: OfService): readonly Command[] {
  const id = `${primary}.externalId`;
  const same = ['applicationName', 'deploymentGroupName', 'revision'].map((name) => `${name}: ${name}`).join(', ');
  const wanted = `deploymentInfo.{${same}}`;
  return [
    {
      pipe: [
        aws`ecs describe-services --cluster ${cluster} --services ${service} --query ${id} --output text`,
        ['xargs', '-I', '{}', ...aws`deploy get-deployment --deployment-id {} --query ${wanted} --output json`],
        ['tee', 'deployment.json'],
      ],
    },
    aws`deploy create-deployment --cli-input-json file://deployment.json`,
  ];
}

/** What a task set may have or not, and CreateTaskSet takes only where it has it. */
const optional = [
  ...['launchType', 'capacityProviderStrategy', 'platformVersion', 'networkConfiguration', 'loadBalancers'],
  'serviceRegistries',
];

/** Creates a task set like the primary one of a service under EXTERNAL, and makes the newest that is steady the primary one. */
export function replaceTaskSet({ cluster, service }: OfService): readonly Command[] {
  const always = '{cluster: clusterArn, service: serviceArn, taskDefinition: taskDefinition, scale: scale}';
  const own = optional.map((name) => `${name} && {${name}: ${name}} || \`{}\``);
  const like = `${primary}.merge(${[always, ...own].join(', ')})`;
  const newest = "services[0].taskSets[?stabilityStatus=='STEADY_STATE'] | sort_by(@, &createdAt) | [-1].taskSetArn";
  const update = aws`ecs update-service-primary-task-set --cluster ${cluster} --service ${service}`;
  return [
    {
      pipe: [
        aws`ecs describe-services --cluster ${cluster} --services ${service} --query ${like} --output json`,
        ['tee', 'task-set.json'],
      ],
    },
    aws`ecs create-task-set --cli-input-json file://task-set.json`,
    {
      pipe: [
        aws`ecs describe-services --cluster ${cluster} --services ${service} --query ${newest} --output text`,
        ['xargs', '-I', '{}', ...update, '--primary-task-set', '{}'],
      ],
    },
  ];
}

/** In the account and region of the certificate, as everything that a stack restarts. */
export function untagService({ certificateArn, cluster, service }: OfService, tag: string) {
  const [, partition = '', , region = '', account = ''] = certificateArn.split(':');
  const arn = `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${service}`;
  return aws`ecs untag-resource --resource-arn ${arn} --tag-keys ${tag}`;
}
