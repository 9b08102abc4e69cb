import type { X509Certificate } from 'node:crypto';
import { BmpString, ObjectIdentifier, OctetString } from 'asn1js';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from 'pkijs';
import type { Material } from './material.ts';

/** RFC 7292; the last two are Java's, which trusts a certificate only if its bag says for what: here for anything. */
const oid = {
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  anyUsage: '2.5.29.37.0',
} as const;

/** PBES2 with AES-256 and HMAC-SHA-256: what openssl 3 and Java's keytool read and write without legacy options. */
const rounds = 10_000;
const encryption = {
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: rounds,
};

/** A PKCS#12 key store: the private key under the alias `courier`, with what a server sends, the leaf first. */
export function writeKeystore({ fullChain, privateKey }: Material, password: string): Promise<Buffer> {
  const ofPair = [named('courier'), attribute(oid.localKeyId, new OctetString({ valueHex: Uint8Array.of(1).buffer }))];
  const certificates = fullChain.map((certificate, at) => certificateBag(certificate, at === 0 ? ofPair : []));
  const shrouded = privateKey.key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password });
  const key = bag(oid.shroudedKey, PKCS8ShroudedKeyBag.fromBER(shrouded), ofPair);
  return write(
    [
      { bags: [key], encrypted: false },
      { bags: certificates, encrypted: true },
    ],
    password,
  );
}

/** A PKCS#12 trust store: certificates that are trusted for anything, under the aliases `courier-1`, `courier-2`, … */
export function writeTruststore(trusted: readonly X509Certificate[], password: string): Promise<Buffer> {
  const trust = attribute(oid.trustedKeyUsage, new ObjectIdentifier({ value: oid.anyUsage }));
  const bags = trusted.map((certificate, at) => certificateBag(certificate, [named(`courier-${at + 1}`), trust]));
  return write([{ bags, encrypted: true }], password);
}

type Safe = { readonly bags: readonly SafeBag[]; readonly encrypted: boolean };

async function write(safes: readonly Safe[], password: string): Promise<Buffer> {
  const secret = new TextEncoder().encode(password).buffer;
  const authenticatedSafe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: safes.map(({ bags, encrypted }) => ({
        privacyMode: encrypted ? 1 : 0,
        value: new SafeContents({ safeBags: [...bags] }),
      })),
    },
  });
  await authenticatedSafe.makeInternalValues({
    safeContents: safes.map(({ encrypted }) => (encrypted ? { password: secret, ...encryption } : {})),
  });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } });
  await pfx.makeInternalValues({
    password: secret,
    iterations: rounds,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  });
  return Buffer.from(pfx.toSchema().toBER());
}

const certificateBag = ({ raw }: X509Certificate, attributes: readonly Attribute[]) =>
  bag(oid.certificate, new CertBag({ parsedValue: Certificate.fromBER(raw) }), attributes);

const bag = (bagId: string, bagValue: PKCS8ShroudedKeyBag | CertBag, bagAttributes: readonly Attribute[]) =>
  new SafeBag({ bagId, bagValue, ...(bagAttributes.length > 0 && { bagAttributes: [...bagAttributes] }) });

const named = (name: string) => attribute(oid.friendlyName, new BmpString({ value: name }));

const attribute = (type: string, value: BmpString | OctetString | ObjectIdentifier) =>
  new Attribute({ type, values: [value] });
