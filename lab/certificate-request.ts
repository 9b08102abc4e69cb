import { type LeafKeyAlgorithm, leafKeys } from './authority.ts';
import { refuse } from './service.ts';

type Input = {
  readonly DomainName: string;
  readonly SubjectAlternativeNames?: readonly string[];
  readonly KeyAlgorithm?: LeafKeyAlgorithm;
  readonly CertificateAuthorityArn?: string;
  readonly ValidationMethod?: 'DNS' | 'EMAIL';
  readonly DomainValidationOptions?: readonly { readonly DomainName: string; readonly ValidationDomain: string }[];
  readonly Options?: { readonly Export?: string };
};

export type CertificateRequest = ReturnType<typeof certificateRequest>;

const privateValidityDays = 395;

/**
 * What RequestCertificate asks for, with AWS's defaults; throws a ValidationException for what cannot be had.
 * `publicValidityDays`: AWS has no such member, its public certificates just get shorter over the years.
 */
export function certificateRequest(input: Input, publicValidityDays: number) {
  const { DomainName, SubjectAlternativeNames = [], KeyAlgorithm = 'RSA_2048', CertificateAuthorityArn: caArn } = input;
  if (!Object.hasOwn(leafKeys, KeyAlgorithm))
    refuse('ValidationException', `Certificates with key algorithm ${KeyAlgorithm} cannot be requested.`);
  if (caArn && input.Options?.Export)
    refuse(
      'ValidationException',
      'One or more of the options specified in the request are not supported for PRIVATE certificate types',
    );
  return {
    domainName: DomainName,
    names: [...new Set([DomainName, ...SubjectAlternativeNames])],
    keyAlgorithm: KeyAlgorithm,
    caArn,
    validityDays: caArn ? privateValidityDays : publicValidityDays,
    validationMethod: caArn ? undefined : (input.ValidationMethod ?? 'EMAIL'),
    validationDomains: new Map(
      input.DomainValidationOptions?.map(({ DomainName: name, ValidationDomain }) => [name, ValidationDomain]),
    ),
    options: { CertificateTransparencyLoggingPreference: 'ENABLED', ...input.Options },
  };
}
