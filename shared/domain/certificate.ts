import { type Finding, finding } from './reasons.ts';

/** A certificate as ACM describes it now, tags included. Times are epoch seconds. */
export type Certificate = {
  readonly arn: string;
  /** The common name, as people call the certificate. */
  readonly name: string;
  /** Every name that ACM lists, the common name among them. */
  readonly names: readonly string[];
  readonly type: 'private' | 'public' | 'imported';
  readonly status: 'issued' | 'pending' | 'expired' | 'revoked' | 'inactive' | 'failed';
  /** Who made the key pair: ACME certificates are never exportable. */
  readonly origin: 'acm' | 'acme' | 'customer';
  /** 40 hex digits, lower case, zero-padded; absent before issuance. */
  readonly serial?: string;
  readonly notAfter?: number;
  /** As ACM writes it: `RSA_2048`, `EC_prime256v1`, `EC_secp384r1`. */
  readonly keyAlgorithm?: string;
  /** A public certificate requested with `Options.Export: ENABLED`; private ones need no option. */
  readonly exportOption: boolean;
  readonly caArn?: string;
  /** Its present serial came from a managed renewal. */
  readonly renewed: boolean;
  readonly tags: Tags;
};

export type Tags = Readonly<Record<string, string>>;

/** A certificate that can be delivered: issued, with a serial and an end. */
export type Issued = Certificate & { readonly status: 'issued'; readonly serial: string; readonly notAfter: number };

export const isIssued = (certificate: Certificate): certificate is Issued =>
  certificate.status === 'issued' && certificate.serial !== undefined && certificate.notAfter !== undefined;

/**
 * Why ACM would refuse to export this certificate, or undefined if it would not.
 * Source: ACM User Guide, "Export an ACM certificate" and "Exportable public certificates".
 */
export function whyNotExportable(certificate: Certificate): Finding | undefined {
  const { arn, name } = certificate;
  if (certificate.origin === 'acme') return finding('AcmeCertificate', { name, certificateArn: arn });
  if (certificate.type === 'imported') return finding('ImportedCertificate', { name, certificateArn: arn });
  if (certificate.type === 'public' && !certificate.exportOption)
    return finding('ExportNotEnabled', { name, certificateArn: arn });
  return undefined;
}

/** ACM and openssl write serials in different dress (colons, case, missing zeros); this is the one we compare. */
export const normalSerial = (serial: string): string =>
  serial
    .replace(/[^0-9a-f]/gi, '')
    .toLowerCase()
    .replace(/^0+/, '')
    .padStart(40, '0');
