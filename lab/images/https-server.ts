/**
 * A service that reads the certificate that the start-up helper put into its files once, and serves HTTPS with it until
 * it is stopped. Answers `{service, serial}`; a request for `/crash` ends it with exit code 3.
 *
 * With CLIENT_CA (PEM) it serves only who has a certificate from there. With UPSTREAM (`https://name:port`, at
 * UPSTREAM_HOST) and UPSTREAM_CA (PEM) it asks there, with its own certificate, and answers what it was answered. Either
 * way it counts handshakes as Envoy does, and tells at http://HOST:9901/stats.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createAdmin } from 'node:http';
import { createServer, get } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';

process.on('uncaughtException', (error) => {
  console.error(error.message);
  process.exit(1);
});
// The lab holds the other end of stdin: when the lab is gone, however it ended, so is this task.
process.stdin.on('end', () => process.exit()).resume();

const { COURIER_DIRECTORY = '', SERVICE, HOST, PORT, CLIENT_CA, UPSTREAM, UPSTREAM_HOST, UPSTREAM_CA } = process.env;
const file = (name: string) => `${COURIER_DIRECTORY}/current/${name}`;
const has = (name: string) => existsSync(file(name));
const read = (name: string) => readFileSync(file(name));
const material = has('keystore.p12')
  ? { pfx: read('keystore.p12'), passphrase: read('password').toString() }
  : {
      cert: read('full-chain.pem'),
      key: read('private-key.pem'),
      ...(has('passphrase') && { passphrase: read('passphrase').toString() }),
    };
const asked = CLIENT_CA === undefined ? {} : { ca: CLIENT_CA, requestCert: true, rejectUnauthorized: true };
const seen = { 'ssl.handshake': 0, 'ssl.no_certificate': 0, 'ssl.connection_error': 0 };

const server = createServer({ ...material, ...asked }, async ({ url, socket }, response) => {
  if (url === '/crash') process.exit(3);
  const served = (socket as TLSSocket).getX509Certificate();
  const serial = served?.serialNumber.toLowerCase().padStart(40, '0');
  const own = JSON.stringify({ service: SERVICE, serial });
  const answer = UPSTREAM === undefined ? own : await askUpstream(UPSTREAM).catch(() => null);
  response.writeHead(answer === null ? 503 : 200, { 'content-type': 'application/json' }).end(answer ?? '');
});
server.on('secureConnection', (socket) => {
  seen['ssl.handshake'] += 1;
  if (!socket.getPeerX509Certificate()) seen['ssl.no_certificate'] += 1;
});
server.on('tlsClientError', () => {
  seen['ssl.connection_error'] += 1;
});

function askUpstream(url: string): Promise<string> {
  const { hostname: servername } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { ...material, hostname: UPSTREAM_HOST, ca: UPSTREAM_CA, servername, agent: false };
    get(url, options, (answer) => resolve(text(answer))).on('error', reject);
  });
}

if (CLIENT_CA !== undefined || UPSTREAM !== undefined)
  createAdmin((_, response) => {
    response.end(
      Object.entries(seen)
        .map(([name, count]) => `listener.${name}: ${count}\n`)
        .join(''),
    );
  }).listen(9901, HOST);
server.listen(Number(PORT), HOST, () => console.log('listening'));
