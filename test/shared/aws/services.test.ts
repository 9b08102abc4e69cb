import { ECSClient, type Service, type Task } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { services } from '../../../shared/aws/services.ts';
import { judge } from '../../../shared/domain/rollout.ts';

const since = Date.UTC(2026, 9, 1) / 1000;
const at = (seconds: number) => new Date((since + seconds) * 1000);
const arnOf = (name: string, cluster = 'prod') => `arn:aws:ecs:us-east-1:111122223333:service/${cluster}/${name}`;
const wanted = { secret: 'courier/api', since };

/** ECS, when it answers every call with this error (the lab deletes no cluster). */
const answering = (name: string) =>
  services({
    send: async () => {
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
    },
  } as unknown as ECSClient);

it('a service whose cluster was deleted, which the Tagging API returns for hours, is left out', async () => {
  expect(await answering('ClusterNotFoundException').consumers([arnOf('web', 'gone')], wanted)).toEqual([]);
});

it('any other refusal is not taken for a cluster that is gone', async () => {
  const consumers = answering('InvalidParameterException').consumers([arnOf('web')], wanted);
  await expect(consumers).rejects.toMatchObject({ finding: { reason: 'CallRefused' } });
});

type World = {
  readonly services: Readonly<Record<string, Partial<Service>>>;
  readonly tasks?: Readonly<Record<string, readonly Task[]>>;
  readonly listed?: readonly object[];
};

/** ECS with these services; the calls that it was sent, and what each service is judged to be. */
async function ask(world: World) {
  const calls: string[] = [];
  const answers: Readonly<Record<string, (input: never) => object>> = {
    DescribeServices: ({ services: asked }: { services: readonly string[] }) => ({
      services: asked.map((serviceArn) => {
        const serviceName = serviceArn.split('/').at(-1) ?? '';
        const tags = [{ key: 'courier:secret', value: 'courier/api' }];
        const usual = { status: 'ACTIVE', desiredCount: 1, runningCount: 1, taskDefinition: 'web:1', events: quiet };
        return { serviceArn, serviceName, tags, ...usual, ...world.services[serviceName] };
      }),
    }),
    DescribeTaskDefinition: () => ({ taskDefinition: { containerDefinitions: [{ image: 'web:latest' }] } }),
    ListTasks: ({ serviceName }: { serviceName: string }) => ({
      taskArns: world.tasks?.[serviceName]?.map((_, index) => `${serviceName}-${index}`) ?? [],
    }),
    DescribeTasks: ({ tasks }: { tasks: readonly string[] }) => ({
      tasks: tasks.map((taskArn) => {
        const [name = '', index] = taskArn.split('-');
        return { taskArn, lastStatus: 'RUNNING', ...world.tasks?.[name]?.[Number(index)] };
      }),
    }),
    ListServiceDeployments: () => ({ serviceDeployments: world.listed ?? [] }),
  };
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: never }) => {
    const call = command.constructor.name.replace('Command', '');
    calls.push(call);
    return answers[call]?.(command.input) ?? {};
  };
  // Paginators ask what they are given to be a client.
  const client = Object.assign(Object.create((await import('@aws-sdk/client-ecs')).ECSClient.prototype), { send });
  const ours = services(client);
  const consumers = await ours.consumers(
    Object.keys(world.services).map((name) => arnOf(name)),
    wanted,
  );
  const judged = consumers.map((one) => judge(one, { since, now: since + 60, deadlineSeconds: 3600 }).is);
  return { calls, judged, consumers, places: ours.places };
}

const quiet = [{ id: '1', createdAt: at(-1), message: 'has reached a steady state.' }];
const busy = [{ id: '2', createdAt: at(0), message: 'whatever ECS says' }];
const deployment = (seconds: number, rolloutState = 'COMPLETED', status = 'PRIMARY') =>
  ({
    status,
    createdAt: at(seconds),
    updatedAt: at(seconds),
    rolloutState,
    rolloutStateReason: 'as ECS says',
  }) as never;
