import type { Queue } from './aws/queue.ts';
import type { Worker } from './aws/worker.ts';
import { nextStep } from './domain/delivery.ts';
import { finding } from './domain/reasons.ts';
import type { Message } from './events/queued.ts';
import { readOutcome } from './events/worker-answer.ts';
import { isDone, observeDelivery, obstacleOf, planDelivery, type Seen, type Wanted } from './plan.ts';
import { type Problem, problemOf } from './problem.ts';
import type { Sight } from './world.ts';

type Following = {
  /** The deliveries of one certificate. */
  readonly wanted: readonly Wanted[];
  /** Milliseconds that are left of this call. */
  readonly remaining: () => number;
  readonly wire: Sight & { readonly deliveries: Pick<Queue<Message>, 'add'>; readonly worker: Worker };
};

/** Seconds between two looks. */
const pace = 5;
/** Milliseconds that a last look of the worker (its timeout in serverless.yml: a minute) and the answer may take. */
const reserve = 70_000;

/**
 * Follows one certificate to the end of its delivery; null when it is delivered, else what stands in the way. The
 * worker is asked directly until the secret is current, so that a refused export is an answer here and now. The
 * restarts are left to the queue, which alone sees to it that one worker at a time restarts.
 */
export async function follow(message: Message, following: Following): Promise<Problem | null> {
  const refused = await untilCurrent(message, following);
  if (refused && !(await isToBeRolledOut(following))) return refused;
  await following.wire.deliveries.add(message);
  return refused ?? untilDelivered(following);
}

/** Where one secret is refused, another of the same certificate may be current by now, and its services still be old. */
async function isToBeRolledOut({ wanted, wire }: Following): Promise<boolean> {
  for (const one of wanted) {
    const next = nextStep(await observeDelivery({ ...one, asked: {} }, wire));
    if (next.do === 'roll out' || next.do === 'mark since') return true;
  }
  return false;
}

/** Null when the secret is current, and when the time is over: the queue goes on from either. */
async function untilCurrent(message: Message, { remaining, wire }: Following): Promise<Problem | null> {
  const askedAt = wire.now();
  while (remaining() > reserve) {
    const outcome = readOutcome(await wire.worker.ask({ ...message, until: 'current', askedAt }));
    if (outcome.is === 'told') return outcome.problem;
    if (outcome.is === 'done') return null;
    wire.log('info', 'Waiting for the secret to be current', { certificateArn: message.certificateArn, ...outcome });
    await wire.sleep(Math.min(outcome.seconds, pace) * 1000);
  }
  return null;
}

async function untilDelivered({ wanted, remaining, wire }: Following): Promise<Problem | null> {
  while (remaining() > reserve) {
    const seen: Seen[] = [];
    for (const one of wanted) {
      // What was accepted or forced has happened by now; asking for it again would find it undone.
      const now = await planDelivery({ ...one, asked: { thorough: true } }, wire);
      const obstacle = obstacleOf(one, now);
      if (obstacle) return problemOf(obstacle, wire.place);
      seen.push(now);
    }
    if (seen.every(isDone)) return null;
    wire.log('info', 'Waiting for the rollout', {
      steps: seen.flatMap(({ steps }) => steps.map(({ text }) => text)),
    });
    await wire.sleep(pace * 1000);
  }
  return stillUnderWay(wanted, wire);
}

function stillUnderWay(wanted: readonly Wanted[], { place }: Sight): Problem | null {
  const [first] = wanted;
  return first
    ? problemOf(
        finding('StillUnderWay', { name: first.certificate.name, certificateArn: first.certificate.arn }),
        place,
      )
    : null;
}
