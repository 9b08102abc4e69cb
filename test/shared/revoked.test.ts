import { expect, it } from 'vitest';
import { before, fleetModel, fresh } from './fleet-model.ts';

it('nobody goes back to a certificate that its authority has revoked, on whatever evidence', async () => {
  const fleet = fleetModel({ a: { nature: 'refuses' } });
  await fleet.look();
  await fleet.look({ quiet: true, revoked: before.slice(0, 40) });
  expect(fleet.labels(before)).toContain('COURIER_REJECTED');
  await fleet.run();
  expect([fleet.current(), fleet.mails]).toEqual([fresh, ['critical DeploymentFailed']]);
});

it('a revoked certificate that is still current is barred once the next one has taken its place', async () => {
  const fleet = fleetModel({ a: {} });
  await fleet.run({ quiet: true, revoked: before.slice(0, 40) });
  expect([fleet.current(), fleet.labels(before), fleet.mails]).toEqual([
    fresh,
    ['AWSPREVIOUS', 'COURIER_REJECTED'],
    ['info Delivered'],
  ]);
});
