/** A service as its tags nominate it, before anybody asked ECS. */
export type Nominee = { readonly arn: string; readonly order: number };

/** `rolloutParallel`: so many services at a time, or such a share of them. */
export type Parallel = { readonly count: number } | { readonly percent: number };

/** `4` or `25%`; null for anything else, and where it would restart nothing. */
export function readParallel(text: string): Parallel | null {
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(text.trim()) ?? [];
  const number = Number(digits);
  if (!(number >= 1) || (percent && number > 100)) return null;
  return percent ? { percent: number } : { count: number };
}

/** How many of so many services may be in deployment at a time. */
export const sizeOf = (parallel: Parallel, services: number): number =>
  'count' in parallel ? parallel.count : Math.ceil((services * parallel.percent) / 100);

type Plan = {
  readonly parallel: Parallel;
  /** Canaries came before them. Else the first wave is one service: it stands in for a canary. */
  readonly tried: boolean;
};

/**
 * The waves in which services are restarted: by order, then by name, none of two orders, none larger than `parallel`. They
 * depend on nothing but the nominees, so every look finds the same ones, and none needs to ask about more than its own.
 */
export function wavesOf<One extends Nominee>(
  nominees: readonly One[],
  { parallel, tried }: Plan,
): readonly (readonly One[])[] {
  const size = sizeOf(parallel, nominees.length);
  const sorted = nominees.toSorted((a, b) => a.order - b.order || compare(placeOf(a), placeOf(b)));
  const first = tried ? [] : sorted.slice(0, 1);
  const byOrder = Map.groupBy(sorted.slice(first.length), ({ order }) => order);
  return [first, ...[...byOrder.values()].flatMap((all) => slices(all, size))].filter((wave) => wave.length > 0);
}

/** Name first, then cluster: `arn:…:service/CLUSTER/NAME`. */
const placeOf = ({ arn }: Nominee) => arn.split('/').toReversed().join('/');
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export const slices = <One>(all: readonly One[], size: number): readonly (readonly One[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
