import { execFileSync } from 'node:child_process';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { type Behaviour, type Counterpart, eventually, inTurn, refusalOf } from './behaviour.ts';

let count = 0;
const cluster = 'conformance';
const arnPrefix = 'arn:aws:ecs:us-east-1:111122223333';

const register = ({ ecs }: Counterpart, family: string, environment: { name: string; value: string }[] = []) => {
  const container = { name: 'app', image: 'https-server:1', memory: 128, portMappings: [{ containerPort: 8443 }] };
  return ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ ...container, environment }] }));
};

/** What the lab's image serves: one that has no certificate would not run. */
function certificateInEnvironment() {
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout - -out - -subj /CN=conformance';
  const value = execFileSync('openssl', args.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return ['COURIER_CERTIFICATE', 'COURIER_PRIVATE_KEY'].map((name) => ({ name, value }));
}

/** A service without tasks, unless more is wished. */
async function prepare(at: Counterpart, more: Partial<CreateServiceCommandInput> = {}) {
  const service = `service-${++count}`;
  await at.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  await register(at, service, more.desiredCount ? certificateInEnvironment() : []);
  const wish = { cluster, serviceName: service, taskDefinition: service, desiredCount: 0, ...more };
  const { service: created } = await at.ecs.send(new CreateServiceCommand(wish));
  const update = (change: Partial<UpdateServiceCommandInput>) =>
    at.ecs.send(new UpdateServiceCommand({ cluster, service, ...change }));
  const describe = async () =>
    (await at.ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))).services?.[0];
  return { service, created, update, describe };
}

