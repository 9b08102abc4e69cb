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
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** As ACM writes it: `RSA_2048`, `EC_prime256v1`, `EC_secp384r1`. */
  readonly keyAlgorithm?: string;
  /** A public certificate requested with `Options.Export: ENABLED`; private ones need no option. */
  readonly exportOption: boolean;
  readonly caArn?: string;
  /** The common name of whoever issued it, as ACM tells it. */
  readonly issuer?: string;
  /** ARNs of the AWS resources that use it: load balancers, distributions. */
  readonly inUseBy: readonly string[];
  /** Whether ACM would renew it by itself: in use, or exported since it was issued or last renewed. */
  readonly eligible: boolean;
  /** How each name of a public certificate was or is to be validated; of the renewal under way, where there is one. */
  readonly validations: readonly Validation[];
  /** The newest managed renewal, done or tried. */
  readonly renewal?: Renewal;
  readonly tags: Tags;
};

export type Validation = {
  readonly name: string;
  /** `http` and whatever AWS adds one day are `other`. */
  readonly method: 'dns' | 'email' | 'other';
  readonly status: 'pending' | 'success' | 'failed';
  /** The CNAME that must stand for as long as the certificate is to be renewed. */
  readonly record?: { readonly name: string; readonly value: string };
  /** Where ACM writes to; the domain to which they belong, which may be a parent of the name. */
  readonly mailboxes: readonly string[];
  readonly mailDomain: string;
};

export type Renewal = {
  /** `validating`: ACM waits for a name to be validated; `pending`: it is at it. */
  readonly status: 'pending' | 'validating' | 'succeeded' | 'failed';
  /** ACM's RenewalStatusReason, an open set of words. */
  readonly reason?: string;
  /** When ACM last tried. */
  readonly updatedAt: number;
};

/**
 * A certificate as a list of them has it, with its tags: enough to decide what is to become of it. Whoever acts asks ACM
 * for the certificate itself.
 */
export type ListedCertificate = Pick<
  Certificate,
  | 'arn'
  | 'name'
  | 'type'
  | 'status'
  | 'origin'
  | 'serial'
  | 'notBefore'
  | 'notAfter'
  | 'exportOption'
  | 'eligible'
  | 'tags'
> & {
  readonly inUse: boolean;
  readonly renewal?: Pick<Renewal, 'status'>;
  /** Who signed it, as `issuerKey` writes it; absent where ACM does not say. */
  readonly issuedBy?: string;
};

/** One name for an authority, whether its certificate's subject or its certificates' issuer is read. */
export const issuerKey = (name: {
  readonly commonName?: string | undefined;
  readonly organization?: string | undefined;
}) => `${name.organization ?? ''}/${name.commonName ?? ''}`;

/** Its present serial came from a managed renewal. */
export const isRenewed = ({ renewal }: Pick<ListedCertificate, 'renewal'>): boolean => renewal?.status === 'succeeded';

export type Tags = Readonly<Record<string, string>>;

/** A certificate that can be delivered: issued, with a serial and an end. */
export type Issued<Seen = Certificate> = Seen & {
  readonly status: 'issued';
  readonly serial: string;
  readonly notAfter: number;
};

export const isIssued = <Seen extends Pick<Certificate, 'status' | 'serial' | 'notAfter'>>(
  certificate: Seen,
): certificate is Issued<Seen> =>
  certificate.status === 'issued' && certificate.serial !== undefined && certificate.notAfter !== undefined;

/**
 * Why ACM would refuse to export this certificate, or undefined if it would not.
 * Source: ACM User Guide, "Export an ACM certificate" and "Exportable public certificates".
 */
export function whyNotExportable(
  certificate: Pick<Certificate, 'arn' | 'name' | 'origin' | 'type' | 'exportOption'>,
): Finding | undefined {
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
