import type { ListedCertificate } from './certificate.ts';
import { hash32 } from './hash.ts';
import { consumersOf, type Difference, type Inventory, type Service } from './inventory.ts';
import type { Memory, Note } from './noteworthy.ts';
import type { ProbePort } from './probe.ts';
import { finding } from './reasons.ts';
import { hasLabel, holderOf, label, type Secret, toldLabel, type Versions } from './secret.ts';
import { namesIn } from './service-arn.ts';
import { readServiceWish } from './service-wish.ts';
import { slices } from './waves.ts';
import { readWishes } from './wish.ts';

/** A service whose tasks ought to show a certificate, because its delivery is done. */
export type Sample = {
  readonly service: Service;
  readonly at: ProbePort;
  readonly secret: string;
  readonly certificate: ListedCertificate;
  /** The version that is current, of our form. */
  readonly versionId: string;
};

/** What was seen of a sample, all of it; what was not seen, or not for sure, is no sighting. */
export type Sighting = { readonly sample: Sample } & (
  | { readonly is: 'serving' }
  | { readonly is: 'another'; readonly seen: WhatInstead }
);

/** How many tasks fail of how many that run, and one of them: since when it runs (epoch seconds), and what it did. */
export type WhatInstead = {
  readonly task: string;
  readonly startedAt: number;
  readonly saw: string;
  readonly failing: number;
  readonly running: number;
  /** When the version became current, epoch seconds. */
  readonly since: number;
};

type Found = { readonly inventory: Inventory; readonly differences: readonly Difference[] };

const hour = 3600;

/**
 * Whom one sweep shakes hands with: a share of so many that changes with the hour for which the sweep answers, so that
 * everybody has had a turn after as many hourly sweeps as there are shares; and whom people were told of, until that is
 * seen to be mended.
 */
export function sampleOf(found: Found, { size, until }: { size: number; until: number }): readonly Sample[] {
  const all = samplesIn(found);
  const shares = size > 0 ? slices(all, size) : [];
  const share = shares[Math.floor(until / hour) % shares.length] ?? [];
  return [...new Set([...share, ...all.filter((one) => isTold(one, found.inventory))])];
}

/** In an order that no renewal changes: by their ends, whoever is renewed would let others miss a turn. */
function samplesIn({ inventory, differences }: Found): readonly Sample[] {
  const consumers = consumersOf(inventory);
  const byArn = Map.groupBy(differences, ({ certificate }) => certificate.arn);
  return inventory.certificates
    .flatMap((certificate) => {
      const own = byArn.get(certificate.arn) ?? [];
      return readWishes(certificate.tags).deliveries.flatMap(({ secret }) => {
        const versionId = deliveredVersion(inventory.secrets.get(secret));
        const open = own.filter((one) => one.secret === undefined || one.secret === secret);
        if (versionId === undefined || open.some(isOpen)) return [];
        const behind = open.flatMap((one) => ('services' in one ? (one.services ?? []) : []));
        return (consumers.get(secret) ?? [])
          .filter(({ arn, state }) => state?.runs && !state.underWay && !behind.includes(arn))
          .flatMap((service): readonly Sample[] => {
            const { probe: at, paused } = readServiceWish(service.tags, secret);
            return at && !paused ? [{ service, at, secret, certificate, versionId }] : [];
          });
      });
    })
    .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

const placeOf = ({ service, secret }: Pick<Sample, 'service' | 'secret'>) => `${service.arn} ${secret}`;

/** Not so where some services alone are behind, for the others are not; nor where only ACM, or another's tag, is in the way. */
const isOpen = (one: Difference) =>
  one.is !== 'unarmed' &&
  one.is !== 'left' &&
  !(one.is === 'behind' && one.because === 'consumer behind') &&
  !(one.is === 'refused' && one.finding.reason === 'BadTag');

function deliveredVersion(secret: Secret | undefined): string | undefined {
  if (secret?.state !== 'present') return undefined;
  const id = holderOf(secret.versions, label.current);
  return id !== undefined && isDelivered(secret.versions, id) ? id : undefined;
}

/** It is current, and every task was seen on it. */
export const isDelivered = (versions: Versions, id: string): boolean =>
  hasLabel(versions, id, label.current) && hasLabel(versions, id, label.delivered);

/** What is to be said of those that serve something else. */
export const notesOf = (sightings: readonly Sighting[]): readonly Note[] =>
  sightings.flatMap((one) => (one.is === 'another' ? [noteOf(one.sample, one.seen)] : []));

function noteOf(sample: Sample, seen: WhatInstead): Note {
  const { certificate, secret, service, versionId } = sample;
  const { name, arn: certificateArn, tags } = certificate;
  const of = { name, certificateArn, secret, ...namesIn(service.arn), serial: versionId.slice(0, 40) };
  return {
    finding: finding('ServesAnother', { ...of, ...seen }),
    name,
    certificate,
    owner: service.tags['courier:owner'] ?? tags['courier:owner'],
    memory: memoryOf({ secret, versionId, arn: service.arn }),
  };
}

type Remembered = { readonly secret: string; readonly versionId: string; readonly arn: string };

/** Not by what was seen, which may differ from sweep to sweep and is one trouble all the same. */
const memoryOf = ({ secret, versionId, arn }: Remembered): Memory => ({
  secret,
  versionId,
  label: toldLabel(hash32(`ServesAnother ${arn} ${versionId}`)),
});

function isTold({ service, secret, versionId }: Sample, { secrets }: Inventory): boolean {
  const seen = secrets.get(secret);
  return (
    seen?.state === 'present' &&
    holderOf(seen.versions, memoryOf({ secret, versionId, arn: service.arn }).label) !== undefined
  );
}

/** What stands as people were told of it, for nobody has seen it mended: whoever did not look knows nothing new. */
export function unmended({ services, secrets }: Inventory, sightings: readonly Sighting[]): readonly Memory[] {
  const mended = new Set(sightings.flatMap(({ is, sample }) => (is === 'serving' ? [placeOf(sample)] : [])));
  return [...consumersOf({ services })].flatMap(([secret, readers]) => {
    const seen = secrets.get(secret);
    const versionId = seen?.state === 'present' ? holderOf(seen.versions, label.current) : undefined;
    if (versionId === undefined) return [];
    return readers
      .filter((service) => !mended.has(placeOf({ service, secret })))
      .map(({ arn }) => memoryOf({ secret, versionId, arn }));
  });
}
