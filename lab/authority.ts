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
  type Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
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

export type LeafKeyAlgorithm = 'RSA_2048' | 'EC_prime256v1' | 'EC_secp384r1';

export type IssuedLeaf = {
  readonly certificatePem: string;
  /** Without the leaf, up to and including the root. */
  readonly chainPem: string;
  /** PKCS#8, DER, unencrypted. */
  readonly privateKey: Uint8Array;
};

type IssuingCa = CertificateAuthority & {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
};

/** Both CAs are valid long before and after the lab's clock, wherever it goes. */
export async function createAuthority({ clock }: { clock: Clock }): Promise<Authority> {
  const notBefore = yearsFrom(clock.now(), -3);
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

async function createCa(wanted: {
  type: CertificateAuthority['type'];
  pathLength: number;
  notBefore: Date;
  years: number;
  issuer?: IssuingCa;
}): Promise<IssuingCa> {
  const { type, notBefore, issuer } = wanted;
  const keys = await crypto.subtle.generateKey(signingAlgorithm, false, ['sign', 'verify']);
  const subject = [{ O: ['acm-courier lab'] }, { CN: [`acm-courier lab ${type.toLowerCase()} CA`] }];
  const certificate = await certify(keys.publicKey, {
    subject,
    issuer: issuer ? { name: issuer.certificate.subjectName, keys: issuer.keys } : { name: subject, keys },
    notBefore,
    notAfter: yearsFrom(notBefore, wanted.years),
    extensions: [
      new BasicConstraintsExtension(true, wanted.pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const caArn = arn('acm-pca', `certificate-authority/${randomUUID()}`);
  const chainPem = issuer && chainThrough(issuer);
  return { arn: caArn, type, certificatePem: pemOf(certificate), chainPem, certificate, keys };
}

/** As Private CA's template EndEntityCertificate/V1 has it, and one hour old at birth as ACM makes them. */
async function issueLeaf(ca: IssuingCa, { request, now }: { request: LeafRequest; now: Date }): Promise<IssuedLeaf> {
  const start = inWholeSeconds(now).getTime();
  const notAfter = new Date(start + request.validityDays * 86_400_000);
  if (notAfter > ca.certificate.notAfter) throw new Error(`A certificate would outlive its CA "${ca.arn}"`);
  const keys = await crypto.subtle.generateKey(keyAlgorithms[request.keyAlgorithm], true, ['sign', 'verify']);
  const certificate = await certify(keys.publicKey, {
    subject: [{ CN: [request.commonName] }],
    issuer: { name: ca.certificate.subjectName, keys: ca.keys },
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
  return { certificatePem: pemOf(certificate), chainPem: chainThrough(ca), privateKey };
}

type Certified = {
  readonly subject: JsonName;
  readonly issuer: { readonly name: Name | JsonName; readonly keys: webcrypto.CryptoKeyPair };
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
};

/** With both key identifiers, which strict verification asks for. */
async function certify(
  publicKey: webcrypto.CryptoKey,
  { issuer, extensions, ...content }: Certified,
): Promise<X509Certificate> {
  const identifiers = await Promise.all([
    SubjectKeyIdentifierExtension.create(publicKey),
    AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
  ]);
  return X509CertificateGenerator.create({
    ...content,
    serialNumber: serialNumber(),
    issuer: issuer.name,
    publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm,
    extensions: [...extensions, ...identifiers],
  });
}

const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const keyAlgorithms: Readonly<Record<LeafKeyAlgorithm, webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams>> = {
  RSA_2048: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  EC_prime256v1: { name: 'ECDSA', namedCurve: 'P-256' },
  EC_secp384r1: { name: 'ECDSA', namedCurve: 'P-384' },
};

/** Sixteen bytes, positive, the first never zero: DER would drop it, while a leading zero digit must stay possible. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}

const pemOf = (certificate: X509Certificate) => certificate.toString('pem').trimEnd();

const chainThrough = (ca: CertificateAuthority) =>
  ca.chainPem ? `${ca.certificatePem}\n${ca.chainPem}` : ca.certificatePem;

function yearsFrom(date: Date, years: number): Date {
  const moved = inWholeSeconds(date);
  moved.setUTCFullYear(moved.getUTCFullYear() + years);
  return moved;
}

/** Certificates know no milliseconds. */
const inWholeSeconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000);
