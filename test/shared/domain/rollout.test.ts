import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Consumer,
  type Deployment,
  evidenceOf,
  type Judged,
  judge,
  nextRolloutStep,
  type Verdict,
  windowOverride,
} from '../../../shared/domain/rollout.ts';
import type { Window } from '../../../shared/domain/window.ts';
import { now as since } from './sample.ts';
import { consumerOf } from './sample-consumer.ts';

const deadlineSeconds = 3600;

const service = consumerOf();

/** A millisecond, in seconds. */
const ms = 0.001;
const task = (createdAt: number, running = true) => ({ createdAt, running });
const old = task(since - 100);
const fresh = task(since + 10);
const deployed = (status: Deployment['status'], createdAt = since + 5): Deployment => ({
  createdAt,
  status,
  detail: 'ECS said so',
});
const failed: Verdict = { is: 'failed', detail: 'ECS said so' };

/** Open for an hour from then on, every day. */
function windowAt(from: number): Window {
  const minutes = (from % 86_400) / 60;
  return [{ days: [0, 1, 2, 3, 4, 5, 6], from: minutes, to: minutes + 60, zone: 'UTC' }];
}

type Row = readonly [when: string, consumer: Partial<Consumer>, verdict: Verdict, seconds?: number];
const soon = 60;

