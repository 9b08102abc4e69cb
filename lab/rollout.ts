import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import {
  type Container,
  type ContainerDefinition,
  type Deployment,
  type EcsService,
  newDeployment,
  type ServiceDeployment,
  type Task,
} from './ecs-records.ts';
import type { Balancer } from './forwarder.ts';
import { freePort, type Instances } from './instances.ts';
import { arn, type Emit } from './service.ts';
import { freeAddress, isRecord, startProcess } from './task-process.ts';

/** Lab time between the last old task's end and COMPLETED. */
const settleMs = 1_000;
/** A restart waits twice as long as the one before, up to 12 days: a broken service costs a year fifty processes. */
const backoffMs = (exits: number) => 1_000 * 2 ** Math.min(exits - 1, 20);
/** A task that ran this long and ends was not broken from the start. */
const soundMs = 600_000;
const defaultPort = 8443;

export const portOf = (container?: ContainerDefinition) => container?.portMappings?.[0]?.containerPort ?? defaultPort;
const breakerThreshold = (service: EcsService) => Math.max(3, Math.min(200, Math.ceil(service.desiredCount / 2)));
export const liveTasks = (service: EcsService, deployment?: Deployment) =>
  service.tasks.filter((task) => !isEnding(task) && (!deployment || task.deployment === deployment));
export const runningTasks = (service: EcsService, deployment?: Deployment) =>
  liveTasks(service, deployment).filter(isRunning);

type Parts = {
  clock: Clock;
  emit: Emit;
  balancer: Balancer;
  instances: Pick<Instances, 'of'>;
  readSecret: (valueFrom: string) => string;
};

/**
 * ECS's rolling deployments: new tasks start within maximumPercent, old ones stop once new ones run, tasks that end are
 * replaced within their own deployment, and the circuit breaker counts those that never came up.
 */
