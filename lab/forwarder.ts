import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { arn } from './service.ts';
import { freeAddress } from './task-process.ts';

export type Target = { readonly host: string; readonly port: number };
/** A target group, and where its load balancer listens: one thing here. */
export type TargetGroup = Target & { readonly arn: string };

/** The account's load balancers: plain TCP, each with one target group. */
export type Balancer = {
  /** Listens on an address of its own, and forwards each connection to one of the registered targets, in turn. */
  create(port: number): Promise<TargetGroup>;
  has(groupArn: string): boolean;
  register(groupArn: string, target: Target): void;
  /** No new connections from now on; resolves when the open ones have ended, which they must within the delay. */
  deregister(groupArn: string, target: Target): Promise<void>;
  stop(): void;
};

/** AWS waits 300 seconds; this is real time, in which a test waits. */
const deregistrationDelayMs = 3_000;

type Registered = Target & { readonly connections: Set<Socket> };

export function createBalancer(): Balancer {
  const groups = new Map<string, { readonly targets: Registered[]; close(): void }>();
  const targetsOf = (groupArn: string) => groups.get(groupArn)?.targets ?? [];

  return {
    async create(port) {
      const targets: Registered[] = [];
      const host = await freeAddress([port]);
      const server = createServer((client) =>
        forward(
          client.on('error', () => client.destroy()),
          targets,
        ),
      ).listen(port, host);
      await once(server, 'listening');
      const groupArn = arn('elasticloadbalancing', `targetgroup/lab/${randomUUID()}`);
      groups.set(groupArn, { targets, close: () => server.close() });
      return { arn: groupArn, host, port };
    },
    has: (groupArn) => groups.has(groupArn),
    register: (groupArn, { host, port }) => void targetsOf(groupArn).push({ host, port, connections: new Set() }),
    async deregister(groupArn, { host, port }) {
      const targets = targetsOf(groupArn);
      const at = targets.findIndex((target) => target.host === host && target.port === port);
      const [target] = at < 0 ? [] : targets.splice(at, 1);
      const connections = target?.connections ?? new Set();
      const ended = [...connections].map((connection) => new Promise((resolve) => connection.once('close', resolve)));
      await Promise.race([Promise.all(ended), sleep(deregistrationDelayMs, null, { ref: false })]);
      for (const connection of connections) connection.destroy();
    },
    stop() {
      for (const { targets, close } of groups.values()) {
        close();
        for (const { connections } of targets) for (const connection of connections) connection.destroy();
      }
    },
  };
}

/** To the next target; past one that refuses, each once. */
function forward(client: Socket, targets: Registered[], tries = targets.length): void {
  const target = tries > 0 ? targets.shift() : undefined;
  if (!target) {
    client.destroy();
    return;
  }
  targets.push(target);
  // Before it is connected: a target that is drained meanwhile would otherwise stop with the connection half open.
  target.connections.add(client);
  client.once('close', () => target.connections.delete(client));
  const behind = connect(target.port, target.host)
    .once('error', () => {
      target.connections.delete(client);
      forward(client, targets, tries - 1);
    })
    .once('connect', () => {
      behind.removeAllListeners('error');
      join(client, behind);
    });
}

function join(client: Socket, behind: Socket): void {
  for (const [one, other] of [
    [client, behind],
    [behind, client],
  ] as const)
    one
      .pipe(other)
      .on('error', () => one.destroy())
      .on('close', () => one.destroy());
}
