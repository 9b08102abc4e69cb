import 'reflect-metadata';
import { randomBytes, randomUUID, type webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
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
  const root = await createCa({ type: 'ROOT', pathLength: 1, from: yearsFrom(clock.now(), -3), years: 10 });
  const subordinate = await createCa({
    type: 'SUBORDINATE',
    pathLength: 0,
    from: yearsFrom(clock.now(), -3),
    years: 8,
    issuer: root,
  });
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
  from: Date;
  years: number;
  issuer?: IssuingCa;
}): Promise<IssuingCa> {
  const keys = await crypto.subtle.generateKey(signingAlgorithm, false, ['sign', 'verify']);
  const subject = [{ O: ['acm-courier lab'] }, { CN: [`acm-courier lab ${wanted.type.toLowerCase()} CA`] }];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: wanted.issuer?.certificate.subjectName ?? subject,
    notBefore: wanted.from,
    notAfter: yearsFrom(wanted.from, wanted.years),
    publicKey: keys.publicKey,
    signingKey: wanted.issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, wanted.pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ...(await keyIdentifiers(keys.publicKey, wanted.issuer?.keys.publicKey ?? keys.publicKey)),
    ],
  });
  return {
    arn: arn('acm-pca', `certificate-authority/${randomUUID()}`),
    type: wanted.type,
    certificatePem: pemOf(certificate),
    chainPem: wanted.issuer && chainThrough(wanted.issuer),
    certificate,
    keys,
  };
}

/** As Private CA's template EndEntityCertificate/V1 has it, and one hour old at birth as ACM makes them. */
async function issueLeaf(ca: IssuingCa, { request, now }: { request: LeafRequest; now: Date }): Promise<IssuedLeaf> {
  const start = Math.floor(now.getTime() / 1000) * 1000;
  const notAfter = new Date(start + request.validityDays * 86_400_000);
  if (notAfter > ca.certificate.notAfter) throw new Error(`A certificate would outlive its CA "${ca.arn}"`);
  const keys = await crypto.subtle.generateKey(keyAlgorithms[request.keyAlgorithm], true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: ca.certificate.subjectName,
    notBefore: new Date(start - 3_600_000),
    notAfter,
    publicKey: keys.publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(request.names.map((value) => ({ type: 'dns', value }))),
      ...(await keyIdentifiers(keys.publicKey, ca.keys.publicKey)),
    ],
  });
  return {
    certificatePem: pemOf(certificate),
    chainPem: chainThrough(ca),
    privateKey: new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
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

const keyIdentifiers = (own: webcrypto.CryptoKey, issuers: webcrypto.CryptoKey): Promise<Extension[]> =>
  Promise.all([SubjectKeyIdentifierExtension.create(own), AuthorityKeyIdentifierExtension.create(issuers)]);

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
  const moved = new Date(Math.floor(date.getTime() / 1000) * 1000);
  moved.setUTCFullYear(moved.getUTCFullYear() + years);
  return moved;
}
