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

const sources = (folder: string) =>
  globSync(`${folder}/**/*.ts`, { cwd: root })
    .map((file) => read(file))
    .join('\n');
const distinct = (names: readonly (string | undefined)[]) => [...new Set(names)].toSorted();

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

  test('its tags are those that anything reads', () => {
    const rows = [...readme.matchAll(/^\| [^|`]+ \| `(courier:[a-z-]+)` \|/gm)].map(([, tag]) => tag);
    const read = [...sources('shared').matchAll(/courier:[a-z][a-z-]*/g)].map(([tag]) => tag);
    expect(distinct(rows)).toEqual(distinct(read));
  });

  test('its labels are those that are put on versions', () => {
    const rows = firstCells('What is delivered').filter((name) => /^(AWS|COURIER_)/.test(name ?? ''));
    const put = [...read('shared/domain/secret.ts').matchAll(/'((?:AWS|COURIER_)[A-Z_]+)'/g)].map(([, name]) => name);
    expect(put).toContain('COURIER_TOLD_');
    expect(rows.map((name) => name?.replace(/<.*>/, '')).toSorted()).toEqual(put.toSorted());
  });

  test('its stories are those of the demo', () => {
    const [, block = ''] = /^const stories[^{]*\{\n(.*?)^\};/ms.exec(read('lab/demo.ts')) ?? [];
    const stories = [...block.matchAll(/^ {2}'?([\w-]+)'?[:,]/gm)].map(([, name]) => name);
    expect(stories).toContain('renewal');
    expect(firstCells('# acm-courier').toSorted()).toEqual([...stories, 'npm run demo -- --story'].toSorted());
  });

  test('its functions are those in functions/', () => {
    const files = globSync('functions/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
    expect(firstCells('Functions and their roles').toSorted()).toEqual(files.toSorted());
  });

  test.each(documents)('every link of %s leads somewhere', (file) => {
    const targets = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    expect(targets.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
  });

  // At its prompt zsh takes a comment for arguments.
  test.each(documents)('no command of %s has a comment behind or above it', (file) => {
    const blocks = [...read(file).matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, block = '']) => block);
    expect(blocks.join('').match(/^.*(?<![^\s;])#.*$/gm) ?? []).toEqual([]);
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
