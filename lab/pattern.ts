/** What may stand in the lists of an event pattern or a filter policy, beside plain values. */
const matchers: Readonly<Record<string, (value: unknown, expected: never) => boolean>> = {
  prefix: (value, expected: string) => typeof value === 'string' && value.startsWith(expected),
  exists: (value, expected: boolean) => (value !== undefined) === expected,
  'anything-but': (value, expected: string | readonly string[]) =>
    value !== undefined && ![expected].flat().includes(value as string),
};

/**
 * Whether `subject` has what `pattern` asks for, as EventBridge matches events and SNS matches attributes: every key
 * must match; of a list of expectations, and of a list of values, one is enough.
 */
export function matchesPattern(pattern: object, subject: unknown): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    const value = isObject(subject) && Object.hasOwn(subject, key) ? subject[key] : undefined;
    if (!Array.isArray(expected)) return matchesPattern(expected, value);
    return expected.some((one) => [value].flat().some((item) => fits(one, item)));
  });
}

/** A sentence about the first thing in a pattern that could never match or is not known here; null where all is well. */
export function patternFlaw(pattern: unknown): string | null {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    return 'A pattern must be an object with at least one key';
  for (const [key, expected] of Object.entries(pattern)) {
    const flaw = Array.isArray(expected) ? listFlaw(key, expected) : patternFlaw(expected);
    if (flaw !== null) return flaw;
  }
  return null;
}

function listFlaw(key: string, expected: readonly unknown[]): string | null {
  if (expected.length === 0) return `"${key}" has an empty list`;
  const names = expected.filter(isObject).flatMap(Object.keys);
  const unknown = names.find((name) => !Object.hasOwn(matchers, name));
  return unknown === undefined ? null : `"${key}" uses "${unknown}", which the lab does not match`;
}

const fits = (expected: unknown, value: unknown): boolean =>
  isObject(expected)
    ? Object.entries(expected).every(([name, operand]) => matchers[name]?.(value, operand as never))
    : expected === value;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