const rows: readonly Row[] = [
  ['all tasks from before: stale', { tasks: [old, old] }, { is: 'stale' }],
  ['one task from before: stale', { tasks: [fresh, fresh, old] }, { is: 'stale' }],
  ['a task created a millisecond before the promotion: stale', { tasks: [fresh, task(since - ms)] }, { is: 'stale' }],
  ['a task created at the promotion: new', { tasks: [fresh, task(since)] }, { is: 'new' }],
  ['all tasks new, though nobody deployed: new', { tasks: [fresh, fresh] }, { is: 'new' }],
  [
    'a task from before that is stopping counts as old',
    { tasks: [fresh, fresh, task(since - 1, false)] },
    { is: 'stale' },
  ],
  ['more tasks than wanted, all new: new', { tasks: [fresh, fresh, fresh] }, { is: 'new' }],
  ['a new task not running yet: rolling', { tasks: [fresh, task(since + 10, false)] }, { is: 'rolling' }],
  ['no task yet and no deployment: rolling', {}, { is: 'rolling' }],
  ['no task at the deadline: rolling', {}, { is: 'rolling' }, deadlineSeconds],
  ['no task after the deadline: short', {}, { is: 'short', running: 0 }, deadlineSeconds + 1],

  [
    'a daemon that an instance was added to, whose task is not there yet: rolling',
    { desired: 3, tasks: [fresh, fresh], deployments: [deployed('successful')] },
    { is: 'rolling' },
  ],
  [
    'a daemon that an instance was taken from, and its old task with it: new',
    { desired: 1, tasks: [fresh], deployments: [deployed('successful')] },
    { is: 'new' },
  ],
  ['a deployment under way: rolling', { deployments: [deployed('under way')] }, { is: 'rolling' }],
  [
    'a deployment under way with new tasks only: rolling',
    { tasks: [fresh, fresh], deployments: [deployed('under way')] },
    { is: 'rolling' },
  ],
  [
    'a deployment under way at its deadline: rolling',
    { deployments: [deployed('under way', since)] },
    { is: 'rolling' },
    deadlineSeconds,
  ],
  [
    'a deployment under way a second after its deadline: late',
    { deployments: [deployed('under way', since)] },
    { is: 'late' },
    deadlineSeconds + 1,
  ],
  [
    'the deadline counts from the newest deployment',
    { deployments: [deployed('under way', since + 10), deployed('failed', since)] },
    { is: 'rolling' },
    deadlineSeconds + 10,
  ],
  [
    'a deployment done, all tasks new: new',
    { tasks: [fresh, fresh], deployments: [deployed('successful')] },
    { is: 'new' },
  ],
  [
    'a deployment done, a task from before still draining: rolling',
    { tasks: [fresh, fresh, old], deployments: [deployed('successful')] },
    { is: 'rolling' },
  ],
  [
    'a deployment done, a task from before after the deadline: late',
    { tasks: [fresh, fresh, old], deployments: [deployed('successful', since)] },
    { is: 'late' },
    deadlineSeconds + 1,
  ],
  [
    'a deployment done, too few tasks at the deadline: rolling',
    { tasks: [fresh], deployments: [deployed('successful', since)] },
    { is: 'rolling' },
    deadlineSeconds,
  ],
  [
    'a deployment done, too few tasks after the deadline, none from before: short',
    { tasks: [fresh], deployments: [deployed('successful', since)] },
    { is: 'short', running: 1 },
    deadlineSeconds + 1,
  ],
  [
    'a roll-back by the circuit breaker, tasks from before: failed',
    { tasks: [old, old], deployments: [deployed('failed')] },
    failed,
  ],
  [
    'a roll-back by the circuit breaker whose tasks all started since: new',
    { tasks: [fresh, fresh], deployments: [deployed('failed')] },
    { is: 'new' },
  ],
  ['a roll-back that left too few tasks: failed', { tasks: [fresh], deployments: [deployed('failed')] }, failed],
  [
    'a stopped deployment with a successor: the successor counts',
    { tasks: [old], deployments: [deployed('under way', since + 9), deployed('failed')] },
    { is: 'rolling' },
  ],
  [
    'a failed successor: failed',
    { tasks: [old], deployments: [deployed('failed', since + 9), deployed('successful')] },
    failed,
  ],

  ['no task wanted: idle', { desired: 0, tasks: [old] }, { is: 'idle' }],
  ['no task wanted, even after a failure: idle', { desired: 0, deployments: [deployed('failed')] }, { is: 'idle' }],
  ['a service that is draining: idle', { active: false, tasks: [old] }, { is: 'idle' }],
  ['paused with tasks from before: paused', { paused: true, tasks: [old, old] }, { is: 'paused' }],
  ['paused with new tasks: new', { paused: true, tasks: [fresh, fresh] }, { is: 'new' }],
  [
    'paused while somebody deploys: rolling',
    { paused: true, tasks: [old], deployments: [deployed('under way')] },
    { is: 'rolling' },
  ],
  [
    'CodeDeploy with tasks from before: not ours',
    { controller: 'CODE_DEPLOY', tasks: [old] },
    { is: 'not ours to restart', controller: 'CODE_DEPLOY' },
  ],
  [
    'an external controller: not ours',
    { controller: 'EXTERNAL', tasks: [old] },
    { is: 'not ours to restart', controller: 'EXTERNAL' },
  ],
  ['CodeDeploy with new tasks: new', { controller: 'CODE_DEPLOY', tasks: [fresh, fresh] }, { is: 'new' }],
  ['a deployment from before is under way: rolling', { busySince: since - 5 }, { is: 'rolling' }],
  ['a deployment from before, at its deadline: rolling', { busySince: since - 5 }, { is: 'rolling' }, deadlineSeconds],
  ['a deployment from before, after it: late', { busySince: since - 5 }, { is: 'late' }, deadlineSeconds + 1],
  [
    'images that move are held where they are refused',
    { tasks: [old], refusesMutableImages: true, mutableImages: ['web:latest'] },
    { is: 'image held', images: ['web:latest'] },
  ],
  ['images that do not move are not held', { tasks: [old], refusesMutableImages: true }, { is: 'stale' }],
  ['images that move are not held unasked', { tasks: [old], mutableImages: ['web:latest'] }, { is: 'stale' }],
  ['in its window: stale', { tasks: [old], window: windowAt(since) }, { is: 'stale' }],
  [
    'outside its window: until it opens',
    { tasks: [old], window: windowAt(since + 3600) },
    { is: 'outside window', until: since + 3600 },
  ],
  ['outside a window that nobody can read', { tasks: [old], window: 'unreadable' }, { is: 'outside window' }],
  ['outside its window with new tasks: new', { tasks: [fresh, fresh], window: windowAt(since + 3600) }, { is: 'new' }],
  ['CodeDeploy, paused: paused', { controller: 'CODE_DEPLOY', paused: true, tasks: [old] }, { is: 'paused' }],
];

describe('a consumer is judged', () => {
  for (const [when, consumer, verdict, seconds = soon] of rows)
    it(when, () =>
      expect(judge({ ...service, ...consumer }, { since, now: since + seconds, deadlineSeconds })).toEqual(verdict),
    );
});

