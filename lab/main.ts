/** `npm run lab`: the lab on its own, until it is interrupted. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLab } from './world.ts';

const template = join(import.meta.dirname, '../dist/template.json');
const port = Number(process.env.LAB_PORT || 4510);

if (!Number.isInteger(port) || port < 0 || port > 65_535)
  fail(`LAB_PORT is "${process.env.LAB_PORT}": it must be a port number, or 0 for one that is free`);
if (!existsSync(template))
  fail('There are no functions to run yet. Package them first: npm run package -- --stage lab --param=mode=deliver');

// A signal during the start is kept until there is something to stop.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
});

const lab = await startLab({ port, template }).catch((error: NodeJS.ErrnoException) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `Port ${port} is taken. Name another one: LAB_PORT=0 npm run lab takes one that is free`
      : `The lab cannot start: ${error.message}`,
  ),
);
console.log(`lab ready on ${lab.url}`);
console.log(`stack           ${stackIn(template)}`);
console.log(`root CA         ${lab.caArns.root}`);
console.log(`subordinate CA  ${lab.caArns.subordinate}`);
console.log('WARNING: this is a lab. Its keys are throw-away, its AWS is make-believe: never use it for real traffic.');
await interrupted;
await lab.stop();

/** It is what was packaged last, for whichever stage: its functions' names begin so. */
function stackIn(path: string): string {
  const { FunctionName, Environment } = JSON.parse(readFileSync(path, 'utf8')).Resources.DeliverLambdaFunction
    .Properties;
  return `${FunctionName.replace(/-deliver$/, '')}, mode ${Environment.Variables.COURIER_MODE}, from dist/template.json`;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
