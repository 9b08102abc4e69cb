/** Letters that may be wrong, swapped, missing or too many in a name that was meant: one in four, two at most. */
const mostSlips = 2;
const slipsIn = (name: string) => Math.min(mostSlips, Math.ceil((lastPart(name)?.length ?? 0) / 4));

/**
 * The name among `names` that was probably meant by one that nothing has: its last part is the same, or it differs by
 * few slips of the hand, not in numbers only (`node-1` is not `node-2`). The nearest; the first of equals.
 */
export function nearName(wanted: string, names: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const name of names) {
    if (numberless(name) === numberless(wanted)) continue;
    const slips = lastPart(name) === lastPart(wanted) ? 0 : slipsBetween(wanted, name);
    if (slips <= slipsIn(wanted) && slips < (best?.slips ?? Infinity)) best = { name, slips };
  }
  return best?.name;
}

const numberless = (name: string) => name.replace(/\d+/g, '0');
const lastPart = (name: string) => name.split('/').at(-1);

/** Optimal string alignment distance; names that differ more in length than may be are not looked at. */
function slipsBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > mostSlips) return Infinity;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let column = 1; column <= other.length; column++) {
      const same = one[at - 1] === other[column - 1];
      const swapped = one[at - 1] === other[column - 2] && one[at - 2] === other[column - 1];
      next[column] = Math.min(
        (row[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (row[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? Infinity;
}
