import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificates, readPem, writeCertificates, writePem } from '../../../shared/material/pem.ts';
import { mintFamily } from '../mint.ts';

const { root, intermediate, leaf } = await mintFamily();
const plain = leaf.pem + intermediate.pem + root.pem;

/** Its public key begins with 9, where a point begins with 4: node:crypto parses the certificate and throws later. */
const badKey = writePem({
  label: 'CERTIFICATE',
  der: Buffer.from((readPem(leaf.pem)?.[0]?.der.toString('hex') ?? '').replace('03420004', '03420009'), 'hex'),
});

/** The same blocks as another tool, an editor or a mail would leave them. */
const dress = fc.record({
  newline: fc.constantFrom('\n', '\r\n'),
  between: fc.constantFrom('', '\n', '\n\n', 'subject=CN = api\n', '\n# -- the next one --\n'),
  width: fc.integer({ min: 1, max: 80 }),
  before: fc.constantFrom('', '\uFEFF', 'Bag Attributes: <none>\n'),
  finalNewline: fc.boolean(),
});

describe('a PEM text', () => {
  it('gives the same blocks in any dress', () => {
    const blocks = readPem(plain) ?? [];
    fc.assert(
      fc.property(dress, ({ newline, between, width, before, finalNewline }) => {
        const texts = blocks.map(({ label, der }) =>
          [
            `-----BEGIN ${label}-----`,
            ...(der.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? []),
            `-----END ${label}-----`,
          ].join('\n'),
        );
        const text = before + texts.join(between) + (finalNewline ? '\n' : '');
        expect(readPem(text.replaceAll('\n', newline))).toEqual(blocks);
      }),
    );
  }, 60_000);

  it('is written in lines of 64 with a final newline, as openssl writes it', () => {
    expect((readPem(plain) ?? []).map(writePem).join('')).toBe(plain);
  });

  it.each([
    { text: '', why: 'is empty' },
    { text: 'no block at all', why: 'holds no block' },
    { text: plain.slice(0, -30), why: 'is cut off: two certificates of three are not a chain' },
    { text: plain.replace('-----END CERTIFICATE-----', ''), why: 'lost an end line' },
  ])('cannot be read if it $why', ({ text }) => {
    expect(readPem(text)).toBeNull();
  });
});

describe('certificates', () => {
  it('are read all, not only the first, and written anew without what stood between', () => {
    const certificates = readCertificates(`Amazon says:\n${leaf.pem.trimEnd()}${root.pem}trailing`) ?? [];
    expect(certificates.map(({ subject }) => subject)).toEqual(['CN=api.example.com', 'CN=Root']);
    expect(writeCertificates(certificates)).toBe(leaf.pem + root.pem);
  });

  it.each([
    { text: leaf.pem.replaceAll('CERTIFICATE', 'PRIVATE KEY'), why: 'another kind of block' },
    { text: badKey, why: 'a key that cannot be decoded' },
    { text: leaf.pem.replace(/\n[A-Za-z0-9]{8}/, '\nAAAAAAAA'), why: 'damaged bytes' },
  ])('are not read from $why', ({ text }) => {
    expect(readCertificates(text)).toBeNull();
  });
});
