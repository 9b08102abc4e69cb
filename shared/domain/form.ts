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
    if (!allKeys.has(key) || Object.hasOwn(keys, key) || name === '__proto__') return { wrong: word };
    if (own.includes(key)) keys[key] = name;
  }
  const names = own.map((key) => keys[key] ?? key);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? keys : { wrong: words.find((word) => word.endsWith(`=${twice}`)) ?? twice };
}

export const allKeys: ReadonlySet<string> = new Set(Object.values(formats).flat());

/** The names under which a form stores its keys. */
const storedNames = (form: Form): readonly string[] => formats[form.format].map((key) => storedName(form, key));

/** The member of a secret with members of others that lists which ones are ours. A tag cannot say its colon. */
export const listOfOurs = 'courier:keys';

/** Who wrote the current value of a secret. */
export type Writer = 'acm-courier' | 'somebody after acm-courier' | 'somebody';

export type Members = Readonly<Record<string, unknown>>;

/**
 * What a secret that a person handed over holds for others, and keeps; or the names among it that the form needs for
 * itself: nobody but that person knows whether those may be overwritten.
 */
export function keptMembers(
  members: Members,
  { form, writer }: { readonly form: Form; readonly writer: Writer },
): { readonly kept: Members } | { readonly taken: readonly string[] } {
  const needed = [...storedNames(form), listOfOurs];
  const ours = listed(members[listOfOurs]) ?? written(writer, { members, needed });
  const others = Object.entries(members).filter(([name]) => !ours.includes(name));
  const taken = others.filter(([name, value]) => needed.includes(name) && value !== '' && value !== null);
  return taken.length > 0 ? { taken: taken.map(([name]) => name) } : { kept: Object.fromEntries(others) };
}

const listed = (list: unknown): readonly string[] | undefined =>
  Array.isArray(list) && list.every((name) => typeof name === 'string') ? [...list, listOfOurs] : undefined;

/** Which members are ours where no list says it: there were no others when we wrote it. */
function written(writer: Writer, { members, needed }: { members: Members; needed: readonly string[] }) {
  switch (writer) {
    case 'acm-courier':
      return Object.keys(members);
    case 'somebody after acm-courier':
      return needed;
    case 'somebody':
      return [];
  }
}

/** The value of `courier:keys` that also gives new names to the keys that are stored under these. */
export function keysBeside(
  names: readonly string[],
  { form, tag = '' }: { form: Form; tag: string | undefined },
): string {
  const moved = formats[form.format].filter((key) => names.includes(storedName(form, key)));
  const others = tag.split(/\s+/).filter((word) => word !== '' && !moved.some((key) => word.startsWith(`${key}=`)));
  return [...others, ...moved.map((key) => `${key}=courier${key.charAt(0).toUpperCase()}${key.slice(1)}`)].join(' ');
}
