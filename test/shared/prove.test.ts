import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import type { Shown } from '../../shared/domain/probe.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer, Verdict } from '../../shared/domain/rollout.ts';
import { prove } from '../../shared/prove.ts';
import { now, place } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';

const serial = 'ab'.repeat(20);
const another = 'cd'.repeat(20);
const settled = now - 301;
const refused: Shown = { error: 'nothing listens there (connection refused)', during: 'connect' };
const broken: Shown = { error: 'it closed the connection', during: 'handshake' };

/** `startedAt` null where it has not started; `later` is shown from the second time on. */
type Task = {
  readonly shown?: Shown;
  readonly later?: Shown;
  readonly startedAt?: number | null;
  readonly address?: false;
};
type Given = {
  readonly since?: number;
  readonly trouble?: true;
  readonly untagged?: true;
  readonly none?: true;
  readonly before?: Verdict;
  readonly onTrial?: true;
};

/** What becomes of a service that is new, by what a probe saw of its tasks. */
async function proved(
  tasks: readonly Task[],
  { since = now - 400, trouble, untagged, none, onTrial, before = { is: 'new' } }: Given = {},
) {
  const asked: object[] = [];
  const looks: number[] = [];
  const look = async (targets: readonly { id: string }[], seconds: number) => {
    asked.push(...targets);
    looks.push(seconds);
    if (trouble) throw new Trouble(finding('AwsUnavailable', { detail: 'lambda:InvokeFunction' }));
    return new Map(
      targets.flatMap(({ id }) => {
        const { shown, later = shown } = tasks[Number(id)] ?? {};
        const now = looks.length > 1 ? later : shown;
        return now ? [[id, now]] : [];
      }),
    );
  };
  const own = tasks.map(({ startedAt = settled, address }, index) => ({
    taskArn: `${index}`,
    ...(startedAt !== null && { startedAt }),
    ...(address !== false && { address: { host: '10.0.0.1', port: 8443, subnet: 'subnet-1' } }),
  }));
  const places = async (servers: readonly object[]) => new Map(servers.map((one) => [one, own]));
  const world = { place, now: () => now, log: () => {}, services: { places }, ...(!none && { prober: { look } }) };
  const consumer = consumerOf('web', untagged ? {} : { probe: { port: 8443 } });
  const [judged] = await prove([{ consumer, verdict: before }], {
    expected: { serial, name: '*.example.com' },
    promotion: { since, now, deadlineSeconds: 3600 },
    ...(onTrial && { onTrial }),
    world: world as never,
  });
  return { verdict: judged?.verdict, asked, looks };
}

/** What becomes of services of one task each, by what a probe answers. */
async function provedTogether(names: readonly string[], look: (targets: readonly { id: string }[]) => Promise<object>) {
  const placesOf = ({ service }: Consumer) => [
    { taskArn: service, startedAt: settled, address: { host: '10.0.0.1', port: 8443, subnet: 'subnet-1' } },
  ];
  const places = async (servers: readonly Consumer[]) => new Map(servers.map((one) => [one, placesOf(one)]));
  const judged = await prove(
    names.map((name) => ({ consumer: consumerOf(name, { probe: { port: 8443 } }), verdict: { is: 'new' } })),
    {
      expected: { serial, name: 'api.example.com' },
      promotion: { since: now - 400, now, deadlineSeconds: 3600 },
      world: { place, now: () => now, log: () => {}, services: { places }, prober: { look } } as never,
    },
  );
  return judged.map(({ verdict }) => verdict);
}

