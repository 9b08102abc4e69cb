import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { label } from '../../shared/domain/secret.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

const sound: Wish = {};
const canary: Wish = { canary: true };
/** What a sweep asks that has found a consumer behind. */
const bySweep = { thorough: true, echo: true, quiet: true };

describe('a canary', () => {
  it('serves the new certificate before anybody else can read it, and is not restarted again', async () => {
    const fleet = fleetModel({ canary, web: sound, admin: sound });
    await fleet.look();
    expect([fleet.current(), fleet.restarts]).toEqual([
      before,
      [{ service: 'canary', version: fresh, stage: 'trial' }],
    ]);
    await fleet.run();
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['canary', 'admin', 'web']);
    expect(fleet.mails).toEqual(['info Delivered']);
    expect(fleet.labels(fresh)).toEqual([
      ...['AWSCURRENT', 'COURIER_DELIVERED', 'COURIER_NEXT', 'COURIER_NEXT_SINCE', 'COURIER_SINCE'],
    ]);
  });

  it.each(['breaks', 'refuses', 'hangs', 'stale leaf'] as const)(
    'that %s keeps the certificate from everybody else: told once, and nothing goes on by itself',
    async (nature) => {
      const fleet = fleetModel({ canary: { ...canary, nature }, web: sound });
      expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'CanaryFailed' } });
      expect(await fleet.run({ thorough: true })).toEqual({ is: 'done', because: 'stopped' });
      expect([fleet.current(), fleet.serves('web'), fleet.mails]).toEqual([
        before,
        [before],
        ['critical CanaryFailed'],
      ]);
      expect(fleet.restarts).toHaveLength(1);
      expect(fleet.events.map(({ type }) => type)).toEqual(['Rollout Started', 'Rollout Failed']);
    },
  );

  it('that failed is overruled by whoever accepts the version, and then a consumer like any other', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'breaks' }, web: sound });
    await fleet.run();
    expect(await fleet.run({ accept: true })).toMatchObject({ is: 'told', finding: { reason: 'DeploymentFailed' } });
    expect([fleet.current(), fleet.restarts.map(({ service }) => service)]).toEqual([
      fresh,
      ['canary', 'web', 'canary'],
    ]);
  });

  it('that is paused proves nothing, and holds up nobody', async () => {
    const fleet = fleetModel({ canary: { ...canary, paused: true }, web: sound });
    await fleet.run();
    expect([fleet.serves('web'), fleet.mails]).toEqual([[fresh], ['warning ServicePaused']]);
  });

  it('waits for its window, and everybody with it', async () => {
    const fleet = fleetModel({ canary: { ...canary, window: 'unreadable' }, web: sound });
    expect(await fleet.run()).toMatchObject({ finding: { reason: 'CanaryWaits' } });
    expect(await fleet.run({ echo: true, quiet: true })).toEqual({ is: 'done', because: 'held' });
    expect([fleet.current(), fleet.mails]).toEqual([before, ['info CanaryWaits']]);
  });

  it('makes the first wave a whole one', async () => {
    const fleet = fleetModel({ canary, a: sound, b: sound, c: sound }, { parallel: 3 });
    await fleet.run();
    expect(fleet.mostAtOnce()).toBe(3);
  });
});

