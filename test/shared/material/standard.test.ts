import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Material, readMaterial } from '../../../shared/material/material.ts';
import { writeStandard } from '../../../shared/material/standard.ts';
import { tooLarge } from '../../../shared/material/too-large.ts';
import { exportOf, type Kind, mintFamily, passphrase } from '../mint.ts';

const family = await mintFamily();
const { root, intermediate, leaf } = family;
const write = (change = {}, trustBundle = root.pem) =>
  JSON.parse(writeStandard(readMaterial({ ...exportOf(family), ...change }) as Material, { trustBundle }));

describe('a secret of format standard', () => {
  it('holds leaf, chain, encrypted key, passphrase, what a server sends and what a client trusts', () => {
    const exported = exportOf(family);
    expect(write(exported)).toEqual({
      certificate: leaf.pem,
      certificateChain: intermediate.pem + root.pem,
      privateKey: exported.privateKey,
      passphrase,
      fullChain: leaf.pem + intermediate.pem,
      trustBundle: root.pem,
    });
  });

  it('is written anew: the dress of the export leaves no trace', () => {
    const crlf = (text: string) => `remark\r\n${text.trimEnd().replaceAll('\n', '\r\n')}`;
    const exported = exportOf(family);
    const dressed = {
      certificate: crlf(leaf.pem),
      certificateChain: `${root.pem.trimEnd()}${crlf(intermediate.pem)}`,
      privateKey: crlf(exported.privateKey),
    };
    expect(write(dressed, crlf(root.pem))).toEqual(write(exported));
  });

  it('is not written with a trust bundle that nobody could read', () => {
    expect(() => write({}, 'not a certificate')).toThrow(
      'Cannot write the trust bundle: it holds no readable certificates',
    );
  });
});

describe('a secret string', () => {
  it('fits up to 65,536 bytes, counted as UTF-8', () => {
    expect([tooLarge('x'.repeat(65_536)), tooLarge('x'.repeat(65_537)), tooLarge('é'.repeat(32_769))]).toEqual([
      undefined,
      65_537,
      65_538,
    ]);
  });
});

const openssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL 3');
  } catch {
    return false;
  }
})();

describe.skipIf(!openssl)('openssl 3 as the judge of what is stored', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'standard-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<Kind>(['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'])('accepts path and key of %s', async (kind) => {
    const minted = await mintFamily({ kind });
    const material = readMaterial(exportOf(minted)) as Material;
    const secret = JSON.parse(writeStandard(material, { trustBundle: minted.root.pem }));
    for (const [name, text] of Object.entries<string>(secret)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const run = (...argv: string[]) => execFileSync('openssl', argv, { cwd: folder, encoding: 'utf8' });

    const verified = run(
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'api.example.com'],
      ...['-CAfile', 'trustBundle', '-untrusted', 'fullChain', 'certificate'],
    );
    expect(verified).toBe('certificate: OK\n');
    const ofKey = run('pkey', '-in', 'privateKey', '-passin', 'file:passphrase', '-pubout');
    expect(ofKey).toBe(run('x509', '-in', 'certificate', '-noout', '-pubkey'));
  });
});
