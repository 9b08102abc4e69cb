import { Trouble } from './aws/trouble.ts';
import type { Step } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { minute } from './domain/reason.ts';
import { type Finding, type Findings, finding, mayPass, sentenceOf } from './domain/reasons.ts';
import { type Consumer, type Judged, nextRolloutStep, type RolloutStep } from './domain/rollout.ts';
import { findingOf, tagFindings } from './domain/rollout-findings.ts';
import { endOf, label, type PresentSecret } from './domain/secret.ts';
import { setLabel } from './labels.ts';
import { lookAtWaves } from './look-at-waves.ts';
import type { Outcome } from './outcome.ts';
import { promotionAt, type Wanted } from './plan.ts';
import { facts, type Serving, tell } from './tell.ts';
import type { World } from './world.ts';

type RollOut = Extract<Step, { do: 'roll out' }>;

/** A rollout under way: what is delivered, which version since when, and everything that is needed to go on. */
type Rollout = {
  readonly wanted: Wanted;
  readonly step: RollOut;
  readonly secret: PresentSecret;
  /** When the last of the certificate's secrets became current: a service that reads several is restarted once for all. */
  readonly notBefore: number;
  /** Tags that could not be read: said with the end of the delivery. */
  readonly problems: readonly Finding[];
  /** A denied call may still be a fresh tag that IAM does not see. */
  readonly patient: boolean;
  readonly world: World;
};

/** Seconds until a rollout is looked at again; also the least between two attempts at one restart. */
const pace = 30;
const longPace = 900;

/** ECS's clock and ours may differ by this much: a restart must not look older than the promotion it belongs to. */
const clockSkewSeconds = 1;

/** One look at the consumers of the current version: start the next wave, wait, stop, or say that it is done. */
export async function rollOut(rollout: Rollout): Promise<Outcome> {
  const { wanted, step, secret, world } = rollout;
  const servedNotAfter = endOf(secret.versions, label.previous);
  const promotion = promotionAt(step.since, { servedNotAfter, sight: world });
  const of = { secret: wanted.delivery.secret, versionId: step.versionId, proven: false };
  const { judged, wave, waves } = await lookAtWaves({ ...of, promotion, world });
  const next = nextRolloutStep(judged);
  world.log('info', 'Judged the consumers', {
    certificateArn: wanted.certificate.arn,
    secret: wanted.delivery.secret,
    versionId: step.versionId,
    wave: `${wave} of ${waves}`,
    consumers: judged.map(({ consumer, verdict }) => ({ serviceArn: consumer.arn, ...verdict })),
    decided: next.do,
  });
  return act(next, judged, rollout);
}

async function act(next: RolloutStep, judged: readonly Judged[], rollout: Rollout): Promise<Outcome> {
  switch (next.do) {
    case 'restart':
      return restart(next.consumers, judged, rollout);
    case 'wait':
      return { is: 'again', seconds: pace, because: 'deployments are under way' };
    case 'hold':
      return hold(next.held, judged, rollout);
    case 'stop':
      return stop(next.failed, judged, rollout);
    case 'finish':
      return finish(next.left, judged, rollout);
  }
}

/** Restarts each; one that AWS refuses for good stops the rollout, other trouble is tried again, a denial patiently. */
async function restart(consumers: readonly Consumer[], judged: readonly Judged[], rollout: Rollout): Promise<Outcome> {
  const { notBefore, world } = rollout;
  await world.sleep(Math.max(notBefore + clockSkewSeconds - world.now(), 0) * 1000);
  const refused: Judged[] = [];
  for (const consumer of consumers) {
    const trouble = await tryRestart(consumer, world);
    if (trouble === undefined) continue;
    if (mayPass(trouble, rollout)) return { is: 'again', seconds: pace, because: sentenceOf(trouble) };
    refused.push({ consumer, verdict: { is: 'failed', detail: sentenceOf(trouble) } });
  }
  if (refused.length > 0) return stop(refused, judged, rollout);
  return { is: 'again', seconds: pace, because: `restarted ${consumers.map(({ service }) => service).join(', ')}` };
}

