import { describe, expect, it } from 'vitest';
import { before, fleetModel, fresh, fresher, type Wish } from './fleet-model.ts';

const sound: Wish = {};
const canary: Wish = { canary: true };
const bySweep = { thorough: true, echo: true, quiet: true };

describe('what a person has accepted', () => {
  it('is not taken back by whoever goes on with it, after a kill switch ended the message', async () => {
    const fleet = fleetModel({ a: { nature: 'refuses' } });
    await fleet.run();
    expect(fleet.mails).toEqual(['critical RolledBack', 'warning BackOnPrevious']);
    fleet.allow('stopped');
    expect(await fleet.run({ accept: true })).toMatchObject({ finding: { reason: 'StackStopped' } });
    expect([fleet.current(), fleet.labels(fresh).includes('COURIER_ACCEPTED')]).toEqual([before, true]);
    fleet.allow('go');
    expect(await fleet.run({ quiet: true }, { warm: false })).toMatchObject({
      finding: { reason: 'DeploymentFailed' },
    });
    expect([fleet.current(), fleet.mails.filter((mail) => mail.endsWith('RolledBack'))]).toEqual([
      fresh,
      ['critical RolledBack'],
    ]);
  });

  it('is not taken back after a pause ended it', async () => {
    const wish: { nature: 'refuses'; paused?: boolean } = { nature: 'refuses' };
    const fleet = fleetModel({ a: wish });
    await fleet.run();
    wish.paused = true;
    expect(await fleet.run({ accept: true })).toMatchObject({ finding: { reason: 'ServicePaused' } });
    wish.paused = false;
    await fleet.run(bySweep, { warm: false });
    expect([fleet.current(), fleet.mails.at(-1)]).toEqual([fresh, 'critical DeploymentFailed']);
  });

  it('is tried on no canary by whoever goes on with it', async () => {
    const fleet = fleetModel({ canary: { ...canary, nature: 'hangs' }, web: sound });
    expect(await fleet.run()).toMatchObject({ finding: { reason: 'CanaryFailed' } });
    fleet.allow('stopped');
    await fleet.run({ accept: true });
    fleet.allow('go');
    await fleet.look({ quiet: true }, { warm: false });
    expect([fleet.current(), fleet.restarts.filter(({ stage }) => stage === 'trial')]).toEqual([
      fresh,
      [{ service: 'canary', version: fresh, stage: 'trial' }],
    ]);
  });

  it.each(Array.from({ length: 9 }, (_, index) => index + 1))(
    'is not taken back though the worker dies after act %i',
    async (act) => {
      const fleet = fleetModel({ a: { nature: 'refuses' }, b: sound });
      await fleet.run();
      fleet.crashAfter(act);
      await fleet.run({ accept: true });
      expect([fleet.current(), fleet.mails.filter((mail) => mail.endsWith('RolledBack')).length]).toEqual([fresh, 1]);
    },
  );

  it('says nothing of the next certificate, and loses its label to it', async () => {
    const fleet = fleetModel({ a: sound });
    await fleet.run({ accept: true });
    expect(fleet.labels(fresh)).toContain('COURIER_ACCEPTED');
    fleet.renew();
    await fleet.run();
    expect([fleet.current(), fleet.versions()[fresh]]).toEqual([fresher, ['AWSPREVIOUS']]);
  });

  it('is taken back by hand, and stays so', async () => {
    const fleet = fleetModel({ a: sound });
    await fleet.run({ accept: true });
    await fleet.run({ rollBack: true, thorough: true });
    await fleet.run(bySweep, { warm: false });
    expect([fleet.current(), fleet.labels(fresh)]).toEqual([
      before,
      ['AWSPREVIOUS', 'COURIER_REJECTED', 'COURIER_SINCE'],
    ]);
  });
});