describe('a deployment under way ails', () => {
  const at = (more: Partial<Deployment>, seconds = 0) =>
    judge(consumerOf('web', { deployments: [{ ...deployed('under way', since), ...more }] }), {
      ...{ since, now: since + seconds, deadlineSeconds },
    });
  const ailing: Verdict = { is: 'rolling', ailing: true };
  it.each<readonly [string, Verdict, Verdict]>([
    ['after two failed tasks in a row', at({ failedTasks: 2 }), ailing],
    ['not after one', at({ failedTasks: 1, runningTasks: 1 }), { is: 'rolling' }],
    ['where no task runs for more than five minutes', at({ runningTasks: 0 }, 301), ailing],
    ['not yet after five', at({ runningTasks: 0 }, 300), { is: 'rolling' }],
    ['not where one runs', at({ runningTasks: 1 }, 301), { is: 'rolling' }],
    ['not where nobody says how many run', at({}, 301), { is: 'rolling' }],
  ])('%s', (_, verdict, expected) => expect(verdict).toEqual(expected));
});

describe('after a roll-back a deployment from before it', () => {
  const busy = { tasks: [], busySince: since - 5 };
  const at = (more: Partial<Consumer>, promotion: object, seconds = 60) =>
    judge(consumerOf('web', { ...busy, ...more }), { since, now: since + seconds, deadlineSeconds, ...promotion });
  it.each<readonly [string, Verdict, Verdict]>([
    ['is restarted on top of', at({}, { exposedSince: since - 9 }), { is: 'stale', inDeployment: true }],
    [
      'that has been given up takes room by its restart',
      at({}, { exposedSince: since - 9 }, deadlineSeconds - 4),
      { is: 'stale' },
    ],
    [
      'of a canary is, though the other was never current',
      at({ canary: true }, { back: true }),
      { is: 'stale', inDeployment: true },
    ],
    ['of anybody else is waited for then', at({}, { back: true }), { is: 'rolling' }],
    [
      'that is paused is not, and may serve what was taken back',
      at({ paused: true }, { exposedSince: since - 9 }),
      { is: 'paused', exposed: true },
    ],
    [
      'whose image is held neither',
      at({ refusesMutableImages: true, mutableImages: ['web:latest'] }, { exposedSince: since - 9 }),
      { is: 'image held', images: ['web:latest'], exposed: true },
    ],
    [
      'that CodeDeploy must restart neither',
      at({ controller: 'CODE_DEPLOY' }, { exposedSince: since - 9 }),
      { is: 'not ours to restart', controller: 'CODE_DEPLOY', exposed: true },
    ],
    [
      'of a canary that is paused neither',
      at({ canary: true, paused: true }, { back: true }),
      { is: 'paused', exposed: true },
    ],
  ])('%s', (_, verdict, expected) => expect(verdict).toEqual(expected));
});

describe('no window holds whoever may serve what was taken back', () => {
  const exposedSince = since - 9;
  const at = (more: Partial<Consumer>, promotion: object = { exposedSince }) =>
    judge(consumerOf('web', { tasks: [task(exposedSince)], ...more }), {
      ...{ since, now: since + soon, deadlineSeconds, ...promotion },
    });
  const closed = { window: windowAt(since + 3600) };
  const free: Verdict = { is: 'stale', overridesWindow: true, exposed: true };
  it.each<readonly [string, Verdict, Verdict]>([
    ['closed', at(closed), free],
    ['unreadable', at({ window: 'unreadable' }), free],
    ['of a canary', at({ ...closed, canary: true }, { back: true }), free],
    ['open', at({ window: windowAt(since) }), { is: 'stale' }],
    [
      'closed, with tasks from before both',
      at({ ...closed, desired: 1, tasks: [task(exposedSince - ms)] }),
      { is: 'new' },
    ],
    ['without a roll-back', at(closed, {}), { is: 'outside window', until: since + 3600 }],
  ])('%s', (_, verdict, expected) => expect(verdict).toEqual(expected));
});