describe('on evidence the certificate from before comes back', () => {
  it.each([
    ['a certificate that the start-up helper refuses', 'refuses'],
    ['a handshake that shows another leaf', 'stale leaf'],
  ] as const)('%s: barred, swapped, restarted, told', async (_, nature) => {
    const fleet = fleetModel({ a: sound, b: { nature }, c: { order: 200 } });
    await fleet.run();
    expect(fleet.current()).toBe(before);
    expect(fleet.labels(fresh)).toEqual(['AWSPREVIOUS', 'COURIER_REJECTED', 'COURIER_SINCE']);
    expect(fleet.mails[0]).toBe('critical RolledBack');
    expect(fleet.serves('c')).toEqual([before]);
    expect(fleet.restarts.filter(({ service }) => service === 'c')).toEqual([]);
    expect(fleet.serves('a')).toEqual([before]);
    expect(fleet.events.map(({ type }) => type)).toContain('Rolled Back');
    if (nature === 'refuses') expect(fleet.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);
  });

  it('nothing brings the barred one forward again, but whoever accepts it', async () => {
    const fleet = fleetModel({ a: sound, b: { nature: 'refuses' } });
    await fleet.run();
    expect(await fleet.run({ thorough: true, quiet: true })).toMatchObject({ is: 'done' });
    expect(fleet.current()).toBe(before);
    expect(await fleet.run({ accept: true })).toMatchObject({ is: 'told', finding: { reason: 'DeploymentFailed' } });
    expect(fleet.current()).toBe(fresh);
  });

  it('two services that end alike are evidence, one is none', async () => {
    const two = fleetModel({ a: sound, b: { nature: 'breaks' }, c: { nature: 'breaks' } });
    const one = fleetModel({ a: sound, b: { nature: 'breaks' }, c: sound });
    await two.run();
    await one.run();
    expect([two.mails[0], one.mails]).toEqual(['critical RolledBack', ['critical DeploymentFailed']]);
    expect([one.current(), one.labels(fresh).includes(label.stopped)]).toEqual([fresh, true]);
  });

  it('not where people do not want it', async () => {
    const fleet = fleetModel({ a: { nature: 'refuses' } }, { rollBack: 'never' });
    await fleet.run();
    expect([fleet.current(), fleet.mails]).toEqual([fresh, ['critical DeploymentFailed']]);
  });

  it('by hand, without any: delivered, and taken back from whoever had it', async () => {
    const fleet = fleetModel({ a: sound, b: sound });
    await fleet.run();
    await fleet.run({ rollBack: true, thorough: true });
    expect([fleet.current(), fleet.serves('a'), fleet.serves('b')]).toEqual([before, [before], [before]]);
    expect(fleet.mails).toEqual(['info Delivered', 'warning BackOnPrevious']);
  });
});

describe('where ECS tries a deployment again for ever', () => {
  it('a certificate that the start-up helper refuses goes back long before the deadline', async () => {
    const fleet = fleetModel({ a: sound, b: { nature: 'loops' }, c: sound });
    await fleet.look();
    fleet.pass(100);
    await fleet.look();
    fleet.pass(60);
    await fleet.look();
    expect([fleet.labels(fresh).includes(label.rejected), fleet.mails]).toEqual([true, ['critical RolledBack']]);
    await fleet.run();
    expect([fleet.current(), ...['a', 'b', 'c'].map(fleet.serves)]).toEqual([before, [before], [before], [before]]);
    expect(fleet.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);
  });

  it('a canary that the certificate breaks stops it as early', async () => {
    const fleet = fleetModel({ canary: { canary: true, nature: 'loops' }, web: sound });
    const began = fleet.now();
    expect(await fleet.run()).toMatchObject({ finding: { reason: 'CanaryFailed' } });
    expect(fleet.now() - began).toBeLessThan(120);
  });

  it('a broken image is late at the deadline, with what its tasks said, and one of them is no evidence', async () => {
    const fleet = fleetModel({ a: { nature: 'crashes' }, b: sound });
    const began = fleet.now();
    expect(await fleet.run()).toMatchObject({
      finding: { reason: 'RolloutTooSlow', facts: { detail: expect.stringContaining('"app" with exit code 1') } },
    });
    expect(fleet.now() - began).toBeGreaterThan(600);
    expect([fleet.current(), fleet.labels(fresh).includes(label.stopped)]).toEqual([fresh, true]);
  });

  it('two that are late alike are evidence, as two that failed alike', async () => {
    const fleet = fleetModel({ a: sound, b: { nature: 'crashes' }, c: { nature: 'crashes' } });
    await fleet.run();
    expect([fleet.current(), fleet.mails[0]]).toEqual([before, 'critical RolledBack']);
  });
});

