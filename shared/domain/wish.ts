import type { Tags } from './certificate.ts';

/** What a person asked for by tags: this certificate in that secret, in this format. */
export type Delivery = { readonly secret: string; readonly format: Format };

/** A tag that cannot be read, and what would be. */
export type BadTag = { readonly tag: string; readonly value: string; readonly accepted: string };

export const formats = ['standard'] as const;
export type Format = (typeof formats)[number];

/** Secrets Manager's own alphabet for names (API Reference, CreateSecret), without a trailing hyphen and six characters. */
const secretName = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

export type Wishes = { readonly deliveries: readonly Delivery[]; readonly problems: readonly BadTag[] };

/** The deliveries that a certificate's tags ask for; what cannot be read is a problem, and the rest goes on. */
export function readWishes(tags: Tags): Wishes {
  const deliveries: Delivery[] = [];
  const problems: BadTag[] = [];
  for (const word of words(tags['courier:secret'])) {
    const [secret = '', format = tags['courier:format'] ?? 'standard'] = word.split(/:(.*)/s);
    if (!secretName.test(secret))
      problems.push(badTag('courier:secret', word, 'secret names or name:format, separated by spaces'));
    else if (!isFormat(format)) problems.push(badTag('courier:format', format, formats.join(', ')));
    else deliveries.push({ secret, format });
  }
  return { deliveries, problems };
}

/** The secrets that a service's tag names. */
export const consumedSecrets = (tags: Tags): readonly string[] => words(tags['courier:secret']);

export const isPaused = (tags: Tags): boolean => tags['courier:pause']?.trim().toLowerCase() === 'true';

const words = (value: string | undefined) => value?.split(/\s+/).filter(Boolean) ?? [];
const isFormat = (format: string): format is Format => (formats as readonly string[]).includes(format);
const badTag = (tag: string, value: string, accepted: string): BadTag => ({ tag, value, accepted });
