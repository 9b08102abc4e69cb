import { refuse } from './service.ts';

/** One page of a list; a token is the place to go on from, undefined after the last page. */
export function page<T>(all: readonly T[], { size, token }: { size: number; token: string | undefined }) {
  const start = Number(Buffer.from(token ?? '', 'base64').toString());
  if (!Number.isInteger(start)) refuse('ValidationException', 'The token is not one that was answered.');
  const end = start + size;
  const next = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
  return { items: all.slice(start, end), next };
}
