import type { Tags } from './certificate.ts';
import { allKeys, type Form, type Format, formats, isFormat, readKeys } from './form.ts';

/** What a person asked for by tags: this certificate in that secret, in this form. */
export type Delivery = Form & { readonly secret: string };

/** A tag that cannot be read, and what would be. */
export type BadTag = { readonly tag: string; readonly value: string; readonly accepted: string };

const formatNames = Object.keys(formats).join(', ');
const acceptedKeys = `key=name, separated by spaces, each key once, of ${[...allKeys].join(', ')}; names of letters, digits and _.-, each once`;

/** Secrets Manager's own alphabet for names (API Reference, CreateSecret); a final slash is a prefix without a name. */
const secretName = /^[A-Za-z0-9/_+=.@-]{0,511}[A-Za-z0-9_+=.@-]$/;

/** Whether Secrets Manager, and so a tag of ours, takes it for a name. */
export const isSecretName = (name: string): boolean => secretName.test(name);

export type Wishes = { readonly deliveries: readonly Delivery[]; readonly problems: readonly BadTag[] };

/** The deliveries that a certificate's tags ask for; what cannot be read is a problem, and the rest goes on. */
export function readWishes(tags: Tags): Wishes {
  const asked: { readonly secret: string; readonly format: Format }[] = [];
  const problems: BadTag[] = [];
  const renamings = words(tags['courier:keys']);
  for (const word of words(tags['courier:secret'])) {
    const [secret = '', ownFormat] = word.split(/:(.*)/s);
    const format = ownFormat ?? tags['courier:format'] ?? 'standard';
    if (!secretName.test(secret))
      problems.push(badTag('courier:secret', word, 'secret names or name:format, separated by spaces'));
    else if (asked.some((one) => one.secret === secret))
      problems.push(badTag('courier:secret', word, 'each secret once'));
    else if (isFormat(format)) asked.push({ secret, format });
    else if (ownFormat === undefined) problems.push(badTag('courier:format', format, formatNames));
    else problems.push(badTag('courier:secret', word, `${secret} with format ${formatNames}`));
  }
  const deliveries = asked.flatMap((delivery): readonly Delivery[] => {
    const keys = readKeys(renamings, delivery.format);
    if (!('wrong' in keys)) return [Object.keys(keys).length > 0 ? { ...delivery, keys } : delivery];
    problems.push(badTag('courier:keys', keys.wrong, acceptedKeys));
    return [];
  });
  return { deliveries, problems };
}

/** What the tags ask for in one secret; undefined where they do not name it, or it cannot be read. */
export const wishFor = (tags: Tags, secret: string): Delivery | undefined =>
  readWishes(tags).deliveries.find((one) => one.secret === secret);

/** The value of `courier:secret` that asks for one secret, in a format where one is given, besides all others. */
export function otherFormat(tags: Tags, { secret, format }: { secret: string; format: string | undefined }): string {
  const others = words(tags['courier:secret']).filter((word) => word !== secret && !word.startsWith(`${secret}:`));
  return [...others, format === undefined ? secret : `${secret}:${format}`].join(' ');
}

/** The value of `courier:secret` with one secret renamed, its format and all other deliveries kept. */
export const renamed = (tags: Tags, { from, to }: { readonly from: string; readonly to: string }): string =>
  words(tags['courier:secret'])
    .map((word) => (word === from || word.startsWith(`${from}:`) ? `${to}${word.slice(from.length)}` : word))
    .join(' ');

/** The secrets that a certificate's tag names, whether the rest of it can be read or not. */
export const namedSecrets = (tags: Tags): readonly string[] =>
  words(tags['courier:secret']).map((word) => word.split(':', 1)[0] ?? word);

/** `courier:consumers=none` on a certificate: who reads its secrets is no ECS service. */
export const isReadElsewhere = (tags: Tags): boolean => tags['courier:consumers']?.trim().toLowerCase() === 'none';

/** The secrets that a service's tag names. */
export const consumedSecrets = (tags: Tags): readonly string[] => words(tags['courier:secret']);

export const isPaused = (tags: Tags): boolean => tags['courier:pause']?.trim().toLowerCase() === 'true';

/** `courier:restart=false` on a service: it watches the secret, and a restart would only cost. */
export const readsByItself = (tags: Tags): boolean => tags['courier:restart']?.trim().toLowerCase() === 'false';

const words = (value: string | undefined) => value?.split(/\s+/).filter(Boolean) ?? [];
const badTag = (tag: string, value: string, accepted: string): BadTag => ({ tag, value, accepted });
