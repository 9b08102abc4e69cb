import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer, type SecureVersion, type TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../../shared/network/probe.ts';
import { encrypted, mint, mintKeys, passphrase } from '../mint.ts';

type Leaf = { readonly cert: string; readonly key: string; readonly passphrase: string };

let [leaf, other]: Leaf[] = [];
beforeAll(async () => {
  [leaf, other] = await Promise.all([mintLeaf('0a01'), mintLeaf('0b02')]);
});

async function mintLeaf(serial: string): Promise<Leaf> {
  const keys = await mintKeys();
  const { pem } = await mint({ name: 'api.example.com', keys, names: ['api.example.com'], serial });
  return { cert: pem, key: encrypted(keys), passphrase };
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as { port: number }).port;
}
/** `closed` resolves with the last connection's error, null where it was closed as it should be. */
async function tlsServer(options: TlsOptions, host?: string) {
  const server = createServer({ ...leaf, ...options });
  const closed = new Promise<Error | null>((resolve) => {
    server.on('tlsClientError', resolve);
    server.on('secureConnection', (socket) =>
      socket
        .on('error', resolve)
        .on('close', () => resolve(null))
        .resume(),
    );
  });
  return { port: await listening(server, host), closed };
}
const look = (port: number, { host = '127.0.0.1', servername = 'api.example.com', timeoutMs = 5_000 } = {}) =>
  probe({ host, port, servername, timeoutMs });

const shown = { serial: '0a01'.padStart(40, '0') };
const versions: SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

describe.each(versions)('a server that speaks %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('shows its leaf, and has nothing to complain about', async () => {
    const { port, closed } = await tlsServer(only);
    expect(await look(port)).toEqual(shown);
    expect(await closed).toBeNull();
  });

  it('counts once it has shown its leaf, though it demands a certificate from its clients', async () => {
    const { port } = await tlsServer({ ...only, requestCert: true, rejectUnauthorized: true, ca: [other?.cert ?? ''] });
    expect(await look(port)).toEqual(shown);
  });

  it('shows the leaf of the name that it is asked for', async () => {
    const SNICallback: TlsOptions['SNICallback'] = (name, answer) =>
      answer(null, createSecureContext(name === 'other.example.com' ? other : leaf));
    const { port } = await tlsServer({ ...only, SNICallback });
    expect(await look(port)).toEqual(shown);
    expect(await look(port, { servername: 'other.example.com' })).toEqual({ serial: '0b02'.padStart(40, '0') });
  });

  it('is told from one that does not know the name', async () => {
    const { port } = await tlsServer({ ...only, SNICallback: (_, answer) => answer(new Error('unknown')) });
    expect(await look(port)).toMatchObject({ during: 'handshake' });
  });
});

it('an address may be one of IPv6', async () => {
  const { port } = await tlsServer({}, '::1');
  expect(await look(port, { host: '::1' })).toEqual(shown);
});

describe('why a server shows nothing', () => {
  it('is said where nothing listens', async () => {
    const port = await listening(createPlainServer());
    stops.pop()?.();
    expect(await look(port)).toEqual({ error: 'nothing listens there (connection refused)', during: 'connect' });
  });

  it('is said where it takes the connection and is silent', async () => {
    const port = await listening(createPlainServer());
    expect(await look(port, { timeoutMs: 200 })).toEqual({
      error: 'it took the connection, and did not answer the handshake within 0.2 seconds',
      during: 'handshake',
    });
  });

  it('is said where it speaks no TLS', async () => {
    const port = await listening(createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await look(port)).toEqual({ error: 'it does not speak TLS there', during: 'handshake' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('is said where it %s the connection', async (_, close) => {
    const port = await listening(createPlainServer((socket) => socket.once('data', () => close(socket))));
    expect(await look(port)).toEqual({ error: 'it closed the connection', during: 'handshake' });
  });

  it('is said where it speaks TLS 1.1 at most', async () => {
    const ciphers = 'ALL:@SECLEVEL=0';
    const { port } = await tlsServer({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers });
    expect(await look(port)).toEqual({ error: 'it speaks neither TLS 1.2 nor 1.3', during: 'handshake' });
  });

  it('is said in OpenSSL’s words where there are no better ones', async () => {
    const { port } = await tlsServer({ maxVersion: 'TLSv1.2', ciphers: 'PSK' });
    expect(await look(port)).toEqual({
      error: expect.stringMatching(/^the handshake failed \(.*handshake failure\)$/),
      during: 'handshake',
    });
  });
});
