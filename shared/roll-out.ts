import { Trouble } from './aws/trouble.ts';
import { isAccepted, type Step, versionBefore } from './domain/delivery.ts';
import { memoryOf } from './domain/memory.ts';
import { ofSecret } from './domain/ownership.ts';
import { ofVersion, type Progress } from './domain/progress.ts';
import { minute } from './domain/reason.ts';
import { type Finding, type Findings, finding, mayPass, sentenceOf } from './domain/reasons.ts';
import {
  type Consumer,
  evidenceOf,
  isFailed,
  isInDeployment,
  type Judged,
  nextRolloutStep,
  type Promotion,
  type RolloutStep,
  type Verdict,
} from './domain/rollout.ts';
import { findingOf, tagFindings, windowSentences } from './domain/rollout-findings.ts';
import { endOf, hasLabel, label, type PresentSecret } from './domain/secret.ts';
import { type Autopsy, readEndings } from './domain/task-endings.ts';
import { readVersionId } from './domain/version-id.ts';
import { setLabel } from './labels.ts';
import { type Looked, lookAtWaves } from './look-at-waves.ts';
import { beforeActing } from './may-act.ts';
import type { Held, Outcome } from './outcome.ts';
import { promotionAt, type Wanted } from './plan.ts';
import { report } from './report.ts';
import { reportWaves } from './report-waves.ts';
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

const underWay: Outcome = { is: 'again', seconds: pace, because: 'deployments are under way' };

/** ECS's clock and ours may differ by this much: a restart must not look older than the promotion it belongs to. */
const clockSkewSeconds = 1;

/** One look at the consumers of a version: start the next wave, wait, stop, go back, or say that it is done. */
export async function rollOut(rollout: Rollout): Promise<Outcome | Held> {
  const looked = await examined(await look(rollout), rollout);
  const next = nextRolloutStep(looked.judged, { served: hasServed(rollout) });
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

/**
 * Tasks of the whole fleet were seen on it: what fails now speaks against its service, not the certificate. Nobody goes
 * back for it, and nobody else is kept from it.
 */
const hasServed = ({ step }: Rollout) => step.told || step.back === true;

function look(rollout: Rollout): Promise<Looked> {
  const { wanted, step, onTrial = false, world } = rollout;
  const { versionId } = step;
  const expected = { serial: versionId.slice(0, 40), name: wanted.certificate.name };
  return lookAtWaves({
    ...{ secret: wanted.delivery.secret, versionId, promotion: promotionOf(rollout), expected, world },
    onTrial,
    served: hasServed(rollout),
  });
}

function promotionOf({ step, secret, onTrial, world }: Rollout): Promotion {
  const { since, triedSince, exposedSince, back } = step;
  const servedNotAfter = endOf(secret.versions, onTrial ? label.current : label.previous);
  return promotionAt({ since, triedSince, exposedSince, back, servedNotAfter }, world);
}

/** Asks the tasks of services that fail how they ended: for the page, and whether it was the certificate. */
async function examined(looked: Looked, rollout: Rollout): Promise<Looked> {
  const { step, world } = rollout;
  const { since, triedSince = since } = step;
  const examine = async ({ consumer, verdict }: Judged): Promise<Judged> => {
    if (!isWorthExamining({ consumer, verdict }, rollout)) return { consumer, verdict };
    const endings = await world.services.endings(consumer, consumer.canary ? triedSince : since);
    return { consumer, verdict: inTheLightOf(readEndings(endings), verdict) };
  };
  return { ...looked, judged: await Promise.all(looked.judged.map(examine)) };
}

/** Before its deadline only where something could come of it: nobody goes back from what has served. */
function isWorthExamining({ consumer, verdict }: Judged, rollout: Rollout): boolean {
  if (verdict.is === 'rolling') return verdict.ailing === true && !hasServed(rollout);
  return (
    (verdict.is === 'failed' || verdict.is === 'late') && verdict.evidence === undefined && !consumer.readsByItself
  );
}

/** Before its deadline only evidence ends a deployment: without, its tasks may still come up. */
function inTheLightOf({ words, ...autopsy }: Autopsy, verdict: Verdict): Verdict {
  switch (verdict.is) {
    case 'rolling':
      return autopsy.evidence === undefined ? verdict : { is: 'failed', detail: words, ...autopsy };
    case 'late':
      return { ...verdict, ...autopsy, ...(words !== '' && { detail: words }) };
    case 'failed':
      return { ...verdict, ...autopsy, detail: words === '' ? verdict.detail : `${verdict.detail}; ${words}` };
    default:
      return verdict;
  }
}

async function act(next: RolloutStep, looked: Looked, rollout: Rollout): Promise<Outcome | Held> {
  switch (next.do) {
    case 'restart':
      return restart(next.consumers, looked, rollout);
    case 'wait':
      return underWay;
    case 'hold':
      return hold(next.held, looked, rollout);
    case 'stop':
      return stop(next.failed, looked, rollout);
    case 'finish':
      return finish(next.left, looked, rollout);
  }
}

/** Restarts each; one that AWS refuses for good stops the rollout, other trouble is tried again, a denial patiently. */
async function restart(stale: readonly Consumer[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const { notBefore, step, world } = rollout;
  const consumers = fitting(stale, looked, rollout);
  if (consumers.length === 0) return underWay;
  await world.sleep(Math.max(notBefore + clockSkewSeconds - world.now(), 0) * 1000);
  await reportWaves(looked, rollout);
  await beforeActing(world);
  const refused: Judged[] = [];
  for (const consumer of consumers) {
    const trouble = await tryRestart(consumer, world);
    if (trouble === undefined) continue;
    if (mayPass(trouble, rollout)) return { is: 'again', seconds: pace, because: sentenceOf(trouble) };
    refused.push({ consumer, verdict: { is: 'failed', detail: sentenceOf(trouble) } });
  }
  if (refused.length > 0) return step.back ? leave(refused, looked, rollout) : stop(refused, looked, rollout);
  return { is: 'again', seconds: pace, because: `restarted ${consumers.map(({ service }) => service).join(', ')}` };
}

/**
 * What is in deployment already takes no more room by its restart, and comes first. A canary that was tried and is restarted
 * all the same has failed on what a person accepted: it comes last, and keeps nobody else of its wave from it.
 */
function fitting(stale: readonly Consumer[], { judged, room }: Looked, rollout: Rollout): readonly Consumer[] {
  const inDeployment = new Set(judged.filter(isInDeployment).map(({ consumer }) => consumer));
  const isLast = ({ canary }: Consumer) => canary && rollout.step.triedSince !== undefined && !hasServed(rollout);
  const others = stale
    .filter((one) => !inDeployment.has(one))
    .toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)));
  return [...stale.filter((one) => inDeployment.has(one)), ...others.slice(0, room)];
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