describe('a restart outside the window says why', () => {
  const hour = 3600;
  const at = (createdAt: number, promotion: object, window: Consumer['window'] = windowAt(since + 5 * hour)) =>
    windowOverride(consumerOf('web', { deployments: [deployed('successful', createdAt)], ...(window && { window }) }), {
      ...{ since, now: since + 9 * hour, deadlineSeconds: hour, ...promotion },
    });
  const [ends, lasts] = [{ servedNotAfter: since + 6 * hour }, { servedNotAfter: since + 60 * 86_400 }];
  it.each([
    ['what was served ends before the next opening', at(since, ends), 'ends'],
    ['what was served ends, and nobody can read the window', at(since, ends, 'unreadable'), 'ends'],
    ['what was served may have been taken back', at(since, { ...lasts, exposedSince: since - 9 }), 'barred'],
    ['not where the window was open', at(since + 5 * hour, ends), undefined],
    ['not where it was closed and nothing ended: somebody else did it', at(since, lasts), undefined],
  ])('%s', (_, why, expected) => expect(why).toBe(expected));
  it('and nothing of who has no window', () => {
    const consumer = consumerOf('web', { deployments: [deployed('successful')] });
    expect(windowOverride(consumer, { since, now: since, deadlineSeconds, ...ends })).toBeUndefined();
  });
});

describe('failures are evidence', () => {
  const late = (more: object): Judged => ({ consumer: service, verdict: { is: 'late', ...more } });
  it.each<readonly [string, readonly Judged[], string | undefined]>([
    ['by their own word, late or not', [late({ evidence: 'it refused it' })], 'it refused it'],
    [
      'where two are alike, one of them late',
      [late({ marks: ['exit code 1'] }), { ...judged('failed'), verdict: { ...failed, marks: ['exit code 1'] } }],
      'tasks of several services ended alike: exit code 1',
    ],
    ['not where one is', [late({ marks: ['exit code 1'] })], undefined],
  ])('%s', (_, all, evidence) => expect(evidenceOf(all)).toBe(evidence));
});

describe('no window outlasts what is served', () => {
  const hour = 3600;
  const at = (servedNotAfter: number, window: Consumer['window'] = windowAt(since + 5 * hour)) =>
    judge(consumerOf('web', { tasks: [old], ...(window && { window }) }), {
      ...{ since, now: since, deadlineSeconds: hour, servedNotAfter },
    });
  it.each<readonly [string, Verdict, Verdict]>([
    ['that ends before a rollout at its opening would', at(since + 6 * hour), { is: 'stale', overridesWindow: true }],
    ['that ends a second later', at(since + 6 * hour + 1), { is: 'outside window', until: since + 5 * hour }],
    ['nobody can read, a week before', at(since + 192 * hour, 'unreadable'), { is: 'stale', overridesWindow: true }],
    ['nobody can read, earlier', at(since + 192 * hour + 1, 'unreadable'), { is: 'outside window' }],
  ])('%s', (_, verdict, expected) => expect(verdict).toEqual(expected));
});

const times = fc.integer({ min: -7200, max: 7200 }).map((offset) => since + offset);
const deployments = fc.array(
  fc.record({
    createdAt: times.filter((time) => time >= since),
    status: fc.constantFrom('under way' as const, 'successful' as const, 'failed' as const),
    detail: fc.constant('ECS said so'),
  }),
  { maxLength: 3 },
);
const consumers = fc
  .record({
    active: fc.boolean(),
    desired: fc.integer({ min: 0, max: 3 }),
    controller: fc.constantFrom('ECS', 'CODE_DEPLOY'),
    paused: fc.boolean(),
    readsByItself: fc.boolean(),
    tasks: fc.array(fc.record({ createdAt: times, running: fc.boolean() }), { maxLength: 4 }),
    deployments: deployments.map((all) => all.toSorted((a, b) => b.createdAt - a.createdAt)),
  })
  .map((other) => consumerOf('web', other));
const later = fc.integer({ min: 0, max: 10_000 }).map((seconds) => since + seconds);
const promotion = (at: number) => ({ since, now: at, deadlineSeconds });

