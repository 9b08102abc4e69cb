#!/usr/bin/env node
// What `npx courier` starts: JavaScript that any Node.js reads, so that one which is too old can say so, or hand over to
// the Node.js that `npm ci` installed. Everything else is TypeScript, which Node.js runs as it stands.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (process.features.typescript) await import('./main.ts').catch(notInstalled);
else if (existsSync(own)) handOver();
else refuse();

function handOver() {
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal interrupts both; the child says how it ends, and what the parent is sent alone goes on to it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
}

function notInstalled(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('courier: Cannot start, its libraries are not installed');
  console.error('  Run "npm ci" in the repository');
  process.exit(3);
}

function refuse() {
  console.error(`courier: Cannot run on Node.js ${process.versions.node}, 22.18 or newer is needed`);
  console.error('  Install one, or run "npm ci" in the repository: it brings its own');
  process.exit(3);
}
