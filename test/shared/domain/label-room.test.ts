import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asked, Step } from '../../../shared/domain/delivery.ts';
import {
  inTheWay,
  labelCount,
  lacksRoom,
  mostLabels,
  needsRoom,
  othersLabels,
  roomToTell,
} from '../../../shared/domain/label-room.ts';
import { pastLabels } from '../../../shared/domain/past-labels.ts';
import {
  label,
  toldLabel,
  triedLabel,
  triedLabels,
  trustLabel,
  type Versions,
  withLabel,
  without,
} from '../../../shared/domain/secret.ts';
import { certificate, day, delivery, idOf, now, present } from './sample.ts';

const happening = fc.record({
  asked: fc.constantFrom<Asked>({}, {}, {}, { accept: true }, { rollBack: true }, { force: 'beef' }),
  renewed: fc.boolean(),
  issuer: fc.constantFrom('a', 'a', 'a', 'b'),
  held: fc.constantFrom(false, false, true),
  /** Canaries are restarted for it, and fail, or none reads it. */
  canaries: fc.constantFrom('none', 'serve it', 'fail'),
  end: fc.constantFrom(label.delivered, label.delivered, label.stopped, label.rejected, undefined),
});
const exporting = { do: 'export', create: false, versionId: idOf({ nonce: 'beef' }) } as const;
type Happening = typeof happening extends fc.Arbitrary<infer One> ? One : never;

/** Every state of a secret's labels over a life of renewals, failures and what people ask for. */
function statesOf(life: readonly Happening[]): readonly Versions[] {
  const states: Versions[] = [];
  let versions: Versions = {};
  let serial = 1;
  for (const { asked, renewed, issuer, held, canaries, end } of life) {
    serial += renewed ? 1 : 0;
    const issued = { ...certificate, serial: `${serial}`.padStart(40, '0'), notAfter: now + serial * day };
    const viewOf = () => ({
      certificate: issued,
      delivery,
      secret: Object.keys(versions).length === 0 ? ({ state: 'absent' } as const) : present(versions),
      prefix: 'courier/',
      asked,
    });
    for (let steps = 0; steps < 6; steps++) {
      const past = pastLabels(viewOf(), now + states.length);
      versions = past.view.secret.state === 'present' ? past.view.secret.versions : versions;
      states.push(versions);
      const { next } = past;
      if (next.do === 'export') {
        const isHeld = held && !next.create && !asked.accept;
        versions = withLabel(versions, next.create ? label.current : isHeld ? label.held : label.next, next.versionId);
        versions = withLabel(versions, trustLabel(issuer), next.versionId);
      } else if (next.do === 'promote') {
        const tries = canaries !== 'none' && !next.back && next.triedSince === undefined;
        if (tries) {
          const others = triedLabels(versions);
          versions = withLabel(versions, triedLabel(now + states.length), next.versionId);
          states.push(versions);
          for (const { name } of others) versions = without(versions, name);
        }
        if (canaries === 'fail' && !next.back) break;
        versions = withLabel(versions, label.current, next.versionId);
      } else {
        if (next.do === 'roll out' && end) versions = withLabel(versions, end, next.versionId);
        break;
      }
    }
    states.push(versions);
  }
  return states;
}

const mine = idOf();
const settled: Versions = {
  [idOf({ serial: 'cd'.repeat(20) })]: ['AWSPREVIOUS'],
  [mine]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_SINCE_7', 'COURIER_DELIVERED', 'COURIER_TRUST_a'],
};
/** So many labels more, of somebody else or of what people were told. */
const withOthers = (count: number, versions = settled) => withMany(count, (index) => `release-${index}`, versions);
const withTold = (count: number, versions = settled) => withMany(count, (index) => toldLabel(`${index}`), versions);
const withMany = (count: number, nameOf: (index: number) => string, versions: Versions): Versions => ({
  ...versions,
  [mine]: [...(versions[mine] ?? []), ...Array.from({ length: count }, (_, index) => nameOf(index))],
});

describe('of the twenty labels of a secret', () => {
  it('a delivery and what people were told of never take all, whatever happens to it', () => {
    const mostTold = roomToTell({ [mine]: ['AWSCURRENT'] });
    expect(mostTold).toBe(5);
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 14 }), (life) => {
        // One more while SINCE is on two versions.
        for (const state of statesOf(life)) expect(labelCount(state) + 1 + mostTold).toBeLessThan(mostLabels);
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  it.each([
    ['five say of what people were told', 0, 0, 5],
    ['those that say so already are counted', 0, 3, 2],
    ['five even beside five of somebody else', 5, 0, 5],
    ['as many less as others have more', 7, 0, 3],
    ['none where a delivery needs the rest', 10, 0, 0],
    ['none where there are more than it could need', 14, 0, 0],
  ])('%s', (_, others, told, room) => expect(roomToTell(withTold(told, withOthers(others)))).toBe(room));

  it.each([
    ['nothing is in the way of a delivery where four are free', 5, 5, 0],
    ['one that says what people were told makes room', 6, 5, 1],
    ['all of them do where others have many', 14, 5, 5],
    ['somebody else’s is never taken', 14, 0, 0],
  ])('%s', (_, others, told, taken) => {
    const names = inTheWay(withTold(told, withOthers(others))).map(({ name }) => name);
    expect(names).toEqual(Array.from({ length: taken }, (__, index) => toldLabel(`${index}`)));
  });

  it('others’ are neither AWS’s that a delivery moves nor ours; a rotation’s is the last to be taken off', () => {
    const versions = { ...withTold(2, withOthers(1)), pending: ['AWSPENDING'], old: ['mine'] };
    expect(othersLabels(versions).map(({ name }) => name)).toEqual(['release-0', 'mine', 'AWSPENDING']);
  });
});

describe('a step finds no room', () => {
  const rollOut = { do: 'roll out', versionId: mine, since: 7, told: false } as const;
  const before: Versions = { [mine]: ['AWSCURRENT'] };
  it.each<[string, Step, Versions, boolean]>([
    ['not where its end still has one', rollOut, withOthers(13), false],
    ['where its end has none', rollOut, withOthers(14), true],
    ['where NEXT and AWSPREVIOUS are to come', { ...rollOut, do: 'mark since' }, withOthers(17, before), true],
    ['not where just they and one more are', { ...rollOut, do: 'mark since' }, withOthers(16, before), false],
    ['an export where another issuer would have none', { ...exporting }, withOthers(13), true],
    ['not an export with one more', { ...exporting }, withOthers(12), false],
  ])('%s', (_, step, versions, lacks) => {
    expect(needsRoom(step)).toBe(true);
    expect(lacksRoom(step, versions)).toBe(lacks);
  });

  it.each<[string, Step]>([
    ['rests', { do: 'rest', because: 'delivered' }],
    ['takes a label off', { do: 'forget', versionId: mine, label: label.delivered }],
    ['takes one off that it tells of', { do: 'tell of trust', versionId: mine, label: 'COURIER_TRUST_a' }],
    ['looks once more at what was delivered', { ...rollOut, told: true }],
  ])('never where it %s', (_, step) => expect(needsRoom(step)).toBe(false));
});
