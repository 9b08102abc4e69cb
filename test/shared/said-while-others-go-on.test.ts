import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { fleetModel, fresh, before as from, type Wish } from './fleet-model.ts';

const both = ['courier/api', 'courier/web'];

/** Two secrets of one certificate; by a service's name which of them it reads. */
function fleetOfTwo(wishes: Readonly<Record<string, Wish>>, reads: Readonly<Record<string, readonly string[]>> = {}) {
  const fleet = fleetModel(wishes, { certificate: { tags: { 'courier:secret': both.join(' ') } } });
  const { tagged } = fleet.world;
  const list = tagged.services;
  tagged.services = async () =>
    (await list()).map((one) => ({ ...one, secrets: (reads[one.arn.split('/').at(-1) ?? ''] ?? both) as never }));
  return fleet;
}

describe('beside another secret of the certificate that is still being rolled out', () => {
  it('whoever waits for a person is told of once, not at each look', async () => {
    const web = ['courier/web'];
    const fleet = fleetOfTwo(
      { a: { paused: true }, b: {}, c: {}, d: {} },
      { a: ['courier/api'], b: web, c: web, d: web },
    );
    await fleet.run();
    expect(fleet.restarts).toHaveLength(3);
    expect(fleet.mails.filter((mail) => mail === 'warning ServicePaused')).toHaveLength(1);
  });

  it.each([0, 1, 2])('a throttled call, the one at %i, brings nobody a second restart', async (at) => {
    const fleet = fleetOfTwo({ a: {} });
    const { services } = fleet.world;
    const { consumers, restart } = services;
    let [calls, lately] = [0, Number.NEGATIVE_INFINITY];
    let shown: Awaited<ReturnType<typeof consumers>> | undefined;
    services.consumers = async (arns, times) => {
      if (calls++ === at) throw new Trouble(finding('Throttled', { detail: 'ecs:DescribeServices' }));
      // ECS shows a restart twenty seconds later only.
      if (arns.length === 0) return [];
      if (!shown || fleet.now() - lately >= 20) shown = await consumers(arns, times);
      return shown;
    };
    services.restart = async (one) => {
      lately = fleet.now();
      return restart(one);
    };
    for (let looks = 0; looks < 5; looks++) {
      const outcome = await fleet.look();
      if (outcome?.is === 'again') fleet.pass(outcome.seconds);
    }
    expect(fleet.restarts).toHaveLength(1);
  });
});

describe('a canary that waits for its window', () => {
  it('is told of by whoever began its trial, and by no sweep of the hours after', async () => {
    const fleet = fleetModel({ canary: { canary: true, window: 'unreadable' }, web: {} });
    await fleet.run();
    expect(fleet.mails).toEqual(['info CanaryWaits']);
    for (let hour = 0; hour < 3; hour++) {
      fleet.pass(3_600);
      expect(await fleet.run({ quiet: true }, { warm: false })).toEqual({ is: 'done', because: 'held' });
    }
    expect(fleet.mails).toEqual(['info CanaryWaits']);
  });

  it('is told of by the sweep that began its trial', async () => {
    const fleet = fleetModel({ canary: { canary: true, window: 'unreadable' }, web: {} });
    await fleet.run({ quiet: true });
    expect(fleet.mails).toEqual(['info CanaryWaits']);
  });
});

describe('a roll-back', () => {
  it('is paged again only after a long while where the bar cannot be put', async () => {
    const fleet = fleetModel({ a: { nature: 'refuses' } });
    const { secrets } = fleet.world;
    const { move } = secrets;
    secrets.move = async (name, label) => {
      if (label.label === 'COURIER_REJECTED') throw new Trouble(finding('Throttled', { detail: 'move' }));
      return move(name, label);
    };
    let outcome = await fleet.look();
    for (let looks = 1; looks < 15 && fleet.mails.length === 0; looks++) {
      if (outcome?.is === 'again') fleet.pass(outcome.seconds);
      outcome = await fleet.look();
    }
    expect(fleet.mails).toEqual(['critical RolledBack']);
    expect(outcome).toEqual({ is: 'again', seconds: 900, because: 'Throttled' });
  });

  it.each([{}, { quiet: true }])('of %o says who still serves what was taken back', async (asked) => {
    const fleet = fleetModel({ a: {}, b: { nature: 'refuses' } });
    const { services } = fleet.world;
    const { restart } = services;
    services.restart = async (one) => {
      if (fleet.current() === from) throw new Trouble(finding('CallRefused', { detail: 'ecs:UpdateService' }));
      return restart(one);
    };
    await fleet.run(asked, { patient: false });
    expect(fleet.serves('a')).toEqual([fresh]);
    expect(fleet.mails).toEqual(['critical RolledBack', 'critical ConsumerFailed']);
  });
});
