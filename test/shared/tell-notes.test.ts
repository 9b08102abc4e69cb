import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import type { ListedCertificate } from '../../shared/domain/certificate.ts';
import { compare, type Service } from '../../shared/domain/inventory.ts';
import type { Note } from '../../shared/domain/noteworthy.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
import type { Versions } from '../../shared/domain/secret.ts';
import type { Seen, Wire } from '../../shared/repairs.ts';
import { notesOf, tellNotes, tellRepairs } from '../../shared/tell-notes.ts';
import { claim, day, idOf, listed, now, place, present } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';

const hour = 3_600;
const current = ['AWSCURRENT', 'COURIER_NEXT', `COURIER_SINCE_${now - 2 * day}`, 'COURIER_DELIVERED'];
const byHand: Versions = { x: ['AWSCURRENT'], [idOf()]: ['AWSPREVIOUS', 'COURIER_NEXT'] };

type World = {
  readonly versions?: Versions;
  readonly of?: Partial<ListedCertificate>;
  readonly services?: readonly Service[];
  readonly scheduled?: boolean;
  readonly unseen?: readonly string[];
};

function seeing({
  versions = { [idOf()]: current },
  of = {},
  services = [],
  scheduled = true,
  unseen = [],
}: World = {}): Seen {
  const secrets = new Map([['courier/api', present(versions)]]);
  const inventory = { certificates: [listed(of)], secrets, services, unseen };
  const differences = compare(inventory, { secretPrefix: 'courier/', deadlineSeconds: hour, now });
  return { runId: 'run', inventory, differences, until: now, scheduled };
}

type Fate = {
  readonly mode?: 'observe' | 'deliver';
  /** Age of the stack, seconds. */
  readonly age?: number;
  /** Owners whom no mail reaches. */
  readonly unreached?: readonly string[];
  readonly consumers?: readonly Consumer[];
};

/** What is told and labelled, in their order. */
function wireOf({ mode = 'deliver', age = 30 * day, unreached = [], consumers = [] }: Fate = {}) {
  const done: string[] = [];
  const asked: string[] = [];
  const wire = {
    place,
    settings: { mode, secretPrefix: 'courier/', deadlineSeconds: hour, notices: 'tagged' },
    now: () => now,
    sleep: async () => {},
    log: () => {},
    count: () => {},
    topic: {
      tell: async ({
        attributes: { reason, owner = 'nobody' },
      }: {
        attributes: { reason: string; owner?: string };
      }) => {
        if (unreached.includes(owner)) throw new Trouble(finding('AccessDenied', { detail: owner }));
        done.push(`${reason} to ${owner}`);
      },
    },
    secrets: {
      move: async (_: string, { from, to }: { from?: string; to?: string }) =>
        void done.push(`label ${from?.slice(0, 2) ?? 'nowhere'} to ${to?.slice(0, 2) ?? 'nowhere'}`),
    },
    services: {
      consumers: async (arns: readonly string[]) => {
        asked.push(...arns);
        return consumers;
      },
    },
    sweeps: {
      createdAt: async () => {
        asked.push('age');
        return now - age;
      },
      handOnDigest: async (owners: readonly (string | null)[]) => void done.push(`digest again to ${owners.join()}`),
    },
  } as unknown as Wire;
  return { wire, done, asked };
}

async function told(world: World = {}, fate: Fate = {}, acted: readonly Note[] = []) {
  const { wire, done, asked } = wireOf(fate);
  const seen = seeing(world);
  const error = await notesOf(seen, acted, wire)
    .then((notes) => tellNotes(notes, seen, wire))
    .then(
      () => undefined,
      (thrown) => thrown,
    );
  return { done, asked, error };
}

