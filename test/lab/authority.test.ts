import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Authority,
  type CertificateAuthority,
  createAuthority,
  type LeafKeyAlgorithm,
} from '../../lab/authority.ts';
import { certificateFacts } from '../../lab/certificate-facts.ts';
import { createClock } from '../../lab/clock.ts';
import { encryptedKey } from '../../lab/encrypted-key.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;
const day = 86_400_000;
const clock = createClock(new Date(Date.now() - 336 * day));
const algorithms: LeafKeyAlgorithm[] = ['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'];
let authority: Authority;
let root: CertificateAuthority;
let subordinate: CertificateAuthority;
let folder: string;

beforeAll(async () => {
  authority = await createAuthority({ clock });
  [root, subordinate] = authority.cas as [CertificateAuthority, CertificateAuthority];
  folder = mkdtempSync(join(tmpdir(), 'lab-authority-'));
});

afterAll(() => {
  clock.stop();
  rmSync(folder, { recursive: true });
});

const issue = (keyAlgorithm: LeafKeyAlgorithm, caArn = subordinate.arn) =>
  authority.issue({
    caArn,
    commonName: 'api.example.com',
    names: ['api.example.com', '*.api.example.com'],
    keyAlgorithm,
    validityDays: 395,
  });

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, `${content}\n`);
  return path;
}

describe.each(algorithms)('a %s leaf', (keyAlgorithm) => {
  it.skipIf(!openssl)('passes openssl verify in strict mode, for servers and for clients', async () => {
    const { certificatePem } = await issue(keyAlgorithm);
    const leaf = file('leaf.pem', certificatePem);
    const untrusted = file('subordinate.pem', subordinate.certificatePem);
    const anchor = file('root.pem', root.certificatePem);
    for (const purpose of ['sslserver', 'sslclient']) {
      const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', anchor, '-untrusted', untrusted, leaf];
      expect(execFileSync('openssl', args).toString()).toBe(`${leaf}: OK\n`);
    }
    const withoutIntermediate = spawnSync('openssl', ['verify', '-CAfile', anchor, leaf]);
    expect(withoutIntermediate.stderr.toString()).toContain('unable to get local issuer certificate');
  });

  it('belongs to its private key, and has the algorithm that was asked for', async () => {
    const { certificatePem, privateKey } = await issue(keyAlgorithm);
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    expect(new X509Certificate(certificatePem).checkPrivateKey(key)).toBe(true);
    expect(certificateFacts(certificatePem)).toMatchObject({ keyAlgorithm, signatureAlgorithm: 'SHA256WITHECDSA' });
  });

  it.skipIf(!openssl)('has a key that is exported as ACM encrypts it, which openssl opens', async () => {
    const { privateKey } = await issue(keyAlgorithm);
    const path = file('key.pem', encryptedKey(privateKey, Buffer.from('correct horse')).trimEnd());
    const opened = execFileSync('openssl', ['pkey', '-in', path, '-passin', 'pass:correct horse']).toString();
    expect(createPrivateKey(opened).export({ format: 'der', type: 'pkcs8' })).toEqual(Buffer.from(privateKey));
    const structure = execFileSync('openssl', ['asn1parse', '-in', path]).toString();
    // No object between the rounds and the cipher: the PRF is the one that DER leaves out, HMAC-SHA1.
    const named = Array.from(structure.matchAll(/(?:OBJECT|INTEGER)\s*:(\S+)/g), ([, name]) => name);
    expect(named).toEqual(['PBES2', 'PBKDF2', '0800', 'aes-256-cbc']);
    const sizes = Array.from(structure.matchAll(/l= *(\d+) prim: OCTET STRING/g), ([, size]) => size);
    expect(sizes.slice(0, 2)).toEqual(['20', '16']);
    expect(spawnSync('openssl', ['pkey', '-in', path, '-passin', 'pass:wrong', '-noout']).status).toBe(1);
  });
});

