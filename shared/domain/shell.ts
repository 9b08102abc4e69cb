import { printable } from './printable.ts';
import type { Command } from './reasons.ts';

/** Where commands are to run: the stack that speaks. */
export type Place = {
  readonly region: string;
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  /** What the stack's functions are called before their own name: `acm-courier-prod-`. */
  readonly functionPrefix: string;
  /** The runbook's address, without an anchor. */
  readonly runbook: string;
};

/**
 * A command as lines that a person can paste into bash, dash, fish or zsh, one argument pair a line, without a comment:
 * zsh knows none at its prompt. Every value is quoted: names come from tags, and a tag may hold anything that IAM lets
 * somebody write.
 */
export function writeCommand(command: Command, place: Place): readonly string[] {
  if ('pipe' in command) return piped(command.pipe.map((argv) => lines(argv, place)));
  if (!('reExport' in command)) return lines(command, place);
  // Read from standard input as bytes, the payload needs no option that only one major version of the AWS CLI has.
  const invoke = ['aws', 'lambda', 'invoke', '--function-name', `${place.functionPrefix}re-export`];
  const streams = ['--payload', 'fileb:///dev/stdin', '/dev/stdout'];
  return piped([[`printf %s ${quoted(JSON.stringify(command.reExport))}`], lines([...invoke, ...streams], place)]);
}

const piped = (commands: readonly (readonly string[])[]): readonly string[] =>
  commands.flatMap((own, at) => (at < commands.length - 1 ? [...own.slice(0, -1), `${own.at(-1) ?? ''} |`] : own));

/** What comes before `aws` is a program that runs it; what has none is a program of the shell's own. */
function lines(argv: readonly string[], { region }: Place): readonly string[] {
  const at = argv.indexOf('aws');
  if (at < 0) return [argv.map(quoted).join(' ')];
  const program = [...argv.slice(0, at).map(quoted), 'aws'].join(' ');
  const [service = '', operation = '', ...options] = [...argv.slice(at + 1), '--region', region];
  const pairs = options.reduce<string[]>((found, word) => {
    if (word.startsWith('--')) found.push(quoted(word));
    else found.push(`${found.pop() ?? ''} ${quoted(word)}`);
    return found;
  }, []);
  return [`${program} ${service} ${operation}`, ...pairs.map((pair) => `  ${pair}`)].map((line, index, all) =>
    index < all.length - 1 ? `${line} \\` : line,
  );
}

/**
 * Quoted for any of these shells; what cannot be seen, and no name of ours needs, becomes question marks. Apostrophes and
 * backslashes stand outside of the quotes: fish reads a backslash inside of them otherwise than the others do.
 */
export function quoted(word: string): string {
  const seen = printable(word);
  // A word that begins with an equals sign is looked up as a program by zsh, one with a percent sign by fish as a process.
  if (/^(?![=%])[A-Za-z0-9_.,:/@%+=-]+$/.test(seen)) return seen;
  return `'${seen.replace(/['\\]/g, String.raw`'\$&'`)}'`;
}
