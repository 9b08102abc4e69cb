import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import type { Progress } from '../../shared/domain/progress.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

const sound: Wish = {};
const canary: Wish = { canary: true };
const bad: Wish = { nature: 'refuses' };

/** What machines heard, waves with their place. */
const heard = ({ events }: { readonly events: readonly Progress[] }) =>
  events.map(({ type, detail }) => ('wave' in detail ? `${type} ${detail.wave}` : type));

describe('a bad certificate takes down one service', () => {
  it.each<[string, Wish]>([
    ['runs nothing', { desired: 0 }],
    ['is paused', { paused: true }],
    ['is deployed by CodeDeploy', { controller: 'CODE_DEPLOY' }],
    ['waits for its window', { window: 'unreadable' }],
    ['holds its images', { mutableImages: ['app:latest'], refusesMutableImages: true }],
  ])('though the first of all %s', async (_, first) => {
    const fleet = fleetModel({ a: first, b: bad, c: bad, d: bad, e: bad });
    await fleet.run();
    expect(fleet.restarts.filter(({ version }) => version === fresh).map(({ service }) => service)).toEqual(['b']);
    expect([fleet.current(), fleet.serves('b')]).toEqual([before, [before]]);
  });

  it('though a person accepted it, for its canary may be right', async () => {
    const fleet = fleetModel({ canary: { ...canary, ...bad }, w: bad, x: bad, y: bad, z: bad });
    await fleet.run();
    fleet.pass(100);
    await fleet.run({ accept: true });
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['canary', 'w']);
  });

  it('of several canaries', async () => {
    const fleet = fleetModel({ a: { ...canary, ...bad }, b: { ...canary, ...bad }, c: sound });
    await fleet.run();
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['a']);
  });
});

describe('a good one', () => {
  it('goes on with all that may be in deployment as soon as one serves it', async () => {
    const fleet = fleetModel({ a: { desired: 0 }, b: sound, c: sound, d: sound, e: sound });
    await fleet.look();
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['b']);
    fleet.pass(100);
    await fleet.look();
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('goes on with all at once behind its canary, wherever that comes, also in a function that has not seen it', async () => {
    const fleet = fleetModel({ a: sound, b: sound, c: { ...canary, order: 200 } });
    await fleet.look();
    fleet.pass(100);
    await fleet.look({}, { warm: false });
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['c', 'a', 'b']);
  });

  it('that a person accepted reaches all but the canary that cannot take it', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'breaks' }, x: sound, y: sound });
    await fleet.run();
    await fleet.run({ accept: true });
    expect([fleet.serves('x'), fleet.serves('y'), fleet.serves('canary')]).toEqual([[fresh], [fresh], [before]]);
  });
});

describe('a canary that nobody could look at', () => {
  it('keeps the version from becoming current, and people hear of it', async () => {
    const fleet = fleetModel({ canary, web: sound });
    const { look } = fleet.world.prober;
    fleet.world.prober.look = () => Promise.reject(new Trouble(finding('AwsUnavailable', { detail: 'a probe' })));
    expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'CanaryFailed' } });
    expect([fleet.current(), fleet.restarts.length]).toEqual([before, 1]);
    expect(fleet.bodies.at(-1)).toContain('no probe could look at what they serve within 10 minutes');
    fleet.world.prober.look = look;
    await fleet.run({ accept: true });
    expect(fleet.current()).toBe(fresh);
  });

  it('does so with the task that it does not run in the end', async () => {
    const fleet = fleetModel({ canary: { ...canary, desired: 2 }, web: sound });
    expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'CanaryFailed' } });
    expect(fleet.current()).toBe(before);
    expect(fleet.bodies.at(-1)).toContain('not all of its tasks came up within 10 minutes; 1 of 2 run');
  });
});

describe('machines hear of each wave that restarted somebody, once', () => {
  const [start, end] = ['Rollout Started', 'Certificate Delivered'];
  const waves = (...all: readonly number[]) => all.map((wave) => `Wave Completed ${wave}`);

  it.each<[string, Readonly<Record<string, Wish>>, readonly string[]]>([
    ['where one of the next runs nothing', { a: sound, b: { desired: 0 }, c: sound, d: sound }, waves(1, 2, 3)],
    ['where one of the next is paused', { a: sound, b: { paused: true }, c: sound }, waves(1, 2)],
    ['where nobody of the next was restarted', { a: sound, b: { controller: 'CODE_DEPLOY' } }, waves(1)],
    ['where the last restarts nobody', { a: sound, b: sound, c: { desired: 0, order: 200 } }, waves(1, 2)],
    ['and of none where nobody was', { a: { desired: 0 }, b: { desired: 0 } }, []],
    ['and of its canaries’ once it is current', { a: canary, b: canary, c: sound, d: sound, e: sound }, waves(1, 2, 3)],
    ['and nothing twice of a canary’s', { a: sound, c: { ...canary, order: 200 } }, waves(1, 2)],
  ])('%s', async (_, wishes, expected) => {
    const fleet = fleetModel(wishes, { parallel: 2 });
    await fleet.run();
    const isHeld = Object.values(wishes).some(({ paused }) => paused);
    expect(heard(fleet)).toEqual([start, ...expected, ...(isHeld ? [] : [end])]);
  });

  it('where somebody else has deployed all of the next', async () => {
    const fleet = fleetModel({ a: sound, b: sound, c: sound }, { parallel: 1 });
    await fleet.look();
    fleet.restart('b');
    await fleet.run();
    expect(heard(fleet)).toEqual([start, ...waves(1, 2, 3), end]);
  });

  it('where a function begins in the middle, of the last one', async () => {
    const fleet = fleetModel({ a: sound, b: sound, c: sound }, { parallel: 1 });
    for (let looks = 0; fleet.restarts.length < 3; looks++) {
      expect(looks).toBeLessThan(20);
      await fleet.look({}, { warm: fleet.restarts.length < 2 });
      fleet.pass(40);
    }
    expect(heard(fleet)).toEqual([start, ...waves(1, 2)]);
  });
});

describe('machines hear when it starts', () => {
  it('before a canary fails', async () => {
    const fleet = fleetModel({ a: canary, b: { ...canary, nature: 'breaks' }, web: sound });
    await fleet.run();
    expect(heard(fleet)).toEqual(['Rollout Started', 'Rollout Failed']);
  });

  it('once, with its canaries and what comes behind them', async () => {
    const fleet = fleetModel({ canary, web: sound });
    await fleet.run();
    expect(heard(fleet)).toEqual([...['Rollout Started', 'Wave Completed 1', 'Certificate Delivered']]);
  });

  it('with the way back of a canary that nobody followed', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'stale leaf' }, web: sound });
    await fleet.run();
    await fleet.run({ rollBack: true, thorough: true });
    expect(fleet.events.map(({ type, detail }) => [type, detail.versionId])).toEqual([
      ['Rollout Started', fresh],
      ['Rollout Failed', fresh],
      ['Rollout Started', before],
      ['Wave Completed', before],
      ['Certificate Delivered', before],
    ]);
  });
});
