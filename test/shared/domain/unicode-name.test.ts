import { domainToASCII, domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spellingOut, unicodeName } from '../../../shared/domain/unicode-name.ts';

const letters = (from: string) => fc.string({ unit: fc.constantFrom(...from), minLength: 1, maxLength: 20 });

describe('a punycode name', () => {
  it.each([
    'bücher.example',
    '*.größe.example',
    'www.日本語.example',
    'ひらがなとカタカナー.jp',
    '한국어.kr',
    'пример.рф',
    'ελλάδα.gr',
    'łódź-ünïcödé.pl',
  ])('is read as %s', (name) => expect(unicodeName(domainToASCII(name))).toBe(name));

  it('is read as Node reads it, whatever its letters', () => {
    const between = (min: number, max: number) =>
      fc
        .array(fc.integer({ min, max }), { minLength: 1, maxLength: 14 })
        .map((codes) => String.fromCodePoint(...codes));
    const [han, hangul] = [between(0x4e00, 0x9fff), between(0xac00, 0xd7a3)];
    const label = fc.oneof(
      han,
      hangul,
      letters('abc-xyz019äöüßéñøłžş'),
      letters('абвгдежзиклмн0'),
      letters('日本語例文ひらカタ'),
    );
    fc.assert(
      fc.property(label, (text) => {
        const name = `${text}.example`;
        const ascii = domainToASCII(name);
        fc.pre(ascii.startsWith('xn--') && domainToUnicode(ascii) === name);
        const reading = unicodeName(ascii);
        return reading === name || (reading === undefined && !/[бвгджзиклмнäöüé日가-힣]/.test(name));
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it.each([
    ['has no label to decode', 'api.example.com'],
    ['mixes scripts', domainToASCII('аpple.com')],
    ['is Cyrillic throughout but reads as Latin', domainToASCII('аррӏе.com')],
    ['is Cyrillic throughout, of common letters that read as Latin', domainToASCII('сосо.com')],
    ['is Greek throughout but reads as Latin', domainToASCII('νο.com')],
    ['has a Latin letter that looks like another', domainToASCII('ıcloud.com')],
    ['runs from right to left', domainToASCII('مثال.com')],
    ['holds what no font draws', 'xn--xugb.com'],
    ['hides nothing but ASCII', 'xn--paypal-.com'],
    ['is no punycode', 'xn--99999999.com'],
    ['is empty', 'xn--.com'],
    ['is longer than a label can be', `xn--${'a'.repeat(60)}-3hg.com`],
  ])('is left as it is where it %s', (_, name) => expect(unicodeName(name)).toBeUndefined());

  it('never turns into anything but one script of letters, digits and hyphens, and never into ASCII', () => {
    fc.assert(
      fc.property(letters('abcdefghijklmnopqrstuvwxyz0123456789-'), (text) => {
        const reading = unicodeName(`xn--${text}`);
        expect(reading ?? 'ü').toMatch(/^[\p{L}\p{M}\d-]+$/u);
        expect(reading ?? 'ü').toMatch(/[^ -~]/);
        expect(reading ?? '').not.toMatch(/[\p{Script=Arabic}\p{Script=Hebrew}\p{Default_Ignorable_Code_Point}]/u);
      }),
      { numRuns: 2000 },
    );
  }, 60_000);
});

describe('a sentence', () => {
  it('has each reading once, after the closing quote', () => {
    const spelledOut = spellingOut();
    expect(spelledOut('Of "*.xn--bcher-kva.example", xn--gre-6ka8i.example and "*.xn--bcher-kva.example"')).toBe(
      'Of "*.xn--bcher-kva.example" (*.bücher.example), xn--gre-6ka8i.example (größe.example) and "*.xn--bcher-kva.example"',
    );
    expect(spelledOut('Again "*.xn--bcher-kva.example"')).toBe('Again "*.xn--bcher-kva.example"');
  });

  it('stays as it is where there is nothing to read', () => {
    expect(spellingOut()('The name "xn--pple-43d.com" and xn--')).toBe('The name "xn--pple-43d.com" and xn--');
  });
});
