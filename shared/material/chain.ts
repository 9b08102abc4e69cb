import type { X509Certificate } from 'node:crypto';

export type Chain = {
  /** From the leaf's issuer upwards, as far as it goes; the leaf is not in it. */
  readonly certificates: readonly X509Certificate[];
  /** What does not hold together, to follow a colon; absent for one line of issuers with nothing left over. */
  readonly problem?: string;
};

/**
 * Puts the issuers of a leaf in order: ACM promises none. The line may end in a root (private authorities) or below one
 * (public authorities, whose roots the clients have).
 */
export function orderChain(leaf: X509Certificate, pool: readonly X509Certificate[]): Chain {
  const certificates: X509Certificate[] = [];
  const rest = new Set(pool);
  let top = leaf;
  for (let issuer = issuerOf(top, rest); issuer; issuer = issuerOf(top, rest)) {
    rest.delete(issuer);
    certificates.push(issuer);
    top = issuer;
  }
  if (rest.size === 0) return { certificates };
  return { certificates, problem: problem(top, [...rest]) };
}

/** `checkIssued` compares names and key ids only: neither the signature nor that the issuer may issue. */
export const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

export const isRoot = (certificate: X509Certificate): boolean => isIssuedBy(certificate, certificate);

/** Above a root is nothing, though a second copy of it would verify. */
const issuerOf = (certificate: X509Certificate, pool: ReadonlySet<X509Certificate>) =>
  isRoot(certificate) ? undefined : [...pool].find((issuer) => isIssuedBy(certificate, issuer));

function problem(top: X509Certificate, leftOver: readonly X509Certificate[]): string {
  const strangers = `leaves over ${leftOver.map(nameOf).sort().join(', ')}`;
  return isRoot(top) ? `it ${strangers}` : `it lacks the issuer of ${nameOf(top)} and ${strangers}`;
}

/** node:crypto writes one line per part of the name. */
const nameOf = ({ subject }: X509Certificate) => `"${subject.replaceAll('\n', ', ')}"`;
