import { Trouble } from './aws/trouble.ts';
import type { Consumer, Judged, Promotion, Verdict } from './domain/rollout.ts';
import { type Expected, type Failing, isEvidence, nameOf, sawOf, shakeHands } from './shake-hands.ts';
import { facts } from './tell.ts';
import type { World } from './world.ts';

type Proving = {
  readonly expected: Expected;
  readonly promotion: Promotion;
  readonly world: Pick<World, 'services' | 'prober' | 'log' | 'now' | 'place'>;
};

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
    return await verdictOf(consumer, proving);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot probe a service', { serviceArn: consumer.arn, ...facts(error.finding, world) });
    // That nobody could look is no evidence; it is waited for as long as for the tasks themselves.
    return world.now() - promotion.since <= promotion.deadlineSeconds ? { is: 'unproven' } : { is: 'new' };
  }
}

async function verdictOf(consumer: Consumer, { expected, world }: Proving): Promise<Verdict> {
  const { prober, services, now } = world;
  const { probe } = consumer;
  if (!prober || !probe) return { is: 'new' };
  const seen = await shakeHands({ ...consumer, probe }, { expected, way: { services, prober, now } });
  if (seen.is === 'starting') return { is: 'unproven' };
  if (seen.is === 'failing') return failure(seen.worst);
  return seen.all ? { is: 'new', probed: true } : { is: 'new' };
}

function failure(worst: Failing): Verdict {
  const detail = `task ${nameOf(worst)} was restarted and ${sawOf(worst)}`;
  return { is: 'failed', detail, ...(isEvidence(worst) && { evidence: detail }) };
}
