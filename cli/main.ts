import { CommanderError } from 'commander';
import { type ExitCode, exitCode, failureOf } from './failure.ts';
import { program } from './program.ts';
import { note, paint } from './screen.ts';

/** `courier …`: understands, runs, and ends with a code that scripts can go by. */
const courier = program((code) => {
  process.exitCode = code;
});
// Each command, too: they inherit only what was set before they were made.
for (const one of [courier, ...courier.commands]) one.exitOverride();

process.once('SIGINT', () => end(exitCode.interrupted)).once('SIGTERM', () => end(exitCode.interrupted));
// A reader may leave before the end, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') end(exitCode.pipeClosed);
  throw error;
});

try {
  await courier.parseAsync();
} catch (error) {
  process.exitCode = told(error);
}

/** Says what went wrong, and answers the code that it ends with. */
function told(error: unknown): ExitCode {
  // Commander has said it already; asked for help or the version, it ends with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (process.env.DEBUG) console.error(error);
  const failure = failureOf(error);
  if (failure) {
    note(`${paint('red', 'courier:')} ${failure.message}`);
    for (const line of failure.hint.split('\n').filter(Boolean)) note(`  ${line}`);
    return failure.code;
  }
  note(`courier: Something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`);
  note('  Run it again with DEBUG=1 and report what it says');
  return exitCode.problems;
}

/** A bar may have hidden the cursor and switched off wrapping. */
function end(code: ExitCode): never {
  if (process.stderr.isTTY) process.stderr.write('\u001B[?25h\u001B[?7h');
  process.exit(code);
}