const stateless = (seconds: number, more: object = {}) =>
  ({ status: 'PRIMARY', createdAt: at(seconds), updatedAt: at(seconds), runningCount: 1, ...more }) as never;
const oldTask: Task = { createdAt: at(-10) };
const newTask: Task = { createdAt: at(1) };
const own = ['DescribeServices', 'DescribeTaskDefinition'];
const tasks = [...own.slice(0, 1), 'ListTasks', 'DescribeTasks', ...own.slice(1)];
const deployments = [...tasks, 'ListServiceDeployments'];

describe('of a service is asked no more than its own description leaves open', () => {
  it.each<readonly [string, Partial<Service>, readonly Task[], readonly string[], string]>([
    ['nothing has happened since', { deployments: [deployment(-100)] }, [], own, 'stale'],
    ['a deployment since has ended, and is all there is', { deployments: [deployment(0)] }, [], own, 'new'],
    [
      'a deployment since has ended, and a task is missing',
      { deployments: [deployment(0)], desiredCount: 2 },
      [],
      own,
      'rolling',
    ],
    [
      'a deployment since is under way',
      { deployments: [deployment(1, 'IN_PROGRESS'), deployment(-100, 'COMPLETED', 'ACTIVE')] },
      [],
      own,
      'rolling',
    ],
    ['a deployment from before is under way', { deployments: [deployment(-1, 'IN_PROGRESS')] }, [], own, 'rolling'],
    // ECS counts a daemon's tasks itself, one for each instance; there the old one is stopped before the new one starts.
    [
      'a daemon has come to its last instance',
      { schedulingStrategy: 'DAEMON', desiredCount: 3, runningCount: 3, deployments: [deployment(0)] },
      [],
      own,
      'new',
    ],
    [
      'a daemon runs nothing on one of its instances for a moment',
      {
        ...{ schedulingStrategy: 'DAEMON', desiredCount: 3, runningCount: 2 },
        deployments: [deployment(1, 'IN_PROGRESS'), deployment(-100, 'COMPLETED', 'ACTIVE')],
      },
      [],
      own,
      'rolling',
    ],
    ['a daemon has no instance', { schedulingStrategy: 'DAEMON', desiredCount: 0 }, [], own.slice(0, 1), 'idle'],
    [
      'ECS goes back from the deployment since',
      { deployments: [deployment(-100, 'IN_PROGRESS'), deployment(1, 'FAILED', 'ACTIVE')], events: busy },
      [],
      own,
      'rolling',
    ],
    [
      'the deployment since has failed, and stays',
      { deployments: [deployment(1, 'FAILED'), deployment(-100, 'COMPLETED', 'ACTIVE')], events: busy },
      [oldTask],
      tasks,
      'failed',
    ],
    ['something has happened since', { deployments: [deployment(-100)], events: busy }, [newTask], tasks, 'new'],
    [
      'something has happened since, and a task is old',
      { deployments: [deployment(-100)], events: busy },
      [oldTask, newTask],
      deployments,
      'stale',
    ],
    [
      'the deployment has changed since',
      { deployments: [{ ...(deployment(-100) as object), updatedAt: at(0) }] },
      [oldTask],
      deployments,
      'stale',
    ],
    ['ECS shows no events', { deployments: [deployment(-100)], events: [] }, [oldTask], deployments, 'stale'],
    // Behind a Classic Load Balancer ECS gives no rollout state.
    ['nobody deploys it, in whatever state', { deployments: [stateless(-100)] }, [], own, 'stale'],
    [
      'nobody deploys it, in whatever state, and there is no room for a task',
      { deployments: [stateless(-100, { runningCount: 1 })], desiredCount: 2 },
      [],
      own,
      'stale',
    ],
    [
      'a deployment in whatever state replaces another one',
      { deployments: [stateless(1, { runningCount: 1 }), stateless(-100, { status: 'ACTIVE' })] },
      [],
      own,
      'rolling',
    ],
    [
      'a deployment from before in whatever state replaces another one',
      { deployments: [stateless(-1), stateless(-100, { status: 'ACTIVE' })] },
      [],
      own,
      'rolling',
    ],
    ['a deployment in whatever state has replaced all others', { deployments: [stateless(1)] }, [], own, 'new'],
    [
      'a deployment in whatever state has replaced all others, and some task is missing',
      { deployments: [stateless(1)], desiredCount: 2 },
      [],
      own,
      'rolling',
    ],
    ['no task is wanted', { desiredCount: 0 }, [], own.slice(0, 1), 'idle'],
    ['it is draining', { status: 'DRAINING' }, [], own.slice(0, 1), 'idle'],
    [
      'others deploy it',
      { deploymentController: { type: 'CODE_DEPLOY' }, deployments: [] },
      [oldTask],
      deployments,
      'not ours to restart',
    ],
  ])('%s', async (_, service, tasks, calls, verdict) => {
    const seen = await ask({ services: { web: service }, tasks: { web: tasks } });
    expect([seen.calls.toSorted(), seen.judged]).toEqual([calls.toSorted(), [verdict]]);
  });

  it.each([
    ['of which nothing runs goes on until it is too late', 0, 'late'],
    ['that lacks a task is over', 1, 'short'],
  ])('a deployment in no state %s', async (_, runningCount, verdict) => {
    const web = { desiredCount: 2, runningCount, deployments: [stateless(1, { runningCount })] };
    const { consumers } = await ask({ services: { web } });
    const promotion = { since, now: since + 3602, deadlineSeconds: 3600 };
    expect(consumers.map((one) => judge(one, promotion).is)).toEqual([verdict]);
  });

  it('a deployment that is gone was rolled back: failed, in the words of its service deployment', async () => {
    const listed = [{ createdAt: at(1), status: 'ROLLBACK_SUCCESSFUL', statusReason: 'the circuit breaker' }];
    const web = { deployments: [deployment(-100)], events: busy };
    const { consumers, judged } = await ask({ services: { web }, tasks: { web: [oldTask] }, listed });
    expect(judged).toEqual(['failed']);
    expect(consumers[0]?.deployments).toEqual([
      { createdAt: since + 1, status: 'failed', detail: 'the circuit breaker' },
    ]);
  });

  it('ten services at a time, their tasks together, a task definition once', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `web${index}`);
    const open = { deployments: [deployment(-100)], events: busy };
    const { calls, judged } = await ask({
      services: Object.fromEntries(names.map((name) => [name, open])),
      tasks: Object.fromEntries(names.map((name) => [name, [newTask]])),
    });
    const count = (call: string) => calls.filter((one) => one === call).length;
    expect(judged).toEqual(names.map(() => 'new'));
    expect([count('DescribeServices'), count('DescribeTasks'), count('ListTasks')]).toEqual([2, 2, 12]);
    expect(count('DescribeTaskDefinition')).toBeLessThanOrEqual(10);
  });

  it('and under EXTERNAL the task definition is that of its primary task set', async () => {
    const taskSets = [{ status: 'PRIMARY', createdAt: at(-100), taskDefinition: 'web:1' }];
    const web = { deploymentController: { type: 'EXTERNAL' as const }, taskDefinition: undefined, taskSets };
    const { consumers, judged } = await ask({ services: { web }, tasks: { web: [oldTask] } });
    expect([consumers[0]?.mutableImages, judged]).toEqual([['web:latest'], ['not ours to restart']]);
  });

  it('and named are the images that a restart resolves anew', async () => {
    const { consumers } = await ask({ services: { web: { deployments: [deployment(0)] } } });
    expect(consumers[0]).toMatchObject({ mutableImages: ['web:latest'], canary: false });
  });
});

