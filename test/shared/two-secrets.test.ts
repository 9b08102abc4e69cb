import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { finding } from '../../shared/domain/reasons.ts';
import { fleetModel, fresh, type Wish } from './fleet-model.ts';

const secrets = ['courier/api', 'courier/web'];

/** Each service reads two secrets of one certificate, and ECS shows a restart twenty seconds later only. */
function fleetOfTwo(wishes: Readonly<Record<string, Wish>>, { refused }: { refused?: string } = {}) {
  const fleet = fleetModel(wishes, { certificate: { tags: { 'courier:secret': secrets.join(' ') } } });
  const { services, tagged } = fleet.world;
  const { consumers, restart } = services;
  let lately = Number.NEGATIVE_INFINITY;
  const shown = new Map<string, Awaited<ReturnType<typeof consumers>>>();
  const list = tagged.services;
  tagged.services = async () => (await list()).map((one) => ({ ...one, secrets: secrets as never }));
  services.consumers = async (arns, times) => {
    const key = arns.join();
    const before = shown.get(key);
    if (before && fleet.now() - lately < 20) return before;
    const now = await consumers(arns, times);
    shown.set(key, now);
    return now;
  };
  services.restart = async (one) => {
    if (refused !== undefined && one.arn.endsWith(refused))
      throw new Trouble(finding('CallRefused', { detail: 'ecs:UpdateService' }));
    lately = fleet.now();
    return restart(one);
  };
  return fleet;
}

describe('a service that reads two secrets of a certificate', () => {
  it('is restarted once for both, though ECS shows that late', async () => {
    const fleet = fleetOfTwo({ a: {}, b: {}, c: {} });
    await fleet.run();
    expect(fleet.restarts.map(({ service }) => service).toSorted()).toEqual(['a', 'b', 'c']);
    expect(fleet.labels(fresh)).toContain('COURIER_DELIVERED');
  });

  it('is tried as a canary once in a look', async () => {
    const fleet = fleetOfTwo({ a: { canary: true } });
    await fleet.look();
    expect(fleet.restarts).toHaveLength(1);
  });

  it('is not restarted again in the look in which the restart of another was refused', async () => {
    const fleet = fleetOfTwo({ a: {}, b: {}, c: {} }, { refused: '/c' });
    await fleet.run();
    expect(fleet.restarts.map(({ service }) => service).toSorted()).toEqual(['a', 'b']);
    expect(fleet.mails).toEqual(['critical DeploymentFailed']);
  });
});
