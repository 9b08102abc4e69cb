import { createHash, type X509Certificate } from 'node:crypto';
import { isRoot } from './chain.ts';

/**
 * Twelve hex digits that say whom a bundle of certificates trusts: SHA-256 of its anchors' DER, sorted. Anchors are the
 * certificates that sign themselves; where there is none, as below a cross-signed root, the last one.
 */
export function trustMark(bundle: readonly X509Certificate[]): string {
  const roots = bundle.filter(isRoot);
  const anchors = (roots.length > 0 ? roots : bundle.slice(-1)).map(({ raw }) => raw).toSorted(Buffer.compare);
  const hash = createHash('sha256');
  for (const anchor of anchors) hash.update(anchor);
  return hash.digest('hex').slice(0, 12);
}
