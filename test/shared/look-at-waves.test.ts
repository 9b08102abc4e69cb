import { beforeEach, describe, expect, it } from 'vitest';
import { BoundedMap } from '../../shared/domain/bounded-map.ts';
import type { Consumer, Promotion } from '../../shared/domain/rollout.ts';
import { lookAtWaves } from '../../shared/look-at-waves.ts';
import { now } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';

const since = now - 600;
const old = { createdAt: since - 1, running: true };
const fresh = { createdAt: since, running: true };
const restarted: Partial<Consumer> = { deployments: [{ createdAt: since, status: 'under way', detail: '' }] };
const done: Partial<Consumer> = { tasks: [fresh, fresh] };
const stale: Partial<Consumer> = { tasks: [old] };

let fleet: Record<string, Partial<Consumer>>;
let asked: string[][];
let settled: BoundedMap<string, never>;
beforeEach(() => {
  asked = [];
  shown = serial;
  settled = new BoundedMap(100);
});

type Other = { readonly secret?: string; readonly versionId?: string; readonly served?: boolean };

/** What a probe sees each task serve. */
const serial = 'ab'.repeat(20);
let shown: string;

/** One look; the services and their verdicts, as far as it went. */
async function look(size = 2, times: Partial<Promotion> = {}, other: Other = {}) {
  asked.length = 0;
  const services = Object.entries(fleet).map(([name, other]) => consumerOf(name, other));
  const world = {
    now: () => now,
    prober: {
      look: async (targets: readonly { id: string }[]) => new Map(targets.map(({ id }) => [id, { serial: shown }])),
    },
    settings: { rolloutParallel: { count: size } },
    settled,
    tagged: {
      services: async () =>
        services.map(({ arn, order }) => ({
          arn,
          secrets: ['courier/api', 'courier/web'],
          tags: { 'courier:order': `${order}` },
        })),
    },
    services: {
      consumers: async (arns: readonly string[]) => {
        asked.push(arns.map((arn) => arn.split('/').at(-1) ?? ''));
        return services.filter(({ arn, service }) => arns.includes(arn) && !service.startsWith('gone'));
      },
      places: async (servers: readonly Consumer[]) =>
        new Map(
          servers.map((one) => [one, [{ taskArn: one.service, startedAt: since, address: { host: '::1', port: 1 } }]]),
        ),
    },
  };
  const promotion = { since, now, deadlineSeconds: 3600, triedSince: since, ...times };
  const of = { secret: 'courier/api', versionId: 'v', promotion, expected: { serial, name: '' }, ...other };
  const { judged, wave, waves, room, completed } = await lookAtWaves({ ...of, world: world as never });
  return {
    seen: judged.map(({ consumer, verdict }) => `${consumer.service} ${verdict.is}`),
    wave: `${wave}/${waves}`,
    room,
    completed: completed.map((one) => `${one.wave}: ${one.services}`),
  };
}