describe('a service whose tasks are new is', () => {
  const failed = (detail: string, isEvidence = true): Verdict => ({
    ...{ is: 'failed', detail: `task 0 was restarted and ${detail}` },
    ...(isEvidence && { evidence: `task 0 was restarted and ${detail}` }),
  });
  const rows: readonly (readonly [string, readonly Task[], Verdict, Given?])[] = [
    ['probed where each shows the serial', [{ shown: { serial } }, { shown: { serial } }], { is: 'new', probed: true }],
    [
      'unproven while one of another leaf may still be starting',
      [{ shown: { serial: another }, startedAt: now - 300 }],
      { is: 'unproven' },
    ],
    [
      'failed on evidence where one goes on to show another leaf',
      [{ shown: { serial: another } }, { shown: { serial } }],
      failed(`serves the certificate with serial ${another}`),
    ],
    ['failed on evidence where a handshake fails', [{ shown: broken }], failed('shows none: it closed the connection')],
    [
      'failed without evidence where nothing listens',
      [{ shown: refused }],
      failed('shows none: nothing listens there (connection refused)', false),
    ],
    [
      'unproven while a task has not started, of which nobody expects an answer',
      [{ shown: { serial } }, { shown: refused, startedAt: null }],
      { is: 'unproven' },
    ],
    [
      'restarted, not probed, where a task has not started for as long as a rollout may take',
      [{ shown: { serial } }, { shown: refused, startedAt: null }],
      { is: 'new' },
      { since: now - 3601 },
    ],
    [
      'failed on evidence though a task has not started',
      [{ shown: { serial: another } }, { startedAt: null }],
      failed(`serves the certificate with serial ${another}`),
    ],
    ['restarted, not probed, where a task has no address', [{ shown: { serial } }, { address: false }], { is: 'new' }],
    ['restarted, not probed, where no probe stands beside a task', [{}], { is: 'new' }],
    ['restarted, not probed, without the tag', [{ shown: { serial: another } }], { is: 'new' }, { untagged: true }],
    ['restarted, not probed, without any probe', [{ shown: { serial: another } }], { is: 'new' }, { none: true }],
    ['unproven while the probe does not answer', [{ shown: { serial } }], { is: 'unproven' }, { trouble: true }],
    [
      'restarted, not probed, where it does not answer for as long as a rollout may take',
      [{ shown: { serial } }],
      { is: 'new' },
      { trouble: true, since: now - 3601 },
    ],
  ];
  for (const [when, tasks, verdict, given] of rows)
    it(when, async () => expect((await proved(tasks, given)).verdict).toEqual(verdict));

  it('asked for longer where it is silent in the handshake, which a busy server may be once', async () => {
    const busy = await proved([{ shown: broken, later: { serial } }, { shown: { serial } }]);
    expect([busy.verdict, busy.looks, busy.asked.length]).toEqual([{ is: 'new', probed: true }, [3, 10], 3]);
    const wrong = await proved([{ shown: broken, later: { serial: another } }]);
    expect(wrong.verdict).toEqual(failed(`serves the certificate with serial ${another}`));
  });

  it.each<[string, Task]>([
    ['another leaf', { shown: { serial: another } }],
    ['nothing that listens', { shown: refused }],
    ['silence while it may still be starting', { shown: broken, startedAt: now - 300 }],
  ])('asked once where it shows %s', async (_, task) => expect((await proved([task])).looks).toEqual([3]));

  it('asked in one order with those beside it', async () => {
    const orders: (readonly string[])[] = [];
    const look = async (targets: readonly { id: string }[]) => {
      orders.push(targets.map(({ id }) => id));
      return new Map(targets.map(({ id }) => [id, { serial }]));
    };
    expect(await provedTogether(['a', 'b', 'c'], look)).toEqual(Array(3).fill({ is: 'new', probed: true }));
    expect(orders).toEqual([['a', 'b', 'c']]);
  });

  it('seen failing though nobody could look at the one beside it', async () => {
    const look = async (targets: readonly { id: string }[]) => {
      if (targets.some(({ id }) => id === 'b')) throw new Trouble(finding('AwsUnavailable', { detail: 'a probe' }));
      return new Map(targets.map(({ id }) => [id, { serial: another }]));
    };
    const detail = `task a was restarted and serves the certificate with serial ${another}`;
    expect(await provedTogether(['a', 'b'], look)).toEqual([
      { is: 'failed', detail, evidence: detail },
      { is: 'unproven' },
    ]);
  });

  it('asked for the name that a wildcard covers, where it stands', async () => {
    expect((await proved([{ shown: { serial } }])).asked).toEqual([
      { id: '0', host: '10.0.0.1', port: 8443, subnet: 'subnet-1', serial, servername: 'probe.example.com' },
    ]);
  });
});

describe('a canary is', () => {
  const late = { since: now - 3601 };
  it.each<[string, Verdict, readonly Task[], Given]>([
    ['unproven while the probe does not answer', { is: 'unproven' }, [{ shown: { serial } }], { trouble: true }],
    [
      'failed where it does not answer for as long as a rollout may take',
      {
        is: 'failed',
        detail: 'its tasks were restarted, and no probe could look at what they serve within 60 minutes',
      },
      [{ shown: { serial } }],
      { trouble: true, ...late },
    ],
    [
      'late where it runs too few tasks at the end',
      { is: 'late', detail: '0 of 2 run' },
      [],
      { before: { is: 'short', running: 0 }, ...late },
    ],
    ['restarted, not probed, without the tag', { is: 'new' }, [], { untagged: true, ...late }],
    ['restarted, not probed, without any probe', { is: 'new' }, [], { none: true, ...late }],
    ['restarted, not probed, where no probe stands beside its tasks', { is: 'new' }, [{}], late],
  ])('%s', async (_, verdict, tasks, given) =>
    expect((await proved(tasks, { onTrial: true, ...given })).verdict).toEqual(verdict),
  );

  it('judged as any other once the version is current', async () => {
    const before: Verdict = { is: 'short', running: 0 };
    expect((await proved([], { before })).verdict).toEqual(before);
  });
});

describe('a service that reads the secret by itself is', () => {
  const before: Verdict = { is: 'reads by itself' };
  it.each<[string, readonly Task[], Verdict, Given]>([
    ['seen where each task shows the serial', [{ shown: { serial } }], { is: 'reads by itself', probed: true }, {}],
    ['waited for while it shows another', [{ shown: { serial: another } }], { is: 'unproven' }, {}],
    [
      'late, without evidence, where it still does',
      [{ shown: { serial: another } }],
      { is: 'late' },
      { since: now - 3601 },
    ],
    ['left to itself where nobody can look', [{ shown: { serial: another } }], before, { none: true }],
    ['left to itself where a task has no address', [{ address: false }], before, {}],
    ['left to itself where no probe answered in time', [{}], before, { trouble: true, since: now - 3601 }],
  ])('%s', async (_, tasks, verdict, given) =>
    expect((await proved(tasks, { before, ...given })).verdict).toEqual(verdict),
  );
});