/**
 * All else is done. Said by the message that brought the version; its echo, by Secrets Manager or a sweep, says only what
 * has failed since people were told that it is delivered.
 */
function hold(held: readonly Judged[], looked: Looked, rollout: Rollout): Outcome | Held {
  const { wanted, step, onTrial, world } = rollout;
  // A canary that may not be restarted at all proves nothing, and holds up nothing.
  if (onTrial && held.every((one) => sayOf(one, rollout).length === 0)) return proven;
  // Whoever began the trial said it; a sweep comes back to it every hour.
  const isKnown = onTrial && wanted.asked.quiet && world.now() - step.since > justBegun;
  const isNews = (one: Judged) =>
    (!wanted.asked.echo && !isKnown) || (step.told && isFailed(one)) || (isOwn(rollout) && isExposed(one));
  const [first, ...others] = held.filter(isNews).flatMap((one) => sayOf(one, rollout));
  if (!first) return { is: 'done', because: 'held' };
  const findings: Findings = [first, ...others, ...problemsOf(looked, rollout)];
  const tellOfIt = async (): Promise<Outcome> => {
    await reportWaves(looked, rollout);
    await tell(findings, aboutUndone(looked, rollout), world);
    return { is: 'told', finding: first };
  };
  return { is: 'held', tell: tellOfIt };
}

/** Seconds after which a trial was begun by another message. */
const justBegun = 300;

/** A sweep leaves a young promotion alone: one that it sees was made by its own message, and by no other. */
const isOwn = ({ wanted, step, world }: Rollout) =>
  wanted.asked.quiet === true && world.now() - step.since <= world.settings.deadlineSeconds;

const isExposed = ({ verdict }: Judged) => 'exposed' in verdict && verdict.exposed === true;

