/** A service that shows its certificate to whoever comes first, and dies of it. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

process.stdin.on('end', () => process.exit()).resume();
const file = (name: string) => `${process.env.COURIER_DIRECTORY}/current/${name}`;
const read = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
const material = { cert: read('full-chain.pem'), key: read('private-key.pem'), passphrase: read('passphrase') };
createServer(material, (socket) => {
  socket
    .on('error', () => {})
    .on('close', () => {
      console.error('fragile on purpose: it dies of its first visitor');
      process.exit(139);
    });
  socket.resume();
}).listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
