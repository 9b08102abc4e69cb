/**
 * A service that trusts nothing but the first certificate it was given, which it keeps on its volume, the folder VOLUME.
 * With any other it takes connections and ends them before a handshake.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

process.stdin.on('end', () => process.exit()).resume();
const { COURIER_DIRECTORY = '', VOLUME = '', HOST, PORT } = process.env;
const leaf = readFileSync(`${COURIER_DIRECTORY}/current/certificate.pem`, 'utf8');
const pin = `${VOLUME}/pinned.pem`;
if (!existsSync(pin)) writeFileSync(pin, leaf);
if (readFileSync(pin, 'utf8') === leaf) await import('./https-server.ts');
else createServer((socket) => socket.destroy()).listen(Number(PORT), HOST, () => console.log('listening'));
