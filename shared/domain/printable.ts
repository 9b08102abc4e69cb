/**
 * Text from outside with a question mark for whatever is not seen: control characters and line separators, which would
 * start a line of their own, format characters, which reorder what is read (a pasted command among it), and letters
 * that no font draws.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '?');
