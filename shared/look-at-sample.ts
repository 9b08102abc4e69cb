import { look } from './aws/look.ts';
import { isDelivered, type Sample, type Sighting, sampleOf } from './domain/probe-sample.ts';
import { count } from './domain/reason.ts';
import { judge } from './domain/rollout.ts';
import { sinceOf } from './domain/secret.ts';
import { namesIn } from './domain/service-arn.ts';
import { slices } from './domain/waves.ts';
import type { Prober } from './prober.ts';
import type { Sampled, Seen, Wire } from './repairs.ts';
import { isEvidence, nameOf, sawOf, shakeHands } from './shake-hands.ts';

type Means = {
  /** How many services, beside those that people were told of. */
  readonly size: number;
  readonly hasTime: () => boolean;
  readonly wire: Pick<Wire, 'settings' | 'services' | 'secrets' | 'prober' | 'log' | 'now'>;
};

/** Services whose tasks are asked for side by side. */
const atOnce = 10;

/**
 * Shakes hands with the tasks of some services whose deliveries are done: long after a rollout was proven a task may be
 * replaced, and start with another volume or image. It only looks. A second restart for one promotion is not ours to
 * start, and what was seen served everywhere is not taken back for one service.
 */
export async function lookAtSample(
  seen: Pick<Seen, 'inventory' | 'differences' | 'until'>,
  { size, hasTime, wire }: Means,
): Promise<Sampled> {
  const { prober, settings, log } = wire;
  const sightings: Sighting[] = [];
  const unseen = new Set<string>();
  // What is said must be remembered, and in mode observe nothing may be labelled.
  if (!prober || settings.mode === 'observe') return { sightings, unseen: [] };
  const samples = sampleOf(seen, { size, until: seen.until });
  for (const [index, some] of slices(samples, atOnce).entries()) {
    if (!hasTime()) {
      unseen.add(`No time was left to shake hands with ${count(samples.length - index * atOnce, 'service')}`);
      break;
    }
    const looks = await Promise.all(
      some.map(async (sample) => ({ sample, sight: await look(() => sightingOf(sample, { ...wire, prober })) })),
    );
    for (const { sample, sight } of looks)
      if (sight.is === 'seen') sightings.push(...sight.fact);
      else {
        log('warn', 'Cannot probe a service', { serviceArn: sample.service.arn, why: sight.why });
        unseen.add(sight.why);
      }
  }
  return { sightings, unseen: [...unseen] };
}

type Way = Omit<Means['wire'], 'prober'> & { readonly prober: Pick<Prober, 'look'> };

/** None where some task was not seen, is starting, or takes no connection: that is no evidence, for or against. */
async function sightingOf(sample: Sample, wire: Way): Promise<readonly Sighting[]> {
  const { service, at: probe, versionId, certificate } = sample;
  const expected = { serial: versionId.slice(0, 40), name: certificate.name };
  const server = { ...namesIn(service.arn), probe, expected };
  const hands = (await shakeHands([server], wire)).get(server);
  if (hands?.is === 'serving') return hands.all ? [{ sample, is: 'serving' }] : [];
  if (hands?.is !== 'failing' || !isEvidence(hands.worst)) return [];
  const since = await promotedAt(sample, wire);
  if (since === undefined) return [];
  const { worst, failing, running } = hands;
  const { startedAt } = worst.task;
  const seen = { task: nameOf(worst), startedAt, saw: sawOf(worst), failing, running, since };
  wire.log('warn', 'A service does not serve what was delivered', { serviceArn: service.arn, expected, ...seen });
  return [{ sample, is: 'another', seen }];
}

/**
 * Lists lag: before anything is said, the secret and the service are asked themselves. When the version became current,
 * epoch seconds; undefined where it is not what the service's tasks ought to have started with.
 */
async function promotedAt({ service, secret, versionId }: Sample, wire: Way): Promise<number | undefined> {
  const found = await wire.secrets.find(secret);
  if (found.state !== 'present' || !isDelivered(found.versions, versionId)) return undefined;
  const since = sinceOf(found.versions, versionId) ?? found.changedAt;
  const [consumer] = await wire.services.consumers([service.arn], { secret, since });
  if (!consumer?.probe || consumer.paused) return undefined;
  const { is } = judge(consumer, { since, now: wire.now(), deadlineSeconds: wire.settings.deadlineSeconds });
  return is === 'new' || is === 'reads by itself' ? since : undefined;
}
