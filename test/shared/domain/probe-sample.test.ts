import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, type Inventory, type Service } from '../../../shared/domain/inventory.ts';
import { memoriesOf } from '../../../shared/domain/noteworthy.ts';
import { notesOf, type Sighting, sampleOf, unmended } from '../../../shared/domain/probe-sample.ts';
import type { Versions } from '../../../shared/domain/secret.ts';
import { nonceOf } from '../../../shared/domain/version-id.ts';
import { idOf, listed, now, present } from './sample.ts';

const policy = { secretPrefix: 'courier/', deadlineSeconds: 3_600, now };
const hour = 3_600;
const current = ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - 9 * hour}`];
const delivered: Versions = { [idOf()]: [...current, 'COURIER_DELIVERED'] };
const running = { runs: true, restartable: true, underWay: false, startedAt: now - 8 * hour };

const serviceOf = (name: string, tags: Service['tags'] = {}, state: object = {}): Service => ({
  arn: `arn:aws:ecs:us-east-1:111122223333:service/prod/${name}`,
  tags: { 'courier:secret': 'courier/api', 'courier:probe': '8443', ...tags },
  state: { ...running, ...state },
});

type World = { readonly versions?: Versions; readonly services?: readonly Service[]; readonly of?: object };

function foundIn({ versions = delivered, services = [serviceOf('web')], of = {} }: World = {}) {
  const secrets = new Map([['courier/api', present(versions)]]);
  const inventory: Inventory = { certificates: [listed(of)], secrets, services };
  return { inventory, differences: compare(inventory, policy) };
}

const names = (samples: readonly { service: Service }[]) => samples.map(({ service }) => service.arn.split('/').at(-1));
const sampled = (world: World, size = 10) => names(sampleOf(foundIn(world), { size, until: now }));

describe('a sweep shakes hands with a service', () => {
  it.each<[string, World]>([
    ['whose delivery is done', {}],
    ['that reads by itself', { services: [serviceOf('web', { 'courier:restart': 'false' })] }],
    ['beside another that is behind', { services: [serviceOf('web'), serviceOf('late', {}, { startedAt: 0 })] }],
    [
      'of a certificate that ACM will not renew',
      {
        of: { eligible: false },
        versions: { [idOf({ nonce: nonceOf(listed().serial ?? '') })]: delivered[idOf()] ?? [] },
      },
    ],
  ])('%s', (_, world) => expect(sampled(world)).toEqual(['web']));

  it.each<[string, World]>([
    ['that does not say where it serves', { services: [serviceOf('web', { 'courier:probe': '' })] }],
    ['that is paused', { services: [serviceOf('web', { 'courier:pause': 'true' })] }],
    ['that wants no task', { services: [serviceOf('web', {}, { runs: false })] }],
    ['with a deployment under way', { services: [serviceOf('web', {}, { underWay: true })] }],
    ['that ECS did not show', { services: [{ ...serviceOf('web'), state: undefined } as never] }],
    ['that is behind itself', { services: [serviceOf('web', {}, { startedAt: 0 })] }],
    ['whose rollout is under way', { versions: { [idOf()]: ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now}`] } }],
    ['whose rollout was not finished', { versions: { [idOf()]: current } }],
    ['whose rollout was stopped', { versions: { [idOf()]: [...current, 'COURIER_STOPPED'] } }],
    ['whose certificate was renewed since', { of: { serial: 'cd'.repeat(20) } }],
    ['whose certificate is paused', { of: { tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' } } }],
    ['whose certificate has expired', { of: { status: 'expired' } }],
    ['of another secret', { services: [serviceOf('web', { 'courier:secret': 'courier/other' })] }],
  ])('but not with one %s', (_, world) => expect(sampled(world)).toEqual([]));

  it('of many in turn: after as many hours as there are shares, with each once', () => {
    const sizes = { many: fc.integer({ min: 0, max: 40 }), size: fc.integer({ min: 1, max: 15 }), from: fc.nat(5_000) };
    fc.assert(
      fc.property(fc.record(sizes), ({ many, size, from }) => {
        const services = Array.from({ length: many }, (_, index) => serviceOf(`s${index}`));
        const found = foundIn({ services });
        const turns = Array.from({ length: Math.ceil(many / size) }, (_, index) =>
          sampleOf(found, { size, until: (from + index) * hour + 17 }),
        );
        expect(turns.every((turn) => turn.length <= size)).toBe(true);
        expect(names(turns.flat()).toSorted()).toEqual(names(services.map((service) => ({ service }))).toSorted());
      }),
    );
  }, 60_000);

  it('that people were told of at every hour, and with nobody else where the sample is none', () => {
    const services = ['a', 'b', 'c'].map((name) => serviceOf(name));
    const [b] = notesOf([wrong('b', { services })]);
    const versions = { [idOf()]: [...(delivered[idOf()] ?? []), b?.memory?.label ?? ''] };
    for (let hours = 0; hours < 3; hours++) {
      const samples = sampleOf(foundIn({ services, versions }), { size: 1, until: now + hours * hour });
      expect(names(samples)).toContain('b');
      expect(new Set(names(samples)).size).toBe(samples.length);
    }
    expect(sampled({ services, versions }, 0)).toEqual(['b']);
    expect(sampled({ services }, 0)).toEqual([]);
  });
});

