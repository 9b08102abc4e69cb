/**
 * Text from outside with a question mark for whatever is not seen: control characters and line separators, which would
 * start a line of their own, and format characters, which reorder what is read (a pasted command among it).
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
