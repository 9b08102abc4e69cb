import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import type { Service } from '../../shared/domain/inventory.ts';
import type { Shown } from '../../shared/domain/probe.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
import type { Secret } from '../../shared/domain/secret.ts';
import { lookAtSample } from '../../shared/look-at-sample.ts';
import { idOf, listed, now, present } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';

const serial = idOf().slice(0, 40);
const another = 'cd'.repeat(20);
const since = now - 9_000;
const settled = now - 301;
const labels = ['COURIER_NEXT', 'COURIER_DELIVERED', `COURIER_SINCE_${since}`];
const versions = { [idOf()]: ['AWSCURRENT', ...labels] };

const serviceOf = (name: string): Service => ({
  arn: consumerOf(name).arn,
  tags: { 'courier:secret': 'courier/api', 'courier:probe': '8443' },
  state: { runs: true, restartable: true, underWay: false, startedAt: since },
});

/** `startedAt` null where it has not started. */
type Task = { readonly shown?: Shown; readonly startedAt?: number | null; readonly address?: false };

/** What the world turns out to be when it is asked itself, beside what lists have said. */
type Truth = {
  readonly secret?: Secret;
  readonly consumer?: Partial<Consumer> | null;
  readonly trouble?: true;
  readonly mode?: 'observe';
  readonly none?: true;
  readonly services?: readonly string[];
  readonly hasTime?: () => boolean;
};

async function looked(tasks: readonly Task[], truth: Truth = {}) {
  const asked: string[] = [];
  const tasksOf = (createdAt: number) => [{ createdAt, running: true }];
  const wire = {
    settings: { mode: truth.mode ?? 'deliver', deadlineSeconds: 3_600 },
    now: () => now,
    log: () => {},
    secrets: { find: async () => truth.secret ?? present(versions) },
    services: {
      places: async (servers: readonly { service: string }[]) => {
        asked.push(...servers.map(({ service }) => service));
        const placesOf = ({ service }: { service: string }) =>
          tasks.map(({ startedAt = settled, address }, index) => ({
            taskArn: `arn:aws:ecs:us-east-1:111122223333:task/prod/${service}${index}`,
            ...(startedAt !== null && { startedAt }),
            ...(address !== false && { address: { host: '10.0.0.1', port: 8443 } }),
          }));
        return new Map(servers.map((one) => [one, placesOf(one)]));
      },
      consumers: async ([arn = '']: readonly string[]) => {
        if (truth.consumer === null) return [];
        const own = { desired: 1, probe: { port: 8443 }, tasks: tasksOf(settled), ...truth.consumer };
        return [consumerOf(arn.split('/').at(-1), own)];
      },
    },
    ...(!truth.none && {
      prober: {
        look: async (targets: readonly { id: string }[]) => {
          if (truth.trouble) throw new Trouble(finding('AwsUnavailable', { detail: 'lambda:InvokeFunction' }));
          const shownBy = ({ id }: { id: string }) => tasks[Number(id.at(-1))]?.shown;
          return new Map(targets.flatMap((one) => (shownBy(one) ? [[one.id, shownBy(one)] as const] : [])));
        },
      },
    }),
  };
  const secrets = new Map([['courier/api', present(versions)]]);
  const services = (truth.services ?? ['web']).map(serviceOf);
  const seen = { inventory: { certificates: [listed()], secrets, services }, differences: [], until: now };
  const { hasTime = () => true } = truth;
  const { sightings, unseen } = await lookAtSample(seen, { size: 99, hasTime, wire: wire as never });
  return { asked, unseen, is: sightings.map(({ is }) => is), sightings };
}

describe('of a service whose delivery is done a sweep', () => {
  it('sees what it serves instead, in how many tasks, since when, where lists and the world agree', async () => {
    const tasks = [{ shown: { serial } }, { shown: { serial: another } }];
    const saw = `serves the certificate with serial ${another}`;
    expect((await looked(tasks)).sightings).toMatchObject([
      { is: 'another', seen: { task: 'web1', startedAt: settled, saw, failing: 1, running: 2, since } },
    ]);
    const silent = { error: 'it closed the connection', during: 'handshake' } as const;
    expect((await looked([{ shown: silent }])).sightings).toMatchObject([
      { is: 'another', seen: { saw: 'shows none: it closed the connection' } },
    ]);
  });

  it('sees that it serves it where each of its tasks does', async () => {
    expect(await looked([{ shown: { serial } }, { shown: { serial } }])).toMatchObject({ is: ['serving'], unseen: [] });
  });

  const refused: Shown = { error: 'connection refused', during: 'connect' };
  const wrong = [{ shown: { serial: another } }];
  it.each<[string, readonly Task[], Truth?]>([
    ['a task takes no connection', [{ shown: refused }]],
    ['a task has no address, and the others serve it', [{ shown: { serial } }, { address: false }]],
    ['no probe stands beside a task', [{}]],
    ['it has no task', []],
    ['a task has not started', [{ shown: { serial } }, { shown: refused, startedAt: null }]],
    ['what serves another may be starting', [{ shown: { serial: another }, startedAt: now - 300 }]],
    [
      'another version became current since the lists',
      wrong,
      { secret: present({ [idOf()]: ['AWSPREVIOUS', ...labels] }) },
    ],
    [
      'the delivery is looked at again',
      wrong,
      { secret: present({ [idOf()]: ['AWSCURRENT', `COURIER_SINCE_${since}`] }) },
    ],
    ['its secret was deleted', wrong, { secret: { state: 'deleting' } }],
    ['it is gone, or its tag is', wrong, { consumer: null }],
    ['it is paused by now', wrong, { consumer: { paused: true } }],
    ['it does not say where it serves any more', wrong, { consumer: { probe: undefined } as never }],
    ['its tasks are from before', wrong, { consumer: { tasks: [{ createdAt: since - 1, running: true }] } }],
    [
      'a deployment is under way',
      wrong,
      { consumer: { tasks: [], deployments: [{ createdAt: now, status: 'under way', detail: '' }] } },
    ],
  ])('knows nothing where %s', async (_, tasks, truth) => {
    expect(await looked(tasks, truth)).toMatchObject({ is: [], unseen: [], asked: ['web'] });
  });

  it('says why nobody could look', async () => {
    const { is, unseen } = await looked(wrong, { trouble: true, services: ['web', 'api'] });
    expect([is, unseen]).toEqual([[], [expect.stringContaining('lambda:InvokeFunction')]]);
  });

  it.each<[string, Truth]>([
    ['in mode observe, which may remember nothing', { mode: 'observe' }],
    ['without a probe', { none: true }],
  ])('asks for nothing %s', async (_, truth) => {
    expect(await looked(wrong, truth)).toMatchObject({ is: [], asked: [], unseen: [] });
  });

  it('ends in the midst of many as its time does, and says so', async () => {
    const services = Array.from({ length: 25 }, (_, index) => `s${index}`);
    let turns = 0;
    const { asked, unseen } = await looked([{ shown: { serial } }], { services, hasTime: () => ++turns < 3 });
    expect(asked).toHaveLength(20);
    expect(unseen).toEqual(['No time was left to shake hands with 5 services']);
  });
});
