/**
 * A service that keeps the first certificate it was given on its volume, the folder VOLUME, and serves that one for ever:
 * a restart changes nothing.
 */
import { cpSync, existsSync } from 'node:fs';

const { COURIER_DIRECTORY = '', VOLUME = '' } = process.env;
const kept = `${VOLUME}/current`;
if (!existsSync(kept)) cpSync(`${COURIER_DIRECTORY}/current/`, kept, { recursive: true, dereference: true });
process.env.COURIER_DIRECTORY = VOLUME;
await import('./https-server.ts');
