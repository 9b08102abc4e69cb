import { expect, it } from 'vitest';
import { tellOfTrust } from '../../shared/tell-of-trust.ts';
import { certificate, idOf, place, present } from './domain/sample.ts';

const label = 'COURIER_TRUST_0123456789ab';
const names = Array.from({ length: 300 }, (_, at) => `courier/s${at}`);

it('three hundred secrets cost two calls, and a mail that names twenty services', async () => {
  const calls: string[] = [];
  const bodies: string[] = [];
  const called = (name: string, answer: unknown) => async () => {
    calls.push(name);
    return answer;
  };
  const held = present({ [idOf()]: ['AWSCURRENT', label] });
  const services = names.map((secret, at) => ({
    arn: `arn:aws:ecs:us-east-1:111122223333:service/prod/web${at}`,
    tags: {},
    secrets: [secret],
  }));
  const world = {
    place,
    settings: { mode: 'deliver', secretPrefix: 'courier/', notices: 'all', runbookUrl: 'https://example.com' },
    now: () => 1_800_000_000,
    log: () => {},
    secrets: { list: called('list', new Map(names.map((name) => [name, held]))) },
    tagged: { services: called('services', services) },
    topic: { tell: async ({ body }: { body: string }) => void bodies.push(body) },
    count: () => {},
  };
  await tellOfTrust(
    label,
    { certificate, delivery: { secret: 'courier/s0', format: 'standard' }, asked: {} },
    world as never,
  );
  expect(calls).toEqual(['list', 'services']);
  const flat = bodies.join().replace(/\s+/g, ' ');
  expect(flat).toContain('"web19" in cluster "prod" trusts the issuer from before, by secret "courier/s19"');
  expect(flat).not.toContain('"web20"');
  expect(flat).toContain('And 280 more');
});