describe('whatever ECS shows', () => {
  it('a service with a deployment since the promotion is never restarted', () => {
    fc.assert(
      fc.property(consumers, later, (consumer, at) => {
        const verdict = judge(consumer, promotion(at));
        const { do: step } = nextRolloutStep([{ consumer, verdict }]);
        return consumer.deployments.length === 0 || (verdict.is !== 'stale' && step !== 'restart');
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('a service that reads by itself is never restarted, waited for or called new', () => {
    fc.assert(
      fc.property(consumers, later, (consumer, at) => {
        const verdict = judge({ ...consumer, readsByItself: true }, promotion(at));
        return verdict.is === 'reads by itself' || verdict.is === 'idle';
      }),
    );
  }, 60_000);

  it('a service with a task from before is never called new', () => {
    fc.assert(
      fc.property(consumers, later, (consumer, at) => {
        const hasOld = consumer.tasks.some(({ createdAt }) => createdAt < since);
        return !hasOld || judge(consumer, promotion(at)).is !== 'new';
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('nothing is waited for beyond its deadline', () => {
    fc.assert(
      fc.property(consumers, (consumer) => {
        const end = Math.max(since, ...consumer.deployments.map(({ createdAt }) => createdAt)) + deadlineSeconds + 1;
        return judge(consumer, promotion(end)).is !== 'rolling';
      }),
    );
  }, 60_000);
});

function sampleVerdict(is: Verdict['is']): Verdict {
  if (is === 'failed') return failed;
  if (is === 'not ours to restart') return { is, controller: 'CODE_DEPLOY' };
  if (is === 'image held') return { is, images: ['web:latest'] };
  return is === 'short' ? { is, running: 0 } : { is };
}

const judged = (is: Verdict['is'], name: string = is): Judged => ({
  consumer: { ...service, service: name },
  verdict: sampleVerdict(is),
});

describe('the rollout as a whole', () => {
  const names = (...of: Judged[]) => of.map(({ consumer }) => consumer);
  it.each([
    ['is finished without any consumer', [], { do: 'finish', left: [] }],
    ['is finished when all are new or idle', [judged('new'), judged('idle')], { do: 'finish', left: [] }],
    [
      'names what it could not restart',
      [judged('new'), judged('not ours to restart')],
      { do: 'finish', left: [judged('not ours to restart')] },
    ],
    [
      'names what reads by itself, and waits for the others',
      [judged('reads by itself'), judged('rolling')],
      { do: 'wait' },
    ],
    [
      'is finished beside what reads by itself, which it names',
      [judged('reads by itself'), judged('new')],
      { do: 'finish', left: [judged('reads by itself')] },
    ],
    ['names where tasks are missing', [judged('new'), judged('short')], { do: 'finish', left: [judged('short')] }],
    [
      'restarts all that are stale at a time',
      [judged('stale', 'a'), judged('new'), judged('stale', 'b')],
      { do: 'restart', consumers: names(judged('stale', 'a'), judged('stale', 'b')) },
    ],
    [
      'restarts the stale beside those that roll',
      [judged('rolling'), judged('stale')],
      { do: 'restart', consumers: names(judged('stale')) },
    ],
    [
      'restarts the stale beside those that are paused',
      [judged('paused'), judged('stale')],
      { do: 'restart', consumers: names(judged('stale')) },
    ],
    ['waits for what rolls', [judged('rolling'), judged('new'), judged('paused')], { do: 'wait' }],
    ['holds for what is paused', [judged('paused'), judged('new')], { do: 'hold', held: [judged('paused')] }],
    [
      'holds for a window, and for an image that is not pinned',
      [judged('outside window'), judged('image held'), judged('new')],
      { do: 'hold', held: [judged('outside window'), judged('image held')] },
    ],
    [
      'stops at a failure, and restarts nothing more',
      [judged('stale'), judged('failed')],
      { do: 'stop', failed: [judged('failed')] },
    ],
    [
      'waits at a failure for what was started beside it, and restarts nothing more',
      [judged('stale'), judged('failed'), judged('rolling')],
      { do: 'wait' },
    ],
    ['stops at what is late', [judged('late'), judged('new')], { do: 'stop', failed: [judged('late')] }],
    [
      'names all that failed',
      [judged('failed', 'a'), judged('late', 'b')],
      { do: 'stop', failed: [judged('failed', 'a'), judged('late', 'b')] },
    ],
  ])('%s', (_, all, step) => expect(nextRolloutStep(all)).toEqual(step));

  it.each([
    [
      'restarts others beside a failure',
      [judged('failed'), judged('stale')],
      { do: 'restart', consumers: names(judged('stale')) },
    ],
    ['waits for others beside a failure', [judged('late'), judged('rolling')], { do: 'wait' }],
    [
      'holds for others, behind the failure',
      [judged('paused'), judged('failed')],
      { do: 'hold', held: [judged('failed'), judged('paused')] },
    ],
    [
      'is finished with a failure, which it names',
      [judged('short'), judged('late')],
      { do: 'finish', left: [judged('late'), judged('short')] },
    ],
  ])('of a version that has served %s', (_, all, step) => expect(nextRolloutStep(all, { served: true })).toEqual(step));
});
