import type { Tags } from './certificate.ts';
import { type ProbePort, readProbe } from './probe.ts';
import { readWindow, type Window } from './window.ts';
import { type BadTag, isPaused, readsByItself } from './wish.ts';

/** What the tags of an ECS service ask for, about one of the secrets that it reads. */
export type ServiceWish = {
  /** `courier:order`: lower is restarted first. */
  readonly order: number;
  readonly paused: boolean;
  /** A person says that it takes a new version in without a restart (`courier:restart=false`). */
  readonly readsByItself: boolean;
  /** `courier:mutable-image=refuse`: no restart may ship what a tag of an image points to now. */
  readonly refusesMutableImages: boolean;
  /** `courier:window`; `unreadable` where nobody knows when it opens. */
  readonly window?: Window | 'unreadable';
  /** `courier:probe`: where its tasks serve the certificate. */
  readonly probe?: ProbePort;
  readonly problems: readonly BadTag[];
};

const usualOrder = 100;

/** What cannot be read is a problem, and all else goes on: without order it comes at the usual place. */
export function readServiceWish(tags: Tags, secret: string): ServiceWish {
  const order = readOrder(tags['courier:order']);
  const window = tags['courier:window'] === undefined ? undefined : readWindow(tags['courier:window']);
  const probe = readProbe(tags, secret);
  const problems: BadTag[] = [...probe.problems];
  if (order === null) problems.push(bad(tags, 'courier:order', 'a whole number from 0 to 9999'));
  if (window && 'wrong' in window)
    problems.push({ tag: 'courier:window', value: window.wrong, accepted: window.accepted });
  for (const [tag, accepted] of switches)
    if (tags[tag] !== undefined && !accepted.includes(tags[tag].trim().toLowerCase()))
      problems.push(bad(tags, tag, accepted.join(' or ')));
  return {
    order: order ?? usualOrder,
    paused: isPaused(tags),
    readsByItself: readsByItself(tags),
    refusesMutableImages: tags['courier:mutable-image']?.trim().toLowerCase() === 'refuse',
    ...(window && { window: 'wrong' in window ? ('unreadable' as const) : window }),
    ...(probe.at && { probe: probe.at }),
    problems,
  };
}

/** Their first value is the one that asks for something. */
const switches: readonly (readonly [tag: string, accepted: readonly string[]])[] = [
  ['courier:pause', ['true', 'false']],
  ['courier:restart', ['false', 'true']],
  ['courier:mutable-image', ['refuse', 'allow']],
];

function readOrder(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,4}$/.test(text.trim()) ? Number(text) : null;
}

const bad = (tags: Tags, tag: string, accepted: string): BadTag => ({ tag, value: tags[tag] ?? '', accepted });
