import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** What to sign, and how to get it wrong. Times are epoch seconds. */
export type Wish = {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  /** Absent: self-signed. */
  readonly issuer?: Minted;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly serial?: string;
  /** A certificate authority; false is CA:FALSE, with a key usage that would allow it to sign. */
  readonly authority?: boolean;
  readonly pathLength?: number;
  /** Permits only names below this one. */
  readonly permitted?: string;
  /** DNS names; absent on authorities. */
  readonly names?: readonly string[];
  readonly usage?: ExtendedKeyUsage;
  /** False leaves the key identifiers out: only the signature then tells two issuers of one name apart. */
  readonly identified?: boolean;
};

/** A certificate and the keys behind it. */
export type Minted = { readonly pem: string; readonly name: string; readonly keys: webcrypto.CryptoKeyPair };

export type Kind = 'RSA_2048' | 'EC_prime256v1' | 'EC_secp384r1';

const day = 86_400;
export const now = Math.floor(Date.now() / 1000);
/** The usage of a certificate that no server should have. */
export const clientAuth = ExtendedKeyUsage.clientAuth;
export const passphrase = 'correct horse; battery & staple';

const algorithms = {
  RSA_2048: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  EC_prime256v1: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EC_secp384r1: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
} as const;

export const mintKeys = (kind: Kind = 'EC_prime256v1'): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithms[kind], true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** Signs one certificate, real in everything but what the wish breaks. */
export async function mint(wish: Wish): Promise<Minted> {
  const {
    name,
    keys,
    issuer = { name, keys },
    notBefore = now - day,
    notAfter = now + 30 * day,
    identified = true,
  } = wish;
  const { algorithm } = issuer.keys.privateKey;
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: wish.serial ?? `4${randomBytes(19).toString('hex').slice(1)}`,
      subject: `CN=${name}`,
      issuer: `CN=${issuer.name}`,
      notBefore: new Date(notBefore * 1000),
      notAfter: new Date(notAfter * 1000),
      publicKey: keys.publicKey,
      signingKey: issuer.keys.privateKey,
      signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
      extensions: [...extensions(wish), ...(identified ? await identifiers(keys, issuer.keys) : [])],
    },
    globalThis.crypto,
  );
  return { pem: `${certificate.toString('pem')}\n`, name, keys };
}

function extensions({ authority, pathLength, permitted, names, usage = ExtendedKeyUsage.serverAuth }: Wish) {
  const signs = authority !== undefined;
  return [
    new BasicConstraintsExtension(authority ?? false, pathLength, true),
    new KeyUsagesExtension(signs ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature, true),
    ...(permitted ? [nameConstraints(permitted)] : []),
    ...(names ? [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))] : []),
    ...(signs ? [] : [new ExtendedKeyUsageExtension([usage])]),
  ];
}

const identifiers = (keys: webcrypto.CryptoKeyPair, issuer: webcrypto.CryptoKeyPair) =>
  Promise.all([
    SubjectKeyIdentifierExtension.create(keys.publicKey, false, globalThis.crypto),
    AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, globalThis.crypto),
  ]);

/** NameConstraints { permittedSubtrees { dNSName } } (RFC 5280, 4.2.1.10), written by hand for its few bytes. */
function nameConstraints(permitted: string): Extension {
  const wrap = (tag: number, content: Uint8Array) => Buffer.concat([Buffer.from([tag, content.length]), content]);
  return new Extension('2.5.29.30', true, wrap(0x30, wrap(0xa0, wrap(0x30, wrap(0x82, Buffer.from(permitted))))));
}

/** A private key as PEM, encrypted PKCS#8. */
export const encrypted = (keys: webcrypto.CryptoKeyPair, under = passphrase): string =>
  KeyObject.from(keys.privateKey)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: under })
    .toString();

export type Family = { readonly root: Minted; readonly intermediate: Minted; readonly leaf: Minted };

type Break = Partial<Omit<Wish, 'issuer'>>;

/** root → intermediate → leaf for `api.example.com`, each as asked. */
export async function mintFamily({
  kind,
  root: asRoot,
  intermediate: asIntermediate,
  leaf: asLeaf,
}: {
  readonly kind?: Kind;
  readonly root?: Break;
  readonly intermediate?: Break;
  readonly leaf?: Break;
} = {}): Promise<Family> {
  const root = await mint({ name: 'Root', keys: await mintKeys(kind), authority: true, ...asRoot });
  const intermediate = await mint({
    name: 'Intermediate',
    keys: await mintKeys(kind),
    authority: true,
    issuer: root,
    ...asIntermediate,
  });
  const leaf = await mint({
    name: 'api.example.com',
    names: ['api.example.com', '*.example.com'],
    keys: await mintKeys(kind),
    issuer: intermediate,
    ...asLeaf,
  });
  return { root, intermediate, leaf };
}

/** What ACM would export for a family. */
export const exportOf = ({ root, intermediate, leaf }: Family) => ({
  certificate: leaf.pem,
  certificateChain: intermediate.pem + root.pem,
  privateKey: encrypted(leaf.keys),
  passphrase,
});