export function createScheduler({ clock, emit, balancer, instances, readSecret }: Parts) {
  const services = new Set<EcsService>();
  let stopped = false;

  /** Makes a deployment of the service's definition the PRIMARY one; the one under way is stopped. */
  function deploy(service: EcsService): void {
    services.add(service);
    const now = clock.now();
    const [current] = service.serviceDeployments;
    if (current && isUnderWay(current)) finish(service, 'STOPPED', `A new deployment replaced ${current.target.id}.`);
    const [before] = service.deployments;
    if (before) before.share = before.completed ? service.desiredCount : runningTasks(service, before).length;
    const target = newDeployment(service.definition, now);
    const id = randomUUID().slice(0, 21);
    service.serviceDeployments.unshift({
      arn: arn('ecs', `service-deployment/${service.cluster}/${service.name}/${id}`),
      target,
      createdAt: now,
      status: 'PENDING',
    });
    service.deployments = [target, ...service.deployments];
    clock.at(now, () => begin(service, target));
  }

  function begin(service: EcsService, deployment: Deployment): void {
    const [current] = service.serviceDeployments;
    if (current?.target !== deployment || current.status !== 'PENDING') return;
    current.status = 'IN_PROGRESS';
    current.startedAt = clock.now();
    tellState(service, deployment, 'IN_PROGRESS');
    reconcile(service);
  }

  /** Moves tasks one step towards what the service wants; to be called after any change. */
  function reconcile(service: EcsService): void {
    const [primary, ...older] = service.deployments;
    if (stopped || !primary) return;
    const running = runningTasks(service, primary).length;
    const missing = service.desiredCount - liveTasks(service, primary).length;

    // Old tasks stay until new ones run; only where there is no room for new ones the healthy minimum is used up.
    const blocked = missing > 0 && room(service) === 0 && primary.rolloutState !== 'FAILED';
    const minimum = Math.ceil((service.desiredCount * service.configuration.minimumHealthyPercent) / 100);
    let old = Math.max((blocked ? minimum : service.desiredCount) - running, 0);
    for (const deployment of older.toSorted((a, b) => Number(b.completed) - Number(a.completed))) {
      // What was given up is not taken back: a task stopped to make room must not return into that room.
      deployment.share = Math.min(old, deployment.share);
      old -= deployment.share;
      scale(service, deployment, deployment.share);
    }
    scale(service, primary, service.desiredCount);

    if (service.status === 'DRAINING' && presentTasks(service).length === 0) service.status = 'INACTIVE';
    if (isSteady(service, primary) && primary.rolloutState === 'IN_PROGRESS')
      clock.at(new Date(clock.now().getTime() + settleMs), () => complete(service, primary));
  }

  function scale(service: EcsService, deployment: Deployment, wanted: number): void {
    const live = liveTasks(service, deployment);
    const byUse = live.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a)));
    const reason = `Scaling activity initiated by (deployment ${deployment.id})`;
    for (const task of byUse.slice(wanted)) clock.busy(end(service, task, { reason }));
    if (deployment.rolloutState === 'FAILED' || deployment.retryAt > clock.now().getTime()) return;
    const starting = Math.min(wanted - live.length, room(service));
    for (let count = 0; count < starting; count++) start(service, deployment);
  }

  function start(service: EcsService, deployment: Deployment): void {
    const id = randomUUID().replaceAll('-', '');
    const task: Task = {
      arn: arn('ecs', `task/${service.cluster}/${id}`),
      deployment,
      containers: deployment.definition.containers.map((definition) => ({ definition })),
      createdAt: clock.now(),
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
    };
    service.tasks.push(task);
    note(service, `has started 1 tasks: (task ${id}).`);
    clock.busy(bringUp(service, task));
  }

  /** An address of its own with awsvpc, else its instance's, where bridge maps a port for each container. */
  async function hostOf({ cluster }: EcsService, { containers, deployment }: Task): Promise<string> {
    const { networkMode } = deployment.definition;
    if (networkMode === 'awsvpc') return freeAddress(containers.map(({ definition }) => portOf(definition)));
    const { host } = instances.of(cluster);
    if (networkMode === 'bridge') for (const container of containers) container.port = await freePort(host);
    return host;
  }

  async function bringUp(service: EcsService, task: Task): Promise<void> {
    try {
      // Secrets are read here and never again, as a container's are.
      const environments = task.containers.map(({ definition }) => environmentOf(definition, readSecret));
      const running = task.containers.filter(({ definition }) => !isRecord(definition.image));
      const host = running.length > 0 ? await hostOf(service, task) : '';
      if (isEnding(task)) return;
      task.host = host || undefined;
      for (const [index, container] of task.containers.entries()) {
        const { definition } = container;
        if (!running.includes(container)) continue;
        const place = { SERVICE: service.name, HOST: host, PORT: String(container.port ?? portOf(definition)) };
        const LAB_TIME = String(Math.floor(clock.now().getTime() / 1000));
        container.process = startProcess(definition, { ...environments[index], ...place, LAB_TIME });
        void container.process.exited.then((exit) => {
          container.exit = exit;
          if (isEssential(container)) clock.busy(end(service, task, { reason: exited, failed: true }));
        });
      }
      const essential = task.containers.filter(isEssential);
      const listening = await Promise.all(essential.map(({ process }) => process?.listening));
      if (listening.includes(false)) throw new Error('DockerTimeoutError: Could not transition to started');
    } catch (error) {
      await end(service, task, { reason: (error as Error).message, failed: true });
      return;
    }
    if (isEnding(task)) return;
    task.lastStatus = 'RUNNING';
    task.startedAt = clock.now();
    for (const [group, target] of targetsOf(service, task)) balancer.register(group, target);
    task.deployment.failedTasks = 0;
    reconcile(service);
  }

  type Ending = { readonly reason: string; readonly failed?: boolean };

  /** The one way in which a task ends; whoever comes second changes nothing. */
  async function end(service: EcsService, task: Task, { reason, failed }: Ending): Promise<void> {
    if (isEnding(task)) return;
    Object.assign(task, { desiredStatus: 'STOPPED', lastStatus: 'DEPROVISIONING', stoppedReason: reason });
    if (failed) countFailure(service, task);
    const leaving = targetsOf(service, task).map(([group, target]) => balancer.deregister(group, target));
    // What ends by itself, or with the lab, waits for nobody.
    if (!failed && !stopped) await Promise.all(leaving);
    await Promise.all(task.containers.map(({ process }) => process?.stop()));
    task.lastStatus = 'STOPPED';
    task.stoppedAt = clock.now();
    reconcile(service);
  }

  function countFailure(service: EcsService, { deployment, startedAt }: Task): void {
    const now = clock.now().getTime();
    if (startedAt && now - startedAt.getTime() >= soundMs) deployment.exits = 0;
    deployment.exits += 1;
    deployment.retryAt = now + backoffMs(deployment.exits);
    clock.at(new Date(deployment.retryAt), () => reconcile(service));
    if (startedAt) return;

    deployment.failedTasks += 1;
    const { enable } = service.configuration.deploymentCircuitBreaker;
    const over = deployment.failedTasks >= breakerThreshold(service);
    if (enable && over && deployment === service.deployments[0] && deployment.rolloutState === 'IN_PROGRESS')
      trip(service, deployment);
  }

  function trip(service: EcsService, failed: Deployment): void {
    failed.rolloutState = 'FAILED';
    failed.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
    failed.updatedAt = clock.now();
    note(service, `(deployment ${failed.id}) deployment failed: tasks failed to start.`);
    tellState(service, failed, 'FAILED');

    const candidate = service.deployments.find(({ completed }) => completed);
    if (!service.configuration.deploymentCircuitBreaker.rollback) {
      finish(service, 'STOPPED', 'Service deployment stopped because the circuit breaker threshold was exceeded.');
    } else if (candidate && candidate !== failed) {
      rollBack(service, { failed, candidate });
    } else {
      finish(service, 'ROLLBACK_FAILED', 'No rollback candidate was found to run the rollback.');
    }
  }

  /** The candidate becomes PRIMARY again, with its old id and dates. */
  function rollBack(service: EcsService, { failed, candidate }: { failed: Deployment; candidate: Deployment }): void {
    Object.assign(service.serviceDeployments[0] ?? {}, {
      status: 'ROLLBACK_IN_PROGRESS',
      statusReason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    });
    failed.share = 0;
    candidate.rolloutState = 'IN_PROGRESS';
    candidate.rolloutStateReason = `ECS deployment circuit breaker: rolling back to deploymentId ${candidate.id}.`;
    service.definition = candidate.definition;
    service.deployments = [candidate, ...service.deployments.filter((deployment) => deployment !== candidate)];
    tellState(service, candidate, 'IN_PROGRESS');
  }

  function complete(service: EcsService, deployment: Deployment): void {
    if (deployment.rolloutState !== 'IN_PROGRESS' || !isSteady(service, deployment)) return;
    const rolledBack = service.serviceDeployments[0]?.status === 'ROLLBACK_IN_PROGRESS';
    deployment.rolloutState = 'COMPLETED';
    deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
    if (!rolledBack) deployment.updatedAt = clock.now();
    deployment.completed = true;
    service.deployments = [deployment];
    finish(service, rolledBack ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL');
    note(service, 'has reached a steady state.');
    tellState(service, deployment, 'COMPLETED');
  }

  function finish(service: EcsService, status: ServiceDeployment['status'], statusReason?: string): void {
    const outcome = { status, finishedAt: clock.now(), ...(statusReason && { statusReason }) };
    Object.assign(service.serviceDeployments[0] ?? {}, outcome);
  }

  function note(service: EcsService, message: string): void {
    const event = { id: randomUUID(), createdAt: clock.now(), message: `(service ${service.name}) ${message}` };
    service.events.unshift(event);
    service.events.length = Math.min(service.events.length, 100);
  }

  function tellState(service: EcsService, deployment: Deployment, state: Deployment['rolloutState']): void {
    if (!hasRolloutState(service)) return;
    emit({
      source: 'aws.ecs',
      detailType: 'ECS Deployment State Change',
      resources: [service.arn],
      detail: {
        eventType: state === 'FAILED' ? 'ERROR' : 'INFO',
        eventName: `SERVICE_DEPLOYMENT_${state}`,
        deploymentId: deployment.id,
        updatedAt: clock.now().toISOString(),
        reason: deployment.rolloutStateReason,
      },
    });
  }

  /** Ends all tasks and starts none any more; resolves when their processes are gone. */
  async function stop(): Promise<void> {
    stopped = true;
    const tasks = [...services].flatMap((service) => service.tasks.map((task) => ({ service, task })));
    await Promise.all(tasks.map(({ service, task }) => end(service, task, { reason: 'The lab stopped' })));
    // Those that were ending already are waited for too.
    await Promise.all(tasks.flatMap(({ task }) => task.containers.map(({ process }) => process?.exited)));
  }

  return { deploy, reconcile, stop };
}

