import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examine, Material, readMaterial } from '../../../shared/material/material.ts';
import { writeSecretString } from '../../../shared/material/secret-string.ts';
import { exportOf, mint, mintFamily, mintKeys, now } from '../mint.ts';

const day = 86_400;
const family = await mintFamily({ leaf: { serial: '0a1b2c', notBefore: now - day, notAfter: now + 30 * day } });
const other = await mintFamily();
const exported = exportOf(family);
const anchors = [family.root.pem];

function read(change: Partial<typeof exported> = {}): Material {
  const material = readMaterial({ ...exported, ...change });
  if (!(material instanceof Material)) throw new Error(`Unreadable: ${material.unreadable}`);
  return material;
}

describe('an export is unreadable', () => {
  it.each([
    { part: 'certificate', why: 'empty', change: { certificate: '' } },
    { part: 'certificate', why: 'a chain', change: { certificate: exported.certificate + exported.certificateChain } },
    { part: 'certificate chain', why: 'empty', change: { certificateChain: '' } },
    {
      part: 'certificate chain',
      why: 'cut off',
      change: { certificateChain: exported.certificateChain.slice(0, -40) },
    },
    { part: 'private key', why: 'empty', change: { privateKey: '' } },
    { part: 'private key', why: 'closed to this passphrase', change: { passphrase: 'another' } },
  ])('where its $part is $why', ({ part, change }) => {
    expect(readMaterial({ ...exported, ...change })).toEqual({ unreadable: part });
  });
});

describe('material that is logged by mistake', () => {
  const material = read();

  it.each([
    ['inspected', inspect({ material }, { depth: 9, showHidden: true })],
    ['as JSON', JSON.stringify({ material })],
    ['in a text', `{ ${material} }`],
  ])('%s shows that it was there, and nothing of it', (_, text) => {
    expect(text).toContain('[material]');
    expect(text).not.toMatch(/BEGIN|correct horse|Parts|KeyObject/);
  });

  it('spread into fields shows nothing at all', () => {
    expect({ ...material }).toEqual({});
  });
});

