/**
 * A service that reads its certificate from the environment once, as a container does, and serves HTTPS with it until
 * it is stopped. Answers `{service, serial}`; a request for `/crash` ends it with exit code 3.
 */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';

process.on('uncaughtException', (error) => {
  console.error(error.message);
  process.exit(1);
});
// The lab holds the other end of stdin: when the lab is gone, however it ended, so is this task.
process.stdin.on('end', () => process.exit()).resume();

const { CERTIFICATE = '', CERTIFICATE_CHAIN = '', PRIVATE_KEY = '', PASSPHRASE, SERVICE, HOST, PORT } = process.env;
const serial = new X509Certificate(CERTIFICATE).serialNumber.toLowerCase().padStart(40, '0');
const material = {
  cert: `${CERTIFICATE}\n${CERTIFICATE_CHAIN}`,
  key: PRIVATE_KEY,
  ...(PASSPHRASE !== undefined && { passphrase: PASSPHRASE }),
};

createServer(material, ({ url }, response) => {
  if (url === '/crash') process.exit(3);
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ service: SERVICE, serial }));
}).listen(Number(PORT), HOST, () => console.log('listening'));
