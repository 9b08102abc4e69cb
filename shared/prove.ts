import { Trouble } from './aws/trouble.ts';
import type { ProbePort } from './domain/probe.ts';
import { count } from './domain/reason.ts';
import type { Consumer, Judged, Promotion, Verdict } from './domain/rollout.ts';
import { type Expected, type Failing, type Handshakes, isEvidence, nameOf, sawOf, shakeHands } from './shake-hands.ts';
import { facts } from './tell.ts';
import type { World } from './world.ts';

type Proving = {
  readonly expected: Expected;
  readonly promotion: Promotion;
  /** These are canaries, by which everybody else goes: what cannot be seen of them proves nothing. */
  readonly onTrial?: boolean;
  readonly world: Pick<World, 'services' | 'prober' | 'log' | 'now' | 'place'>;
};

/**
 * Shakes hands with every task of the services that are new, or take a new version in by themselves, and say where they
 * serve. What cannot be probed, for want of a tag, of a probe in the VPC or of an address, stays what it was: restarted,
 * not probed.
 */
export async function prove(judged: readonly Judged[], proving: Proving): Promise<readonly Judged[]> {
  const asked = judged.filter(({ verdict }) => verdict.is === 'new' || verdict.is === 'reads by itself');
  const seen = await handshakes(asked.map(({ consumer }) => consumer).filter(hasProbe), proving);
  return judged.map(({ consumer, verdict }) => {
    const sight = seen.get(consumer.arn);
    if (!sight) return { consumer, verdict: proving.onTrial ? provenByTasks(verdict, consumer) : verdict };
    const proven = verdictOf(sight, proving);
    return { consumer, verdict: verdict.is === 'new' ? proven : byItself(proven, proving) };
  });
}

type Probed = Consumer & { readonly probe: ProbePort };
const hasProbe = (consumer: Consumer): consumer is Probed => consumer.probe !== undefined;

/** By ARN, `unseen` where nobody could look. */
type Seen = ReadonlyMap<string, Handshakes | { readonly is: 'unseen' }>;

/** All at once, which costs least; where nobody could look, each by itself, lest one should hide what others show. */
async function handshakes(consumers: readonly Probed[], proving: Proving): Promise<Seen> {
  const { expected, world } = proving;
  const { prober, services, now, log } = world;
  if (!prober || consumers.length === 0) return new Map();
  try {
    const servers = consumers.map((consumer) => ({ ...consumer, expected }));
    const seen = await shakeHands(servers, { prober, services, now });
    return new Map([...seen].map(([{ arn }, sight]) => [arn, sight]));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (consumers.length > 1) {
      const alone = await Promise.all(consumers.map((one) => handshakes([one], proving)));
      return new Map(alone.flatMap((one) => [...one]));
    }
    for (const { arn } of consumers)
      log('warn', 'Cannot probe a service', { serviceArn: arn, ...facts(error.finding, world) });
    return new Map(consumers.map(({ arn }) => [arn, { is: 'unseen' }]));
  }
}

/** Nobody restarts it: it is waited for until the deadline, and what it shows then speaks against it, not the certificate. */
function byItself(proven: Verdict, proving: Proving): Verdict {
  if (proven.is === 'new') return { ...proven, is: 'reads by itself' };
  return isInTime(proving) ? { is: 'unproven' } : { is: 'late' };
}

/** A service that grows may lack tasks for a while, and that says nothing of the version. A canary without them was not seen. */
function provenByTasks(verdict: Verdict, { desired }: Consumer): Verdict {
  return verdict.is === 'short' ? { is: 'late', detail: `${verdict.running} of ${desired} run` } : verdict;
}

const isInTime = ({ promotion, world }: Proving) => world.now() - promotion.since <= promotion.deadlineSeconds;

function verdictOf(seen: Handshakes | { readonly is: 'unseen' }, proving: Proving): Verdict {
  switch (seen.is) {
    case 'unseen':
      // That nobody could look is no evidence; it is waited for as long as for the tasks themselves.
      if (isInTime(proving)) return { is: 'unproven' };
      return proving.onTrial ? unseenOnTrial(proving) : { is: 'new' };
    case 'starting':
      return { is: 'unproven' };
    case 'failing':
      return failure(seen.worst);
    case 'serving':
      // A task that starts late is one of a scale-out, or in place of one that ended: it may yet show what it serves.
      if (seen.pending && isInTime(proving)) return { is: 'unproven' };
      return seen.all ? { is: 'new', probed: true } : { is: 'new' };
  }
}

/** Promoted all the same, the version would reach everybody by the word of nobody. */
function unseenOnTrial({ promotion }: Proving): Verdict {
  const within = count(Math.round(promotion.deadlineSeconds / 60), 'minute');
  return {
    is: 'failed',
    detail: `its tasks were restarted, and no probe could look at what they serve within ${within}`,
  };
}

function failure(worst: Failing): Verdict {
  const detail = `task ${nameOf(worst)} was restarted and ${sawOf(worst)}`;
  return { is: 'failed', detail, ...(isEvidence(worst) && { evidence: detail }) };
}