describe('where tasks serve', () => {
  const own = { name: 'web', networkInterfaces: [{ privateIpv4Address: '10.0.0.1' }] };
  const server = (service: string, cluster = 'prod') => ({ cluster, service, probe: { port: 8443 } });

  it('is asked in a list for each service, and the tasks of a cluster together', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `web${index}`);
    const tasks = Object.fromEntries(names.map((name) => [name, [{ startedAt: at(1), containers: [own] }]]));
    const { calls, places } = await ask({ services: {}, tasks });
    const found = await places(names.map((name) => server(name)));
    expect(calls).toEqual([...names.map(() => 'ListTasks'), 'DescribeTasks']);
    expect([...found].map(([{ service }, [place]]) => [service, place])).toEqual(
      names.map((name) => [
        name,
        { taskArn: `${name}-0`, startedAt: since + 1, address: { host: '10.0.0.1', port: 8443, subnet: undefined } },
      ]),
    );
  });

  it.each<[string, Task]>([
    ['which ECS gives no start', { containers: [own] }],
    ['which has not come to run', { lastStatus: 'ACTIVATING', startedAt: at(1), containers: [own] }],
  ])('has no time for a task %s', async (_, task) => {
    const { places } = await ask({ services: {}, tasks: { web: [task] } });
    const [[place] = []] = (await places([server('web')])).values();
    expect(place).toEqual({ taskArn: 'web-0', address: { host: '10.0.0.1', port: 8443, subnet: undefined } });
  });

  it('is asked in each cluster by itself', async () => {
    const { calls, places } = await ask({ services: {}, tasks: { web: [oldTask] } });
    expect((await places([server('web'), server('web', 'other')])).size).toBe(2);
    expect(calls).toEqual(['ListTasks', 'DescribeTasks', 'ListTasks', 'DescribeTasks']);
  });
});