const noteTo = (owner: string, index = 0): Note => ({
  finding: finding('ConsumerBehind', { ...claim, services: ['prod/web'] }),
  name: `${index}.example.com`,
  certificate: listed(),
  owner,
  memory: { secret: 'courier/api', label: `COURIER_TOLD_${owner}${index}`, versionId: idOf() },
});
const shop = (count: number) => Array.from({ length: count }, (_, index) => noteTo('shop', index));
const paused = { tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' } };
const pausedForLong = { of: { ...paused, serial: 'ef'.repeat(20), notBefore: now - 7 * day } };

describe('a sweep tells people', () => {
  it('and remembers it then', async () =>
    expect((await told({ versions: byHand })).done).toEqual(['VersionPutByHand to nobody', 'label nowhere to ab']));

  it('what belongs to its hour, if the schedule began it', async () => {
    expect((await told(pausedForLong)).done).toEqual(['PausedForLong to nobody']);
    expect((await told({ ...pausedForLong, scheduled: false })).done).toEqual([]);
  });

  it('in mode observe only that: nothing can be remembered', async () => {
    expect((await told(pausedForLong, { mode: 'observe' })).done).toEqual(['PausedForLong to nobody']);
    expect((await told({ versions: byHand }, { mode: 'observe' })).done).toEqual([]);
  });

  it('five things one by one, and more in one digest, each owner for itself', async () => {
    const one = ['ConsumerBehind to shop', 'label nowhere to ab'];
    expect((await told({}, {}, shop(5))).done).toEqual(Array(5).fill(one).flat());
    expect((await told({}, {}, [...shop(6), noteTo('edge')])).done).toEqual([
      ...['Digest to shop', ...Array(6).fill('label nowhere to ab')],
      ...['ConsumerBehind to edge', 'label nowhere to ab'],
    ]);
  });

  it('all whom a mail reaches, remembers what it told, and fails for the others', async () => {
    const { done, error } = await told({}, { unreached: ['shop'] }, [noteTo('shop'), noteTo('edge'), noteTo('ops')]);
    expect(done).toEqual([
      'ConsumerBehind to edge',
      'label nowhere to ab',
      'ConsumerBehind to ops',
      'label nowhere to ab',
    ]);
    expect(error).toBeInstanceOf(Trouble);
  });

  it('nothing and asks for nothing where all is well', async () => {
    expect(await told()).toEqual({ done: [], asked: [], error: undefined });
    expect((await told({ scheduled: false })).asked).toEqual([]);
  });
});

describe('a label', () => {
  const mark = 'COURIER_TOLD_0badcafe';
  const memory = (from: Versions) => told({ versions: from });

  it('that nothing stands for any more comes off', async () =>
    expect((await memory({ [idOf()]: [...current, mark] })).done).toEqual(['label ab to nowhere']));

  it('stays where not everything was seen', async () =>
    expect((await told({ versions: { [idOf()]: [...current, mark] }, unseen: ['ECS'] })).done).toEqual([]));

  it('is moved from where it is to the newest version, and nothing said', async () => {
    const before = idOf({ serial: 'cd'.repeat(20) });
    const { wire, done } = wireOf();
    const seen = seeing({ versions: { ...byHand } });
    const [note] = (await notesOf(seen, [], wire)).due;
    const versions = { ...byHand, [before]: [note?.memory?.label ?? ''] };
    done.length = 0;
    expect((await told({ versions })).done).toEqual(['label cd to ab']);
  });
});

describe('of a service that only dates speak against', () => {
  const service: Service = {
    arn: consumerOf().arn,
    tags: { 'courier:secret': 'courier/api', 'courier:pause': 'true' },
    state: { runs: true, restartable: true, underWay: false, startedAt: 0 },
  };
  const [old, fresh] = [now - 3 * day, now - day].map((createdAt) =>
    consumerOf('web', { desired: 1, paused: true, tasks: [{ createdAt, running: true }], deployments: [] }),
  );
  const asked = (consumers: readonly (Consumer | undefined)[]) =>
    told({ services: [service] }, { consumers: consumers.filter((one) => one !== undefined) });

  it('people are told once ECS has shown tasks from before', async () =>
    expect((await asked([old])).done).toEqual(['ServicePaused to nobody', 'label nowhere to ab']));
  it('and not where its tasks are new, or it is gone', async () => {
    expect((await asked([fresh])).done).toEqual([]);
    expect((await asked([])).done).toEqual([]);
  });
});

describe('the first digest', () => {
  const young = { age: hour - 1 };
  it('is of the one sweep of the schedule in the first hour, remembers what it lists, and says nothing twice', async () => {
    const world = { versions: byHand };
    expect((await told(world, young)).done).toEqual(['Digest to nobody', 'label nowhere to ab']);
    expect((await told(world, { age: hour })).done).toEqual(['VersionPutByHand to nobody', 'label nowhere to ab']);
  });

  it('is left to it by a sweep by hand, which tells what it repaired', async () => {
    const { memory: _, ...repair } = noteTo('shop');
    expect((await told({ versions: byHand, scheduled: false }, young, [repair])).done).toEqual([
      'ConsumerBehind to shop',
    ]);
  });

  it('lists what stands in mode observe, though nothing is due', async () =>
    expect((await told({ versions: byHand }, { ...young, mode: 'observe' })).done).toEqual(['Digest to nobody']));

  it('remembers each owner for itself, and is tried again for whom it did not reach', async () => {
    const { done, error } = await told({}, { ...young, unreached: ['shop'] }, [noteTo('shop'), noteTo('edge')]);
    expect(done).toEqual(['Digest to edge', 'label nowhere to ab', 'digest again to shop']);
    expect(error).toBeUndefined();
  });

  it('is not sent by an invocation that hands the sweep on', async () => {
    const { wire, done } = wireOf(young);
    await tellRepairs([noteTo('shop')], seeing({ versions: byHand }), wire);
    expect(done).toEqual(['ConsumerBehind to shop', 'label nowhere to ab']);
  });
});
