/** The formats of a secret (DESIGN §5), each with the keys of its JSON object, in the order in which they are written. */
export const formats = {
  standard: ['certificate', 'certificateChain', 'privateKey', 'passphrase', 'fullChain', 'trustBundle'],
  plain: ['certificate', 'certificateChain', 'privateKey', 'fullChain', 'trustBundle'],
  kafka: ['certificate', 'privateKey'],
  keystore: ['keystore', 'truststore', 'password'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Format = keyof typeof formats;

/** How a certificate is written down: a format, and other names for some of its keys. */
export type Form = { readonly format: Format; readonly keys?: Keys };
export type Keys = Readonly<Record<string, string>>;

export const isFormat = (format: string): format is Format => Object.hasOwn(formats, format);

/** The name under which a form stores one of its format's keys. */
export const storedName = ({ keys = {} }: Form, key: string): string => keys[key] ?? key;

/** A form as one text: the same for what is written alike, in whatever order a tag says it. */
export const formText = ({ format, keys = {} }: Form): string =>
  [format, ...formats[format].flatMap((key) => (keys[key] ? [`${key}=${keys[key]}`] : []))].join(' ');

const pair = /^(\w+)=([\w.-]{1,64})$/;

/**
 * The keys that a tag `courier:keys` renames for one format (`certificate=tlsCert privateKey=tlsKey`), or the word that
 * cannot be carried out: no pair, a key that no format has, or two keys under one name. A key that only other formats
 * have is for the other deliveries of the certificate.
 */
export function readKeys(words: readonly string[], format: Format): Keys | { readonly wrong: string } {
  const own: readonly string[] = formats[format];
  const keys: Record<string, string> = {};
  for (const word of words) {
    const [, key = '', name = ''] = pair.exec(word) ?? [];
    if (!allKeys.has(key) || Object.hasOwn(keys, key)) return { wrong: word };
    if (own.includes(key)) keys[key] = name;
  }
  const names = own.map((key) => keys[key] ?? key);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? keys : { wrong: words.find((word) => word.endsWith(`=${twice}`)) ?? twice };
}

export const allKeys: ReadonlySet<string> = new Set(Object.values(formats).flat());

/**
 * What a secret that a person handed over holds for others, and keeps: not the keys of any format, and, once it holds a
 * version of ours, no PEM either. A key that was renamed since would else stay behind with a certificate that is never
 * renewed.
 */
export const keptMembers = (
  members: Readonly<Record<string, unknown>>,
  { ours }: { readonly ours: boolean },
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(members).filter(([key, value]) => !allKeys.has(key) && !(ours && isPem(value))));

const isPem = (value: unknown) => typeof value === 'string' && value.includes('-----BEGIN ');
