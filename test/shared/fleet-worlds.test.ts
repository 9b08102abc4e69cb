import fc from 'fast-check';
import { expect, it } from 'vitest';
import { label } from '../../shared/domain/secret.ts';
import { readWindow, type Window } from '../../shared/domain/window.ts';
import { day, now as start } from './domain/sample.ts';
import { before, fleetModel, fresh, fresher, type Wish } from './fleet-model.ts';

/** The clock of the fleet begins on a Thursday at midnight. */
const always = readWindow('Mon-Sun 00:00-24:00 UTC') as Window;
const closed = readWindow('Sat 02:00-04:00 UTC') as Window;
const saturday = start + 2 * day + 2.5 * 3600;

/** Most services are ordinary: were each thing as likely as not, next to none would be restarted. */
const seldom = <One>(...values: readonly One[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) });
const names = (last: string) => fc.constantFrom(...'abcdefgh'.slice(0, 'abcdefgh'.indexOf(last) + 1));
const natures = ['breaks', 'refuses', 'hangs', 'stale leaf', 'crashes', 'loops'] as const;

const wish = fc
  .record({
    order: fc.constantFrom(1, 100),
    canary: seldom(true, true, true),
    paused: seldom(true),
    desired: seldom(0),
    controller: seldom('CODE_DEPLOY'),
    window: seldom<Window | 'unreadable'>(always, closed, 'unreadable'),
    nature: seldom(...natures),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Wish);

const looks = fc.integer({ min: 1, max: 12 });
const worlds = fc.record({
  fleet: fc.dictionary(names('f'), wish, { maxKeys: 6 }),
  parallel: fc.oneof(
    fc.record({ parallel: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
  ),
  /** After which acts the worker dies, and whose answers are lost. */
  crashAt: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }),
  lostAt: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
  warm: fc.boolean(),
  /** Who says from when on that it reads the secret, or no longer. */
  changes: fc.array(fc.record({ look: looks, name: names('h'), wish: fc.option(wish) }), { maxLength: 5 }),
  /** The message once more, somebody's own deployment, or ACM's next renewal. */
  meanwhile: fc.array(
    fc.record({ look: looks, what: fc.constantFrom('message', 'message', 'deployment', 'renewal'), name: names('h') }),
    { maxLength: 3 },
  ),
  takenBack: fc.boolean(),
});
type Given = typeof worlds extends fc.Arbitrary<infer One> ? One : never;

/** What a sweep asks that has found a consumer behind. */
const bySweep = { thorough: true, echo: true, quiet: true };

/** The message, its echo, a sweep that finds whoever came too late, a person, and the next Saturday's sweep. */
async function lived({ fleet, parallel, crashAt, lostAt, warm, changes, meanwhile, takenBack }: Given) {
  const model = fleetModel(fleet, { ...parallel, crashAt, lostAt });
  const happens = {
    message: () => model.look({}, { warm }),
    renewal: () => model.renew(),
    deployment: (name: string) => name in model.all() && model.restart(name),
  };
  const events = meanwhile.map(({ look, what, name }) => ({
    look,
    happens: () => happens[what as keyof typeof happens](name),
  }));
  await model.run({}, { warm, changes, meanwhile: events });
  await model.run({ echo: true }, { warm });
  await model.run(bySweep, { warm: false });
  if (takenBack) await model.run({ rollBack: true, thorough: true }, { warm });
  const onTheWay = model.restarts.filter(({ version }) => version === model.wanted());
  const early = new Set(onTheWay.map(({ service }) => service));
  model.pass(Math.max(saturday - model.now(), 0));
  await model.run(bySweep, { warm: false });
  return { ...model, early };
}
type Lived = Awaited<ReturnType<typeof lived>>;

/** How ACM's certificate has ended, by its labels, and which mails about just this version say so. */
function endOf(model: Lived) {
  const wanted = model.wanted();
  const [is = 'open'] = [label.rejected, label.stopped, label.delivered].filter((name) =>
    model.labels(wanted).includes(name),
  );
  return { is, said: mailsAbout(wanted, model) };
}

const mailsAbout = (versionId: string, { mails, bodies }: Lived) =>
  mails.filter((_, index) => bodies[index]?.includes(`as version ${versionId} of secret "courier/api"`));

const held = /^\w+ (ServicePaused|ServiceOutsideWindow|MutableImageHeld|CanaryWaits)$/;
/** Of which ends people hear how. */
const heard: Readonly<Record<string, RegExp>> = {
  [label.delivered]: /./,
  [label.stopped]: /^critical /,
  [label.rejected]: /^critical RolledBack$/,
  open: held,
};

/** Who was restarted though tags forbid it, or before their window; what is taken back does not wait for one. */
function barred(model: Lived): readonly object[] {
  const { all, early, restarts } = model;
  const onTheWay = new Set(restarts.filter(({ version }) => version === model.wanted()).map(({ service }) => service));
  return restarts
    .map(({ service }) => ({ service, ...all()[service] }))
    .filter(
      ({ service, paused, controller, desired = 1, window }) =>
        paused ||
        controller ||
        desired === 0 ||
        (window === 'unreadable' && onTheWay.has(service)) ||
        (window === closed && early.has(service)),
    );
}

/** Their deployments end, and well, with the certificate from before. */
const sane: ReadonlySet<Wish['nature']> = new Set(['sound', 'refuses', 'loops', 'stale leaf']);

it('whatever the fleet and whatever happens meanwhile: bounded, once, whole, and to an end that people hear of', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(worlds, async (given) => {
      const model = await lived(given);
      const { parallel = 0, percent } = given.parallel as { parallel?: number; percent?: number };
      const bound = percent === undefined ? parallel : Math.ceil((model.mostServices() * percent) / 100);
      // What the version before has started is not waited for.
      const most = model.wanted() === fresh ? model.mostAtOnce() : model.mostOfOneVersion();
      expect(most).toBeLessThanOrEqual(bound);
      // For each promotion once: what a person goes back to is promoted anew.
      expect(model.promised.filter((one, index) => model.promised.indexOf(one) < index)).toEqual([]);
      expect(barred(model)).toEqual([]);
      // AWSCURRENT holds a whole version, whatever happened.
      expect([before, fresh, fresher]).toContain(model.current());

      const { is, said } = endOf(model);
      seen.add(is);
      const isByHand = is === label.rejected && given.takenBack;
      if (!isByHand) expect([is, said.filter((mail) => heard[is]?.test(mail))]).not.toEqual([is, []]);
      if (is === label.delivered) expect(model.current()).toBe(model.wanted());

      const serving = model
        .consumers()
        .filter(({ desired = 1, paused, controller }) => desired > 0 && !paused && controller === undefined)
        .filter(({ window }) => window !== 'unreadable');
      const last = model.mails.at(-1);
      if (last === 'info Delivered')
        for (const { name } of serving) expect([name, model.serves(name)]).toEqual([name, [model.wanted()]]);
      // Canaries read COURIER_NEXT, which went back as well.
      if (last === 'warning BackOnPrevious')
        for (const { name, nature = 'sound' } of serving)
          if (sane.has(nature)) expect([name, model.serves(name)]).toEqual([name, [model.current()]]);
    }),
    { numRuns: 2000 },
  );
  // An end that no world has come to is not looked at.
  expect([...seen].toSorted()).toEqual(Object.keys(heard).toSorted());
}, 60_000);
