import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { ExitCode } from './failure.ts';

/** Loaded when it is asked for: `--help` needs no client of AWS. */
type Run = (...given: never[]) => Promise<ExitCode>;

const codes = `
Exit codes:
  0  it is as it should be, or was done
  1  something is wrong, or could not be done
  2  the command was not understood
  3  AWS could not be asked: no credentials, denied, not reachable`;

/** All commands; each hands its exit code to `ended`. */
export function program(ended: (code: ExitCode) => void): Command {
  const courier = new Command('courier')
    .description('Looks at, plans and moves what acm-courier carries: certificate → secret → services.')
    .version(manifest.version)
    .helpCommand('help [command]', 'the same as COMMAND --help')
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .showHelpAfterError('(courier --help shows what there is)')
    .addHelpText(
      'after',
      `
It reads with your own credentials, found as the AWS CLI finds them, and acts by invoking the functions of the stack:
for that you need lambda:InvokeFunction on acm-courier-<stage>-*, and nothing else.

Start with:
  courier status              every delivery, the soonest to end first
  courier show api.example.com  one of them: ACM, secret, deployments, tasks
  courier plan --all          what would be done now, and in which order
  courier doctor              whether the stack itself is well
${codes}`,
    );

  const command = (usage: string, description: string, examples: string) =>
    courier
      .command(usage)
      .description(description)
      .addOption(new Option('--stage <stage>', 'the stack acm-courier-<stage>').default('prod').env('COURIER_STAGE'))
      .option('--profile <name>', 'of ~/.aws/config, as for the AWS CLI')
      .option('--region <region>', 'as for the AWS CLI')
      .addHelpText('after', `\nExamples:\n${examples.replace(/^/gm, '  ')}`)
      .allowExcessArguments(false);
  const running =
    (load: () => Promise<Run>) =>
    async (...given: unknown[]) =>
      // The last one is the command itself.
      ended(await (await load())(...(given.slice(0, -1) as never[])));

  command(
    'status',
    'Lists what is delivered where, the soonest to end first.',
    `courier status
courier status --problems            # exit code 1 if there are any
courier status --days 30 --owner payments
courier status --name '*.example.com' --probe
courier status --json | jq '.[] | select(.daysLeft < 30)'`,
  )
    .option('--name <name>', 'only names with this in them; * stands for anything')
    .option('--owner <team>', 'only what is tagged courier:owner=<team>')
    .option('--days <n>', 'only what ends within so many days', wholeNumber)
    .option('--problems', 'only what is not as it should be; exit code 1 if there is any')
    .option('--all', 'also certificates that are not tagged courier:secret')
    .option('--probe', 'shake hands with every task from here (services tagged courier:probe)')
    .addOption(new Option('--json', 'for machines').conflicts('csv'))
    .option('--csv', 'for spreadsheets')
    .action(running(async () => (await import('./status.ts')).status));

  command(
    'show <name>',
    'Shows one delivery four ways: ACM, the secret, the deployments, the tasks. By domain name, ARN or secret.',
    `courier show api.example.com
courier show courier/api --json
courier show arn:aws:acm:eu-central-1:111122223333:certificate/…`,
  )
    .option('--no-probe', 'shake hands with no task')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./show.ts')).show));

  command(
    'plan [name]',
    'Says what would be done now, step by step, and does nothing. Without a name: for everything.',
    `courier plan
courier plan api.example.com
courier plan courier/api --force --json`,
  )
    .option('--all', 'everything that is tagged (the default without a name)')
    .option('--force', 'as if it were exported again')
    .option('--accept', 'as if what was held or stopped were accepted')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./plan.ts')).plan));

  command(
    're-export [name]',
    'Delivers now: queues what is not right yet. It never renews a certificate.',
    `courier re-export api.example.com --dry-run
courier re-export api.example.com --wait   # up to 15 minutes
courier re-export courier/api --accept     # take what was held or stopped as it is
courier re-export --all`,
  )
    .option('--all', 'everything that is tagged')
    .option('--force', 'export again although the secret holds it already, and restart its services')
    .option('--accept', 'take what was held or stopped as it is')
    .addOption(new Option('--wait', 'follow it to the end').conflicts(['dryRun', 'all']))
    .option('--dry-run', 'the same as courier plan')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./re-export.ts')).reExport));

  command(
    'roll-back <secret>',
    'Makes the version before current again and restarts what had picked the newer one up. Its serial stays barred.',
    `courier roll-back courier/api --dry-run
courier roll-back courier/api --wait   # up to 15 minutes`,
  )
    .addOption(new Option('--wait', 'follow it to the end').conflicts('dryRun'))
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./re-export.ts')).rollBack));

  command(
    'sweep',
    'Compares everything now, as the schedule does every hour, and queues what is behind.',
    `courier sweep --dry-run
courier sweep`,
  )
    .option('--dry-run', 'say what differs, and queue nothing')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./sweep.ts')).sweep));

  command(
    'doctor',
    'Looks for what would keep acm-courier from working, and says how each is mended.',
    `courier doctor
courier doctor --json | jq '.[] | select(.verdict != "well")'`,
  )
    .option('--json', 'for machines')
    .action(running(async () => (await import('./doctor.ts')).doctor));

  command(
    'redrive',
    'Brings dead letters back to where they were on their way to.',
    `courier redrive --dry-run   # how many there are
courier redrive`,
  )
    .option('--dry-run', 'only count them')
    .option('--json', 'for machines')
    .action(running(async () => (await import('./redrive.ts')).redrive));

  command(
    'before-removal',
    'Says what would stop being delivered and renewed, before "serverless remove" takes the stack away.',
    'courier before-removal',
  )
    .option('--json', 'for machines')
    .action(running(async () => (await import('./before-removal.ts')).beforeRemoval));

  return courier;
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a whole number of days.');
}
