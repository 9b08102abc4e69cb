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
 * A command as lines that a person can paste into a POSIX shell, one argument pair a line. Every value is quoted:
 * names come from tags, and a tag may hold anything that IAM lets somebody write.
 */
export function writeCommand(command: Command, place: Place): readonly string[] {
  const argv = 'reExport' in command ? invoke(command.reExport, place) : command;
  const [program = '', service = '', operation = '', ...options] = [...argv, '--region', place.region];
  const pairs = options.reduce<string[]>((lines, word) => {
    if (word.startsWith('--')) lines.push(quoted(word));
    else lines.push(`${lines.pop() ?? ''} ${quoted(word)}`);
    return lines;
  }, []);
  return [`${program} ${service} ${operation}`, ...pairs.map((pair) => `  ${pair}`)].map((line, index, all) =>
    index < all.length - 1 ? `${line} \\` : line,
  );
}

const invoke = (payload: Readonly<Record<string, unknown>>, place: Place): readonly string[] => [
  'aws',
  'lambda',
  'invoke',
  '--function-name',
  `${place.functionPrefix}re-export`,
  '--cli-binary-format',
  'raw-in-base64-out',
  '--payload',
  JSON.stringify(payload),
  '/dev/stdout',
];

/** Quoted for a POSIX shell; what cannot be seen, and no name of ours needs, becomes question marks. */
export function quoted(word: string): string {
  const seen = printable(word);
  return /^[A-Za-z0-9_.,:/@%+=-]+$/.test(seen) ? seen : `'${seen.replaceAll("'", `'\\''`)}'`;
}
