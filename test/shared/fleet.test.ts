import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { label } from '../../shared/domain/secret.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

const sound: Wish = {};
const canary: Wish = { canary: true };

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
      expect(fleet.events.map(({ type }) => type)).toEqual(['Rollout Failed']);
    },
  );

  it('that failed is overruled by whoever accepts the version, and then a consumer like any other', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'breaks' }, web: sound });
    await fleet.run();
    expect(await fleet.run({ accept: true })).toMatchObject({ is: 'told', finding: { reason: 'DeploymentFailed' } });
    expect([fleet.current(), fleet.restarts.map(({ service }) => service)]).toEqual([
      fresh,
      ['canary', 'canary', 'web'],
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

const wishes: fc.Arbitrary<Wish> = fc.record(
  {
    order: fc.constantFrom(1, 100),
    canary: fc.boolean(),
    paused: fc.boolean(),
    desired: fc.constantFrom(0, 1),
    nature: fc.constantFrom('sound', 'sound', 'sound', 'breaks', 'refuses', 'hangs', 'stale leaf'),
  },
  { requiredKeys: [] },
);
const fleets = fc.dictionary(fc.stringMatching(/^[a-f]$/), wishes, { maxKeys: 6 });

it('whatever the fleet, its failures, doubled messages and runs that die: bounded, once, and to an end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fleets,
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }),
      fc.boolean(),
      async (fleet, parallel, crashAt, warm) => {
        const model = fleetModel(fleet, { parallel, crashAt });
        await model.run({}, { warm });
        // Its echo, and a sweep an hour later.
        await model.run({ echo: true }, { warm });
        await model.run({ echo: true, quiet: true }, { warm: false });

        expect(model.mostAtOnce()).toBeLessThanOrEqual(parallel);
        const each = model.restarts.map(({ service, version }) => `${service} ${version}`);
        expect(each.filter((one, index) => each.indexOf(one) < index)).toEqual([]);
        // AWSCURRENT holds a whole version, whatever happened.
        expect([before, fresh]).toContain(model.current());
        const ends = new Set(model.mails);
        const isPaged = [...ends].some((mail) => mail.startsWith('critical') || mail === 'warning ServicePaused');
        expect(ends.has('info Delivered') || ends.has('warning BackOnPrevious') || isPaged).toBe(true);
        if (ends.has('info Delivered')) {
          const serving = Object.entries(fleet).filter(([, { desired = 1 }]) => desired > 0);
          for (const [name] of serving) expect(model.serves(name)).toEqual([fresh]);
        }
      },
    ),
    { numRuns: 300 },
  );
});
