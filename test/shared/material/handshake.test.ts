import { generateKeyPairSync, type webcrypto } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { handshake } from '../../../shared/material/handshake.ts';
import { clientAuth, encrypted, type Family, type Kind, mintFamily, mintKeys, now, passphrase } from '../mint.ts';

const sound = await mintFamily();
const foreign = await mintFamily();

const served = ({ leaf, intermediate }: Family) => ({
  certificates: leaf.pem + intermediate.pem,
  privateKey: encrypted(leaf.keys),
  passphrase,
});
const trusting = ({ root }: Family, name = 'api.example.com') => ({ anchors: [root.pem], name });
const no = (code: string, detail: string) => ({ trusted: false, code, detail });

const opened = vi.hoisted((): { readonly destroyed: boolean }[] => []);
vi.mock('node:stream', async (original) => {
  const stream = await original<typeof import('node:stream')>();
  const duplexPair = () => {
    const pair = stream.duplexPair();
    opened.splice(0, opened.length, ...pair);
    return pair;
  };
  return { ...stream, duplexPair };
});

describe('a client trusts', () => {
  it.each<Kind>(['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'])('a sound path of %s', async (kind) => {
    const family = await mintFamily({ kind });
    expect(await handshake(served(family), trusting(family))).toEqual({ trusted: true });
  });

  it('a wildcard, for a name that it covers', async () => {
    expect(await handshake(served(sound), trusting(sound, '*.example.com'))).toEqual({ trusted: true });
  });

  it('names within the constraints of the authority', async () => {
    const family = await mintFamily({ root: { permitted: 'example.com' } });
    expect(await handshake(served(family), trusting(family))).toEqual({ trusted: true });
  });
});

describe('a client rejects', () => {
  it.each([
    ['a leaf for clients', { leaf: { usage: clientAuth } }, 'INVALID_PURPOSE', 'unsuitable certificate purpose'],
    [
      'a path longer than the root allows',
      { root: { pathLength: 0 } },
      'PATH_LENGTH_EXCEEDED',
      'path length constraint exceeded',
    ],
    [
      'names outside the constraints',
      { root: { permitted: 'example.net' } },
      'UNSPECIFIED',
      'permitted subtree violation',
    ],
    ['a leaf that has ended', { leaf: { notAfter: now - 60 } }, 'CERT_HAS_EXPIRED', 'certificate has expired'],
    [
      'a leaf that has not begun',
      { leaf: { notBefore: now + 3600 } },
      'CERT_NOT_YET_VALID',
      'certificate is not yet valid',
    ],
    [
      'an intermediate that has ended',
      { intermediate: { notAfter: now - 60 } },
      'CERT_HAS_EXPIRED',
      'certificate has expired',
    ],
  ] as const)('%s', async (_, wish, code, detail) => {
    const family = await mintFamily(wish);
    expect(await handshake(served(family), trusting(family))).toEqual(no(code, detail));
  });

  it('an intermediate that is no authority', async () => {
    const family = await mintFamily({ intermediate: { authority: false } });
    expect(await handshake(served(family), trusting(family))).toMatchObject({ trusted: false });
  });

  it('a path without its intermediate', async () => {
    const alone = { ...served(sound), certificates: sound.leaf.pem };
    expect(await handshake(alone, trusting(sound))).toEqual(
      no('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'),
    );
  });

  it('a path to a root of the same name with another key', async () => {
    expect(await handshake(served(sound), trusting(foreign))).toEqual(
      no('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'),
    );
  });

  it.each([
    { whom: 'nobody', anchors: [] },
    { whom: 'the public roots', anchors: 'public' as const },
    { whom: 'the public roots, the second time', anchors: 'public' as const },
  ])('a private path if it trusts $whom', async ({ anchors }) => {
    expect(await handshake(served(sound), { anchors, name: 'api.example.com' })).toEqual(
      no('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'),
    );
  });

  it('another name', async () => {
    const altnames = 'DNS:api.example.com, DNS:*.example.com';
    expect(await handshake(served(sound), trusting(sound, '*.example.net'))).toEqual(
      no('ERR_TLS_CERT_ALTNAME_INVALID', `Host: any.example.net. is not in the cert's altnames: ${altnames}`),
    );
  });
});

describe('a handshake fails', () => {
  it('where TLS has no signature for the kind of key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    // WebCrypto has no such curve: the certificate only carries the key, it does not sign with it.
    const keys = { publicKey: publicKey.export({ type: 'spki', format: 'der' }) } as unknown as webcrypto.CryptoKeyPair;
    const { root, intermediate, leaf } = await mintFamily({ leaf: { keys } });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const odd = { certificates: leaf.pem + intermediate.pem, privateKey: key, passphrase };
    expect(await handshake(odd, { anchors: [root.pem], name: 'api.example.com' })).toEqual(
      no('ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'no suitable signature algorithm'),
    );
  });
});

describe('a server cannot even start with', () => {
  it('a key that is not the pair of the leaf', async () => {
    const mixed = { ...served(sound), privateKey: encrypted(await mintKeys()) };
    expect(await handshake(mixed, trusting(sound))).toEqual(
      no('ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'key values mismatch'),
    );
  });

  it('a passphrase that does not open the key, and does not quote it', async () => {
    const said = await handshake({ ...served(sound), passphrase: 'not this one' }, trusting(sound));
    expect(said).toMatchObject({ trusted: false });
    expect(JSON.stringify(said)).not.toContain('not this one');
  });
});

describe('afterwards, trusted or not,', () => {
  it.each([
    ['a trusted path', sound, trusting(sound)],
    ['a rejected one', sound, trusting(foreign)],
    ['a server that could not start', { ...sound, leaf: foreign.leaf, intermediate: sound.leaf }, trusting(sound)],
  ])('%s leaves no open socket and no timer', async (_, family, client) => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await handshake(served(family), client);
    expect(opened.splice(0).map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect(timers()).toBe(before);
  });
});
