import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import type { Format } from '../../../shared/domain/form.ts';
import { algorithmNames, formatNames } from './delivered.ts';
import { isInstalled, type Judge, judges } from './judges.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** File to which each cell that was judged is added, a line of JSON each. */
    formatCells: string;
  }
}

type Cell = { readonly judge: string; readonly format: string; readonly algorithm: string };

/** Vitest's globalSetup: at the end of the run, prints which judge read which format. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'acm-courier-table-'));
  const file = join(folder, 'cells');
  writeFileSync(file, '');
  project.provide('formatCells', file);
  return () => {
    const cells: Cell[] = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    if (cells.length > 0) print(cells);
    rmSync(folder, { recursive: true });
  };
}

/** Notes that a judge found right what was delivered. */
export const noteCell = (cell: Cell): void => appendFileSync(inject('formatCells'), `${JSON.stringify(cell)}\n`);

function print(cells: readonly Cell[]): void {
  const legend: string[] = [];
  const table = new Table({
    head: ['format', 'key', ...judges.map(({ name }) => name)],
    style: { head: [], border: [], compact: true },
  });
  for (const format of formatNames)
    for (const algorithm of algorithmNames)
      table.push([format, algorithm, ...judges.map((judge) => seen(judge, { format, algorithm }))]);

  function seen({ name, reads }: Judge, { format, algorithm }: { format: Format; algorithm: string }): string {
    const reason = reads[format];
    if (typeof reason !== 'string') {
      const one = cells.find((cell) => cell.judge === name && cell.format === format && cell.algorithm === algorithm);
      return one ? '✔' : 'not judged';
    }
    if (!legend.includes(reason)) legend.push(reason);
    return `- (${legend.indexOf(reason) + 1})`;
  }
  console.log(`\nReal servers, each started by the start-up helper from a delivered secret: ${cells.length} cells`);
  console.log(table.toString());
  for (const [at, reason] of legend.entries()) console.log(`  (${at + 1}) ${reason}`);
  for (const judge of judges)
    console.log(`  ${judge.name} ${isInstalled(judge) ? versionOf(judge) : 'is not installed'}`);
}

const versionOf = ({ version }: Judge) => /\d+(?:\.\d+)+/.exec(version())?.[0] ?? '';
