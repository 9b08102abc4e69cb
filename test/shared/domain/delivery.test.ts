import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Asked,
  type DeliveryView,
  nextStep,
  type Step,
  wantedVersionId,
} from '../../../shared/domain/delivery.ts';
import { finding, sentenceOf } from '../../../shared/domain/reasons.ts';
import {
  holderOf,
  label,
  type Secret,
  sinceLabel,
  sinceOf,
  spareSinceLabels,
  triedLabel,
  type Versions,
  withLabel,
  without,
} from '../../../shared/domain/secret.ts';
import { certificate, claim, day, delivery, idOf, now, otherArn, present } from './sample.ts';

const mine = idOf();
const before = idOf({ serial: 'cd'.repeat(20), notAfter: now + 45 * day });
const after = idOf({ serial: 'ef'.repeat(20), notAfter: now + 396 * day });
const forced = idOf({ nonce: 'beef' });
const since = now - 600;
const mark = sinceLabel(since);

const view = (secret: Secret, asked: Asked = {}): DeliveryView => ({
  certificate,
  delivery,
  secret,
  prefix: 'courier/',
  asked,
});

type Row = readonly [when: string, versions: Versions, asked: Asked, step: Step];

const rows: readonly Row[] = [
  ['an empty secret is filled', {}, {}, { do: 'export', create: false, versionId: mine }],
  [
    'a version of the serial before is followed by a new one',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    {},
    { do: 'export', create: false, versionId: mine },
  ],
  [
    'a version that lost all its labels is not exported again',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT'], [mine]: [] },
    {},
    { do: 'label next', versionId: mine, from: before },
  ],
  [
    'a version of before is not brought back where ACM still shows its serial: one that ends later is NEXT',
    { [mine]: ['AWSPREVIOUS'], [after]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    {},
    {
      do: 'refuse',
      finding: finding('WorldMoved', { detail: `secret "courier/api" holds a newer certificate than ACM shows` }),
    },
  ],
  [
    'an accepted version becomes NEXT, though the one before ends later',
    { [mine]: [], [after]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    { accept: true },
    { do: 'label next', versionId: mine, from: after },
  ],
  [
    'a new secret’s first version, current by itself, becomes NEXT',
    { [mine]: ['AWSCURRENT'] },
    {},
    { do: 'label next', versionId: mine, from: undefined },
  ],
  [
    'an inspected version is promoted',
    { [before]: ['AWSCURRENT', mark], [mine]: ['COURIER_NEXT'] },
    {},
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'people are told of another issuer before the version is promoted',
    { [before]: ['AWSCURRENT', mark, 'COURIER_TRUST_a'], [mine]: ['COURIER_NEXT', 'COURIER_TRUST_b'] },
    {},
    { do: 'tell of trust', versionId: before, label: 'COURIER_TRUST_a' },
  ],
  [
    'of the same issuer there is nothing to tell',
    { [before]: ['AWSCURRENT', mark], [mine]: ['COURIER_NEXT', 'COURIER_TRUST_a'] },
    {},
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'of the same issuer there is nothing to tell where the label was left behind, as emulators do',
    { [before]: ['AWSCURRENT', mark, 'COURIER_TRUST_a'], [mine]: ['COURIER_NEXT', 'COURIER_TRUST_a'] },
    {},
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'of an issuer that nobody knows there is nothing to tell',
    { [before]: ['AWSCURRENT', mark, 'COURIER_TRUST_a'], [mine]: ['COURIER_NEXT'] },
    {},
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'of the issuer of what is only held there is nothing to tell yet',
    { [before]: ['AWSCURRENT', mark, 'COURIER_TRUST_a'], [mine]: ['COURIER_HELD', 'COURIER_TRUST_b'] },
    {},
    { do: 'rest', because: 'held' },
  ],
  [
    'an inspected version is promoted where none is current',
    { [mine]: ['COURIER_NEXT'] },
    {},
    { do: 'promote', versionId: mine, from: undefined },
  ],
  [
    'a promotion without its time gets the secret’s',
    { [before]: ['AWSPREVIOUS', sinceLabel(since - 1)], [mine]: ['AWSCURRENT', 'COURIER_NEXT'] },
    {},
    { do: 'mark since', versionId: mine, since: now - 60 },
  ],
  [
    'a current version is rolled out',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    {},
    { do: 'roll out', versionId: mine, since, told: false },
  ],
  [
    'a delivered version is left alone',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    {},
    { do: 'rest', because: 'delivered' },
  ],
  [
    'a delivered version is looked at again on request, and people were told',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    { thorough: true },
    { do: 'roll out', versionId: mine, since, told: true },
  ],
  [
    'a delivered version that somebody moved back forgets since when it was current',
    { [before]: ['AWSCURRENT'], [mine]: ['AWSPREVIOUS', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    {},
    { do: 'forget', versionId: mine, label: mark },
  ],
  [
    'then that it was delivered',
    { [before]: ['AWSCURRENT'], [mine]: ['AWSPREVIOUS', 'COURIER_NEXT', 'COURIER_DELIVERED'] },
    {},
    { do: 'forget', versionId: mine, label: 'COURIER_DELIVERED' },
  ],
  [
    'then it is promoted again',
    { [before]: ['AWSCURRENT'], [mine]: ['AWSPREVIOUS', 'COURIER_NEXT'] },
    {},
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'a held version waits for a person',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_HELD'] },
    {},
    { do: 'rest', because: 'held' },
  ],
  [
    'a thorough look accepts no held version',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_HELD'] },
    { thorough: true },
    { do: 'rest', because: 'held' },
  ],
  [
    'an accepted version becomes NEXT',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_HELD'] },
    { accept: true },
    { do: 'label next', versionId: mine, from: undefined },
  ],
  [
    'then it is no longer held',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_NEXT', 'COURIER_HELD'] },
    { accept: true },
    { do: 'accept', versionId: mine, label: 'COURIER_HELD' },
  ],
  [
    'a forced export that was held is what a person accepts, not the current version of the same serial',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'], [forced]: ['COURIER_HELD'] },
    { accept: true },
    { do: 'label next', versionId: forced, from: mine },
  ],
  [
    'a stopped version waits for a person',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    { thorough: true },
    { do: 'rest', because: 'stopped' },
  ],
  [
    'a stopped version that somebody moved back is not promoted again',
    { [before]: ['AWSCURRENT'], [mine]: ['AWSPREVIOUS', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    {},
    { do: 'rest', because: 'stopped' },
  ],
  [
    'an accepted version is no longer stopped',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    { accept: true },
    { do: 'accept', versionId: mine, label: 'COURIER_STOPPED' },
  ],
  [
    'a stopped version of the serial before holds nothing up',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    {},
    { do: 'export', create: false, versionId: mine },
  ],
  [
    'a forced export makes a version of its own',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    { force: 'beef' },
    { do: 'export', create: false, versionId: forced },
  ],
  [
    'what a sweep forces for the sake of another secret leaves alone what is stopped',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED'] },
    { force: 'beef', quiet: true },
    { do: 'rest', because: 'stopped' },
  ],
  [
    'what a sweep forces leaves a bar where it is',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'], [mine]: ['COURIER_REJECTED'] },
    { force: 'beef', quiet: true },
    { do: 'rest', because: 'rejected' },
  ],
  [
    'a forced export is done once per request',
    { [mine]: ['AWSCURRENT'], [forced]: ['COURIER_NEXT'] },
    { force: 'beef' },
    { do: 'promote', versionId: forced, from: mine },
  ],
  [
    'a forced version counts like any other for who comes later',
    { [mine]: ['AWSPREVIOUS'], [forced]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    {},
    { do: 'roll out', versionId: forced, since, told: false },
  ],
  [
    'a rejected serial is barred: canaries read what is gone back to, too',
    { [before]: ['AWSCURRENT'], [mine]: ['AWSPREVIOUS', 'COURIER_NEXT', 'COURIER_REJECTED'] },
    {},
    { do: 'label next', versionId: before, from: mine },
  ],
  [
    'a rejected version that is current gives way to the one before, which is not tried on anybody',
    { [before]: ['AWSPREVIOUS', 'COURIER_NEXT'], [mine]: ['AWSCURRENT', 'COURIER_REJECTED'] },
    {},
    { do: 'promote', versionId: before, from: mine, back: true },
  ],
  [
    'what is gone back to forgets that it was delivered once',
    { [before]: ['AWSPREVIOUS', 'COURIER_NEXT', 'COURIER_DELIVERED'], [mine]: ['AWSCURRENT', 'COURIER_REJECTED'] },
    {},
    { do: 'forget', versionId: before, label: 'COURIER_DELIVERED' },
  ],
  ...['COURIER_STOPPED', 'COURIER_HELD'].map(
    (name): Row => [
      `a rejected version stays where the one before is labelled ${name}`,
      { [before]: ['AWSPREVIOUS', name], [mine]: ['AWSCURRENT', 'COURIER_REJECTED'] },
      {},
      { do: 'rest', because: 'rejected' },
    ],
  ),
  [
    'what was gone back to is rolled out to whoever may have picked up the other',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark], [mine]: ['AWSPREVIOUS', 'COURIER_REJECTED', sinceLabel(7)] },
    {},
    { do: 'roll out', versionId: before, since, told: false, back: true, exposedSince: 7 },
  ],
  [
    'canaries that read what is barred are restarted for what is current: that it was delivered says nothing of them',
    {
      [before]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_DELIVERED', mark],
      [mine]: ['COURIER_REJECTED', triedLabel(7)],
    },
    {},
    { do: 'forget', versionId: before, label: 'COURIER_DELIVERED' },
  ],
  [
    'then since when is written down',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark], [mine]: ['COURIER_REJECTED', triedLabel(7)] },
    {},
    { do: 'mark tried', versionId: before },
  ],
  [
    'once, though the run died before it took the other’s label off',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, triedLabel(9)], [mine]: ['COURIER_REJECTED', triedLabel(7)] },
    {},
    { do: 'mark tried', versionId: before, since: 9 },
  ],
  [
    'then they are',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, triedLabel(9)], [mine]: ['COURIER_REJECTED'] },
    {},
    { do: 'roll out', versionId: before, since, told: false, triedSince: 9, back: true },
  ],
  [
    'not before what is current is theirs to read',
    { [before]: ['AWSCURRENT', mark], [mine]: ['COURIER_NEXT', 'COURIER_REJECTED', triedLabel(7)] },
    {},
    { do: 'label next', versionId: before, from: mine },
  ],
  [
    'a barred certificate that a person forced again is on its way like any other',
    {
      [forced]: ['AWSCURRENT', 'COURIER_NEXT', mark],
      [mine]: ['AWSPREVIOUS', 'COURIER_REJECTED', sinceLabel(7), triedLabel(6)],
    },
    {},
    { do: 'roll out', versionId: forced, since, told: false },
  ],
  [
    'what was gone back to and delivered is the end',
    {
      [before]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_DELIVERED', mark],
      [mine]: ['COURIER_REJECTED', sinceLabel(7)],
    },
    {},
    { do: 'rest', because: 'rejected' },
  ],
  [
    'a rejected serial is barred in whatever version it is',
    { [before]: ['AWSCURRENT', mark, 'COURIER_DELIVERED', 'COURIER_NEXT'], [mine]: [], [forced]: ['COURIER_REJECTED'] },
    { thorough: false },
    { do: 'rest', because: 'rejected' },
  ],
  [
    'a rejected version is taken as it is where a person accepts it',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_NEXT', 'COURIER_REJECTED'] },
    { accept: true },
    { do: 'accept', versionId: mine, label: 'COURIER_REJECTED' },
  ],
  [
    'a forced export that was rejected is not exported again by the same force',
    { [before]: ['AWSPREVIOUS', 'COURIER_NEXT'], [forced]: ['AWSCURRENT', 'COURIER_REJECTED'] },
    { force: 'beef' },
    { do: 'promote', versionId: before, from: forced, back: true },
  ],
  [
    'by hand the current version is barred',
    { [before]: ['AWSPREVIOUS'], [mine]: ['AWSCURRENT', 'COURIER_NEXT', 'COURIER_DELIVERED', mark] },
    { rollBack: true },
    { do: 'reject', versionId: mine },
  ],
  [
    'by hand a version is barred that is not current yet',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_NEXT', 'COURIER_STOPPED'] },
    { rollBack: true },
    { do: 'reject', versionId: mine },
  ],
  [
    'by hand nothing is barred that has nothing before it',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    { rollBack: true },
    { do: 'refuse', finding: finding('CannotRollBack', claim) },
  ],
  [
    'by hand nothing is exported to be barred',
    { [before]: ['AWSCURRENT'] },
    { rollBack: true },
    { do: 'refuse', finding: finding('CannotRollBack', claim) },
  ],
  [
    'a version that canaries were restarted for says since when',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_NEXT', triedLabel(7)] },
    {},
    { do: 'promote', versionId: mine, from: before, triedSince: 7 },
  ],
  [
    'what canaries read while another version was next says nothing',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT'], [mine]: [triedLabel(7)] },
    {},
    { do: 'forget', versionId: mine, label: triedLabel(7) },
  ],
  [
    'a rejected serial is exported again by force',
    { [before]: ['AWSCURRENT'], [mine]: ['COURIER_REJECTED'] },
    { force: 'beef' },
    { do: 'export', create: false, versionId: forced },
  ],
  [
    'a rejected serial of before bars nothing',
    { [before]: ['AWSCURRENT', 'COURIER_REJECTED'] },
    {},
    { do: 'export', create: false, versionId: mine },
  ],
  [
    'what a person takes as it is is written down before it is promoted',
    { [before]: ['AWSCURRENT', mark], [mine]: ['COURIER_NEXT'] },
    { accept: true },
    { do: 'accept', versionId: mine },
  ],
  [
    'once',
    { [before]: ['AWSCURRENT', mark], [mine]: ['COURIER_NEXT', 'COURIER_ACCEPTED'] },
    { accept: true },
    { do: 'promote', versionId: mine, from: before },
  ],
  [
    'and not for what was delivered',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    { accept: true },
    { do: 'rest', because: 'delivered' },
  ],
  [
    'an accepted version that was stopped after all waits for a person again',
    { [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_STOPPED', 'COURIER_ACCEPTED'] },
    { thorough: true },
    { do: 'rest', because: 'stopped' },
  ],
  [
    'an accepted version that was barred after all stays barred',
    {
      [before]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'],
      [mine]: ['COURIER_REJECTED', 'COURIER_ACCEPTED'],
    },
    {},
    { do: 'forget', versionId: mine, label: 'COURIER_ACCEPTED' },
  ],
  [
    'of the versions of a serial the accepted one comes back once its bar is off',
    { [before]: ['AWSCURRENT', 'COURIER_NEXT'], [mine]: ['AWSPREVIOUS'], [forced]: ['COURIER_ACCEPTED'] },
    {},
    { do: 'label next', versionId: forced, from: before },
  ],
  [
    'a forced export is not kept back by what was accepted before it',
    { [mine]: ['AWSCURRENT', 'COURIER_ACCEPTED', mark], [forced]: ['COURIER_NEXT'] },
    {},
    { do: 'promote', versionId: forced, from: mine },
  ],
  [
    'the version before is barred that its authority has revoked',
    { [before]: ['AWSPREVIOUS'], [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    { revoked: 'cd'.repeat(20) },
    { do: 'reject', versionId: before },
  ],
  [
    'once',
    {
      [before]: ['AWSPREVIOUS', 'COURIER_REJECTED'],
      [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'],
    },
    { revoked: 'cd'.repeat(20) },
    { do: 'rest', because: 'delivered' },
  ],
  [
    'and no other one',
    { [before]: ['AWSPREVIOUS'], [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    { revoked: 'ef'.repeat(20) },
    { do: 'rest', because: 'delivered' },
  ],
  [
    'never what ACM has: that would go back',
    { [forced]: ['AWSPREVIOUS'], [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark, 'COURIER_DELIVERED'] },
    { revoked: certificate.serial },
    { do: 'rest', because: 'delivered' },
  ],
  [
    'what was accepted before is forgotten once another version is current',
    { [before]: ['AWSPREVIOUS', 'COURIER_ACCEPTED'], [mine]: ['AWSCURRENT', 'COURIER_NEXT', mark] },
    {},
    { do: 'forget', versionId: before, label: 'COURIER_ACCEPTED' },
  ],
];

describe('the next step', () => {
  it.each(rows)('%s', (_, versions, asked, step) => expect(nextStep(view(present(versions), asked))).toEqual(step));

  it('a secret that is not there is created', () => {
    expect(nextStep(view({ state: 'absent' }))).toEqual({ do: 'export', create: true, versionId: mine });
  });

  it('a version in another format is not the wanted one', () => {
    const plain = mine.replace(/.{10}$/, 'beef000000');
    expect(nextStep(view(present({ [plain]: ['AWSCURRENT', 'COURIER_NEXT', mark] }))).do).toBe('export');
  });

  it.each([
    [
      'a secret that is being deleted',
      view({ state: 'deleting' }),
      'Cannot store the certificate of "api.example.com" in secret "courier/api": somebody deleted the secret, and it is in its recovery window',
    ],
    [
      'a secret outside the prefix',
      { ...view({ state: 'absent' }), prefix: 'tls/' },
      'Cannot store the certificate of "api.example.com" in secret "courier/api": this stack may only write secrets whose name begins with "tls/"',
    ],
    [
      'a secret outside the prefix, even by force',
      { ...view(present({ [mine]: ['AWSCURRENT'] }), { force: 'beef', accept: true }), prefix: 'tls/' },
      'Cannot store the certificate of "api.example.com" in secret "courier/api": this stack may only write secrets whose name begins with "tls/"',
    ],
    [
      'a secret of another certificate, even by force',
      view(present({ [idOf({ serial: 'cd'.repeat(20), arn: otherArn })]: ['AWSCURRENT'] }), { force: 'beef' }),
      `Cannot store the certificate of "api.example.com" in secret "courier/api": the secret belongs to the certificate with serial ${'cd'.repeat(20)}`,
    ],
  ])('refuses %s', (_, refused, sentence) => {
    const step = nextStep(refused);
    expect(step.do === 'refuse' && sentenceOf(step.finding)).toBe(sentence);
  });

  it('proposes a tag below the prefix that keeps the other deliveries', () => {
    const tags = { 'courier:secret': 'tls/web courier/api:standard' };
    const step = nextStep({ ...view({ state: 'absent' }), prefix: 'tls/', certificate: { ...certificate, tags } });
    expect(step).toMatchObject({ do: 'refuse', finding: { facts: { tag: 'tls/web tls/api:standard' } } });
  });
});

/** What each step does to the secret, as AWS and the worker would do it. */
function afterStep(step: Step, secret: Secret): Secret {
  const versions = secret.state === 'present' ? secret.versions : {};
  const so = (after: Versions, changedAt = now): Secret => ({ ...present(after), changedAt });
  switch (step.do) {
    case 'export': {
      if (step.create) return so({ [step.versionId]: [label.current] });
      const stored = withLabel(versions, label.next, step.versionId);
      return so(
        holderOf(versions, label.current) === undefined ? withLabel(stored, label.current, step.versionId) : stored,
      );
    }
    case 'label next':
      return so(withLabel(versions, label.next, step.versionId));
    case 'promote':
      return so(withLabel(versions, label.current, step.versionId), now + 1);
    case 'accept': {
      const accepted = withLabel(versions, label.accepted, step.versionId);
      return so(step.label === undefined ? accepted : without(accepted, step.label));
    }
    case 'forget':
    case 'tell of trust':
      return so(without(versions, step.label));
    case 'mark since': {
      const others = spareSinceLabels(versions).filter(({ name }) => name !== sinceLabel(step.since));
      const clean = others.reduce((left, { name }) => without(left, name), versions);
      return so(withLabel(clean, sinceLabel(step.since), step.versionId));
    }
    case 'reject':
      return so(withLabel(versions, label.rejected, step.versionId));
    default:
      return secret;
  }
}

describe('from any state', () => {
  const ids = [mine, before, forced];
  const single = fc.dictionary(fc.constantFrom(...Object.values(label)), fc.constantFrom(...ids));
  const sinces = fc.dictionary(fc.constantFrom(...ids), fc.constantFrom(mark, sinceLabel(7), 'COURIER_SINCE_'));
  const trusts = fc.dictionary(fc.constantFrom('COURIER_TRUST_a', 'COURIER_TRUST_b'), fc.constantFrom(...ids));
  const secrets = fc.tuple(single, sinces, trusts).map(([others, times, trusted]): Secret => {
    const labels = { ...others, ...trusted };
    const bare: Versions = Object.fromEntries(ids.map((id) => [id, times[id] ? [times[id]] : []]));
    const all = Object.entries(labels).reduce((so, [name, id]) => withLabel(so, name, id), bare);
    return present(Object.fromEntries(Object.entries(all).filter(([, names]) => names.length > 0)));
  });
  // No request asks for both of accept and rollBack.
  const askeds = fc.oneof(
    fc.record({ thorough: fc.boolean(), force: fc.constant('beef'), accept: fc.boolean() }, { requiredKeys: [] }),
    fc.record({ rollBack: fc.constant(true) }),
  );
  const start = fc.tuple(fc.oneof(fc.constant<Secret>({ state: 'absent' }), secrets), askeds);

  /** The secret and the step at which the worker ends; it asks fourteen times at most. */
  function walk(secret: Secret, asked: Asked): { step: Step; secret: Secret } {
    let at = secret;
    for (let asks = 1; asks <= 14; asks++) {
      const step = nextStep(view(at, asked));
      if (step.do === 'roll out' || step.do === 'rest' || step.do === 'refuse') return { step, secret: at };
      at = afterStep(step, at);
    }
    throw new Error(`No end after fourteen steps: ${JSON.stringify(at)}`);
  }

  it('the end is reached within fourteen steps', () => {
    fc.assert(
      fc.property(start, ([secret, asked]) => walk(secret, asked).step.do !== undefined),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('what is rolled out is current, NEXT, of ACM’s serial and marked with its time', () => {
    fc.assert(
      fc.property(start, ([secret, asked]) => {
        const { step, secret: end } = walk(secret, asked);
        if (step.do !== 'roll out' || end.state !== 'present') return;
        expect(holderOf(end.versions, label.current)).toBe(step.versionId);
        expect(holderOf(end.versions, label.next)).toBe(step.versionId);
        const isBarred = holderOf(end.versions, label.rejected)?.startsWith(certificate.serial);
        expect(step.versionId.startsWith(certificate.serial)).not.toBe(isBarred && step.versionId === before);
        expect(sinceOf(end.versions, step.versionId)).toBe(step.since);
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('a version that was not current is rolled out since its promotion, never since an older one', () => {
    fc.assert(
      fc.property(start, ([secret, asked]) => {
        const { step } = walk(secret, asked);
        if (
          step.do !== 'roll out' ||
          (secret.state === 'present' && holderOf(secret.versions, label.current) === step.versionId)
        )
          return;
        expect(step.since).toBeGreaterThanOrEqual(now);
        expect(step.told).toBe(false);
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('looking once more after the end changes nothing', () => {
    fc.assert(
      fc.property(start, ([secret, asked]) => {
        const { step, secret: end } = walk(secret, asked);
        expect(nextStep(view(end, asked))).toEqual(step);
      }),
    );
  }, 60_000);
});

it('the wanted version is named before it is exported', () => {
  expect(wantedVersionId(view({ state: 'absent' }))).toBe(mine);
  expect(wantedVersionId(view({ state: 'absent' }, { force: 'beef' }))).toBe(forced);
});
