import { describe, expect, it } from 'vitest';
import { Trouble } from '../../shared/aws/trouble.ts';
import { BoundedMap } from '../../shared/domain/bounded-map.ts';
import { finding } from '../../shared/domain/reasons.ts';
import type { Consumer } from '../../shared/domain/rollout.ts';
import { label, sinceLabel } from '../../shared/domain/secret.ts';
import { rollOut } from '../../shared/roll-out.ts';
import { certificate, day, delivery, idOf, now, place, present } from './domain/sample.ts';
import { consumerOf } from './domain/sample-consumer.ts';
import { sampleOf } from './domain/sample-facts.ts';

const since = now - 2 * 3600;
const versionId = idOf();
const before = idOf({ serial: 'cd'.repeat(20), notAfter: now + 9 * day });
const old = { createdAt: since - 1, running: true };
const fresh = { createdAt: since, running: true };

const consumer = consumerOf('web', { desired: 1, tasks: [fresh] });

type Given = {
  readonly asked?: object;
  readonly told?: boolean;
  readonly label?: 'refused';
  readonly problems?: boolean;
  readonly step?: { readonly triedSince: number; readonly back: true };
};

/** One look at a rollout of one service; what it came to, the mails, and the labels that were put. */
async function look(service: Partial<Consumer>, given: Given = {}) {
  const mails: { subject: string; body: string }[] = [];
  const labels: string[] = [];
  const restarted: string[] = [];
  const examined: number[] = [];
  const move = async (_: string, { label: name }: { label: string }) => {
    if (given.label === 'refused') throw new Trouble(finding('Throttled', { detail: 'secretsmanager' }));
    labels.push(name);
  };
  const world = {
    place,
    settings: {
      mode: 'deliver',
      secretPrefix: 'courier/',
      deadlineSeconds: 3600,
      rolloutParallel: { count: 4 },
      rollBack: 'evidence',
      rollbackFloorSeconds: 3 * day,
      probeSample: 0,
      notices: 'all',
    },
    now: () => now,
    sleep: async () => {},
    log: () => {},
    count: () => {},
    gauge: () => {},
    killSwitch: { allows: async () => ({ is: 'go' }) },
    progress: { put: async () => {} },
    secrets: { move },
    services: {
      endings: async (_: Consumer, from: number) => {
        examined.push(from);
        return [];
      },
      consumers: async () => [{ ...consumer, ...service }],
      restart: async ({ arn }: Consumer) => void restarted.push(arn),
    },
    settled: new BoundedMap(10),
    tagged: { services: async () => [{ arn: consumer.arn, tags: {}, secrets: [delivery.secret] }] },
    topic: { tell: async (mail: { subject: string; body: string }) => void mails.push(mail) },
  };
  const looked = await rollOut({
    wanted: { certificate, delivery, asked: given.asked ?? {} },
    step: { versionId, since, told: given.told ?? false, ...given.step },
    secret: present({ [versionId]: [label.current, label.next, sinceLabel(since)], [before]: [label.previous] }),
    notBefore: since,
    problems: given.problems ? [sampleOf('BadTag')] : [],
    patient: true,
    world: world as never,
  });
  const outcome = looked.is === 'held' ? await looked.tell() : looked;
  return { outcome, mails, subjects: mails.map(({ subject }) => subject), labels, restarted, examined };
}

describe('a rollout is', () => {
  it('delivered once every task is new: told, then labelled', async () => {
    const { outcome, subjects, labels } = await look({});
    expect(outcome).toEqual({ is: 'done', because: 'delivered' });
    expect(subjects).toEqual(['[info] api.example.com: delivered']);
    expect(labels).toEqual([label.delivered]);
  });

  it('not told again when people know', async () => {
    expect(await look({}, { told: true })).toMatchObject({ outcome: { is: 'done' }, mails: [], labels: [] });
  });

  it('told again only after a long while when the label that says so cannot be put', async () => {
    const { outcome, subjects } = await look({}, { label: 'refused' });
    expect(subjects).toHaveLength(1);
    expect(outcome).toEqual({ is: 'again', seconds: 900, because: 'Throttled' });
  });

  it('delivered, with a warning, where tasks are missing after the deadline', async () => {
    const { subjects, mails, labels } = await look({ tasks: [], desired: 2 });
    expect(subjects).toEqual(['[warning] api.example.com: delivered, but web runs 0 of 2 tasks']);
    expect(mails[0]?.body).not.toContain('runs on the new certificate');
    expect(labels).toEqual([label.delivered]);
  });

  it('restarted where a task is from before, once the second of the promotion is over', async () => {
    const { outcome, restarted, mails } = await look({ tasks: [old] });
    expect(restarted).toEqual([consumer.arn]);
    expect(outcome).toMatchObject({ is: 'again', seconds: 30 });
    expect(mails).toEqual([]);
  });

  it('held for a paused service: told with what it serves meanwhile, and not labelled', async () => {
    const { outcome, subjects, mails, labels, restarted } = await look({ tasks: [old], paused: true });
    expect(outcome).toMatchObject({ is: 'told', finding: { reason: 'ServicePaused' } });
    expect(subjects).toEqual(['[warning] api.example.com: web is paused, on the old certificate']);
    expect(mails[0]?.body).toMatch(/tasks from before serve ends on 2026-10-10, 9\s+days from now/);
    expect([labels, restarted]).toEqual([[], []]);
  });

  it('not told as held by the echo of its own promotion', async () => {
    const { outcome, mails } = await look({ tasks: [old], paused: true }, { asked: { echo: true } });
    expect(outcome).toEqual({ is: 'done', because: 'held' });
    expect(mails).toEqual([]);
  });

  it('stopped by a failed deployment: told with the tags that cannot be read, and labelled', async () => {
    const failed = { createdAt: since, status: 'failed', detail: 'tasks failed to start' } as const;
    const { outcome, subjects, mails, labels } = await look(
      { tasks: [old], deployments: [failed] },
      { problems: true },
    );
    expect(outcome).toMatchObject({ is: 'told', finding: { reason: 'DeploymentFailed' } });
    expect(subjects).toEqual(['[critical] api.example.com: rollout stopped, deployment of web failed']);
    expect(mails[0]?.body).toContain('Cannot read tag courier:format');
    expect(labels).toEqual([label.stopped]);
  });

  it.each([
    ['what is gone back to', false, since],
    ['the time of its own that a canary has', true, since + 60],
  ])('examined for how tasks ended since %s', async (_, canary, from) => {
    const failed = { createdAt: since + 60, status: 'failed', detail: 'tasks failed to start' } as const;
    const step = { triedSince: since + 60, back: true } as const;
    const { examined, subjects } = await look({ canary, tasks: [old], deployments: [failed] }, { step });
    expect(examined).toEqual([from]);
    expect(subjects).toEqual(['[critical] api.example.com: delivered before, but web fails with it']);
  });
});