const tagged = [{ key: 'courier:secret', value: 'courier/api' }];
const tagsOf = async (ecs: ECSClient, resourceArn: string | undefined) =>
  (await ecs.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
const lastPart = (arn = '') => arn.split('/').at(-1) ?? '';

export const ecs: readonly Behaviour[] = [
  {
    name: 'each registration of a family is its next revision, active',
    expected: [
      { arn: `${arnPrefix}:task-definition/revised:1`, revision: 1, status: 'ACTIVE', essential: true },
      { arn: `${arnPrefix}:task-definition/revised:2`, revision: 2, status: 'ACTIVE', essential: true },
    ],
    async observe(at) {
      const answers = await inTurn([1, 2], () => register(at, 'revised'));
      return answers.map(({ taskDefinition: one }) => ({
        arn: one?.taskDefinitionArn,
        revision: one?.revision,
        status: one?.status,
        essential: one?.containerDefinitions?.[0]?.essential,
      }));
    },
  },
  {
    name: 'a family alone is its latest revision, and a revision can be named',
    expected: [2, 1, 1],
    async observe(at) {
      await register(at, 'named');
      await register(at, 'named');
      return inTurn(['named', 'named:1', `${arnPrefix}:task-definition/named:1`], async (taskDefinition) => {
        const answer = await at.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
        return answer.taskDefinition?.revision;
      });
    },
  },
  {
    name: 'a task definition that does not exist is refused',
    expected: 'ClientException',
    observe: ({ ecs }) => refusalOf(ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'none' }))),
  },
  {
    name: 'a service is created active, with its tags and one PRIMARY deployment',
    expected: {
      arn: `${arnPrefix}:service/${cluster}/NAME`,
      status: 'ACTIVE',
      definition: `${arnPrefix}:task-definition/NAME:1`,
      tags: tagged,
      deployments: ['PRIMARY'],
    },
    async observe(at) {
      const { service, created } = await prepare(at, { tags: tagged });
      return {
        arn: created?.serviceArn?.replace(service, 'NAME'),
        status: created?.status,
        definition: created?.taskDefinition?.replace(service, 'NAME'),
        tags: created?.tags,
        deployments: created?.deployments?.map(({ status }) => status),
      };
    },
  },
  {
    name: 'a service of a definition that does not exist is refused',
    expected: 'ClientException',
    observe: (at) => refusalOf(prepare(at, { taskDefinition: 'none' })),
  },
  {
    name: 'a service in a cluster that does not exist is refused',
    expected: 'ClusterNotFoundException',
    observe: (at) => refusalOf(prepare(at, { cluster: 'nowhere' })),
  },
  {
    name: 'a service shows its tags to who includes TAGS',
    expected: { without: false, with: tagged },
    async observe(at) {
      const { service, describe } = await prepare(at, { tags: tagged });
      const wish = { cluster, services: [service], include: ['TAGS' as const] };
      const included = await at.ecs.send(new DescribeServicesCommand(wish));
      return { without: Boolean((await describe())?.tags?.length), with: included.services?.[0]?.tags };
    },
  },
  {
    name: 'tags come and go by the ARN of the service',
    expected: [[{ key: 'courier:owner', value: 'web' }], []],
    async observe(at) {
      const { created } = await prepare(at);
      const resourceArn = created?.serviceArn;
      await at.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'courier:owner', value: 'web' }] }));
      const before = await tagsOf(at.ecs, resourceArn);
      await at.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['courier:owner'] }));
      return [before, await tagsOf(at.ecs, resourceArn)];
    },
  },
  {
    name: 'services are described by name and by ARN, and what is missing is a failure beside them',
    expected: { found: [true, true], failures: [{ name: 'none', reason: 'MISSING' }] },
    async observe(at) {
      const [one, other] = [await prepare(at), await prepare(at)];
      const services = [one.service, other.created?.serviceArn ?? '', 'none'];
      const answer = await at.ecs.send(new DescribeServicesCommand({ cluster, services }));
      const names = answer.services?.map(({ serviceName }) => serviceName) ?? [];
      return {
        found: [one, other].map(({ service }) => names.includes(service)),
        failures: answer.failures?.map(({ arn, reason }) => ({ name: lastPart(arn), reason })),
      };
    },
  },
  {
    name: 'more than ten services in one call are refused',
    expected: 'InvalidParameterException',
    async observe(at) {
      const { service } = await prepare(at);
      const services = Array.from({ length: 11 }, (_, index) => `${service}-${index}`);
      return refusalOf(at.ecs.send(new DescribeServicesCommand({ cluster, services })));
    },
  },
  {
    name: 'a forced deployment is a new PRIMARY one of the same task definition',
    expected: { another: true, primary: 1, same: true },
    async observe(at) {
      const { created, update } = await prepare(at);
      const { service } = await update({ forceNewDeployment: true });
      const primaries = service?.deployments?.filter(({ status }) => status === 'PRIMARY') ?? [];
      return {
        another: primaries[0]?.id !== created?.deployments?.[0]?.id,
        primary: primaries.length,
        same: service?.taskDefinition === created?.taskDefinition,
      };
    },
  },
  {
    name: 'an update that changes nothing deploys nothing',
    expected: true,
    async observe(at) {
      const { created, update } = await prepare(at);
      const { service } = await update({ desiredCount: 0 });
      return service?.deployments?.[0]?.id === created?.deployments?.[0]?.id;
    },
  },
  {
    name: 'service deployments are listed, one more for a forced deployment, newest first',
    expected: { created: 1, forced: 2, ordered: true, service: true },
    async observe(at) {
      const { service, created, update } = await prepare(at);
      const list = async () =>
        (await at.ecs.send(new ListServiceDeploymentsCommand({ cluster, service }))).serviceDeployments ?? [];
      const first = await list();
      // Dates may be whole seconds.
      await at.pass(2);
      await update({ forceNewDeployment: true });
      const all = await list();
      const [newest, oldest] = all.map(({ createdAt }) => createdAt?.getTime() ?? 0);
      return {
        created: first.length,
        forced: all.length,
        ordered: newest !== undefined && oldest !== undefined && newest > oldest,
        service: all.length > 0 && all.every(({ serviceArn }) => serviceArn === created?.serviceArn),
      };
    },
  },
  {
    name: 'a service deployment without tasks to start succeeds',
    expected: 'SUCCESSFUL',
    async observe(at) {
      const { service } = await prepare(at);
      return eventually(at, async () => {
        const answer = await at.ecs.send(new ListServiceDeploymentsCommand({ cluster, service }));
        const status = answer.serviceDeployments?.[0]?.status ?? 'none';
        return status === 'none' || status === 'SUCCESSFUL' ? status : undefined;
      });
    },
  },
  {
    name: 'a service that is not there cannot be updated, nor one in a cluster that is not',
    expected: ['ServiceNotFoundException', 'ClusterNotFoundException'],
    async observe(at) {
      const { update } = await prepare(at);
      return inTurn([{ service: 'none' }, { cluster: 'not-there' }], (wish) =>
        refusalOf(update({ ...wish, forceNewDeployment: true })),
      );
    },
  },
  {
    name: 'a service that CodeDeploy deploys refuses a forced deployment and another task definition',
    expected: ['InvalidParameterException', 'InvalidParameterException'],
    async observe(at) {
      const { service, update } = await prepare(at, { deploymentController: { type: 'CODE_DEPLOY' } });
      await register(at, service);
      return inTurn([{ forceNewDeployment: true }, { taskDefinition: `${service}:2` }], (wish) =>
        refusalOf(update(wish)),
      );
    },
  },
  {
    name: "a service's tasks are listed, and say which deployment started them",
    expected: { tasks: 1, group: true, startedBy: true, definition: true, others: 0 },
    async observe(at) {
      const { service, created, describe } = await prepare(at, { desiredCount: 1 });
      const idle = await prepare(at);
      const list = async (serviceName: string) =>
        (await at.ecs.send(new ListTasksCommand({ cluster, serviceName }))).taskArns ?? [];
      const tasks = await eventually(at, async () => {
        const arns = await list(service);
        return arns.length > 0 ? arns : undefined;
      });
      const described = tasks && (await at.ecs.send(new DescribeTasksCommand({ cluster, tasks }))).tasks?.[0];
      return {
        tasks: tasks?.length,
        group: described?.group === `service:${service}`,
        startedBy: described?.startedBy === (await describe())?.deployments?.[0]?.id,
        definition: described?.taskDefinitionArn === created?.taskDefinition,
        others: (await list(idle.service)).length,
      };
    },
  },
  {
    name: 'a task that is missing is a failure, not an error',
    expected: [{ name: '0123456789abcdef0123456789abcdef', reason: 'MISSING' }],
    async observe(at) {
      await prepare(at);
      const tasks = ['0123456789abcdef0123456789abcdef'];
      const { failures } = await at.ecs.send(new DescribeTasksCommand({ cluster, tasks }));
      return failures?.map(({ arn, reason }) => ({ name: lastPart(arn), reason }));
    },
  },
  {
    name: 'a service with tasks is not deleted unless it is forced',
    expected: 'InvalidParameterException',
    async observe(at) {
      const { service } = await prepare(at, { desiredCount: 1 });
      return refusalOf(at.ecs.send(new DeleteServiceCommand({ cluster, service })));
    },
  },
  {
    name: 'a deleted service is INACTIVE, takes no update, and its name is free',
    expected: { status: 'INACTIVE', update: 'ServiceNotActiveException', again: 'ACTIVE' },
    async observe(at) {
      const { service, update, describe } = await prepare(at);
      await at.ecs.send(new DeleteServiceCommand({ cluster, service }));
      const gone = async () => ((await describe())?.status === 'INACTIVE' ? 'INACTIVE' : undefined);
      const status = await eventually(at, gone);
      const answer = await refusalOf(update({ forceNewDeployment: true }));
      const wish = { cluster, serviceName: service, taskDefinition: service, desiredCount: 0 };
      const again = await at.ecs.send(new CreateServiceCommand(wish));
      return { status, update: answer, again: again.service?.status };
    },
  },
  {
    name: 'a name that is taken by an active service is refused',
    expected: 'InvalidParameterException',
    async observe(at) {
      const { service } = await prepare(at);
      return refusalOf(prepare(at, { serviceName: service }));
    },
  },
];
