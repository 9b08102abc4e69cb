import 'reflect-metadata';
import { randomBytes, randomUUID, type webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Clock } from './clock.ts';
import { arn } from './service.ts';

/** A throw-away certificate authority, a root and a subordinate below it: its keys never leave this process. */
export type Authority = {
  /** The root first. */
  readonly cas: readonly CertificateAuthority[];
  /** Throws if no CA has this ARN or the certificate would outlive its CA. */
  issue(request: LeafRequest): Promise<IssuedLeaf>;
};

export type CertificateAuthority = {
  readonly arn: string;
  readonly type: 'ROOT' | 'SUBORDINATE';
  readonly certificatePem: string;
  /** The CAs above it, up to the root; of the root none. */
  readonly chainPem: string | undefined;
};

export type LeafRequest = {
  readonly caArn: string;
  readonly commonName: string;
  /** DNS names, wildcards allowed. */
  readonly names: readonly string[];
  readonly keyAlgorithm: LeafKeyAlgorithm;
  readonly validityDays: number;
};

/** `privateKey` is PKCS#8, DER; `chainPem` goes from the leaf's issuer up to and including the root. */
export type IssuedLeaf = {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly privateKey: Uint8Array;
};

type Issuer = { readonly subject: JsonName; readonly keys: webcrypto.CryptoKeyPair };
type IssuingCa = CertificateAuthority & Issuer & { readonly notAfter: Date };

const dayMs = 86_400_000;
const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };
export const leafKeys = {
  RSA_2048: { ...rsa, modulusLength: 2048 },
  EC_prime256v1: { name: 'ECDSA', namedCurve: 'P-256' },
  EC_secp384r1: { name: 'ECDSA', namedCurve: 'P-384' },
};
export type LeafKeyAlgorithm = keyof typeof leafKeys;

/** Both CAs are valid long before and after the lab's clock, wherever it goes. */
export async function createAuthority({ clock }: { clock: Clock }): Promise<Authority> {
  const notBefore = new Date(inWholeSeconds(clock.now()) - 3 * 365 * dayMs);
  const root = await createCa({ type: 'ROOT', pathLength: 1, notBefore, years: 10 });
  const subordinate = await createCa({ type: 'SUBORDINATE', pathLength: 0, notBefore, years: 8, issuer: root });
  const cas = [root, subordinate];
  return {
    cas,
    issue(request) {
      const ca = cas.find((candidate) => candidate.arn === request.caArn);
      if (!ca) throw new Error(`No certificate authority "${request.caArn}" in the lab`);
      return issueLeaf(ca, { request, now: clock.now() });
    },
  };
}

type CaWish = { type: IssuingCa['type']; pathLength: number; notBefore: Date; years: number; issuer?: IssuingCa };

async function createCa({ type, pathLength, notBefore, years, issuer }: CaWish): Promise<IssuingCa> {
  const keys = await crypto.subtle.generateKey(signingAlgorithm, false, ['sign', 'verify']);
  const subject = [{ O: ['acm-courier lab'] }, { CN: [`acm-courier lab ${type.toLowerCase()} CA`] }];
  const notAfter = new Date(notBefore.getTime() + years * 365 * dayMs);
  const certificatePem = await certify(keys.publicKey, {
    subject,
    issuer: issuer ?? { subject, keys },
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(true, pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const caArn = arn('acm-pca', `certificate-authority/${randomUUID()}`);
  return { arn: caArn, type, certificatePem, chainPem: issuer && chainThrough(issuer), subject, keys, notAfter };
}

/** As Private CA's template EndEntityCertificate/V1 has it, and one hour old at birth as ACM makes them. */
async function issueLeaf(ca: IssuingCa, { request, now }: { request: LeafRequest; now: Date }): Promise<IssuedLeaf> {
  const start = inWholeSeconds(now);
  const notAfter = new Date(start + request.validityDays * dayMs);
  if (notAfter > ca.notAfter) throw new Error(`A certificate would outlive its CA "${ca.arn}"`);
  const keys = await crypto.subtle.generateKey(leafKeys[request.keyAlgorithm], true, ['sign', 'verify']);
  const certificatePem = await certify(keys.publicKey, {
    subject: [{ CN: [request.commonName] }],
    issuer: ca,
    notBefore: new Date(start - 3_600_000),
    notAfter,
    extensions: [
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(request.names.map((value) => ({ type: 'dns', value }))),
    ],
  });
  const privateKey = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificatePem, chainPem: chainThrough(ca), privateKey };
}

type Content = {
  readonly subject: JsonName;
  readonly issuer: Issuer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
};

/** PEM, with both key identifiers, which strict verification asks for. */
async function certify(publicKey: webcrypto.CryptoKey, wanted: Content): Promise<string> {
  const { issuer, extensions, ...content } = wanted;
  const identifiers = await Promise.all([
    SubjectKeyIdentifierExtension.create(publicKey),
    AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
  ]);
  const certificate = await X509CertificateGenerator.create({
    ...content,
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm,
    extensions: [...extensions, ...identifiers],
  });
  return certificate.toString('pem').trimEnd();
}

/** Sixteen bytes, positive, the first never zero: DER would drop it, while a leading zero digit must stay possible. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}

const chainThrough = ({ certificatePem, chainPem }: CertificateAuthority) =>
  chainPem ? `${certificatePem}\n${chainPem}` : certificatePem;

/** Certificates know no milliseconds. */
const inWholeSeconds = (date: Date) => Math.floor(date.getTime() / 1000) * 1000;
