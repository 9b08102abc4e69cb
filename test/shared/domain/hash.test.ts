import { expect, it } from 'vitest';
import { hash32 } from '../../../shared/domain/hash.ts';

// Test vectors of the FNV reference code (FNV-1a, 32 bits).
it.each([
  ['', '811c9dc5'],
  ['a', 'e40c292c'],
  ['b', 'e70c2de5'],
  ['foobar', 'bf9cf968'],
  ['chongo was here!\n', 'd49930d5'],
])('the hash of %j is %s', (text, hash) => expect(hash32(text)).toBe(hash));

it('the hash always has eight digits, also with leading zeros', () => {
  const all = Array.from({ length: 1000 }, (_, index) => hash32(String(index)));
  expect(all.every((hash) => /^[0-9a-f]{8}$/.test(hash))).toBe(true);
  expect(all.some((hash) => hash.startsWith('0'))).toBe(true);
});

it('letters beyond ASCII are hashed as UTF-8', () => expect(hash32('ä')).toBe('199de0e2'));
