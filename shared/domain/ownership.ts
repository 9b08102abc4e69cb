import type { Issued } from './certificate.ts';
import { type Finding, finding, type OfSecret } from './reasons.ts';
import { holderOf, label, ourVersions, type PresentSecret } from './secret.ts';
import { isContentOf, readVersionId, type VersionId } from './version-id.ts';
import type { Delivery } from './wish.ts';

/**
 * Why this secret is not ours to write for this certificate, or undefined if it is (DESIGN §3): ours is what is empty,
 * what holds a version of ours of this certificate, and what a person handed over by the tag `courier:certificate`.
 * Two certificates that name one secret would otherwise overwrite each other for ever.
 */
export function whyNotOurs(secret: PresentSecret, { certificate, delivery }: Claim): Finding | undefined {
  const claim = ofSecret({ certificate, delivery });
  const handedTo = secret.tags['courier:certificate'];
  if (handedTo === certificate.arn) return undefined;
  if (handedTo) return finding('SecretOfAnotherCertificate', { ...claim, other: `certificate "${handedTo}"` });

  const current = holderOf(secret.versions, label.current);
  if (current === undefined) return undefined;
  const isOfThis = ({ serial, content }: VersionId) =>
    serial === certificate.serial || isContentOf(certificate.arn, content);
  const isTaken = ({ serial }: VersionId) =>
    finding('SecretOfAnotherCertificate', { ...claim, other: `the certificate with serial ${serial}` });

  const holds = readVersionId(current);
  if (holds) return isOfThis(holds) ? undefined : isTaken(holds);
  // Somebody put it. Only the certificate that filled the secret before may be proposed to fill it again.
  const filled = ourVersions(secret.versions).map((version) => version.holds);
  if (filled.some(isOfThis)) return finding('VersionPutByHand', { ...claim, versionId: current });
  const [another] = filled;
  return another ? isTaken(another) : finding('SecretNotOurs', claim);
}

/** Of a certificate, what its secret is judged by. */
export type Claimed = Pick<Issued, 'arn' | 'name' | 'serial' | 'notAfter' | 'tags'>;

export type Claim<One extends Claimed = Claimed> = { readonly certificate: One; readonly delivery: Delivery };

/** What every finding about a certificate and its secret says of them. */
export const ofSecret = ({ certificate, delivery }: Claim): OfSecret => ({
  name: certificate.name,
  certificateArn: certificate.arn,
  secret: delivery.secret,
});
