import { styleText } from 'node:util';
import { Bar, Presets } from 'cli-progress';
import Table from 'cli-table3';

type Style = Parameters<typeof styleText>[0];

/** Colour where standard output is a terminal that has some: NO_COLOR and FORCE_COLOR are respected (node:util). */
export const paint = (style: Style, text: string): string => styleText(style, text);

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** What is not the answer: hints, progress. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Columns without lines: what people read, `awk` reads as well. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: head.map((name) => paint('bold', name)),
    chars: withoutLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const withoutLines = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((place) => [place, '']),
);

/** RFC 4180; a cell that a spreadsheet would take for a formula is quoted by an apostrophe. */
export const csv = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n');

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A bar on standard error while something takes its time; nothing where that is no terminal. */
export function progress(what: string, total: number): { step(done?: number): void; end(): void } {
  if (!process.stderr.isTTY || total === 0) return { step() {}, end() {} };
  const bar = new Bar(
    { format: `${what} {bar} {value}/{total}`, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { step: (done) => (done === undefined ? bar.increment() : bar.update(done)), end: () => bar.stop() };
}

/** Says on a terminal for how long something is waited for that nobody can count; nothing in the first second. */
export async function whileWaiting<Answer>(what: string, run: () => Promise<Answer>): Promise<Answer> {
  if (!process.stderr.isTTY) return run();
  let seconds = 0;
  const say = () => process.stderr.write(`\r${what}, ${++seconds} s`);
  const timer = setInterval(say, 1_000);
  try {
    return await run();
  } finally {
    clearInterval(timer);
    if (seconds > 0) process.stderr.write('\r\u001B[K');
  }
}

/** As many side by side as AWS takes from one person without throttling everybody else's calls. */
const atOnce = 5;

/** Does the same for each, some at a time, in their order, with a bar. */
export async function forEach<One, Result>(
  what: string,
  all: readonly One[],
  run: (one: One) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const bar = progress(what, all.length);
  const left = all.entries();
  const work = async () => {
    for (const [index, one] of left) {
      results[index] = await run(one);
      bar.step();
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    bar.end();
  }
  return results;
}
