import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Asked } from '../../shared/domain/delivery.ts';
import type { PlanStep } from '../../shared/domain/plan.ts';
import { label } from '../../shared/domain/secret.ts';
import { readWindow, type Window } from '../../shared/domain/window.ts';
import { expectedNotices } from '../../shared/expected-notices.ts';
import { planDelivery } from '../../shared/plan.ts';
import { certificate, delivery } from './domain/sample.ts';
import { before, fleetModel, fresh, type Wish } from './fleet-model.ts';

/** The clock of the fleet begins on a Thursday at midnight. */
const windows = {
  open: readWindow('Mon-Sun 00:00-24:00 UTC') as Window,
  closed: readWindow('Sat 02:00-04:00 UTC') as Window,
  unreadable: 'unreadable',
} as const;

/** Most services are ordinary: were each thing as likely as not, next to none would be restarted. */
const seldom = <One>(...values: readonly One[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) });

const tags = fc
  .record({
    order: fc.constantFrom(50, undefined, 200),
    paused: seldom(true),
    window: seldom(...Object.values(windows)),
    desired: seldom(0),
    controller: seldom('CODE_DEPLOY'),
    readsByItself: seldom(true),
    mutableImages: seldom(['web:latest']),
    refusesMutableImages: seldom(true),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Wish);
const service = fc.record({
  /** What its task definition reads, which no tag changes. */
  canary: fc.constantFrom(false, false, false, true),
  wish: tags,
  /** How it was and what became of it when the version was first rolled out; its tags and its image are mended since. */
  earlier: tags,
  nature: fc.constantFrom('sound', 'sound', 'sound', 'breaks', 'hangs'),
});

const world = fc.record({
  services: fc.array(service, { maxLength: 5 }),
  parallel: fc.integer({ min: 1, max: 3 }),
  /** How far the version has come: only stored, rolled out as things were then, or set aside. */
  past: fc.constantFrom('stored', 'rolled out', 'under way', 'held', 'stopped', 'rejected', 'restarted by others'),
  asked: fc.constantFrom<Asked>({}, { thorough: true }, { thorough: true, accept: true }, { rollBack: true }),
});
type Wanted = typeof world extends fc.Arbitrary<infer One> ? One : never;

async function fleetOf({ services, parallel, past, asked }: Wanted) {
  // What hangs must have failed by now: no plan could tell how it ends.
  const mayHang = past === 'rolled out' && !asked.rollBack;
  const wishes = Object.fromEntries(
    services.map(({ canary, earlier, nature }, index): [string, Wish & { nature: string }] => [
      `web${index}`,
      { ...earlier, canary, nature: mayHang || nature !== 'hangs' ? nature : 'breaks' },
    ]),
  );
  const fleet = fleetModel(wishes as Readonly<Record<string, Wish>>, { parallel, rollBack: 'never' });
  const move = fleet.world.secrets.move;
  if (past === 'rolled out') await fleet.run();
  if (past === 'under way') await fleet.look();
  if (past === 'held' || past === 'stopped') await move('', { label: label[past], to: fresh });
  if (past === 'rejected') {
    await move('', { label: label.current, from: before, to: fresh });
    await move('', { label: label.rejected, to: fresh });
  }
  if (past === 'restarted by others') for (const name of Object.keys(wishes)) fleet.restart(name);
  fleet.pass(7_200);
  services.forEach(({ canary, wish }, index) => {
    const own: Record<string, unknown> = wishes[`web${index}`] ?? {};
    for (const key of Object.keys(own)) delete own[key];
    Object.assign(own, { canary, ...wish });
  });
  // A function keeps for its lifetime who is done with a version: what its tags say later changes nothing of that.
  fleet.world.settled.clear();
  fleet.restarts.length = 0;
  fleet.mails.length = 0;
  fleet.bodies.length = 0;
  return fleet;
}

const barredIn = (fleet: ReturnType<typeof fleetModel>) =>
  [before, fresh].filter((id) => fleet.labels(id).includes(label.rejected));

/** What a plan and a mail both say of the end. */
function endOf(steps: readonly PlanStep[]): string {
  const texts = steps.map(({ text }) => text).join('\n');
  if (/^stop and page/m.test(texts)) return 'stopped';
  if (/^tell that .*(waits for|keeps it from)/m.test(texts)) return 'held';
  return /^tell that it is delivered/m.test(texts) ? 'delivered' : 'nothing';
}

const ends: readonly (readonly [string, RegExp])[] = [
  ['stopped', / (CanaryFailed|DeploymentFailed|RolloutTooSlow)$/],
  // Beside what a person must restart, which is graver.
  ['delivered', /no task of \d+ services? runs with/],
  ['held', / (ServicePaused|ServesBarred|ServiceOutsideWindow|MutableImageHeld|CanaryWaits)$/],
  ['delivered', / (Delivered|BackOnPrevious|NotRestartable|TasksMissing|ReadsByItself)$/],
];
const endIn = (mails: readonly string[]) =>
  ends.find(([, reason]) => mails.some((mail) => reason.test(mail)))?.[0] ?? 'nothing';

it('a plan names the promotions and restarts of the run that follows, in their order, and how it ends', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(world, async (wanted) => {
      const fleet = await fleetOf(wanted);
      const asked = { certificate, delivery, asked: wanted.asked };
      const planned = await planDelivery(asked, fleet.world as never);
      const { steps, next } = planned;
      const notices = expectedNotices({ wanted: asked, seen: planned, problems: [] }, fleet.world as never);
      const current = fleet.current();
      const wasBarred = barredIn(fleet).length > 0;
      await fleet.run(wanted.asked);

      const of = (step: PlanStep['step']) => steps.filter((one) => one.step === step);
      expect(of('restart').map((one) => one.service?.replace('prod/', ''))).toEqual(
        fleet.restarts.map((one) => one.service),
      );
      expect(of('promote').length > 0).toBe(fleet.current() !== current);
      expect(of('bar').map(({ versionId }) => versionId)).toEqual(wasBarred ? [] : barredIn(fleet));
      const end = endIn([...fleet.mails, ...fleet.bodies]);
      expect(endOf(steps)).toBe(end);
      expect(notices.map(({ attributes: { severity, reason } }) => `${severity} ${reason}`)).toEqual(fleet.mails);
      for (const { service: name, mutableImages } of of('restart')) {
        const index = Number(name?.slice(-1));
        expect(mutableImages).toEqual(wanted.services[index]?.wish.mutableImages);
      }
      for (const what of [end, next.do, ...steps.map(({ step }) => step)]) seen.add(what);
    }),
    { numRuns: 500 },
  );
  // What no world has shown is not compared.
  const all = ['delivered', 'held', 'stopped', 'restart', 'wait', 'promote', 'accept', 'bar', 'rest', 'roll out'];
  expect(all.filter((what) => !seen.has(what))).toEqual([]);
}, 60_000);
