/**
 * How a person reads a punycode name (`xn--bcher-kva.example` as `bücher.example`), or undefined where there is nothing
 * to add: the name has no such label, is malformed, or would be read as another name than it is.
 */
export function unicodeName(name: string): string | undefined {
  const labels = name.toLowerCase().split('.');
  if (!labels.some(isPunycode)) return undefined;
  const read = labels.map((label) => (isPunycode(label) ? readable(decoded(label.slice(4))) : label));
  return read.includes(undefined) ? undefined : read.join('.');
}

/**
 * Sentences in which the first mention of each punycode name is followed by its reading. Everything stays as it was
 * beside it: a reading is for people, the name is what commands and consoles know.
 */
export function spellingOut(): (sentence: string) => string {
  const seen = new Set<string>();
  return (sentence) =>
    sentence.replace(/(?<![\w.*-])[\w.*-]*xn--[\w.-]*\w"?/gi, (mention) => {
      const name = mention.replace('"', '');
      const reading = seen.has(name) ? undefined : unicodeName(name);
      seen.add(name);
      return reading === undefined ? mention : `${mention} (${reading})`;
    });
}

const isPunycode = (label: string) => label.startsWith('xn--');

/**
 * One script alone, for a mix is how look-alikes are made; of Cyrillic and Greek at least one letter that no Latin one
 * resembles. Scripts that run from right to left are left out: they move what stands beside them.
 */
const scripts = [
  /^[a-z0-9\u00df-\u00f6\u00f8-\u00ff\u0101-\u012f\u0135-\u0137\u013a-\u013e\u0142-\u0148\u014b-\u017e-]+$/,
  /^(?=.*[бвгдёжзийклмнптфцчшщъыьэюяєїґ])[0-9а-яёєіїґ-]+$/,
  /^(?=.*[βγδεζθλμξπσςφψωέώ])[0-9α-ωάέήίόύώ-]+$/,
  /^[0-9\u3400-\u4dbf\u4e00-\u9fff々ぁ-ゖァ-ヺー-]+$/,
  /^[0-9가-힣-]+$/,
];

const readable = (label: string | undefined) =>
  label !== undefined && /[^ -~]/.test(label) && scripts.some((script) => script.test(label)) ? label : undefined;

/** What a label of DNS holds after `xn--`. */
const longest = 59;

/** RFC 3492, section 6.2, with its parameters for domain names; undefined where it is not punycode. */
function decoded(label: string): string | undefined {
  if (label.length > longest) return undefined;
  const dash = label.lastIndexOf('-');
  const output = [...label.slice(0, Math.max(dash, 0))];
  let [code, bias, index] = [128, 72, 0];
  for (let at = dash + 1; at < label.length; ) {
    const before = index;
    for (let [weight, step] = [1, 36]; ; step += 36) {
      const digit = digits.indexOf(label[at++] ?? '?');
      if (digit < 0) return undefined;
      index += digit * weight;
      const threshold = Math.min(Math.max(step - bias, 1), 26);
      if (digit < threshold) break;
      weight *= 36 - threshold;
    }
    const length = output.length + 1;
    bias = adapted(index - before, { length, first: before === 0 });
    code += Math.floor(index / length);
    index %= length;
    if (code > 0x10ffff) return undefined;
    output.splice(index++, 0, String.fromCodePoint(code));
  }
  return output.join('');
}

const digits = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** RFC 3492, section 6.1. */
function adapted(delta: number, { length, first }: { length: number; first: boolean }): number {
  let [rest, bias] = [Math.floor(delta / (first ? 700 : 2)), 0];
  for (rest += Math.floor(rest / length); rest > 455; rest = Math.floor(rest / 35)) bias += 36;
  return bias + Math.floor((36 * rest) / (rest + 38));
}
