import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIssuedBy, orderChain } from '../../../shared/material/chain.ts';
import { type Minted, mint, mintFamily, mintKeys } from '../mint.ts';

const parse = (...minted: Minted[]) => minted.map(({ pem }) => new X509Certificate(pem));
const anonymous = { identified: false };
const nameless = { root: anonymous, intermediate: anonymous, leaf: anonymous };
const family = await mintFamily(nameless);
const other = await mintFamily(nameless); // The same names, other keys, and nothing but signatures to tell.
const upper = family.intermediate;
const lower = await mint({ name: 'Lower', keys: await mintKeys(), authority: true, issuer: upper });
const leaf = new X509Certificate((await mint({ name: 'deep', keys: await mintKeys(), issuer: lower })).pem);

const subjects = (chain: readonly X509Certificate[]) => chain.map(({ subject }) => subject);

describe('a chain', () => {
  it('comes out from the leaf upwards, in whatever order ACM exports it', () => {
    const pool = parse(lower, upper, family.root);
    fc.assert(
      fc.property(fc.shuffledSubarray(pool, { minLength: pool.length }), (shuffled) => {
        expect(subjects(orderChain(leaf, shuffled).certificates)).toEqual(subjects(pool));
        expect(orderChain(leaf, shuffled).problem).toBeUndefined();
      }),
    );
  }, 60_000);

  it('need not reach a root: public ones end below it', () => {
    const { certificates, problem } = orderChain(leaf, parse(upper, lower));
    expect([subjects(certificates), problem]).toEqual([['CN=Lower', 'CN=Intermediate'], undefined]);
  });

  it.each([
    {
      with: 'a link missing',
      pool: parse(lower, family.root),
      order: ['CN=Lower'],
      problem: 'it lacks the issuer of "CN=Lower" and leaves over "CN=Root"',
    },
    {
      with: 'the first link missing',
      pool: parse(family.root, upper),
      order: [],
      problem: 'it lacks the issuer of "CN=deep" and leaves over "CN=Intermediate", "CN=Root"',
    },
    {
      with: 'a link of the same name that did not sign',
      pool: parse(lower, other.intermediate),
      order: ['CN=Lower'],
      problem: 'it lacks the issuer of "CN=Lower" and leaves over "CN=Intermediate"',
    },
    {
      with: 'a stranger',
      pool: parse(lower, upper, family.root, other.leaf),
      order: ['CN=Lower', 'CN=Intermediate', 'CN=Root'],
      problem: 'it leaves over "CN=api.example.com"',
    },
    {
      with: 'the root twice',
      pool: parse(family.root, lower, upper, family.root),
      order: ['CN=Lower', 'CN=Intermediate', 'CN=Root'],
      problem: 'it leaves over "CN=Root"',
    },
    {
      with: 'an intermediate twice',
      pool: parse(lower, upper, upper),
      order: ['CN=Lower', 'CN=Intermediate'],
      problem: 'it lacks the issuer of "CN=Intermediate" and leaves over "CN=Intermediate"',
    },
  ])('with $with says so', ({ pool, order, problem }) => {
    const chain = orderChain(leaf, pool);
    expect([subjects(chain.certificates), chain.problem]).toEqual([order, problem]);
  });

  it('with the leaf in it says so', () => {
    expect(orderChain(leaf, [leaf, ...parse(lower, upper, family.root)]).problem).toBe('it leaves over "CN=deep"');
  });
});

describe('an issuer', () => {
  const [intermediate, impostor] = parse(family.intermediate, other.intermediate) as [X509Certificate, X509Certificate];
  const [issued] = parse(family.leaf) as [X509Certificate];

  it('is one whose key signed, though node:crypto is content with the name', () => {
    expect(issued.checkIssued(impostor)).toBe(true);
    expect([isIssuedBy(issued, impostor), isIssuedBy(issued, intermediate)]).toEqual([false, true]);
  });

  it('bears the name that the certificate says, though its key signed', async () => {
    const renamed = await mint({ name: 'Renamed', keys: family.intermediate.keys, authority: true, ...anonymous });
    const [issuer] = parse(renamed) as [X509Certificate];
    expect([issued.verify(issuer.publicKey), isIssuedBy(issued, issuer)]).toEqual([true, false]);
  });

  it('must be an authority, though its signature verifies', async () => {
    const unfit = await mintFamily({ intermediate: { authority: false } });
    const [certificate, issuer] = parse(unfit.leaf, unfit.intermediate) as [X509Certificate, X509Certificate];
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(isIssuedBy(certificate, issuer)).toBe(false);
  });
});