async function tryRestart(consumer: Consumer, world: World): Promise<Finding | undefined> {
  try {
    await world.services.restart(consumer);
    world.count('ServicesRestarted');
    world.log('info', 'Restarted a service', { serviceArn: consumer.arn });
    return undefined;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot restart a service', { serviceArn: consumer.arn, ...facts(error.finding, world) });
    return error.finding;
  }
}

/** All else is done. Said by the message that brought the version; its echo by Secrets Manager says nothing. */
async function hold(held: readonly Judged[], judged: readonly Judged[], rollout: Rollout): Promise<Outcome> {
  const { wanted, world } = rollout;
  const [first, ...others] = held.flatMap((one) => sayOf(one, rollout));
  if (!first || wanted.asked.echo) return { is: 'done', because: 'held' };
  await tell(
    [first, ...others, ...problemsOf(judged, rollout)],
    { ...wanted, serving: beforeOf(rollout), judged, done: doneSoFar(rollout) },
    world,
  );
  return { is: 'told', finding: first };
}

/** Nothing automatic goes on from here. Told before it is labelled, so that a crash in between tells twice, not never. */
async function stop(failed: readonly Judged[], judged: readonly Judged[], rollout: Rollout): Promise<Outcome> {
  const [first, ...others] = failed.flatMap((one) => sayOf(one, rollout));
  if (!first) return { is: 'done', because: 'nothing failed' };
  await tell(
    [first, ...others, ...problemsOf(judged, rollout)],
    { ...rollout.wanted, serving: beforeOf(rollout), judged, done: doneSoFar(rollout) },
    rollout.world,
  );
  return labelTold(label.stopped, { is: 'told', finding: first }, rollout);
}

async function finish(left: readonly Judged[], judged: readonly Judged[], rollout: Rollout): Promise<Outcome> {
  if (rollout.step.told) return { is: 'done', because: 'delivered' };
  const { wanted, world } = rollout;
  const consumers = judged.length - left.length;
  const delivered = finding('Delivered', { ...ofSecret(wanted), serial: wanted.certificate.serial, consumers });
  const findings: Findings = [delivered, ...left.flatMap((one) => sayOf(one, rollout)), ...problemsOf(judged, rollout)];
  await tell(findings, { ...wanted, judged, done: doneSoFar(rollout) }, world);
  world.count('CertificatesDelivered');
  return labelTold(label.delivered, { is: 'done', because: 'delivered' }, rollout);
}

/** People were told; where the label that says so cannot be put, the next look would tell again, so it comes late. */
async function labelTold(name: string, outcome: Outcome, { wanted, step, secret, world }: Rollout): Promise<Outcome> {
  try {
    await setLabel(name, step.versionId, { secret: wanted.delivery.secret, versions: secret.versions, world });
    return outcome;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot label what people were told', { label: name, ...facts(error.finding, world) });
    return { is: 'again', seconds: longPace, because: error.finding.reason };
  }
}

const sayOf = (one: Judged, { wanted, world }: Rollout): readonly Finding[] =>
  [findingOf(one, { of: ofSecret(wanted), deadlineSeconds: world.settings.deadlineSeconds })].flatMap(
    (one) => one ?? [],
  );

/** Tags of the certificate and of its consumers that nobody can read. */
const problemsOf = (judged: readonly Judged[], { wanted, problems }: Rollout): readonly Finding[] => [
  ...problems,
  ...judged.flatMap(({ consumer }) => tagFindings(consumer, ofSecret(wanted))),
];

/** Until its tasks are new, a service serves what AWSPREVIOUS holds. */
function beforeOf({ secret }: Rollout): readonly Serving[] {
  const notAfter = endOf(secret.versions, label.previous);
  return notAfter === undefined ? [] : [{ what: 'The certificate that tasks from before serve', notAfter }];
}

const doneSoFar = ({ wanted, step }: Rollout) => [
  `Exported, inspected and stored as version ${step.versionId} of secret "${wanted.delivery.secret}"`,
  `Made current at ${minute(step.since)}`,
];