describe('of a version that was delivered', () => {
  it.each(['breaks', 'refuses', 'hangs', 'stale leaf', 'loops'] as const)(
    'a consumer added later that %s is paged, and nothing else comes of it',
    async (nature) => {
      const fleet = fleetModel({ b: sound, c: sound });
      await fleet.run();
      const labels = fleet.labels(fresh);
      fleet.tag('a', { nature });
      expect(await fleet.run(bySweep)).toMatchObject({ is: 'told', finding: { reason: 'ConsumerFailed' } });
      expect([fleet.mails, fleet.current()]).toEqual([['info Delivered', 'critical ConsumerFailed'], fresh]);
      expect([fleet.labels(fresh), fleet.labels(before)]).toEqual([labels, ['AWSPREVIOUS']]);
      expect(fleet.restarts.map(({ service }) => service)).toEqual(['b', 'c', 'a']);
      expect(fleet.events.map(({ type }) => type)).not.toContain('Rollout Failed');

      fleet.tag('d');
      await fleet.run(bySweep);
      expect([fleet.serves('d'), fleet.restarts.length]).toEqual([[fresh], 4]);
    },
  );

  it('a consumer that fails is paged by a sweep also where another waits for a person', async () => {
    const fleet = fleetModel({ b: sound });
    await fleet.run();
    fleet.tag('a', { nature: 'breaks' });
    fleet.tag('c', { paused: true });
    expect(await fleet.run(bySweep)).toMatchObject({ finding: { reason: 'ConsumerFailed' } });
    expect(fleet.bodies.at(-1)).not.toContain('Take the tag courier:pause off');
  });

  it('what must not be restarted at all is left in a roll-back, once said: a sweep tries again', async () => {
    const fleet = fleetModel({ a: { nature: 'stale leaf' }, b: sound });
    const { restart } = fleet.world.services;
    await fleet.look();
    fleet.pass(100);
    await fleet.look();
    fleet.world.services.restart = () =>
      Promise.reject(new Trouble(finding('AccessDenied', { detail: 'ecs:UpdateService' })));
    expect(await fleet.run({}, { patient: false })).toMatchObject({ finding: { reason: 'ConsumerFailed' } });
    // A sweep leaves a young promotion alone.
    fleet.pass(3_600);
    expect(await fleet.run({ echo: true, quiet: true }, { patient: false })).toMatchObject({ is: 'done' });
    expect(fleet.mails).toEqual(['critical RolledBack', 'critical ConsumerFailed']);
    fleet.world.services.restart = restart;
    await fleet.run({ echo: true, quiet: true });
    expect([fleet.mails.at(-1), fleet.serves('a')]).toEqual(['warning BackOnPrevious', [before]]);
  });

  it('what must not be restarted at all still stops it: a sweep would try it every hour, and say so', async () => {
    const fleet = fleetModel({ b: sound });
    await fleet.run();
    fleet.tag('a');
    const denied = new Trouble(finding('AccessDenied', { detail: 'ecs:UpdateService' }));
    fleet.world.services.restart = () => Promise.reject(denied);
    expect(await fleet.run(bySweep, { patient: false })).toMatchObject({
      finding: { reason: 'DeploymentFailed' },
    });
    expect(fleet.labels(fresh)).toContain(label.stopped);
  });
});

describe('a canary that took what is taken back', () => {
  const byHand = { rollBack: true, thorough: true };

  it.each([
    ['after it failed on it', 'stale leaf', ['critical CanaryFailed', 'warning BackOnPrevious']],
    ['after it served it', 'sound', ['info Delivered', 'warning BackOnPrevious']],
  ] as const)('is restarted once more, %s, and then all rests', async (_, nature, mails) => {
    const fleet = fleetModel({ canary: { canary: true, nature }, web: sound });
    await fleet.run();
    await fleet.run(byHand);
    expect([fleet.current(), fleet.serves('canary'), fleet.serves('web')]).toEqual([before, [before], [before]]);
    expect(fleet.restarts.filter(({ service }) => service === 'canary').map(({ version }) => version)).toEqual([
      fresh,
      before,
    ]);
    expect(fleet.mails).toEqual(mails);
    const restarts = fleet.restarts.length;
    expect(await fleet.run(bySweep, { warm: false })).toMatchObject({ is: 'done' });
    expect([fleet.restarts.length, fleet.mails]).toEqual([restarts, mails]);
  });

  it('is restarted once more on evidence, too', async () => {
    const fleet = fleetModel({ canary, web: { nature: 'refuses' } });
    await fleet.run();
    expect([fleet.current(), fleet.serves('canary'), fleet.serves('web')]).toEqual([before, [before], [before]]);
    expect(fleet.restarts.filter(({ service }) => service === 'canary')).toHaveLength(2);
  });

  it('leaves those alone who never had it', async () => {
    const fleet = fleetModel({ canary: { canary: true, nature: 'refuses' }, web: sound });
    await fleet.run();
    await fleet.run(byHand);
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['canary', 'canary']);
    expect(fleet.labels(before)).toEqual([
      ...['AWSCURRENT', 'COURIER_DELIVERED', 'COURIER_NEXT', 'COURIER_NEXT_SINCE', 'COURIER_SINCE'],
    ]);
    expect(fleet.labels(fresh)).toEqual(['COURIER_REJECTED', 'COURIER_STOPPED']);
  });

  it('that fails with the one from before as well is paged, and stops nothing', async () => {
    const fleet = fleetModel({ canary: { canary: true, nature: 'breaks' }, web: sound });
    await fleet.run();
    await fleet.run(byHand);
    expect(fleet.mails).toEqual(['critical CanaryFailed', 'critical ConsumerFailed']);
    expect(fleet.bodies.at(-1)).toContain('Secret "courier/api" goes on holding the certificate');
    expect(fleet.bodies.at(-1)).toContain('the service "canary" in cluster "prod" does not serve it');
    expect(fleet.labels(before)).toContain(label.delivered);
  });

  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'is restarted once more, whatever act the worker dies after (%i)',
    async (crash) => {
      const fleet = fleetModel({ canary: { canary: true, nature: 'refuses' }, web: sound });
      await fleet.run();
      fleet.crashAfter(crash);
      await fleet.run(byHand, { warm: false });
      await fleet.run({ echo: true, quiet: true }, { warm: false });
      expect(fleet.restarts.map(({ service }) => service)).toEqual(['canary', 'canary']);
      expect([fleet.serves('canary'), fleet.labels(before).includes(label.delivered)]).toEqual([[before], true]);
    },
  );
});

