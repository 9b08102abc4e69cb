import { expect, it } from 'vitest';
import { readVersionId } from '../../shared/domain/version-id.ts';
import { sweep } from '../../shared/sweep.ts';
import { now } from '../shared/domain/sample.ts';
import { recordWorld } from '../shared/record-world.ts';

const hour = 3_600;
const day = 24 * hour;
const count = 300;
const days = 400;

/** On records only: ACM, Secrets Manager and ECS are maps, the clock is a number; every event is dropped. */
it(`without a single event hourly sweeps keep the tasks of ${count} certificates on valid ones, and ACM renewing them, for ${days} days`, async () => {
  const world = recordWorld(now);
  for (let index = 0; index < count; index++) {
    const id = `${index.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
    const arn = `arn:aws:acm:us-east-1:111122223333:certificate/${id}`;
    const secret = `courier/host-${index}`;
    // Of all ages, so that they end on all days.
    const notAfter = now - (now % 60) + (30 + ((index * 7) % 365)) * day;
    const tags = { 'courier:secret': secret };
    world.certificates.set(arn, { arn, tags, serial: 1, notBefore: notAfter - 395 * day, notAfter, exported: false });
    const service = `arn:aws:ecs:us-east-1:111122223333:service/prod/host-${index}`;
    world.services.set(service, { arn: service, tags, startedAt: now - 1, reads: undefined });
  }
  let renewals = 0;
  for (let passed = 0; passed < days * 24; passed++) {
    await sweep({ digest: false, dryRun: false }, { runId: `${passed}`, remaining: () => 900_000, wire: world.wire });
    world.settle();
    for (const { reads } of world.services.values())
      if ((readVersionId(reads ?? '')?.notAfter ?? 0) <= world.now())
        throw new Error(`Hour ${passed}: a task serves what has ended`);
    for (const { arn, exported } of world.certificates.values())
      if (!exported) throw new Error(`Hour ${passed}: ACM would not renew ${arn}`);
    world.advance(hour);
    renewals += world.renew();
  }
  expect(renewals).toBeGreaterThan(count);
  const restarts = world.acts.filter(({ step }) => step === 'restart').length;
  // The last hour's renewals are for the next sweep; each other one is one restart, as was the first delivery.
  expect(restarts).toBeGreaterThanOrEqual(renewals);
  expect(restarts).toBeLessThanOrEqual(renewals + count);
  expect(world.notices.map(({ attributes }) => attributes.reason).filter((reason) => reason !== 'Delivered')).toEqual(
    [],
  );
});
