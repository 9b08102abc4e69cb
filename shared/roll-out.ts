import { Trouble } from './aws/trouble.ts';
import { type Step, versionBefore } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { ofVersion, type Progress } from './domain/progress.ts';
import { minute } from './domain/reason.ts';
import { type Finding, type Findings, finding, mayPass, sentenceOf } from './domain/reasons.ts';
import { type Consumer, evidenceOf, type Judged, nextRolloutStep, type RolloutStep } from './domain/rollout.ts';
import { findingOf, tagFindings } from './domain/rollout-findings.ts';
import { endOf, label, type PresentSecret } from './domain/secret.ts';
import { readEndings } from './domain/task-endings.ts';
import { readVersionId } from './domain/version-id.ts';
import { setLabel } from './labels.ts';
import { type Looked, lookAtWaves } from './look-at-waves.ts';
import { beforeActing } from './may-act.ts';
import type { Outcome } from './outcome.ts';
import { promotionAt, type Wanted } from './plan.ts';
import { report } from './report.ts';
import { facts, type Serving, tell } from './tell.ts';
import type { World } from './world.ts';

/** A rollout under way: what is delivered, which version since when, and everything that is needed to go on. */
export type Rollout = {
  readonly wanted: Wanted;
  readonly step: Omit<Extract<Step, { do: 'roll out' }>, 'do'>;
  readonly secret: PresentSecret;
  /** The version is not current: only those that read COURIER_NEXT are restarted. */
  readonly onTrial?: boolean;
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

/** One look at the consumers of a version: start the next wave, wait, stop, go back, or say that it is done. */
export async function rollOut(rollout: Rollout): Promise<Outcome> {
  const looked = await examined(await look(rollout), rollout);
  const next = nextRolloutStep(looked.judged);
  const { wanted, step, world } = rollout;
  world.log('info', 'Judged the consumers', {
    certificateArn: wanted.certificate.arn,
    secret: wanted.delivery.secret,
    versionId: step.versionId,
    wave: `${looked.wave} of ${looked.waves}`,
    consumers: looked.judged.map(({ consumer, verdict }) => ({ serviceArn: consumer.arn, ...verdict })),
    decided: next.do,
  });
  return act(next, looked, rollout);
}

function look({ wanted, step, secret, onTrial = false, world }: Rollout): Promise<Looked> {
  const { versionId, since, triedSince, exposedSince } = step;
  const servedNotAfter = endOf(secret.versions, onTrial ? label.current : label.previous);
  const promotion = promotionAt({ since, triedSince, exposedSince, servedNotAfter }, world);
  const expected = { serial: versionId.slice(0, 40), name: wanted.certificate.name };
  return lookAtWaves({
    ...{ secret: wanted.delivery.secret, versionId, promotion, expected, world },
    onlyCanaries: onTrial,
  });
}

/** Asks the tasks of failed services how they ended: for the page, and whether it was the certificate. */
async function examined(looked: Looked, { step, world }: Rollout): Promise<Looked> {
  const examine = async ({ consumer, verdict }: Judged): Promise<Judged> => {
    if (verdict.is !== 'failed' || verdict.evidence !== undefined) return { consumer, verdict };
    const { words, ...autopsy } = readEndings(await world.services.endings(consumer, step.since));
    const detail = words === '' ? verdict.detail : `${verdict.detail}; ${words}`;
    return { consumer, verdict: { ...verdict, ...autopsy, detail } };
  };
  return { ...looked, judged: await Promise.all(looked.judged.map(examine)) };
}

async function act(next: RolloutStep, looked: Looked, rollout: Rollout): Promise<Outcome> {
  switch (next.do) {
    case 'restart':
      return restart(next.consumers, looked, rollout);
    case 'wait':
      return { is: 'again', seconds: pace, because: 'deployments are under way' };
    case 'hold':
      return hold(next.held, looked, rollout);
    case 'stop':
      return stop(next.failed, looked, rollout);
    case 'finish':
      return finish(next.left, looked, rollout);
  }
}

/** Restarts each; one that AWS refuses for good stops the rollout, other trouble is tried again, a denial patiently. */
async function restart(consumers: readonly Consumer[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const { notBefore, world } = rollout;
  await world.sleep(Math.max(notBefore + clockSkewSeconds - world.now(), 0) * 1000);
  const before = looked.judged.slice(0, -looked.present.length);
  // All of this wave is to be restarted: none of it was, so the one before has just ended.
  if (before.length > 0 && looked.present.length === consumers.length)
    await reportWave(looked.wave - 1, { ...looked, judged: before }, rollout);
  const refused: Judged[] = [];
  for (const consumer of consumers) {
    const trouble = await tryRestart(consumer, world);
    if (trouble === undefined) continue;
    if (mayPass(trouble, rollout)) return { is: 'again', seconds: pace, because: sentenceOf(trouble) };
    if (trouble.reason === 'StackStopped') throw new Trouble(trouble);
    refused.push({ consumer, verdict: { is: 'failed', detail: sentenceOf(trouble) } });
  }
  if (refused.length > 0) return stop(refused, looked, rollout);
  return { is: 'again', seconds: pace, because: `restarted ${consumers.map(({ service }) => service).join(', ')}` };
}

async function tryRestart(consumer: Consumer, world: World): Promise<Finding | undefined> {
  try {
    await beforeActing(world);
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
async function hold(held: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const { wanted, onTrial, world } = rollout;
  const [first, ...others] = held.flatMap((one) => sayOf(one, rollout));
  // A canary that may not be restarted at all proves nothing, and holds up nothing.
  if (!first && onTrial) return proven;
  if (!first || wanted.asked.echo) return { is: 'done', because: 'held' };
  await tell([first, ...others, ...problemsOf(looked, rollout)], aboutUndone(looked, rollout), world);
  return { is: 'told', finding: first };
}

/** Nothing automatic goes on from here. Told before it is labelled, so that a crash in between tells twice, not never. */
async function stop(failed: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const [worst, ...rest] = failed.toSorted((a, b) => Number(hasEvidence(b)) - Number(hasEvidence(a)));
  const evidence = evidenceOf(failed);
  const back = evidence === undefined ? undefined : versionToGoBackTo(rollout);
  if (worst && evidence !== undefined && back !== undefined)
    return goBack({ worst, evidence, back, failed }, looked, rollout);
  const [first, ...others] = [worst, ...rest].flatMap((one) => (one ? sayOf(one, rollout) : []));
  if (!first) return { is: 'done', because: 'nothing failed' };
  await tell([first, ...others, ...problemsOf(looked, rollout)], aboutUndone(looked, rollout), rollout.world);
  await progress('Rollout Failed', failureOf(failed, [first, ...others]), rollout);
  return labelTold(label.stopped, { is: 'told', finding: first }, rollout);
}

const hasEvidence = ({ verdict }: Judged) => verdict.is === 'failed' && verdict.evidence !== undefined;

/**
 * The version before, where going back is what people want. What a person has accepted is not taken back, nor what came by
 * a roll-back: the version before that one is barred.
 */
function versionToGoBackTo({ wanted, secret, onTrial, world }: Rollout): string | undefined {
  const { rollBack, rollbackFloorSeconds } = world.settings;
  if (rollBack === 'never' || onTrial || wanted.asked.accept) return undefined;
  return versionBefore(secret, world.now() + rollbackFloorSeconds);
}

type GoingBack = {
  readonly worst: Judged;
  readonly evidence: string;
  readonly back: string;
  readonly failed: readonly Judged[];
};

/** Barred first: whatever happens next, nothing brings it forward again. The next look swaps, and restarts. */
async function goBack(
  { worst, evidence, back, failed }: GoingBack,
  looked: Looked,
  rollout: Rollout,
): Promise<Outcome> {
  const { wanted, step, secret, world } = rollout;
  await beforeActing(world);
  await setLabel(label.rejected, step.versionId, { secret: wanted.delivery.secret, versions: secret.versions, world });
  const { service, cluster } = worst.consumer;
  const serials = { serial: step.versionId.slice(0, 40), back: back.slice(0, 40) };
  const found = finding('RolledBack', { ...ofSecret(wanted), service, cluster, ...serials, evidence });
  await progress('Rolled Back', failureOf(failed, [found]), rollout);
  const said = failed.flatMap((one) => sayOf(one, rollout));
  await tell([found, ...said, ...problemsOf(looked, rollout)], aboutUndone(looked, rollout), world);
  return { is: 'again', seconds: 1, because: 'going back' };
}

async function finish(left: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const { wanted, step, onTrial, world } = rollout;
  if (onTrial) return proven;
  if (step.told) return { is: 'done', because: 'delivered' };
  const { judged } = looked;
  const services = judged.length - left.length;
  const probed = judged.filter(({ verdict }) => verdict.is === 'new' && verdict.probed).length;
  const done = finding('Delivered', {
    ...ofSecret(wanted),
    serial: wanted.certificate.serial,
    consumers: services,
    probed,
  });
  const findings: Findings = [
    backOn(services, rollout) ?? done,
    ...left.flatMap((one) => sayOf(one, rollout)),
    ...problemsOf(looked, rollout),
  ];
  await tell(findings, { ...wanted, judged, done: doneSoFar(rollout) }, world);
  if (looked.present.length > 0) await reportWave(looked.wave, looked, rollout);
  await progress('Certificate Delivered', { services, probed }, rollout);
  world.count('CertificatesDelivered');
  measure(rollout);
  return labelTold(label.delivered, { is: 'done', because: 'delivered' }, rollout);
}

/** What canaries have been tried on may become current. */
export const proven: Outcome = { is: 'done', because: 'proven' };

/** After a roll-back it is not ACM's certificate that everybody runs. */
function backOn(consumers: number, { wanted, step }: Rollout): Finding | undefined {
  const holds = readVersionId(step.versionId);
  if (!holds || holds.serial === wanted.certificate.serial) return undefined;
  return finding('BackOnPrevious', { ...ofSecret(wanted), serial: holds.serial, ends: holds.notAfter, consumers });
}

/** From ACM's renewal to the last task: of renewals only, for the first delivery begins whenever a person tags. */
function measure({ wanted: { certificate }, step, world }: Rollout): void {
  const { renewal, serial } = certificate;
  if (renewal?.status === 'succeeded' && readVersionId(step.versionId)?.serial === serial)
    world.gauge('renewedToServedSeconds', world.now() - renewal.updatedAt);
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

const sayOf = (one: Judged, { wanted, onTrial = false, world }: Rollout): readonly Finding[] => {
  const found = findingOf(one, { of: ofSecret(wanted), deadlineSeconds: world.settings.deadlineSeconds, onTrial });
  return found ? [found] : [];
};

/** Tags of the certificate and of its consumers that nobody can read. */
const problemsOf = ({ judged }: Looked, { wanted, problems }: Rollout): readonly Finding[] => [
  ...problems,
  ...judged.flatMap(({ consumer }) => tagFindings(consumer, ofSecret(wanted))),
];

const aboutUndone = ({ judged }: Looked, rollout: Rollout) => ({
  ...rollout.wanted,
  serving: beforeOf(rollout),
  judged,
  done: doneSoFar(rollout),
});

/** Until its tasks are new, a service serves what AWSPREVIOUS holds; before a version is current, AWSCURRENT. */
function beforeOf({ secret, onTrial }: Rollout): readonly Serving[] {
  const notAfter = endOf(secret.versions, onTrial ? label.current : label.previous);
  return notAfter === undefined ? [] : [{ what: 'The certificate that tasks from before serve', notAfter }];
}

const doneSoFar = ({ wanted, step, onTrial }: Rollout) => [
  `Exported, inspected and stored as version ${step.versionId} of secret "${wanted.delivery.secret}"`,
  onTrial ? `Tried on canaries since ${minute(step.since)}` : `Made current at ${minute(step.since)}`,
];

const failureOf = (failed: readonly Judged[], findings: readonly Finding[]) => ({
  reasons: findings.map(({ reason }) => reason),
  services: failed.map(({ consumer }) => consumer.arn),
});

const reportWave = (wave: number, { judged, waves }: Pick<Looked, 'judged' | 'waves'>, rollout: Rollout) =>
  progress('Wave Completed', { wave, waves, services: judged.length }, rollout);

type Specific<Type> = Omit<Extract<Progress, { type: Type }>['detail'], keyof ReturnType<typeof ofVersion>>;

const progress = <Type extends Progress['type']>(
  type: Type,
  detail: Specific<Type>,
  { wanted, step, world }: Rollout,
): Promise<void> =>
  report({ type, detail: { ...ofVersion(ofSecret(wanted), step.versionId), ...detail } } as unknown as Progress, world);
