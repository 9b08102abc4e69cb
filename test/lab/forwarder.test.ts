import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Balancer, createBalancer, type Target, type TargetGroup } from '../../lab/forwarder.ts';

let balancer: Balancer;
let group: TargetGroup;
let servers: Server[];
beforeEach(async () => {
  balancer = createBalancer();
  group = await balancer.create(8443);
  servers = [];
});
afterEach(() => {
  balancer.stop();
  for (const server of servers) server.close();
});

/** A target that greets with its name, then says back what it is told. */
async function targetCalled(name: string): Promise<Target> {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .pipe(socket)
      .write(name),
  );
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** What the next connection is greeted with; nothing where there is none. */
async function greeting(): Promise<string> {
  const { socket, said } = await open();
  socket.destroy();
  return said;
}

async function open(): Promise<{ socket: Socket; said: string }> {
  const socket = connect(group.port, group.host).on('error', () => {});
  const said = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]);
  return { socket, said: String(said[0]) };
}

test('connections go to the registered targets in turn, and nowhere before there is one', async () => {
  expect(await greeting()).toBe('');
  balancer.register(group.arn, await targetCalled('a'));
  balancer.register(group.arn, await targetCalled('b'));
  expect([await greeting(), await greeting(), await greeting()]).toEqual(['a', 'b', 'a']);
});

test('a target that refuses is passed over for the next; where all do, so does the balancer', async () => {
  const target = await targetCalled('a');
  const [gone] = servers.splice(0);
  gone?.close();
  await once(gone as Server, 'close');
  balancer.register(group.arn, target);
  expect(await greeting()).toBe('');
  balancer.register(group.arn, await targetCalled('b'));
  expect([await greeting(), await greeting()]).toEqual(['b', 'b']);
});

test('a deregistered target gets no new connection, and keeps the open ones until they end', async () => {
  const [old, young] = [await targetCalled('old'), await targetCalled('young')];
  balancer.register(group.arn, old);
  const { socket } = await open();
  balancer.register(group.arn, young);
  let gone = false;
  const deregistered = balancer.deregister(group.arn, old).then(() => {
    gone = true;
  });
  expect([await greeting(), await greeting()]).toEqual(['young', 'young']);
  socket.write('still here?');
  expect(String((await once(socket, 'data'))[0])).toBe('still here?');
  expect(gone).toBe(false);
  socket.end();
  await deregistered;
});

test('a connection that does not end is cut after the delay', async () => {
  const target = await targetCalled('a');
  balancer.register(group.arn, target);
  const { socket } = await open();
  const closed = once(socket, 'close');
  await balancer.deregister(group.arn, target);
  await closed;
});
