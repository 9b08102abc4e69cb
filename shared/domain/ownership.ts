import type { Issued } from './certificate.ts';
import { type Finding, finding } from './reasons.ts';
import { holderOf, label, ourVersions, type PresentSecret } from './secret.ts';
import { contentHash, readVersionId } from './version-id.ts';
import { type Delivery, formats } from './wish.ts';

/**
 * Why this secret is not ours to write for this certificate, or undefined if it is (DESIGN §3): ours is what is empty,
 * what holds a version of ours of this certificate, and what a person handed over by the tag `courier:certificate`.
 * Two certificates that name one secret would otherwise overwrite each other for ever.
 */
export function whyNotOurs(secret: PresentSecret, { certificate, delivery }: Claim): Finding | undefined {
  const claim = { name: certificate.name, certificateArn: certificate.arn, secret: delivery.secret };
  const handedTo = secret.tags['courier:certificate'];
  if (handedTo === certificate.arn) return undefined;
  if (handedTo) return finding('SecretOfAnotherCertificate', { ...claim, other: `certificate "${handedTo}"` });

  const current = holderOf(secret.versions, label.current);
  if (current === undefined) return undefined;
  const holds = readVersionId(current);
  if (holds) {
    const ours = holds.serial === certificate.serial || contentsOf(certificate.arn).includes(holds.content);
    const other = `the certificate with serial ${holds.serial}`;
    return ours ? undefined : finding('SecretOfAnotherCertificate', { ...claim, other });
  }
  return ourVersions(secret.versions).length > 0
    ? finding('VersionPutByHand', { ...claim, versionId: current })
    : finding('SecretNotOurs', claim);
}

export type Claim = { readonly certificate: Issued; readonly delivery: Delivery };

/** What a version of this certificate may be marked with, whatever format the tags asked for at the time. */
const contentsOf = (certificateArn: string) => formats.map((format) => contentHash(certificateArn, format));