describe('a look at the waves', () => {
  it('goes no further than the first that is not over, and asks about no other', async () => {
    fleet = { a: done, b: restarted, c: stale, d: stale };
    expect(await look()).toMatchObject({ seen: ['a new', 'b rolling'], wave: '1/2', room: 1 });
    expect(asked).toEqual([['a', 'b']]);
  });

  it('asks in the middle of a wave about what is not over in it only', async () => {
    fleet = { a: done, b: done, c: done, d: restarted, e: stale };
    await look();
    expect(await look()).toMatchObject({ seen: ['a new', 'b new', 'c new', 'd rolling'], wave: '2/3', room: 1 });
    expect(asked).toEqual([['d']]);
  });

  it('finds the same without what was remembered', async () => {
    fleet = { a: done, b: done, c: done, d: restarted, e: stale };
    const before = await look();
    settled.clear();
    expect(await look()).toEqual(before);
  });

  it.each([
    ['another secret', {}, { secret: 'courier/web' }],
    ['another version', {}, { versionId: 'w' }],
    ['another promotion of the same version', { since: since + 1 }, {}],
  ])('remembers nothing of one at %s', async (_, times, other) => {
    fleet = { a: done, b: done };
    await look();
    await look();
    expect(asked).toEqual([]);
    fleet = { a: stale, b: done };
    expect((await look(2, times, other)).seen[0]).toBe('a stale');
    expect(asked[0]).toEqual(['a', 'b']);
  });

  it('never goes back to what turned out to read something else', async () => {
    fleet = { a: done, gone: {}, c: restarted };
    await look();
    await look();
    expect(asked).toEqual([['c']]);
  });

  it('looks again, at the end, at what nothing could be done for', async () => {
    fleet = { a: { ...stale, paused: true }, b: { ...stale, controller: 'EXTERNAL' }, c: restarted };
    await look();
    fleet = { a: done, b: done, c: done };
    expect(await look()).toMatchObject({ seen: ['a new', 'b new', 'c new'], wave: '2/2', room: 2 });
    fleet.a = stale;
    expect((await look()).seen).toContain('a new');
  });

  it('lets a window hold up later orders, not its own', async () => {
    fleet = { a: { ...stale, window: 'unreadable' }, b: stale, c: { ...stale, order: 101 } };
    expect((await look(1)).seen).toEqual(['a outside window', 'b stale']);
    fleet.b = done;
    expect((await look(1)).seen).toEqual(['a outside window', 'b new']);
  });

  it('asks before a restart about all behind, who may have been pushed there, and once while the nominees stay', async () => {
    fleet = { a: stale, b: stale, c: stale, d: stale };
    const served = true;
    expect(await look(2, {}, { served })).toMatchObject({ seen: ['a stale', 'b stale'], wave: '1/2', room: 2 });
    await look();
    expect(asked).toEqual([['a', 'b']]);
    fleet = { a: stale, b: stale, b2: restarted, c: restarted, d: stale };
    const pushed = { seen: ['a stale', 'b stale', 'b2 rolling', 'c rolling'], wave: '1/3', room: 0 };
    expect(await look(2, {}, { served })).toMatchObject(pushed);
    expect(await look(2, {}, { served })).toMatchObject(pushed);
    fleet = { a: stale, b: stale, c: restarted, d: restarted };
    expect((await look(2, {}, { served })).room).toBe(0);
  });

  it('counts nobody twice, and not what somebody else deploys or what was given up', async () => {
    const given: Partial<Consumer> = { deployments: [{ createdAt: since - 1, status: 'failed', detail: '' }] };
    fleet = { a: stale, b: restarted, c: { busySince: since - 1 }, d: { ...stale, ...given } };
    expect(await look(2, {}, { served: true })).toMatchObject({ seen: ['a stale', 'b rolling'], wave: '1/2', room: 1 });
  });

  it('counts after a roll-back what is still in deployment, and no window holds it', async () => {
    const busy: Partial<Consumer> = { busySince: since - 9 };
    fleet = { a: { ...stale, window: 'unreadable' }, b: stale, c: busy, d: { ...busy, order: 101 } };
    const seen = ['a stale', 'b stale', 'c stale', 'd stale'];
    expect(await look(2, { exposedSince: since - 60 }, { served: true })).toMatchObject({ seen, room: 0 });
  });
});

describe('while nobody is known to serve the version', () => {
  const canary: Partial<Consumer> = { ...done, deployments: [], canary: true, order: 101 };

  it.each<[string, Partial<Consumer>]>([
    ['runs nothing', { ...stale, desired: 0 }],
    ['is paused', { ...stale, paused: true }],
    ['is another’s to deploy', { ...stale, controller: 'CODE_DEPLOY' }],
    ['reads by itself', { ...stale, readsByItself: true }],
  ])('there is room for one, though the first of all %s', async (_, first) => {
    fleet = { a: first, b: stale, c: stale, d: stale };
    const times = { triedSince: undefined };
    expect(await look(2, times)).toMatchObject({ wave: '2/3', room: 1 });
    fleet.b = restarted;
    expect(await look(2, times)).toMatchObject({ wave: '2/3', room: 0 });
    fleet.b = done;
    expect(await look(2, times)).toMatchObject({ wave: '2/3', room: 2 });
  });

  it('there is room for one, though canaries came before: they may have failed on what a person accepted', async () => {
    fleet = { a: stale, b: stale, c: { ...canary, tasks: [old] } };
    expect((await look()).room).toBe(1);
    fleet.c = { ...canary, probe: { port: 1 } };
    shown = 'cd'.repeat(20);
    expect((await look()).room).toBe(1);
  });

  it('there is room for all once a canary serves it, wherever it comes, also for who has seen it before', async () => {
    fleet = { a: stale, b: stale, c: { ...canary, probe: { port: 1 } } };
    expect((await look()).room).toBe(2);
    fleet.a = restarted;
    expect((await look()).room).toBe(1);
    expect(asked).toEqual([['a', 'b']]);
  });
});

describe('waves are completed', () => {
  const replaced: Partial<Consumer> = {
    ...done,
    deployments: [{ createdAt: since, status: 'successful', detail: '' }],
  };

  it('where somebody was restarted and all is over, whoever else is in them', async () => {
    const paused = { ...stale, paused: true };
    fleet = { a: { desired: 0 }, b: replaced, c: paused, d: done, e: paused, f: replaced, g: restarted };
    expect(await look()).toMatchObject({ wave: '4/4', completed: ['1: 2', '3: 6'] });
  });
});
