import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { trustMark } from '../../../shared/material/trust-mark.ts';
import { type Minted, mintFamily } from '../mint.ts';

const [one, other] = [await mintFamily(), await mintFamily()];
const mark = (...minted: readonly Minted[]) => trustMark(minted.map(({ pem }) => new X509Certificate(pem)));

it('is twelve hex digits of the roots, in whatever order and with whatever below them', () => {
  expect(mark(one.intermediate, one.root)).toMatch(/^[0-9a-f]{12}$/);
  expect(mark(one.root, one.intermediate)).toBe(mark(one.intermediate, one.root));
  expect(mark(one.root)).toBe(mark(one.intermediate, one.root));
  expect(mark(one.root, other.root)).toBe(mark(other.root, one.root));
});

it('differs where a root does, of the same name too', () => {
  expect(mark(one.root)).not.toBe(mark(other.root));
  expect(mark(one.root, other.root)).not.toBe(mark(one.root));
});

it('is that of the last certificate where none is a root', () => {
  expect(mark(one.leaf, one.intermediate)).toBe(mark(one.intermediate));
});
