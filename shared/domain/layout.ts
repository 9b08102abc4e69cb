import { printable } from './printable.ts';
import { listed, type Severity } from './reason.ts';

/** How wide a mail's prose is; commands, links and words that cannot be cut may be wider. */
const columns = 72;
/** SNS refuses 100 and more (API Reference, Publish). */
const longestSubject = 99;
/** What a subject leaves of a long name at least. */
const shortestName = 32;
/** Nobody reads more at three in the morning: a section says how many of its sentences it leaves out. */
const mostSentences = 30;
/** AWS may answer with a whole document. */
const longestSentence = 2000;

/** Sections that have something to say, an empty line between them. */
export const page = (sections: readonly string[]): string => `${sections.filter(Boolean).join('\n\n')}\n`;

/** A titled section: sentences are wrapped, lines (links, which must not be cut) are not. Empty without either. */
export function section(title: string, sentences: readonly string[], lines: readonly string[] = []): string {
  const left = sentences.length - mostSentences;
  const shown = left > 1 ? [...sentences.slice(0, mostSentences), `And ${left} more like these`] : sentences;
  const texts = [...shown.map(paragraph), ...(lines.length > 0 ? [indented(lines)] : [])];
  return texts.length > 0 ? [title, ...texts].join('\n') : '';
}

export const paragraph = (sentence: string): string =>
  indented(wrapped(ended(shortened(printable(sentence), longestSentence)), columns - 2));

/** With one full stop, whatever AWS's own words bring; none where a list or commands follow, or a question has ended. */
function ended(sentence: string): string {
  const bare = sentence.replace(/[.\s]+$/, '');
  return /[:?!]"?$/.test(bare) ? bare : `${bare}.`;
}

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

/** Deeper than prose ever is: what can be pasted is seen at a glance, and no name can pass for it. */
export const pasted = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

/** Words on lines of at most `width` columns; a word that is longer stands alone, uncut. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** SNS takes printable ASCII only. A long name gives way to the headline; three dots say that something is missing. */
export function subjectLine(severity: Severity, { name, headline }: { name: string; headline: string }): string {
  const [start, end] = [`[${severity}] `, ascii(`: ${headline}`)];
  const room = Math.max(longestSubject - start.length - end.length, shortestName);
  const line = `${start}${shortened(ascii(name), room)}${end}`;
  return line.length <= longestSubject ? line : `${line.slice(0, longestSubject - 3)}...`;
}

const ascii = (text: string) => text.replace(/[^ -~]/gu, '?');

/** Both ends are kept: a domain's host and its zone, an ARN's service and its id. */
export const shortened = (text: string, room: number) => {
  const half = (room - 3) / 2;
  return text.length <= room ? text : `${text.slice(0, Math.ceil(half))}...${text.slice(-Math.floor(half))}`;
};

/** `"a", "b", "c" and 97 more names`: a certificate has up to a hundred, and nobody reads them all. */
export const namesInShort = (names: readonly string[]): string =>
  `${listed(names, 4)}${names.length > 4 ? ' names' : ''}`;

/**
 * A page in at most `room` characters: its first lines and its last section, which says where to look. A command is
 * left out rather than cut, for its first half may be pasted as well.
 */
export function shortPage(text: string, room: number): string {
  if (text.length <= room) return text;
  const last = text.slice(text.lastIndexOf('\n\n') + 2).slice(0, room / 2);
  const note = 'This is not all: the whole did not fit into one message.';
  const lines = text.slice(0, room - last.length - note.length - '\n\n\n\n'.length).split('\n');
  do lines.pop();
  while (/^$|[\\|]$/.test(lines.at(-1) ?? 'none'));
  return [lines.join('\n'), note, last].join('\n\n');
}
