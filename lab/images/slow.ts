/**
 * A service that needs two seconds of real time until it listens, or, with START, until that file is there. Its container
 * runs at once, and that is all that ECS sees of it without a health check.
 */
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

// Before https-server does the same: a lab that is gone by then must not leave this waiting.
process.stdin.on('end', () => process.exit()).resume();
console.log('listening');
if (process.env.START === undefined) await setTimeout(2_000);
else while (!existsSync(process.env.START)) await setTimeout(50);
await import('./https-server.ts');