/** Nothing automatic goes on from here. Told before it is labelled, so that a crash in between tells twice, not never. */
async function stop(failed: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  await reportWaves(looked, rollout);
  const [worst, ...rest] = failed.toSorted((a, b) => Number(hasEvidence(b)) - Number(hasEvidence(a)));
  const evidence = evidenceOf(failed);
  const back = evidence === undefined ? undefined : versionToGoBackTo(rollout);
  if (worst && evidence !== undefined && back !== undefined)
    return goBack({ worst, evidence, back, failed }, looked, rollout);
  const [first, ...others] = [worst, ...rest].flatMap((one) => (one ? sayOf(one, rollout, { served: false }) : []));
  if (!first) return { is: 'done', because: 'nothing failed' };
  await tell([first, ...others, ...problemsOf(looked, rollout)], aboutUndone(looked, rollout), rollout.world);
  await progress('Rollout Failed', failureOf(failed, [first, ...others]), rollout);
  return labelTold(label.stopped, { is: 'told', finding: first }, rollout);
}

const hasEvidence = ({ verdict }: Judged) =>
  (verdict.is === 'failed' || verdict.is === 'late') && verdict.evidence !== undefined;

/**
 * What must not be restarted keeps nobody else from the certificate that has served before, which is not stopped for it:
 * a sweep tries again, and does not say it again.
 */
async function leave(refused: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const isSaid = rollout.wanted.asked.quiet && !isOwn(rollout);
  const [first, ...others] = isSaid ? [] : refused.flatMap((one) => sayOf(one, rollout));
  if (!first) return { is: 'done', because: 'what is left must not be restarted' };
  await tell([first, ...others], aboutUndone(looked, rollout), rollout.world);
  return { is: 'told', finding: first };
}

/**
 * The version before, where going back is what people want. What a person has accepted is not taken back, nor what came by
 * a roll-back: the version before that one is barred.
 */
function versionToGoBackTo({ wanted, step, secret, onTrial, world }: Rollout): string | undefined {
  const { rollBack, rollbackFloorSeconds } = world.settings;
  if (rollBack === 'never' || onTrial || isAccepted(step.versionId, secret, wanted.asked)) return undefined;
  return versionBefore(secret, world.now() + rollbackFloorSeconds);
}

type GoingBack = {
  readonly worst: Judged;
  readonly evidence: string;
  readonly back: string;
  readonly failed: readonly Judged[];
};

/**
 * Told, then barred: once it is, no look finds the evidence again. Barred before it is swapped, so that whatever happens next
 * nothing brings it forward; the next look swaps, and restarts.
 */
async function goBack(
  { worst, evidence, back, failed }: GoingBack,
  looked: Looked,
  rollout: Rollout,
): Promise<Outcome> {
  const { wanted, step, world } = rollout;
  await beforeActing(world);
  const { service, cluster } = worst.consumer;
  const serials = { serial: step.versionId.slice(0, 40), back: back.slice(0, 40) };
  const others = failed.filter((one) => one !== worst).map(failureIn);
  const beside = others.length > 0 && { beside: others };
  const found = finding('RolledBack', { ...ofSecret(wanted), service, cluster, ...serials, evidence, ...beside });
  await progress('Rolled Back', failureOf(failed, [found]), rollout);
  await tell([found, ...problemsOf(looked, rollout)], aboutUndone(looked, rollout), world);
  return labelTold(label.rejected, { is: 'again', seconds: 1, because: 'going back' }, rollout);
}

const failureIn = ({ consumer, verdict }: Judged) =>
  `at "${consumer.service}" in cluster "${consumer.cluster}" ${verdict.is === 'failed' ? verdict.detail : 'not all tasks came up in time'}`;

async function finish(left: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const { wanted, step, onTrial, world } = rollout;
  if (onTrial) return proven;
  if (step.told) return sayFailed(left, looked, rollout);
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
  await tell(findings, { ...wanted, judged, back: step.back, done: doneSoFar(looked, rollout) }, world);
  await reportWaves(looked, rollout);
  await progress('Certificate Delivered', { services, probed }, rollout);
  world.count('CertificatesDelivered');
  measure(rollout);
  return labelTold(label.delivered, { is: 'done', because: 'delivered' }, rollout);
}

