import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Form, type Format, formats } from '../../../shared/domain/form.ts';
import { type Material, readMaterial } from '../../../shared/material/material.ts';
import { type Also, writeSecretString } from '../../../shared/material/secret-string.ts';
import { tooLarge } from '../../../shared/material/too-large.ts';
import { exportOf, type Family, type Kind, mintFamily, passphrase } from '../mint.ts';

const family = await mintFamily();
const { root, intermediate, leaf } = family;
const materialOf = (of: Family, change = {}) => readMaterial({ ...exportOf(of), ...change }) as Material;
const write = async (
  form: Form = { format: 'standard' },
  { change = {}, ...also }: Partial<Also> & { change?: object } = {},
) => JSON.parse(await writeSecretString(materialOf(family, change), form, { trustBundle: root.pem, ...also }));
const decrypted = createPrivateKey({ key: exportOf(family).privateKey, passphrase })
  .export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('a secret', () => {
  it('of format standard holds leaf, chain, encrypted key, passphrase, what a server sends and what a client trusts', async () => {
    const exported = exportOf(family);
    expect(await write({ format: 'standard' }, { change: exported })).toEqual({
      certificate: leaf.pem,
      certificateChain: intermediate.pem + root.pem,
      privateKey: exported.privateKey,
      passphrase,
      fullChain: leaf.pem + intermediate.pem,
      trustBundle: root.pem,
    });
  });

  it('of format plain holds the key in the clear and no passphrase', async () => {
    expect(await write({ format: 'plain' })).toEqual({
      certificate: leaf.pem,
      certificateChain: intermediate.pem + root.pem,
      privateKey: decrypted,
      fullChain: leaf.pem + intermediate.pem,
      trustBundle: root.pem,
    });
  });

  it("of format kafka holds the path from leaf to root and the key, as Lambda's event source reads them", async () => {
    expect(await write({ format: 'kafka' })).toEqual({
      certificate: leaf.pem + intermediate.pem + root.pem,
      privateKey: decrypted,
    });
  });

  it('of format keystore holds two stores and their password', async () => {
    const secret = await write({ format: 'keystore' });
    expect(Object.keys(secret)).toEqual(['keystore', 'truststore', 'password']);
    expect(secret.password).toBe(passphrase);
  });

  it.each(Object.entries(formats))(
    'of format %s has its keys under the names that were asked for',
    async (format, keys) => {
      const [first = '', ...others] = keys;
      expect(Object.keys(await write({ format: format as Format, keys: { [first]: 'tls.own' } }))).toEqual([
        'tls.own',
        ...others,
      ]);
    },
  );

  it('keeps what it holds for others, and lists what is ours', async () => {
    const kept = { username: 'app', nested: { port: 1 }, certificate: 'old' };
    const secret = await write({ format: 'kafka' }, { kept });
    expect(secret).toEqual({
      username: 'app',
      nested: { port: 1 },
      certificate: expect.stringContaining(leaf.pem),
      privateKey: decrypted,
      'courier:keys': ['certificate', 'privateKey'],
    });
  });

  it('is written anew: the dress of the export leaves no trace', async () => {
    const crlf = (text: string) => `remark\r\n${text.trimEnd().replaceAll('\n', '\r\n')}`;
    const exported = exportOf(family);
    const change = {
      certificate: crlf(leaf.pem),
      certificateChain: `${root.pem.trimEnd()}${crlf(intermediate.pem)}`,
      privateKey: crlf(exported.privateKey),
    };
    expect(await write({ format: 'standard' }, { change, trustBundle: crlf(root.pem) })).toEqual(
      await write({ format: 'standard' }, { change: exported }),
    );
  });

  it('is not written with a trust bundle that nobody could read', async () => {
    await expect(write({ format: 'standard' }, { trustBundle: 'not a certificate' })).rejects.toThrow(
      'Cannot write the trust bundle: it holds no readable certificates',
    );
  });

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
    folder = mkdtempSync(join(tmpdir(), 'secret-string-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...argv: string[]) => execFileSync('openssl', argv, { cwd: folder, encoding: 'utf8' });

  async function unpack(kind: Kind, format: Format): Promise<void> {
    const minted = await mintFamily({ kind });
    const text = await writeSecretString(materialOf(minted), { format }, { trustBundle: minted.root.pem });
    for (const [name, value] of Object.entries<string>(JSON.parse(text)))
      writeFileSync(join(folder, name), name.endsWith('store') ? Buffer.from(value, 'base64') : value, { mode: 0o600 });
  }

  const kinds: readonly Kind[] = ['RSA_2048', 'EC_prime256v1', 'EC_secp384r1'];

  it.each(kinds)('accepts path and key of %s', async (kind) => {
    await unpack(kind, 'standard');
    const verified = run(
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'api.example.com'],
      ...['-CAfile', 'trustBundle', '-untrusted', 'fullChain', 'certificate'],
    );
    expect(verified).toBe('certificate: OK\n');
    const ofKey = run('pkey', '-in', 'privateKey', '-passin', 'file:passphrase', '-pubout');
    expect(ofKey).toBe(run('x509', '-in', 'certificate', '-noout', '-pubkey'));
  });

  it.each(kinds)('opens the stores of %s: the key with its chain, and the anchors', async (kind) => {
    await unpack(kind, 'keystore');
    const opened = (store: string, ...options: string[]) =>
      run('pkcs12', '-in', store, '-passin', 'file:password', '-nodes', ...options);
    const certificatesIn = (text: string) => text.match(/subject=CN = .*/g);
    const keystore = opened('keystore');
    expect(certificatesIn(keystore)).toEqual(['subject=CN = api.example.com', 'subject=CN = Intermediate']);
    expect(certificatesIn(opened('truststore', '-nokeys'))).toEqual(['subject=CN = Root']);
    writeFileSync(join(folder, 'opened'), keystore);
    expect(run('pkey', '-in', 'opened', '-pubout')).toBe(run('x509', '-in', 'opened', '-noout', '-pubkey'));
    expect(() => run('pkcs12', '-in', 'keystore', '-passin', 'pass:another', '-noout')).toThrow();
  });
});
