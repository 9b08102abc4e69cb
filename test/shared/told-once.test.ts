import { describe, expect, it } from 'vitest';
import { readWindow, type Window } from '../../shared/domain/window.ts';
import { day } from './domain/sample.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

const bySweep = { thorough: true, echo: true, quiet: true };
const order = { tag: 'courier:order', value: 'first', accepted: 'a whole number from 0 to 9999' };
/** The clock of the fleet begins on a Thursday at midnight. */
const saturdays = readWindow('Sat 02:00-04:00 UTC') as Window;
const times = (texts: readonly string[], words: string) => texts.join('\n').split(words).length - 1;
type Changing = { -readonly [Key in keyof Wish]: Wish[Key] };

describe('a tag that nobody can read is said once in a rollout that was held', () => {
  it.each([
    ['by the sweep', bySweep],
    ['by a person', { thorough: true }],
  ])('and is gone on with %s', async (_, asked) => {
    const paused: Changing = { paused: true, problems: [order] };
    const fleet = fleetModel({ a: {}, b: paused });
    expect(await fleet.run()).toMatchObject({ finding: { reason: 'ServicePaused' } });
    paused.paused = false;
    await fleet.run(asked, { warm: false });
    expect(fleet.mails).toEqual(['warning ServicePaused', 'info Delivered']);
    expect(times(fleet.bodies, 'Cannot read tag courier:order = "first" on service "b"')).toBe(1);
  });
});

describe('a service that is restarted outside its window', () => {
  it('is named with why, in the notice of the delivery', async () => {
    const fleet = fleetModel({ a: { window: saturdays }, b: {} }, { older: true });
    // A Saturday, after the window: what it serves ends at midnight.
    fleet.pass(44 * day + 5 * 3600);
    await fleet.run();
    expect(fleet.mails).toEqual(['info Delivered']);
    const said =
      'Restarted "a" in cluster "prod" outside its window (courier:window): what it served ends at 2026-11-15';
    expect([times(fleet.bodies, said), times(fleet.bodies, 'outside its window')]).toEqual([1, 1]);
  });

  it('is not named where it waited', async () => {
    const fleet = fleetModel({ a: { window: saturdays } }, { older: true });
    await fleet.run();
    fleet.pass(2 * day + 3 * 3600);
    await fleet.run(bySweep, { warm: false });
    expect(fleet.mails).toEqual(['info ServiceOutsideWindow', 'info Delivered']);
    expect(times(fleet.bodies, 'outside its window')).toBe(0);
  });

  it('is brought back at once where a certificate is taken back, and the notice says so', async () => {
    const wish: Changing = {};
    const fleet = fleetModel({ a: wish, b: { nature: 'refuses' } });
    await fleet.look();
    wish.window = saturdays;
    await fleet.run();
    expect([fleet.current(), fleet.serves('a')]).toEqual([before, [before]]);
    expect(fleet.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);
    expect(fleet.bodies.at(-1)).toContain(
      'Restarted "a" in cluster "prod" outside its window (courier:window): it may have served what is taken back',
    );
  });
});

describe('who must not be restarted, and may serve what is taken back,', () => {
  const paged = 'which the tag courier:pause keeps from being restarted';

  it('is paged, and nobody else is held for it', async () => {
    const wish: Changing = {};
    const fleet = fleetModel({ a: wish, b: { nature: 'refuses' } });
    await fleet.look();
    wish.paused = true;
    await fleet.run();
    expect(fleet.mails).toEqual(['critical RolledBack', 'critical ServesBarred']);
    expect([fleet.current(), fleet.serves('a'), fleet.serves('b')]).toEqual([before, [fresh], [before]]);
    // Sweeps leave a promotion alone until its deadline.
    fleet.pass(3600);
    await fleet.run({ quiet: true, echo: true }, { warm: false });
    expect(times(fleet.bodies, paged)).toBe(1);
  });

  it('is paged by a sweep that has gone on with the rollout, and by none that comes after it', async () => {
    const wish: Changing = {};
    const fleet = fleetModel({ a: wish, b: { nature: 'refuses' } });
    await fleet.look();
    wish.paused = true;
    await fleet.run({ quiet: true, echo: true });
    expect(fleet.mails).toEqual(['critical RolledBack', 'critical ServesBarred']);
    fleet.pass(3600);
    await fleet.run({ quiet: true, echo: true }, { warm: false });
    expect(times(fleet.bodies, paged)).toBe(1);
  });
});

it('a roll-back is told in one voice: nothing that failed is said to be current, and the way out once', async () => {
  const fleet = fleetModel({ a: {}, b: { nature: 'refuses' }, c: { nature: 'refuses' } });
  await fleet.run();
  const [page = ''] = fleet.bodies;
  expect(fleet.mails[0]).toBe('critical RolledBack');
  expect([times([page], 'is taken back'), times([page], 'is current'), times([page], '"accept":true')]).toEqual([
    1, 0, 1,
  ]);
  expect(page).toMatch(
    /at service "b" in cluster "prod" .*; at "c" in cluster "prod" a task stopped .* with exit code 83/,
  );
  expect(page).toContain('ECS service "b" in cluster "prod" does not serve the new certificate');
  const end = fleet.bodies.at(-1);
  expect(end).toContain('ECS service "b" in cluster "prod" runs on the certificate from before');
  expect(end).toContain(`Went back to version ${before} of secret "courier/api" at 2026-10-01 00:02 UTC`);
});