/** Of a version that was delivered. No sweep asks for this look again: a service is restarted for it once. */
async function sayFailed(left: readonly Judged[], looked: Looked, rollout: Rollout): Promise<Outcome> {
  const failed = left.filter(isFailed);
  const [first, ...others] = failed.flatMap((one) => sayOf(one, rollout));
  if (!first) return { is: 'done', because: 'delivered' };
  await tell([first, ...others], { ...aboutUndone(looked, rollout), judged: failed }, rollout.world);
  return { is: 'told', finding: first };
}

/** What canaries have been tried on may become current. */
export const proven: Outcome = { is: 'done', because: 'proven' };

/** After a roll-back it is not ACM's certificate that everybody runs. */
function backOn(consumers: number, { wanted, step }: Rollout): Finding | undefined {
  const holds = readVersionId(step.versionId);
  if (!holds || !step.back) return undefined;
  const { serial, notAfter: ends } = holds;
  const isTrial = step.exposedSince === undefined;
  return finding('BackOnPrevious', { ...ofSecret(wanted), serial, ends, consumers, ...(isTrial && { onTrial: true }) });
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

const sayOf = (one: Judged, rollout: Rollout, { served } = { served: hasServed(rollout) }): readonly Finding[] => {
  const { wanted, onTrial = false, world } = rollout;
  const { deadlineSeconds } = world.settings;
  const found = findingOf(one, { of: ofSecret(wanted), deadlineSeconds, onTrial, served });
  return found ? [found] : [];
};

/**
 * Tags of the certificate and of its consumers that nobody can read: once in a rollout. The message that promoted has said
 * them to its echoes, and a label says so to whoever goes on with what was held (remember-told).
 */
function problemsOf({ judged }: Looked, { wanted, step, secret, problems }: Rollout): readonly Finding[] {
  if (wanted.asked.echo) return [];
  const all = [...problems, ...judged.flatMap(({ consumer }) => tagFindings(consumer, ofSecret(wanted)))];
  const isSaid = (found: Finding) => {
    const memory = memoryOf(found, { secret: wanted.delivery.secret, seen: secret });
    return memory !== undefined && hasLabel(secret.versions, step.versionId, memory.label);
  };
  return all.filter((found) => !isSaid(found));
}

const aboutUndone = ({ judged }: Looked, rollout: Rollout) => ({
  ...rollout.wanted,
  serving: beforeOf(rollout),
  judged,
  back: rollout.step.back,
  done: doneSoFar({ judged }, rollout),
});

/** Until its tasks are new, a service serves what AWSPREVIOUS holds; before a version is current, AWSCURRENT. */
function beforeOf({ secret, onTrial }: Rollout): readonly Serving[] {
  const notAfter = endOf(secret.versions, onTrial ? label.current : label.previous);
  return notAfter === undefined ? [] : [{ what: 'The certificate that tasks from before serve', notAfter }];
}

function doneSoFar({ judged }: Pick<Looked, 'judged'>, rollout: Rollout): readonly string[] {
  const promotion = promotionOf(rollout);
  return [...madeSoFar(rollout), ...judged.flatMap((one) => windowSentences(one, promotion))];
}

function madeSoFar({ wanted, step, onTrial }: Rollout): readonly string[] {
  const version = `version ${step.versionId} of secret "${wanted.delivery.secret}"`;
  const since = minute(step.since);
  if (step.back && step.exposedSince === undefined) return [`Left ${version} current`];
  if (step.back) return [`Went back to ${version} at ${since}`];
  return [
    `Exported, inspected and stored as ${version}`,
    onTrial ? `Tried on canaries since ${since}` : `Made current at ${since}`,
  ];
}

const failureOf = (failed: readonly Judged[], findings: readonly Finding[]) => ({
  reasons: findings.map(({ reason }) => reason),
  services: failed.map(({ consumer }) => consumer.arn),
});

type Specific<Type> = Omit<Extract<Progress, { type: Type }>['detail'], keyof ReturnType<typeof ofVersion>>;

const progress = <Type extends Progress['type']>(
  type: Type,
  detail: Specific<Type>,
  { wanted, step, world }: Rollout,
): Promise<void> =>
  report({ type, detail: { ...ofVersion(ofSecret(wanted), step.versionId), ...detail } } as unknown as Progress, world);