it('tasks that ended speak of a promotion only where they were created since it', async () => {
  const exited = (seconds: number, exitCode: number) => ({
    ...{ createdAt: at(seconds), stoppedReason: 'Essential container in task exited' },
    containers: [{ name: 'app', exitCode }],
  });
  const answers: Readonly<Record<string, object>> = {
    ListTasks: { taskArns: ['a', 'b', 'c'] },
    DescribeTasks: { tasks: [exited(-0.001, 83), exited(0, 1), { createdAt: at(5) }] },
  };
  const send = async (command: object) => answers[command.constructor.name.replace('Command', '')] ?? {};
  const client = Object.assign(Object.create(ECSClient.prototype), { send });
  expect(await services(client).endings({ cluster: 'prod', service: 'web' }, since)).toEqual([
    {
      createdAt: since,
      reason: 'Essential container in task exited',
      exits: [{ container: 'app', code: 1, reason: '' }],
    },
    { createdAt: since + 5, reason: 'ECS gives no reason', exits: [] },
  ]);
});

describe('a service without the tag', () => {
  const here = 'us-east-1:111122223333';
  const valueFrom = `arn:aws:secretsmanager:${here}:secret:courier/api-AbC123:certificate::`;

  /** Of services that read the secret or do not, those that consume it where `prod` is searched. */
  async function consuming(service: Partial<Service>, cluster = 'prod') {
    const serviceArn = arnOf('web', cluster);
    const taskDefinition = `arn:aws:ecs:${here}:task-definition/web:1`;
    const answers: Readonly<Record<string, object>> = {
      DescribeServices: { services: [{ serviceArn, status: 'ACTIVE', desiredCount: 0, taskDefinition, ...service }] },
      DescribeTaskDefinition: { taskDefinition: { containerDefinitions: [{ secrets: [{ valueFrom }] }] } },
    };
    const send = async (command: object) => answers[command.constructor.name.replace('Command', '')] ?? {};
    const found = await services({ send } as unknown as ECSClient, { searched: ['prod'] }).consumers(
      [serviceArn],
      wanted,
    );
    return found.map(({ arn }) => arn);
  }

  it('consumes what it reads in a cluster that is searched, though no task of it runs', async () => {
    expect(await consuming({})).toEqual([arnOf('web')]);
  });

  it.each<[string, Partial<Service>, string?]>([
    ['in another cluster, where the tag was taken off a moment ago', {}, 'other'],
    ['that was deleted', { status: 'INACTIVE' }],
    // Under EXTERNAL.
    ['of which nobody knows what it reads', { taskDefinition: undefined }],
  ])('consumes nothing: one %s', async (_, service, cluster) => {
    expect(await consuming(service, cluster)).toEqual([]);
  });
});
