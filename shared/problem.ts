import { type Finding, mendOf, sentenceOf } from './domain/reasons.ts';
import { type Place, writeCommand } from './domain/shell.ts';

/** A finding as an answer to whoever asked by hand: what is wrong, and what would be right, commands included. */
export type Problem = { readonly reason: string; readonly message: string; readonly hint: string };

export function problemOf(finding: Finding, place: Place): Problem {
  const { text, commands } = mendOf(finding);
  const lines = commands.flatMap((command) => writeCommand(command, place));
  return { reason: finding.reason, message: sentenceOf(finding), hint: [text, ...lines].join('\n') };
}