describe('examined material', () => {
  it('says what the bytes say', async () => {
    expect(await examine(read(), { anchors })).toEqual({
      serial: '00000000000000000000000000000000000a1b2c',
      notBefore: now - day,
      notAfter: now + 30 * day,
      names: ['api.example.com', '*.example.com'],
      keyAlgorithm: 'EC_prime256v1',
      keyMatches: true,
      chain: { holds: true },
      path: { trusted: true },
    });
  });

  it('is the same for any order of the chain, and so is the secret', async () => {
    const lower = await mint({ name: 'Lower', keys: await mintKeys(), authority: true, issuer: family.intermediate });
    const leaf = await mint({ name: 'deep', names: ['deep.example.com'], keys: family.leaf.keys, issuer: lower });
    const links = [lower.pem, family.intermediate.pem, family.root.pem];
    const deep = (chain: readonly string[]) => read({ certificate: leaf.pem, certificateChain: chain.join('') });
    const expected = await writeSecretString(deep(links), { format: 'standard' }, { trustBundle: family.root.pem });
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(links, { minLength: links.length }), async (shuffled) => {
        const material = deep(shuffled);
        expect(await examine(material, { anchors })).toMatchObject({ chain: { holds: true }, path: { trusted: true } });
        expect(await writeSecretString(material, { format: 'standard' }, { trustBundle: family.root.pem })).toBe(
          expected,
        );
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  it('says that key and leaf are no pair', async () => {
    const examined = await examine(read({ privateKey: exportOf(other).privateKey }), { anchors });
    expect([examined.keyMatches, examined.path.trusted]).toEqual([false, false]);
  });

  it('says what is wrong with the chain', async () => {
    const { chain } = await examine(read({ certificateChain: family.root.pem }), { anchors });
    expect(chain).toEqual({
      holds: false,
      detail: 'it lacks the issuer of "CN=api.example.com" and leaves over "CN=Root"',
    });
  });

  it('serves no root, so that a root of the export can never be its own anchor', async () => {
    expect((await examine(read(), { anchors: [other.root.pem] })).path).toMatchObject({ trusted: false });
    expect(read().fullChain.map(({ subject }) => subject)).toEqual(['CN=api.example.com', 'CN=Intermediate']);
  });

  it.each([
    { what: 'an authority and its chain in one text', given: [family.intermediate.pem + family.root.pem] },
    { what: 'an authority and its chain in two', given: [family.intermediate.pem, family.root.pem] },
  ])('is trusted by a client that is given $what', async ({ given }) => {
    expect((await examine(read(), { anchors: given })).path).toEqual({ trusted: true });
  });

  it.each([
    { what: 'a client knows it', given: [family.intermediate.pem, family.root.pem], chain: family.root.pem },
    { what: 'only the root is known', given: [family.root.pem], chain: family.root.pem },
  ])('is not trusted without its intermediate, though $what', async ({ given, chain }) => {
    expect((await examine(read({ certificateChain: chain }), { anchors: given })).path.trusted).toBe(false);
  });

  it.each([
    { what: 'no root', given: [family.intermediate.pem] },
    { what: 'nothing', given: [] },
    { what: 'no certificate', given: ['<html>'] },
  ])('is not trusted where the anchors hold $what', async ({ given }) => {
    expect((await examine(read(), { anchors: given })).path.trusted).toBe(false);
  });

  it('has no names where the leaf has none, and is then not trusted', async () => {
    const nameless = await mint({ name: 'api.example.com', keys: family.leaf.keys, issuer: family.intermediate });
    const { names, path } = await examine(read({ certificate: nameless.pem }), { anchors });
    expect([names, path.trusted]).toEqual([[], false]);
  });

  it('has only what can be a name: one that spells out another is not both', async () => {
    const { keys } = family.leaf;
    const names = ['api.example.com', 'x, DNS:bank.example'];
    const crafted = await mint({ name: 'API', names, keys, issuer: family.intermediate });
    expect((await examine(read({ certificate: crafted.pem }), { anchors })).names).toEqual(['api.example.com']);
  });

  it('has its names in lower case', async () => {
    const { keys } = family.leaf;
    const shouting = await mint({ name: 'API', names: ['API.example.COM'], keys, issuer: family.intermediate });
    expect((await examine(read({ certificate: shouting.pem }), { anchors })).names).toEqual(['api.example.com']);
  });
});

describe('after an error of dates', () => {
  const ended = now - 60;
  const path = async (wish: Parameters<typeof mintFamily>[0], trust?: string) => {
    const broken = await mintFamily(wish);
    const material = readMaterial(exportOf(broken)) as Material;
    return (await examine(material, { anchors: [trust ?? broken.root.pem] })).path;
  };

  it.each([
    { whose: 'leaf', wish: { leaf: { notAfter: ended } } },
    { whose: 'intermediate', wish: { intermediate: { notAfter: ended } } },
    { whose: 'root', wish: { root: { notAfter: ended } } },
  ])('the path is valid no longer than its $whose', async ({ wish }) => {
    expect(await path(wish)).toMatchObject({ code: 'CERT_HAS_EXPIRED', dates: { notAfter: ended } });
  });

  it('the path is valid no sooner than its last certificate', async () => {
    const begins = now + 3600;
    expect(await path({ leaf: { notBefore: begins } })).toMatchObject({
      code: 'CERT_NOT_YET_VALID',
      dates: { notBefore: begins, notAfter: now + 30 * day },
    });
  });

  it('no other failure carries dates that could excuse it', async () => {
    expect(await path({ root: { pathLength: 0 } })).not.toHaveProperty('dates');
    expect(await path({ leaf: { notAfter: ended } }, other.root.pem)).not.toHaveProperty('dates');
  });
});
