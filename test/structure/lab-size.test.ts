import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** What tells stories on the lab is no part of it. */
const stories = /^lab\/(demo\.ts|teller\.ts|stories\/)/;

/**
 * How many lines the lab may have for each of the product's. A judge that outgrows what it judges is believed instead of
 * read, so this is today's share, and only ever goes down: docs/decisions/0008.
 */
const ceiling = 1.1;

/** Lines with something on them, comments included: an explanation costs its reader time as well. */
const linesOf = (files: readonly string[]) =>
  files.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n')).filter((line) => line.trim() !== '')
    .length;

test('the lab does not outgrow the product that it judges', () => {
  const lab = globSync('lab/**/*.ts', { cwd: root }).filter((file) => !stories.test(file));
  const product = globSync('{functions,shared,container}/**/*.ts', { cwd: root });
  expect(lab.length).toBeGreaterThan(30);
  expect(product.length).toBeGreaterThan(30);
  expect(linesOf(lab) / linesOf(product)).toBeLessThanOrEqual(ceiling);
});