/** Only rolling deployments have one, and events of it; none behind a Classic Load Balancer (API Reference, Deployment). */
export const hasRolloutState = ({ controller, loadBalancers }: EcsService) =>
  controller === 'ECS' && loadBalancers.every(({ loadBalancerName }) => loadBalancerName === undefined);

const targetsOf = ({ loadBalancers }: EcsService, { host = '' }: Task) =>
  loadBalancers.flatMap(({ targetGroupArn, containerPort: port }) =>
    targetGroupArn === undefined ? [] : [[targetGroupArn, { host, port }] as const],
  );

const exited = 'Essential container in task exited';
const isEssential = ({ definition }: Container) => definition.essential !== false;
const isEnding = ({ desiredStatus }: Task) => desiredStatus === 'STOPPED';
const isRunning = ({ lastStatus }: Task) => lastStatus === 'RUNNING';
const isUnderWay = ({ status }: ServiceDeployment) => /^PENDING$|IN_PROGRESS$/.test(status);
const presentTasks = (service: EcsService) => service.tasks.filter((task) => task.lastStatus !== 'STOPPED');

function room(service: EcsService): number {
  const most = Math.floor((service.desiredCount * service.configuration.maximumPercent) / 100);
  return Math.max(most - presentTasks(service).length, 0);
}

/** Whether the service has exactly the wanted tasks, all running and all of this deployment. */
function isSteady(service: EcsService, deployment: Deployment): boolean {
  const running = runningTasks(service, deployment).length;
  const complete = running === service.desiredCount && running === presentTasks(service).length;
  return complete && service.status === 'ACTIVE' && service.deployments[0] === deployment;
}

/** Throws an Error in ECS's words when a secret cannot be read. */
function environmentOf({ environment = [], secrets = [] }: ContainerDefinition, readSecret: (from: string) => string) {
  const read = (valueFrom: string): string => {
    try {
      return readSecret(valueFrom);
    } catch (cause) {
      const { code, message } = cause as { code?: string; message: string };
      const why = code ? `failed to fetch secret ${valueFrom} from secrets manager: ${code}: ${message}` : message;
      throw new Error(
        `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ${why}`,
      );
    }
  };
  return Object.fromEntries([
    ...environment.map(({ name, value }) => [name, value]),
    ...secrets.map(({ name, valueFrom }) => [name, read(valueFrom)]),
  ]) as Record<string, string>;
}