const seen = { task: '0a', startedAt: now, saw: 'serves another', failing: 1, running: 1, since: now };

function sightingOf(name: string, world: World, is: Sighting['is']): Sighting {
  const sample = sampleOf(foundIn(world), { size: 99, until: now }).find(({ service }) =>
    service.arn.endsWith(`/${name}`),
  );
  if (!sample) throw new Error(name);
  return is === 'serving' ? { sample, is } : { sample, is, seen };
}
const wrong = (name: string, world: World) => sightingOf(name, world, 'another');
const right = (name: string, world: World) => sightingOf(name, world, 'serving');

/** What becomes of labels and mails. */
function memories(sightings: readonly Sighting[], world: World) {
  const { inventory } = foundIn(world);
  const notes = notesOf(sightings);
  const kept = unmended(inventory, sightings);
  const { due, moved, forgotten } = memoriesOf(notes, { inventory, mayForget: true, kept });
  return {
    said: due.length,
    moved: moved.length,
    forgotten: forgotten.length,
    labels: notes.map(({ memory }) => memory),
  };
}

/** The world once people were told of these services. */
function told(sightings: readonly Sighting[], world: World): World {
  const labels = memories(sightings, world).labels.map((memory) => memory?.label ?? '');
  return { ...world, versions: { [idOf()]: [...(delivered[idOf()] ?? []), ...labels] } };
}

describe('what a service serves instead', () => {
  const world = { services: ['a', 'b'].map((name) => serviceOf(name)) };
  const nothing = { said: 0, moved: 0, forgotten: 0 };

  it('is said once, whatever is seen of it later, and for each service', () => {
    expect(memories([wrong('a', world), right('b', world)], world)).toMatchObject({ ...nothing, said: 1 });
    const later = told([wrong('a', world)], world);
    const other: Sighting = { ...wrong('a', later), is: 'another', seen: { ...seen, task: '0b', saw: 'shows none' } };
    expect(memories([other, right('b', later)], later)).toMatchObject(nothing);
    expect(memories([other, wrong('b', later)], later)).toMatchObject({ ...nothing, said: 1 });
  });

  it('is not forgotten for not being looked at, and forgotten once it is mended', () => {
    const later = told([wrong('a', world)], world);
    expect(memories([], later)).toMatchObject(nothing);
    expect(memories([right('b', later)], later)).toMatchObject(nothing);
    expect(memories([right('a', later)], later)).toMatchObject({ ...nothing, forgotten: 1 });
  });

  it.each<[string, object]>([
    ['paused', { 'courier:pause': 'true' }],
    ['no longer probed', { 'courier:probe': '' }],
  ])('is not forgotten while its service is %s, lest it be said again after', (_, tags) => {
    const later = { ...told([wrong('a', world)], world), services: [serviceOf('a', { ...tags })] };
    expect(memories([], later)).toMatchObject(nothing);
  });

  it('is forgotten with its service, and with the version', () => {
    const { versions = {} } = told([wrong('a', world)], world);
    expect(memories([], { versions, services: [serviceOf('b')] })).toMatchObject({ ...nothing, forgotten: 1 });
    const labels = versions[idOf()]?.filter((name) => name.startsWith('COURIER_TOLD')) ?? [];
    const next = idOf({ serial: 'cd'.repeat(20) });
    const renewed = { [idOf()]: ['AWSPREVIOUS', ...labels], [next]: delivered[idOf()] ?? [] };
    expect(memories([], { ...world, versions: renewed })).toMatchObject({ ...nothing, forgotten: 1 });
  });

  it('is said of five services of a secret at a time, whose labels have no room for more, and of the next as one is mended', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const many = { services: all.map((name) => serviceOf(name)) };
    const sightings = (of: World) => all.map((name) => wrong(name, of));
    expect(memories(sightings(many), many).said).toBe(5);
    const later = told(sightings(many), many);
    expect(memories(sightings(later), later)).toMatchObject(nothing);
    const mended = told(
      all.slice(1, 5).map((name) => wrong(name, many)),
      many,
    );
    expect(memories([right('a', mended), ...sightings(mended).slice(1)], mended)).toMatchObject({
      ...nothing,
      said: 1,
    });
  });

  it('is said to the owner of the service, before that of the certificate', () => {
    const of = { tags: { 'courier:secret': 'courier/api', 'courier:owner': 'shop' } };
    const services = [serviceOf('a', { 'courier:owner': 'edge' }), serviceOf('b')];
    const owned = { services, of };
    const notes = notesOf([wrong('a', owned), wrong('b', owned)]);
    expect(notes.map(({ owner }) => owner)).toEqual(['edge', 'shop']);
  });
});
