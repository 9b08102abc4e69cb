import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { label } from '../../shared/domain/secret.ts';
import { readWindow, type Window } from '../../shared/domain/window.ts';
import { day, now as start } from './domain/sample.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

const sound: Wish = {};
const canary: Wish = { canary: true };
const byHand = { rollBack: true, thorough: true };
/** The clock of the fleet begins on a Thursday at midnight. */
const saturdays = readWindow('Sat 02:00-04:00 UTC') as Window;
const hour = 3600;

describe('a roll-back', () => {
  it('waits for the kill switch: nothing is barred while a person has stopped the stack', async () => {
    const fleet = fleetModel({ a: { nature: 'refuses' } });
    await fleet.look();
    fleet.pass(100);
    fleet.allow('stopped');
    expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'StackStopped' } });
    expect([fleet.current(), fleet.labels(fresh).includes(label.rejected)]).toEqual([fresh, false]);
    fleet.allow('go');
    await fleet.run();
    expect([fleet.current(), fleet.mails]).toEqual([
      before,
      ['warning StackStopped', 'critical RolledBack', 'warning BackOnPrevious'],
    ]);
  });

  it('is none while the version is tried on canaries: what is current stays, though one from before it is good', async () => {
    const fleet = fleetModel({ canary: { canary: true, nature: 'refuses' }, web: sound }, { older: true });
    expect(await fleet.run()).toMatchObject({ is: 'told', finding: { reason: 'CanaryFailed' } });
    expect([fleet.current(), fleet.labels(fresh)]).toEqual([
      before,
      ['COURIER_NEXT', 'COURIER_NEXT_SINCE', 'COURIER_STOPPED'],
    ]);
    expect(fleet.events.map(({ type }) => type)).toEqual(['Rollout Started', 'Rollout Failed']);
  });

  it.each([
    ['is made while the one from before is good for a second more than the floor', 1, 'critical RolledBack', true],
    ['is none from then on: stopped, and paged', 0, 'critical DeploymentFailed', false],
  ] as const)('%s', async (_, seconds, mail, goesBack) => {
    const fleet = fleetModel({ a: { nature: 'refuses' } });
    // `before` ends after 45 days, the floor is three.
    fleet.pass(42 * day - 200);
    await fleet.look();
    fleet.pass(start + 42 * day - fleet.now() - seconds);
    await fleet.look();
    expect(fleet.mails).toEqual([mail]);
    expect([fleet.labels(fresh).includes(label.rejected), fleet.labels(fresh).includes(label.stopped)]).toEqual([
      goesBack,
      !goesBack,
    ]);
    await fleet.run({ echo: true });
    expect(fleet.current()).toBe(goesBack ? before : fresh);
  });

  it('begins as soon as there is evidence, whatever hangs beside it', async () => {
    const fleet = fleetModel({ a: sound, b: { nature: 'refuses' }, c: { nature: 'hangs' } });
    await fleet.look();
    for (let looks = 0; fleet.mails.length === 0; looks++) {
      expect(looks).toBeLessThan(9);
      fleet.pass(30);
      await fleet.look();
    }
    expect(fleet.mails).toEqual(['critical RolledBack']);
  });

  it('is paged though nobody could be told at first, or the worker died of it', async () => {
    const fleet = fleetModel({ a: { nature: 'refuses' } });
    await fleet.look();
    fleet.pass(100);
    const { tell } = fleet.world.topic;
    fleet.world.topic.tell = () => Promise.reject(new Trouble(finding('Throttled', { detail: 'sns:Publish' })));
    expect(await fleet.look()).toMatchObject({ is: 'again', because: 'Throttled' });
    fleet.world.topic.tell = tell;
    await fleet.run();
    expect(fleet.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);

    const dying = fleetModel({ a: { nature: 'refuses' } });
    await dying.look();
    dying.crashAfter(1);
    await dying.run();
    expect(dying.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);
  });

  it('swaps at once: what has served before is tried on no canary', async () => {
    const fleet = fleetModel({ canary, web: sound });
    await fleet.run();
    await fleet.look(byHand);
    const stages = fleet.restarts.filter(({ version }) => version === before).map(({ stage }) => stage);
    expect([fleet.current(), stages]).toEqual([before, ['rollout', 'rollout']]);
  });
});

describe('of several that fail', () => {
  it.each(['never', 'evidence'] as const)(
    'the one that speaks against the certificate comes first (%s)',
    async (rollBack) => {
      const fleet = fleetModel({ a: sound, b: { nature: 'breaks' }, c: { nature: 'refuses' } }, { rollBack });
      await fleet.run();
      const [page = ''] = fleet.bodies;
      expect(page.indexOf('"c"')).toBeGreaterThan(0);
      expect(page.indexOf('"c"')).toBeLessThan(page.indexOf('"b"'));
    },
  );
});

it('tasks that ended are asked for since the promotion, those of a canary since its trial', async () => {
  const fleet = fleetModel(
    { canary: { ...canary, nature: 'breaks' }, web: { nature: 'breaks' } },
    { rollBack: 'never' },
  );
  const { endings } = fleet.world.services;
  const asked: Record<string, number> = {};
  fleet.world.services.endings = (service, since) => {
    asked[service.service] = since;
    return endings(service, since);
  };
  await fleet.run();
  expect(asked).toEqual({ canary: start + 1 });
  await fleet.run({ accept: true });
  const since = fleet.versions()[fresh]?.find((name) => name.startsWith('COURIER_SINCE_'));
  expect(asked).toEqual({ canary: start + 1, web: Number(since?.replace('COURIER_SINCE_', '')) });
});

