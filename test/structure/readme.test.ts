import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];

/** The first cells of a table's rows, below the heading, without backticks. */
const firstCells = (heading: string) => {
  const section = readme.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1]),
  );
};

describe('the README says what is true', () => {
  test('every npm script that a document names exists', () => {
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    const named = documents.flatMap((file) => [...read(file).matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1]));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !scripts.includes(name ?? ''))).toEqual([]);
  });

  test('its parameters are those of serverless.yml', () => {
    const [, block = ''] = /^params:\n {2}default:\n((?: {4}.*\n)+)/m.exec(read('serverless.yml')) ?? [];
    const defined = [...block.matchAll(/^ {4}(\w+):/gm)].map((match) => match[1]);
    expect(defined).toContain('mode');
    expect(firstCells('Parameters').toSorted()).toEqual(defined.toSorted());
  });

  test('its functions are those in functions/', () => {
    const files = globSync('functions/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
    expect(firstCells('Functions and their roles').toSorted()).toEqual(files.toSorted());
  });

  test.each(documents)('every link of %s leads somewhere', (file) => {
    const targets = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    expect(targets.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
  });

  test('every file that a document names in backticks exists', () => {
    const paths = documents.flatMap((file) =>
      [...read(file).matchAll(/`((?:shared|functions|lab|build|test|docs)\/[\w./-]+\.(?:ts|md|json))`/g)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
