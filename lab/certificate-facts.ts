import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '@peculiar/x509';

/** Request and search form; Describe and List write it with hyphens (`RSA-2048`). */
export type KeyAlgorithm = `RSA_${number}` | 'EC_prime256v1' | 'EC_secp384r1' | 'EC_secp521r1';

/** What ACM tells of a certificate, in ACM's words. */
export type CertificateFacts = {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly subject: string;
  /** Name of the issuing organisation, or of the CA where it has none. */
  readonly issuer: string;
  readonly issuerCommonName: string;
  /** Lower-case bytes between colons, `0a:1b:…`. */
  readonly serial: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly signatureAlgorithm: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyUsages: readonly string[];
  readonly extendedKeyUsages: readonly { readonly Name: string; readonly OID: string }[];
};

/** Reads one certificate (PEM or DER); throws what the parser throws where it is none. */
export function certificateFacts(encoded: string | Uint8Array<ArrayBuffer>): CertificateFacts {
  const certificate = new X509Certificate(encoded);
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const dnsNames = names.filter(({ type }) => type === 'dns').map(({ value }) => value);
  const [commonName = dnsNames[0] ?? ''] = certificate.subjectName.getField('CN');
  const [issuerCommonName = ''] = certificate.issuerName.getField('CN');
  const [issuer = issuerCommonName] = certificate.issuerName.getField('O');
  return {
    commonName,
    names: dnsNames,
    subject: certificate.subject,
    issuer,
    issuerCommonName,
    serial: (certificate.serialNumber.match(/../g) ?? []).join(':'),
    keyAlgorithm: keyAlgorithmOf(certificate),
    signatureAlgorithm: signatureAlgorithmOf(certificate),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    keyUsages: keyUsagesOf(certificate),
    extendedKeyUsages: extendedKeyUsagesOf(certificate),
  };
}

const curves: Readonly<Record<string, KeyAlgorithm>> = {
  'P-256': 'EC_prime256v1',
  'P-384': 'EC_secp384r1',
  'P-521': 'EC_secp521r1',
};

function keyAlgorithmOf({ publicKey }: X509Certificate): KeyAlgorithm {
  const { namedCurve, modulusLength } = publicKey.algorithm as Partial<
    webcrypto.EcKeyAlgorithm & webcrypto.RsaKeyAlgorithm
  >;
  return curves[namedCurve ?? ''] ?? `RSA_${modulusLength ?? 0}`;
}

function signatureAlgorithmOf(certificate: X509Certificate): string {
  const { name, hash } = certificate.signatureAlgorithm as unknown as { name: string; hash: { name: string } };
  return `${hash.name.replace('-', '')}WITH${name === 'ECDSA' ? 'ECDSA' : 'RSA'}`;
}

const keyUsageNames = [
  [KeyUsageFlags.digitalSignature, 'DIGITAL_SIGNATURE'],
  [KeyUsageFlags.nonRepudiation, 'NON_REPUDIATION'],
  [KeyUsageFlags.keyEncipherment, 'KEY_ENCIPHERMENT'],
  [KeyUsageFlags.dataEncipherment, 'DATA_ENCIPHERMENT'],
  [KeyUsageFlags.keyAgreement, 'KEY_AGREEMENT'],
  [KeyUsageFlags.keyCertSign, 'CERTIFICATE_SIGNING'],
  [KeyUsageFlags.cRLSign, 'CRL_SIGNING'],
] as const;

/** Without the extension ACM says ANY for the key usage and NONE for the extended one, as its listings show. */
function keyUsagesOf(certificate: X509Certificate): string[] {
  const extension = certificate.getExtension(KeyUsagesExtension);
  if (!extension) return ['ANY'];
  return keyUsageNames.filter(([flag]) => extension.usages & flag).map(([, name]) => name);
}

const extendedKeyUsageNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS_WEB_SERVER_AUTHENTICATION',
  '1.3.6.1.5.5.7.3.2': 'TLS_WEB_CLIENT_AUTHENTICATION',
  '1.3.6.1.5.5.7.3.3': 'CODE_SIGNING',
  '1.3.6.1.5.5.7.3.4': 'EMAIL_PROTECTION',
  '1.3.6.1.5.5.7.3.8': 'TIME_STAMPING',
  '1.3.6.1.5.5.7.3.9': 'OCSP_SIGNING',
  '2.5.29.37.0': 'ANY',
};

function extendedKeyUsagesOf(certificate: X509Certificate): { Name: string; OID: string }[] {
  const extension = certificate.getExtension(ExtendedKeyUsageExtension);
  if (!extension) return [{ Name: 'NONE', OID: '' }];
  return [...extension.usages].map(String).map((OID) => ({ Name: extendedKeyUsageNames[OID] ?? 'CUSTOM', OID }));
}