describe('no window outlasts what tasks serve', () => {
  it.each([
    ['a service', sound, 'ServiceOutsideWindow', fresh],
    ['a canary', canary, 'CanaryWaits', before],
  ] as const)('%s waits for its window while that comes first, and no longer', async (_, wish, reason, current) => {
    const waiting = fleetModel({ a: { ...wish, window: saturdays } }, { older: true });
    // A Friday: the window opens after 26 hours, and `before` ends after 48.
    waiting.pass(43 * day);
    expect(await waiting.run()).toMatchObject({ is: 'told', finding: { reason } });
    expect([waiting.restarts, waiting.current()]).toEqual([[], current]);

    const hurried = fleetModel({ a: { ...wish, window: saturdays } }, { older: true });
    // A Saturday: it has just closed, and `before` ends at midnight.
    hurried.pass(44 * day + 5 * hour);
    expect(await hurried.run()).toEqual({ is: 'done', because: 'delivered' });
    expect([hurried.restarts.length, hurried.mails]).toEqual([1, ['info Delivered']]);
  });
});

describe('a canary', () => {
  it('in somebody’s own deployment counts: it is waited for, and then restarted', async () => {
    const fleet = fleetModel({ canary, web: sound });
    fleet.restart('canary');
    fleet.pass(30);
    expect(await fleet.look()).toMatchObject({ is: 'again' });
    expect([fleet.current(), fleet.restarts]).toEqual([before, []]);
    await fleet.run();
    expect(fleet.restarts.map(({ service, stage }) => [service, stage])).toEqual([
      ['canary', 'trial'],
      ['web', 'rollout'],
    ]);
  });

  it('is not asked about a first delivery, which nobody serves yet', async () => {
    const fleet = fleetModel({ canary, web: sound }, { first: true });
    await fleet.look();
    expect([fleet.current(), fleet.restarts.filter(({ stage }) => stage === 'trial')]).toEqual([fresh, []]);
  });

  it('that was late is a consumer like any other once a person has accepted the version', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'hangs' }, web: sound });
    expect(await fleet.run()).toMatchObject({ finding: { reason: 'CanaryFailed' } });
    await fleet.run({ accept: true });
    expect(fleet.restarts.map(({ service, stage }) => [service, stage])).toEqual([
      ['canary', 'trial'],
      ['web', 'rollout'],
      ['canary', 'rollout'],
    ]);
  });
});

describe('from the renewal until all tasks serve it', () => {
  const renewal = { status: 'succeeded', updatedAt: start - hour } as const;

  it('are so many seconds: measured once, when it is delivered', async () => {
    const fleet = fleetModel({ a: sound, b: sound }, { certificate: { renewal } });
    await fleet.look();
    expect(fleet.gauges).toEqual([]);
    await fleet.run();
    await fleet.run({ thorough: true });
    expect(fleet.gauges).toEqual([['renewedToServedSeconds', fleet.now() - start + hour]]);
  });

  it.each([
    ['a certificate that ACM has just issued', { certificate: {} }, {}],
    ['a renewal that ACM has not ended', { certificate: { renewal: { ...renewal, status: 'pending' } } }, {}],
    ['what is gone back to', { certificate: { renewal } }, { nature: 'refuses' }],
  ] as const)('is not measured for %s', async (_, { certificate }, wish) => {
    const { renewal: none = undefined } = certificate as { renewal?: typeof renewal };
    const fleet = fleetModel({ a: wish }, { certificate: { renewal: none } as never });
    await fleet.run();
    expect(fleet.gauges).toEqual([]);
  });
});

it('a handshake asks for the certificate’s first name, and expects its serial', async () => {
  const fleet = fleetModel({ a: sound, canary }, { certificate: { name: '*.example.com' } });
  await fleet.run();
  expect(fleet.targets.map(({ id }) => id)).toEqual(expect.arrayContaining(['a/0', 'canary/0']));
  for (const { serial, servername } of fleet.targets)
    expect([serial, servername]).toEqual([fresh.slice(0, 40), 'probe.example.com']);
});

describe('tags of services that nobody can read', () => {
  const order = { tag: 'courier:order', value: 'first', accepted: 'a whole number from 0 to 9999' };
  const pause = { tag: 'courier:pause', value: 'maybe', accepted: 'true or false' };
  const wishes = (more: Wish = {}) => ({ a: { problems: [order] }, b: { problems: [pause], ...more }, c: sound });
  const said = (service: string, { tag, value, accepted }: typeof order) =>
    `Cannot read tag ${tag} = "${value}" on service "${service}" in cluster "prod"; accepted: ${accepted}.`;
  const times = (text: string, words: string) => text.split(words).length - 1;

  it.each([
    ['with the end', {}, 'warning BadServiceTag', ['a', 'b', 'c']],
    ['with what holds it', { paused: true }, 'warning ServicePaused', ['a', 'c']],
    ['with what stops it', { nature: 'breaks' }, 'critical DeploymentFailed', ['a', 'b', 'c']],
  ] as const)('are said once, %s, and the others go on', async (_, wish, mail, restarted) => {
    const fleet = fleetModel(wishes(wish));
    await fleet.run();
    await fleet.run({ echo: true });
    await fleet.run({ thorough: true, echo: true, quiet: true }, { warm: false });
    expect([fleet.mails, fleet.restarts.map(({ service }) => service)]).toEqual([[mail], restarted]);
    const [body = ''] = fleet.bodies;
    expect([times(body, said('a', order)), times(body, said('b', pause))]).toEqual([1, 1]);
  });
});
