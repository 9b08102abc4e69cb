import type { Certificate, Issued, ListedCertificate } from '../../../shared/domain/certificate.ts';
import type { PresentSecret, Versions } from '../../../shared/domain/secret.ts';
import type { Place } from '../../../shared/domain/shell.ts';
import { contentHash, writeVersionId } from '../../../shared/domain/version-id.ts';

export const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';
export const otherArn = 'arn:aws:acm:us-east-1:111122223333:certificate/ffffffff-0000-4000-8000-1234567890ab';
/** 2026-10-01T00:00:00Z. */
export const now = Date.UTC(2026, 9, 1) / 1000;
export const day = 86_400;

export const certificate: Issued = {
  arn,
  name: 'api.example.com',
  names: ['api.example.com'],
  type: 'private',
  status: 'issued',
  origin: 'acm',
  serial: 'ab'.repeat(20),
  notAfter: now + 395 * day,
  keyAlgorithm: 'EC_prime256v1',
  exportOption: false,
  inUseBy: [],
  eligible: true,
  validations: [],
  renewal: { status: 'succeeded', updatedAt: 0 },
  tags: { 'courier:secret': 'courier/api' },
};

/** The certificate with something else about it, not necessarily issued any more. */
export const but = (other: Partial<Certificate>): Certificate => ({ ...certificate, ...other });

/** The certificate as a list has it, with something else about it. */
export function listed(other: Partial<ListedCertificate> = {}): ListedCertificate {
  const { names: _, inUseBy, validations: __, keyAlgorithm: ___, ...seen } = certificate;
  return { ...seen, inUse: inUseBy.length > 0, ...other };
}

export const delivery = { secret: 'courier/api', format: 'standard' } as const;
export const claim = { name: certificate.name, certificateArn: arn, secret: delivery.secret };

/** The id of the version that holds this certificate; `of` holds something else. */
export const idOf = (of: { serial?: string; notAfter?: number; arn?: string; nonce?: string } = {}): string =>
  writeVersionId({
    serial: of.serial ?? certificate.serial,
    notAfter: of.notAfter ?? certificate.notAfter,
    content: contentHash(of.arn ?? arn, delivery),
    nonce: of.nonce ?? '0000',
  });

export const present = (versions: Versions, tags: PresentSecret['tags'] = {}): PresentSecret => ({
  state: 'present',
  tags,
  changedAt: now - 60,
  versions,
});

export const place: Place = {
  region: 'us-east-1',
  account: '111122223333',
  partition: 'aws',
  functionPrefix: 'acm-courier-prod-',
  runbook: 'https://example.com/runbook.md',
};
