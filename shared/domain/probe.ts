import type { Tags } from './certificate.ts';
import type { BadTag } from './wish.ts';

/** Where the tasks of a service serve a certificate, as its tag `courier:probe` says it. */
export type ProbePort = { readonly container?: string; readonly port: number };

export type ProbeWish = {
  /** Undefined where the tag does not say it for this secret: then the service is restarted, not probed. */
  readonly at: ProbePort | undefined;
  readonly problems: readonly BadTag[];
};

const tag = 'courier:probe';
/** ECS's own alphabet for names of containers (API Reference, ContainerDefinition). */
const place = /^(?:([A-Za-z0-9_-]{1,255}):)?([1-9]\d{0,4})$/;
const accepted = 'port or container:port, or secret=container:port for each secret, separated by spaces';

/**
 * `port`, `container:port`, or `secret=container:port` where a service reads several secrets; a word with the secret's own
 * name goes before one without any. Words for other secrets are theirs to judge.
 */
export function readProbe(tags: Tags, secret: string): ProbeWish {
  const words = tags[tag]?.split(/\s+/).filter(Boolean) ?? [];
  const ours = words.map(readWord).filter((word) => word.secret === undefined || word.secret === secret);
  const [own, shared] = [ours.filter((word) => word.secret === secret), ours.filter(({ secret }) => !secret)];
  const extra = [...own.slice(1), ...shared.slice(1)];
  const bad = (value: string, accepted: string): BadTag => ({ tag, value, accepted });
  return {
    at: [...own, ...shared].find(({ at }) => at)?.at,
    problems: [
      ...ours.filter(({ at }) => !at).map(({ word }) => bad(word, accepted)),
      ...extra.filter(({ at }) => at).map(({ word }) => bad(word, 'one port for each secret')),
    ],
  };
}

/** Names of secrets may contain `=`, places do not: the last one divides. */
function readWord(word: string) {
  const [, secret, text = ''] = /^(?:(.*)=)?([^=]*)$/s.exec(word) ?? [];
  const [, container, digits] = place.exec(text) ?? [];
  const port = Number(digits);
  return { word, secret, at: port <= 65_535 ? { ...(container !== undefined && { container }), port } : undefined };
}

/** What a client asks for (SNI): the certificate's first name; of a wildcard, a name that it covers. */
export const serverName = (firstName: string): string => firstName.replace(/^\*\./, 'probe.');

/** One task to shake hands with. `serial` is the expected one, 40 hex digits; `id` tells the answers apart. */
export type ProbeTarget = {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  readonly serial: string;
};

/** What a handshake showed: the leaf's serial, or in words why none. */
export type Shown =
  | { readonly serial: string }
  /** Only what fails once a server has taken the connection (`handshake`) can be the certificate's fault. */
  | { readonly error: string; readonly during: 'connect' | 'handshake' };

export type ProbeVerdict =
  | { readonly is: 'serving' }
  | { readonly is: 'another leaf'; readonly serial: string }
  | { readonly is: 'silent'; readonly error: string; readonly during: 'connect' | 'handshake' };

/** Whether a task serves the leaf with this serial; `shown` is undefined where the probe said nothing of it. */
export function probeVerdict(shown: Shown | undefined, serial: string): ProbeVerdict {
  if (!shown) return { is: 'silent', error: 'the probe did not say what it saw', during: 'connect' };
  if ('error' in shown) return { is: 'silent', ...shown };
  return shown.serial === serial ? { is: 'serving' } : { is: 'another leaf', serial: shown.serial };
}