describe('a leaf', () => {
  it('is an hour old at birth and ends on the second, so many days from now', async () => {
    const before = Math.floor(clock.now().getTime() / 1000) * 1000;
    const { notBefore, notAfter } = certificateFacts((await issue('EC_prime256v1')).certificatePem);
    expect(notAfter.getTime() - notBefore.getTime()).toBe(395 * day + 3_600_000);
    expect(notAfter.getTime()).toBeGreaterThanOrEqual(before + 395 * day);
    expect(notAfter.getTime()).toBeLessThanOrEqual(clock.now().getTime() + 395 * day);
  });

  it('has a positive serial of 16 bytes', async () => {
    const serials = await Promise.all(
      Array.from({ length: 40 }, async () => certificateFacts((await issue('EC_prime256v1')).certificatePem).serial),
    );
    for (const serial of serials) expect(serial).toMatch(/^[0-7][0-9a-f](:[0-9a-f]{2}){15}$/);
    expect(new Set(serials).size).toBe(40);
  });

  it('comes with its chain, leaf to root', async () => {
    expect((await issue('EC_prime256v1')).chainPem).toBe(`${subordinate.certificatePem}\n${root.certificatePem}`);
  });

  it('is refused by a CA that is not in the lab, and by one that it would outlive', async () => {
    expect(() => issue('EC_prime256v1', 'arn:none')).toThrow('No certificate authority "arn:none" in the lab');
    const tooLong = { caArn: subordinate.arn, commonName: 'a.example', names: ['a.example'], validityDays: 3650 };
    await expect(authority.issue({ ...tooLong, keyAlgorithm: 'EC_prime256v1' })).rejects.toThrow(
      `A certificate would outlive its CA "${subordinate.arn}"`,
    );
  });
});

describe('the CAs', () => {
  it('are a root and a subordinate, valid for years before and after lab time', () => {
    expect(authority.cas.map(({ type, chainPem }) => ({ type, chainPem }))).toEqual([
      { type: 'ROOT', chainPem: undefined },
      { type: 'SUBORDINATE', chainPem: root.certificatePem },
    ]);
    for (const { certificatePem } of authority.cas) {
      const { notBefore, notAfter } = certificateFacts(certificatePem);
      expect(clock.now().getTime() - notBefore.getTime()).toBeGreaterThan(1000 * day);
      expect(notAfter.getTime() - Date.now()).toBeGreaterThan(1400 * day);
    }
  });
});

describe('a CA that is certified', () => {
  const leafOf = (caArn: string) => issue('EC_prime256v1', caArn);

  it.skipIf(!openssl)('anew keeps its key and its subject: openssl verifies what it signed before', async () => {
    const ca = await authority.certify({});
    const before = { ca: ca.certificatePem, leaf: (await leafOf(ca.arn)).certificatePem };
    await authority.certify({ arn: ca.arn, notAfter: new Date(clock.now().getTime() + 3_000 * day) });
    expect(ca.certificatePem).not.toBe(before.ca);
    const [anchor, untrusted] = [file('root.pem', root.certificatePem), file('again.pem', ca.certificatePem)];
    const leaf = file('leaf.pem', before.leaf);
    const args = ['verify', '-x509_strict', '-CAfile', anchor, '-untrusted', untrusted, leaf];
    expect(execFileSync('openssl', args).toString()).toBe(`${leaf}: OK\n`);
  });

  it.skipIf(!openssl).each([
    ['example.com', 0],
    ['example.org', 1],
  ])('for names below %s has openssl see that in its certificate', async (name, failed) => {
    const ca = await authority.certify({ permitted: [name] });
    const [anchor, untrusted] = [file('root.pem', root.certificatePem), file('for.pem', ca.certificatePem)];
    const leaf = file('leaf.pem', (await leafOf(ca.arn)).certificatePem);
    const verified = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', anchor, '-untrusted', untrusted, leaf]);
    expect(verified.stderr.toString().includes('permitted subtree violation') ? 1 : 0).toBe(failed);
    expect(verified.status === 0 ? 0 : 1).toBe(failed);
  });

  it('has a quota that each leaf takes one of', async () => {
    const ca = await authority.certify({ quota: 2 });
    await leafOf(ca.arn);
    expect(ca.quota).toBe(1);
  });

  it('is refused below one that is not in the lab', async () => {
    await expect(authority.certify({ issuerArn: 'arn:none' })).rejects.toThrow('No certificate authority "arn:none"');
  });
});
