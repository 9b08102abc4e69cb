/**
 * FNV-1a, 32 bits, as eight hex digits (RFC draft "The FNV Non-Cryptographic Hash Algorithm"). For telling things
 * apart and for jitter, never for security: it keeps the domain free of node:crypto.
 */
export function hash32(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
