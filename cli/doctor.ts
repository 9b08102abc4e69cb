import { Trouble } from '../shared/aws/trouble.ts';
import { takeInventory } from '../shared/inventory.ts';
import { type Check, type CheckName, unseen } from './check.ts';
import { type ExitCode, exitCode, failureOf } from './failure.ts';
import { paint, print, printJson, progress, whileWaiting } from './screen.ts';
import { sightOf } from './sight.ts';
import { findStack, type Where } from './stack.ts';
import {
  checkAlarms,
  checkDeadLetters,
  checkKillSwitch,
  checkPermissions,
  checkQuotas,
  checkStack,
  checkTopic,
} from './stack-checks.ts';
import { checkClusters, checkImages, checkNames, checkProbe, checkTags, consumersIn } from './world-checks.ts';

export type DoctorOptions = Where & { readonly json?: boolean };

/** Looks at all that acm-courier hangs on. What may not be looked at is said, and the rest goes on. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const sight = sightOf(stack);
  const inventory = await whileWaiting('Listing', () => takeInventory({ ...sight, everywhere: true }));
  const consumers = await consumersIn(inventory, sight);
  const tagged = inventory.certificates.find(({ tags }) => tags['courier:secret'] !== undefined);
  const checks = await run([
    ['stack', async () => checkStack(stack)],
    ['kill switch', async () => checkKillSwitch(stack)],
    ['permissions', async () => checkPermissions(stack, tagged?.arn)],
    ['topic', async () => checkTopic(stack)],
    ['alarms', async () => checkAlarms(stack)],
    ['dead letters', async () => checkDeadLetters(stack)],
    ['quotas', async () => checkQuotas(stack)],
    ['tags', async () => checkTags(inventory)],
    ['names', async () => checkNames(inventory, stack)],
    ['clusters', async () => checkClusters(sight)],
    ['images', async () => checkImages(consumers)],
    ['probe', async () => checkProbe(consumers, stack)],
  ]);
  if (options.json) printJson(checks);
  else for (const one of checks) show(one);
  return checks.some(({ verdict }) => verdict === 'ill') ? exitCode.problems : exitCode.ok;
}

type Looking = readonly [CheckName, () => Promise<readonly Check[]>];

async function run(all: readonly Looking[]): Promise<readonly Check[]> {
  const bar = progress('Looking', all.length);
  try {
    const checks = await Promise.all(
      all.map(async ([name, see]) => {
        const found = await see().catch((error: unknown) => notSeen(name, error));
        bar.step();
        return found;
      }),
    );
    return checks.flat();
  } finally {
    bar.end();
  }
}

/** AWS's refusal hides one thing; what is no answer of AWS's ends the command. */
function notSeen(check: CheckName, error: unknown): readonly Check[] {
  const failure = failureOf(error);
  if (!failure || !(error instanceof Trouble || failure.code === exitCode.problems)) throw error;
  return [unseen(check, { seen: failure.message, mend: failure.hint })];
}

const marks = {
  well: paint('green', '✔'),
  look: paint('yellow', '!'),
  ill: paint('red', '✗'),
  unseen: paint('yellow', '?'),
} as const;

function show({ check, verdict, seen, mend }: Check): void {
  print(`${marks[verdict]} ${paint('bold', check)}: ${seen}`);
  for (const line of mend.split('\n').filter(Boolean)) print(`    ${line}`);
}
