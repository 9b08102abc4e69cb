import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encryptedKey } from '../../../lab/encrypted-key.ts';
import { keyAlgorithm, openPrivateKey } from '../../../shared/material/private-key.ts';

const passphrase = 'a pass phrase';
const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const der = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' });
const asAcm = (key: KeyObject) => encryptedKey(der(key), Buffer.from(passphrase));
const asNode = (key: KeyObject) =>
  key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();

describe('an encrypted key', () => {
  it.each([
    { dress: 'as ACM writes it, HMAC-SHA1', text: asAcm(keys.privateKey) },
    { dress: 'with HMAC-SHA256', text: asNode(keys.privateKey) },
    { dress: 'with CRLF and no final newline', text: asAcm(keys.privateKey).trimEnd().replaceAll('\n', '\r\n') },
  ])('opens $dress', ({ text }) => {
    expect(openPrivateKey(text, passphrase)?.key.equals(keys.privateKey)).toBe(true);
  });

  it('is written anew, still encrypted with the same passphrase', () => {
    const text = asAcm(keys.privateKey);
    const opened = openPrivateKey(`\r\n${text.replaceAll('\n', '\r\n')}`, passphrase);
    expect(opened?.encrypted).toBe(text);
    expect(createPrivateKey({ key: text, passphrase }).equals(keys.privateKey)).toBe(true);
  });

  it.each([
    { why: 'the passphrase is another', text: asAcm(keys.privateKey), with: 'wrong' },
    { why: 'the passphrase is empty', text: asAcm(keys.privateKey), with: '' },
    { why: 'it is not encrypted', text: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    { why: 'it is damaged', text: asAcm(keys.privateKey).replace(/\n\S{16}/, '\nAAAAAAAAAAAAAAAA') },
    { why: 'there are two', text: asAcm(keys.privateKey) + asAcm(keys.privateKey) },
    { why: 'there is none', text: '' },
  ])('is null, and nothing is thrown that could quote it, if $why', ({ text, with: given = passphrase }) => {
    expect(openPrivateKey(text, given)).toBeNull();
  });
});

describe('the algorithm of a key', () => {
  it.each([
    { acm: 'RSA_2048', key: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey },
    { acm: 'EC_prime256v1', key: keys.publicKey },
    { acm: 'EC_secp384r1', key: generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey },
    { acm: 'EC_secp521r1', key: generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).publicKey },
    { acm: 'ed25519', key: generateKeyPairSync('ed25519').publicKey },
  ])('is $acm in words', ({ acm, key }) => {
    expect(keyAlgorithm(key)).toBe(acm);
  });
});