describe('a service that is tagged in the middle of a wave', () => {
  it('waits until those have ended that it pushes behind it', async () => {
    const fleet = fleetModel({ c: sound, d: sound, e: sound, f: sound }, { parallel: 2 });
    await fleet.look();
    fleet.pass(100);
    await fleet.look();
    fleet.tag('a');
    fleet.tag('b');
    await fleet.run();
    expect(fleet.mostAtOnce()).toBe(2);
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(fleet.serves)).toEqual(Array(6).fill([fresh]));
  });

  it('waits for those behind it, though one beside it waits for its window and holds up later orders', async () => {
    const fleet = fleetModel({ a: { order: 1 }, z: { order: 200 } }, { parallel: 1 });
    await fleet.look();
    fleet.pass(100);
    await fleet.look();
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['a', 'z']);
    fleet.tag('b', { order: 1, window: 'unreadable' });
    fleet.tag('c', { order: 1 });
    await fleet.run();
    expect([fleet.mostAtOnce(), fleet.serves('c')]).toEqual([1, [fresh]]);
  });

  it('is not asked about those behind it while nobody was tagged', async () => {
    const fleet = fleetModel({ a: sound, b: sound, c: sound, d: sound }, { parallel: 2 });
    await fleet.run();
    // Whether one of them is a canary, once; then before the first restart, once.
    expect(fleet.asked.filter((all) => all.length > 2)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
    expect(fleet.asked.filter((all) => all.includes('d') && !all.includes('c'))).toEqual([['d'], ['d'], ['d'], ['d']]);
  });
});

describe('the kill switch', () => {
  it('stops what is under way before its next restart, and says so', async () => {
    const fleet = fleetModel({ a: sound, b: sound });
    await fleet.look();
    fleet.pass(100);
    fleet.allow('stopped');
    expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'StackStopped' } });
    expect(fleet.restarts.map(({ service }) => service)).toEqual(['a']);
    expect(await fleet.run({ quiet: true })).toMatchObject({ is: 'done' });
    fleet.allow('go');
    await fleet.run();
    expect(fleet.mails).toEqual(['warning StackStopped', 'info Delivered']);
  });

  it('that nobody can read is not go: nothing becomes current, and it is looked at again', async () => {
    const fleet = fleetModel({ a: sound });
    fleet.allow('unreadable');
    expect(await fleet.look()).toMatchObject({ is: 'again', because: 'SwitchUnreadable' });
    expect([fleet.current(), fleet.restarts, fleet.mails]).toEqual([before, [], []]);
  });
});

describe('machines hear', () => {
  it('when it starts, of each wave, and when it is over', async () => {
    const fleet = fleetModel({ a: sound, b: sound, c: sound, d: sound }, { parallel: 2 });
    await fleet.run();
    expect(fleet.events.map(({ type, detail }) => [type, 'wave' in detail ? detail.wave : 0])).toEqual([
      ['Rollout Started', 0],
      ['Wave Completed', 1],
      ['Wave Completed', 2],
      ['Wave Completed', 3],
      ['Certificate Delivered', 0],
    ]);
  });
});
