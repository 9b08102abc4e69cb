import type { TaskPlace } from './aws/services.ts';
import { Trouble } from './aws/trouble.ts';
import { type ProbeVerdict, probeVerdict, type Shown, serverName } from './domain/probe.ts';
import type { Consumer, Judged, Promotion, Verdict } from './domain/rollout.ts';
import { facts } from './tell.ts';
import type { World } from './world.ts';

/** What must be shown, and asked for (SNI). */
export type Expected = { readonly serial: string; readonly name: string };

type Proving = {
  readonly expected: Expected;
  readonly promotion: Promotion;
  readonly world: Pick<World, 'services' | 'prober' | 'log' | 'now' | 'place'>;
};

/** Seconds that a process may take until it serves: slow ones load for minutes after ECS says that they run. */
const settling = 300;
/** Seconds that one look repeats its handshakes: the next one comes soon, and a worker that waits here waits for others. */
const patience = 3;

/**
 * Shakes hands with every task of the services that are new, or take a new version in by themselves, and say where they
 * serve. What cannot be probed, for want of a tag, of a probe in the VPC or of an address, stays what it was: restarted,
 * not probed.
 */
export async function prove(judged: readonly Judged[], proving: Proving): Promise<readonly Judged[]> {
  if (!proving.world.prober) return judged;
  return Promise.all(
    judged.map(async ({ consumer, verdict }) => ({
      consumer,
      verdict: await proveIfAsked({ consumer, verdict }, proving),
    })),
  );
}

async function proveIfAsked({ consumer, verdict }: Judged, proving: Proving): Promise<Verdict> {
  if (!consumer.probe || (verdict.is !== 'new' && verdict.is !== 'reads by itself')) return verdict;
  const proven = await proveOne(consumer, proving);
  return verdict.is === 'new' ? proven : byItself(proven, proving);
}

/** Nobody restarts it: it is waited for until the deadline, and what it shows then speaks against it, not the certificate. */
function byItself(proven: Verdict, { promotion, world }: Proving): Verdict {
  if (proven.is === 'new') return { ...proven, is: 'reads by itself' };
  return world.now() - promotion.since <= promotion.deadlineSeconds ? { is: 'unproven' } : { is: 'late' };
}

async function proveOne(consumer: Consumer, proving: Proving): Promise<Verdict> {
  const { world, promotion } = proving;
  try {
    return await shakeHands(consumer, proving);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot probe a service', { serviceArn: consumer.arn, ...facts(error.finding, world) });
    // That nobody could look is no evidence; it is waited for as long as for the tasks themselves.
    return world.now() - promotion.since <= promotion.deadlineSeconds ? { is: 'unproven' } : { is: 'new' };
  }
}

async function shakeHands(consumer: Consumer, { expected, world }: Proving): Promise<Verdict> {
  const { prober, services } = world;
  if (!prober || !consumer.probe) return { is: 'new' };
  const tasks = await services.places(consumer, consumer.probe);
  const wanted = { serial: expected.serial, servername: serverName(expected.name) };
  const targets = tasks.flatMap(({ taskArn, address }) => (address ? [{ id: taskArn, ...address, ...wanted }] : []));
  const shown = targets.length > 0 ? await prober.look(targets, patience) : new Map<string, Shown>();
  const failing = tasks.flatMap((task) => {
    const verdict = shown.has(task.taskArn) ? probeVerdict(shown.get(task.taskArn), expected.serial) : unreached;
    return verdict.is === 'serving' ? [] : [{ task, verdict }];
  });
  // Nothing is said of what serves another leaf while it may still be starting.
  if (failing.some(({ task }) => world.now() - task.startedAt <= settling)) return { is: 'unproven' };
  const [worst] = failing.toSorted((a, b) => Number(isEvidence(b.verdict)) - Number(isEvidence(a.verdict)));
  if (worst) return failure(worst);
  return shown.size === tasks.length ? { is: 'new', probed: true } : { is: 'new' };
}

/** Without an address, or where no probe stands. */
const unreached = { is: 'serving' } as const;

type Unproven = Exclude<ProbeVerdict, { is: 'serving' }>;

/** What does not even take a connection may be behind a security group. */
const isEvidence = (verdict: Unproven) => verdict.is === 'another leaf' || verdict.during === 'handshake';

function failure({ task, verdict }: { task: Pick<TaskPlace, 'taskArn'>; verdict: Unproven }): Verdict {
  const id = task.taskArn.split('/').at(-1);
  const saw =
    verdict.is === 'another leaf'
      ? `serves the certificate with serial ${verdict.serial}`
      : `shows none: ${verdict.error}`;
  const detail = `task ${id} was restarted and ${saw}`;
  return { is: 'failed', detail, ...(isEvidence(verdict) && { evidence: detail }) };
}
