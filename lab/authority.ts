import 'reflect-metadata';
import { randomBytes, randomUUID, type webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { certificateFacts } from './certificate-facts.ts';
import type { Clock } from './clock.ts';
import { account, arn, refuse } from './service.ts';

/** Throw-away certificate authorities: their keys never leave this process. */
export type Authority = {
  /** The account's private CAs: a root, its subordinate, and whatever was added, another account's too. */
  readonly cas: readonly CertificateAuthority[];
  /** Who signs public certificates: a hierarchy of its own, which nobody but this lab trusts. */
  readonly publicCa: CertificateAuthority;
  /** Throws if no CA has this ARN or the certificate would outlive its CA. */
  issue(request: LeafRequest): Promise<IssuedLeaf>;
  /** Makes a CA, or certifies one anew, with the key that it has; throws if it or its issuer is not in the lab. */
  certify(wish: CaWish): Promise<CertificateAuthority>;
};

/** What is not wished stays as it is; a new CA lasts as long as the lab's subordinate, and its issuer is the root. */
export type CaWish = {
  /** Of the CA to certify anew. */
  readonly arn?: string;
  /** `self` makes a root. */
  readonly issuerArn?: string;
  readonly notAfter?: Date;
  /** DNS names below which alone it may issue; an empty list lifts the constraint. */
  readonly permitted?: readonly string[];
  /** How many more certificates it may issue. */
  readonly quota?: number;
  /** Of a new CA only. */
  readonly account?: string;
};

export type CertificateAuthority = {
  readonly arn: string;
  readonly account: string;
  readonly type: 'ROOT' | 'SUBORDINATE';
  readonly certificatePem: string;
  /** The CAs above it, up to the root; of the root none. */
  readonly chainPem: string | undefined;
  /** When it or a CA above it ends, whichever comes first. */
  readonly notAfter: Date;
  readonly permitted: readonly string[];
  readonly quota: number;
  status: 'ACTIVE' | 'DISABLED' | 'DELETED';
  /** Of a deleted one: from then on it is gone. */
  restorableUntil: Date | undefined;
  permissions: readonly CaPermission[];
};

/** Whom the CA lets do what. Source: Private CA API Reference, Permission. */
export type CaPermission = {
  readonly Principal: string;
  readonly Actions: readonly string[];
  readonly SourceAccount: string;
  readonly CreatedAt: Date;
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
/** `end` is the CA's own; its certificate is made of all this, and again when something of it changes. */
type IssuingCa = CertificateAuthority &
  Issuer & {
    readonly notBefore: Date;
    readonly issuer: IssuingCa | undefined;
    end: Date;
    permitted: readonly string[];
    quota: number;
    certificatePem: string;
  };

export const acmPrincipal = 'acm.amazonaws.com';
/** ACM renews only with all of these. Source: Private CA User Guide, "Assign certificate renewal permissions to ACM". */
export const renewalActions = ['IssueCertificate', 'GetCertificate', 'ListPermissions'];

const dayMs = 86_400_000;
const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };
export const leafKeys = {
  RSA_2048: { ...rsa, modulusLength: 2048 },
  EC_prime256v1: { name: 'ECDSA', namedCurve: 'P-256' },
  EC_secp384r1: { name: 'ECDSA', namedCurve: 'P-384' },
};
export type LeafKeyAlgorithm = keyof typeof leafKeys;

/** The first CAs are valid long before and after the lab's clock, wherever it goes. */
export async function createAuthority({ clock }: { clock: Clock }): Promise<Authority> {
  const notBefore = new Date(inWholeSeconds(clock.now()) - 3 * 365 * dayMs);
  const after = (years: number) => new Date(notBefore.getTime() + years * 365 * dayMs);
  const own = { name: 'acm-courier lab', notBefore, issuer: undefined, account };
  const root = await createCa({ ...own, end: after(10) });
  const subordinate = await createCa({ ...own, issuer: root, end: after(8) });
  const publicRoot = await createCa({ ...own, name: 'acm-courier lab public', end: after(10) });
  const publicCa = await createCa({ ...own, name: 'acm-courier lab public', issuer: publicRoot, end: after(8) });
  const cas = [root, subordinate];

  function find(caArn: string): IssuingCa {
    const ca = [...cas, publicCa].find((candidate) => candidate.arn === caArn);
    return ca ?? refuse('ResourceNotFoundException', `No certificate authority "${caArn}" in the lab`);
  }

  return {
    cas,
    publicCa,
    issue(request) {
      const ca = find(request.caArn);
      ca.quota -= 1;
      return issueLeaf(ca, { request, now: clock.now() });
    },
    async certify(wish) {
      const { arn: known, issuerArn = root.arn, account: owner = account } = wish;
      const issuer = issuerArn === 'self' ? undefined : find(issuerArn);
      const ca = known ? find(known) : await createCa({ ...own, issuer, account: owner, end: subordinate.end });
      ca.end = wish.notAfter ?? ca.end;
      ca.permitted = wish.permitted ?? ca.permitted;
      ca.quota = wish.quota ?? ca.quota;
      ca.certificatePem = await caCertificate(ca);
      if (!known) cas.push(ca);
      return ca;
    },
  };
}

type NewCa = Pick<IssuingCa, 'notBefore' | 'end' | 'issuer' | 'account'> & { readonly name: string };

async function createCa({ name, account: owner, issuer, ...dates }: NewCa): Promise<IssuingCa> {
  const type = issuer ? 'SUBORDINATE' : 'ROOT';
  const keys = await crypto.subtle.generateKey(signingAlgorithm, false, ['sign', 'verify']);
  const permission = { Principal: acmPrincipal, Actions: renewalActions, SourceAccount: owner };
  const ca: IssuingCa = {
    ...dates,
    arn: arn('acm-pca', `certificate-authority/${randomUUID()}`).replace(account, owner),
    account: owner,
    type,
    issuer,
    subject: [{ O: [name] }, { CN: [`${name} ${type.toLowerCase()} CA`] }],
    keys,
    permitted: [],
    quota: Number.POSITIVE_INFINITY,
    status: 'ACTIVE',
    restorableUntil: undefined,
    // To another account ACM's service-linked role and a resource policy give what a permission gives at home.
    permissions: owner === account ? [{ ...permission, CreatedAt: dates.notBefore }] : [],
    certificatePem: '',
    get chainPem() {
      return issuer && chainThrough(issuer);
    },
    get notAfter() {
      return issuer && issuer.notAfter < ca.end ? issuer.notAfter : ca.end;
    },
  };
  ca.certificatePem = await caCertificate(ca);
  return ca;
}

const caCertificate = ({ keys, subject, issuer, type, permitted, notBefore, end: notAfter }: IssuingCa) =>
  certify(keys.publicKey, {
    subject,
    issuer: issuer ?? { subject, keys },
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(true, type === 'ROOT' ? 1 : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ...(permitted.length > 0 ? [nameConstraints(permitted)] : []),
    ],
  });

/** RFC 5280, 4.2.1.10: permittedSubtrees of dNSNames; such a list stays below 128 bytes. */
function nameConstraints(permitted: readonly string[]): Extension {
  const der = (tag: number, ...content: Uint8Array[]) =>
    Buffer.concat([Buffer.of(tag, Buffer.concat(content).length), ...content]);
  const subtrees = permitted.map((name) => der(0x30, der(0x82, Buffer.from(name))));
  return new Extension('2.5.29.30', true, der(0x30, der(0xa0, ...subtrees)));
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

/** As Private CA would tell it now; null once it is gone for good. */
export function caStatus({ status, restorableUntil, certificatePem }: CertificateAuthority, now: Date) {
  if (restorableUntil && restorableUntil <= now) return null;
  return status !== 'DELETED' && certificateFacts(certificatePem).notAfter <= now ? 'EXPIRED' : status;
}
