import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Gate = {
  readonly url: string;
  /** From now on, connections are cut: whoever is behind it seems to be gone. */
  shut(): void;
  open(): void;
  /** Connections that were cut before they got through. */
  refused(): number;
  stop(): Promise<void>;
};

/** Stands before a server on a port of its own, so that the server can go away and come back as it was. */
export async function startGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isOpen = true;
  let refused = 0;
  const server = createServer((caller) => {
    if (!isOpen) {
      refused += 1;
      caller.destroy();
      return;
    }
    const behind = connect(Number(port), hostname);
    for (const [one, other] of [
      [caller, behind],
      [behind, caller],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    refused: () => refused,
    async stop() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
