import type { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { normalSerial } from '../domain/certificate.ts';
import type { Dates, Examined } from '../domain/inspection.ts';
import { type Chain, isIssuedBy, isRoot, orderChain } from './chain.ts';
import { type Anchors, handshake } from './handshake.ts';
import { readCertificates, writeCertificates } from './pem.ts';
import { keyAlgorithm, openPrivateKey, type PrivateKey } from './private-key.ts';

/** What ACM's ExportCertificate answers (all PEM), and the passphrase that it was asked with. */
export type Exported = {
  readonly certificate: string;
  readonly certificateChain: string;
  readonly privateKey: string;
  readonly passphrase: string;
};

type Parts = {
  readonly leaf: X509Certificate;
  readonly chain: Chain;
  readonly privateKey: PrivateKey;
  readonly passphrase: string;
};

/**
 * One export, parsed. A class because its fields are then neither enumerable nor printable: logged, spread or put into
 * JSON by mistake, it shows `[material]`, never bytes.
 */
export class Material {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get leaf() {
    return this.#parts.leaf;
  }
  get chain() {
    return this.#parts.chain;
  }
  get privateKey() {
    return this.#parts.privateKey;
  }
  get passphrase() {
    return this.#parts.passphrase;
  }

  /** What a server sends: the leaf and its issuers, without the root that a client must have of its own. */
  get fullChain(): readonly X509Certificate[] {
    return [this.leaf, ...this.chain.certificates.filter((certificate) => !isRoot(certificate))];
  }

  toString() {
    return '[material]';
  }
  toJSON() {
    return '[material]';
  }
  [Symbol.for('nodejs.util.inspect.custom')]() {
    return '[material]';
  }
}

/** The parts of an export, or which one cannot be read, to follow "its". The chain may still be broken: see `examine`. */
export function readMaterial(exported: Exported): Material | { readonly unreadable: string } {
  const [leaf, ...others] = readCertificates(exported.certificate) ?? [];
  if (!leaf || others.length > 0) return { unreadable: 'certificate' };
  const pool = readCertificates(exported.certificateChain);
  if (!pool) return { unreadable: 'certificate chain' };
  const privateKey = openPrivateKey(exported.privateKey, exported.passphrase);
  if (!privateKey) return { unreadable: 'private key' };
  return new Material({ leaf, chain: orderChain(leaf, pool), privateKey, passphrase: exported.passphrase });
}

/**
 * Measures everything that inspection judges.
 *
 * @param anchors `public`, or the issuing authority's certificates (PEM, one or more each), which must not come from the
 *   export. Only the roots among them are trusted: an intermediate known to the client would hide that it is not served
 */
export async function examine(material: Material, { anchors }: { readonly anchors: Anchors }): Promise<Examined> {
  const { leaf, chain, privateKey } = material;
  const names = dnsNames(leaf);
  return {
    serial: normalSerial(leaf.serialNumber),
    ...datesOf([leaf]),
    names,
    keyAlgorithm: keyAlgorithm(leaf.publicKey),
    keyMatches: leaf.checkPrivateKey(privateKey.key),
    chain: chain.problem === undefined ? { holds: true } : { holds: false, detail: chain.problem },
    path: await examinePath(material, { anchors, name: names[0] ?? 'nameless.invalid' }),
  };
}

async function examinePath(
  material: Material,
  { anchors, name }: { readonly anchors: Anchors; readonly name: string },
): Promise<Examined['path']> {
  const served = {
    certificates: writeCertificates(material.fullChain),
    privateKey: material.privateKey.encrypted,
    passphrase: material.passphrase,
  };
  const trusted = anchors === 'public' ? anchors : roots(anchors).map((root) => writeCertificates([root]));
  const path = await handshake(served, { anchors: trusted, name });
  if (path.trusted || !errorsOfDates.includes(path.code)) return path;
  return { ...path, ...validity(material.fullChain, roots(anchors)) };
}

const errorsOfDates: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** When every certificate of a path is valid, with the root that it leads to; nothing if it leads to none. */
function validity(fullChain: readonly X509Certificate[], anchors: readonly X509Certificate[]): { dates?: Dates } {
  const top = fullChain.at(-1);
  const anchor = anchors.find((root) => top && isIssuedBy(top, root));
  return anchor ? { dates: datesOf([...fullChain, anchor]) } : {};
}

const roots = (anchors: Anchors) =>
  (anchors === 'public' ? getCACertificates('default') : anchors)
    .flatMap((text) => readCertificates(text) ?? [])
    .filter(isRoot);

const datesOf = (certificates: readonly X509Certificate[]): Dates => ({
  notBefore: Math.max(...certificates.map(({ validFromDate }) => validFromDate.getTime() / 1000)),
  notAfter: Math.min(...certificates.map(({ validToDate }) => validToDate.getTime() / 1000)),
});

/** node:crypto writes `DNS:a, DNS:b, IP Address:…` and quotes what could be mistaken for more; a name never needs that. */
const dnsNames = ({ subjectAltName = '' }: X509Certificate) =>
  subjectAltName.split(', ').flatMap((name) => /^DNS:([\w.*-]+)$/.exec(name)?.[1]?.toLowerCase() ?? []);
