import { beforeEach, describe, expect, it } from 'vitest';
import { BoundedMap } from '../../shared/domain/bounded-map.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
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
  settled = new BoundedMap(100);
});

/** One look; the services and their verdicts, as far as it went. */
async function look(size = 2) {
  asked.length = 0;
  const services = Object.entries(fleet).map(([name, other]) => consumerOf(name, other));
  const world = {
    settings: { rolloutParallel: { count: size } },
    settled,
    tagged: {
      services: async () =>
        services.map(({ arn, order }) => ({ arn, secrets: ['courier/api'], tags: { 'courier:order': `${order}` } })),
    },
    services: {
      consumers: async (arns: readonly string[]) => {
        asked.push(arns.map((arn) => arn.split('/').at(-1) ?? ''));
        return services.filter(({ arn, service }) => arns.includes(arn) && !service.startsWith('gone'));
      },
    },
  };
  const promotion = { since, now, deadlineSeconds: 3600, triedSince: since };
  const of = { secret: 'courier/api', versionId: 'v', promotion, expected: { serial: '', name: '' } };
  const { judged, wave, waves } = await lookAtWaves({ ...of, world: world as never });
  return { seen: judged.map(({ consumer, verdict }) => `${consumer.service} ${verdict.is}`), wave: `${wave}/${waves}` };
}

describe('a look at the waves', () => {
  it('goes no further than the first that is not over, and asks about no other', async () => {
    fleet = { a: done, b: restarted, c: stale, d: stale };
    expect(await look()).toEqual({ seen: ['a new', 'b rolling'], wave: '1/2' });
    expect(asked).toEqual([['a', 'b']]);
  });

  it('asks in the middle of a wave about what is not over in it only', async () => {
    fleet = { a: done, b: done, c: done, d: restarted, e: stale };
    await look();
    expect(await look()).toEqual({ seen: ['a new', 'b new', 'c new', 'd rolling'], wave: '2/3' });
    expect(asked).toEqual([['d']]);
  });

  it('finds the same without what was remembered', async () => {
    fleet = { a: done, b: done, c: done, d: restarted, e: stale };
    const before = await look();
    settled.clear();
    expect(await look()).toEqual(before);
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
    expect(await look()).toEqual({ seen: ['a new', 'b new', 'c new'], wave: '2/2' });
    fleet.a = stale;
    expect((await look()).seen).toContain('a new');
  });

  it('lets a window hold up later orders, not its own', async () => {
    fleet = { a: { ...stale, window: 'unreadable' }, b: stale, c: { ...stale, order: 101 } };
    expect((await look(1)).seen).toEqual(['a outside window', 'b stale']);
    fleet.b = done;
    expect((await look(1)).seen).toEqual(['a outside window', 'b new']);
  });
});
