import type { KeptSecret, KeptSecrets } from './aws/kept-secret.ts';
import { Trouble } from './aws/trouble.ts';
import type { Worker } from './aws/worker.ts';
import { appraise } from './domain/appraisal.ts';
import { type Certificate, type Issued, isIssued } from './domain/certificate.ts';
import { type DeliveryView, nextStep } from './domain/delivery.ts';
import { ofSecret, whyNotOurs } from './domain/ownership.ts';
import { pastLabels } from './domain/past-labels.ts';
import { readPhysicalId, writePhysicalId } from './domain/physical-id.ts';
import { finding, retryOf, sentenceOf } from './domain/reasons.ts';
import { holderOf, label, type PresentSecret } from './domain/secret.ts';
import { contentHash, isContentOf, readVersionId } from './domain/version-id.ts';
import { isPaused, otherFormat, wishFor } from './domain/wish.ts';
import {
  acceptedProperties,
  readDeliveredCertificate,
  type StackRequest,
  wantsDeletion,
} from './events/stack-request.ts';
import { readOutcome } from './events/worker-answer.ts';
import { recorded } from './ledger.ts';
import type { StackAnswer } from './network/stack-answer.ts';
import { observeDelivery, obstacleOf, type Wanted } from './plan.ts';
import { type Problem, problemOf } from './problem.ts';
import { certificateByArn } from './select.ts';
import type { Base, Sight } from './world.ts';

export type Wire = Base & {
  readonly certificates: Sight['certificates'];
  readonly secrets: Sight['secrets'];
  readonly keptSecrets: KeptSecrets;
  readonly worker: Worker;
  /** Answers CloudFormation. */
  readonly answer: (url: string, answer: StackAnswer) => Promise<void>;
};

type Means = {
  /** Milliseconds that are left of this call. */
  readonly remaining: () => number;
  readonly wire: Wire;
};

/** What became of a request: the physical id of the resource from now on, and what other resources may refer to. */
type Result = {
  readonly physicalId?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly problem?: Problem;
  /** What is to be said of a success. */
  readonly note?: string;
};

/** Milliseconds before its time is up at which a request is answered in any case: a stack waits an hour for silence. */
const reserve = 10_000;
/** Seconds between two looks. */
const pace = 5;
/** An answer has 4,096 bytes at most. */
const longestReason = 1_500;

/** How far a request has come, for an answer that cannot wait for its end. */
type Progress = { physicalId?: string; waitsFor: string };
type Under = Means & { readonly progress: Progress };

/**
 * Answers one request for a `Custom::DeliveredCertificate`: Create and Update deliver the certificate and wait until it
 * is current in its secret, Delete leaves the secret unless it is told otherwise. Whatever goes wrong is the answer,
 * and so is the end of the call's time.
 */
export function deliveredCertificate(request: StackRequest, { remaining, wire: world }: Means): Promise<StackAnswer> {
  const held = readPhysicalId(request.PhysicalResourceId ?? '');
  const asked = readDeliveredCertificate(request.ResourceProperties);
  const { certificateArn, secret } = 'wrong' in asked ? { ...held } : asked;
  const inWords = ({ Status, Reason }: StackAnswer) => ({ decided: Status, why: Reason || request.RequestType });
  return recorded({ event: request.RequestId, certificateArn, secret, world, inWords }, (wire) =>
    settle(request, { remaining, wire }),
  );
}

async function settle(request: StackRequest, { remaining, wire }: Means): Promise<StackAnswer> {
  const progress: Progress = { waitsFor: 'AWS had not answered' };
  const work = patiently(
    () => (request.RequestType === 'Delete' ? leave(request, wire) : fill(request, { progress, remaining, wire })),
    { progress, remaining, wire },
  );
  const result = await inTime(work.catch(problemIn(wire)), { progress, remaining, wire });
  const { problem, data = {}, note = '', physicalId = idOfFailed(request, progress) } = result;
  const answer = {
    Status: problem ? 'FAILED' : 'SUCCESS',
    Reason: problem ? `${problem.message}. ${problem.hint}`.slice(0, longestReason) : note,
    PhysicalResourceId: physicalId,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
    Data: data,
  } as const;
  wire.log(problem ? 'warn' : 'info', 'Answers CloudFormation', { ...answer, reason: problem?.reason });
  await wire.answer(request.ResponseURL, answer);
  return answer;
}

/**
 * A failed Update leaves the resource what it was. A failed Create is followed by Delete with the id that it answers:
 * one that stands for nothing, where it failed before the secret was looked at.
 */
const idOfFailed = ({ PhysicalResourceId, RequestId }: StackRequest, { physicalId }: Progress) =>
  PhysicalResourceId ?? physicalId ?? RequestId;

/** Delivers, and says so once the certificate is current. */
async function fill(request: StackRequest, { progress, ...means }: Under): Promise<Result> {
  const { wire } = means;
  const wanted = await wantedBy(request, wire);
  const name = wanted.delivery.secret;
  const next = nextStep(await observeDelivery(wanted, wire));
  if (next.do === 'refuse' && next.finding.reason !== 'SecretPendingDeletion') throw new Trouble(next.finding);
  const before = await wire.keptSecrets.look(name);
  // Of the first look only: at a second one the secret may be there because of the first.
  progress.physicalId ??= physicalIdOf(request, { wanted, before });

  if (before?.deleting) await restore(before.secret, { wanted, wire });
  const seen = await untilCurrent(wanted, { progress, ...means });
  if ('problem' in seen) return seen;
  const arn = before?.arn ?? (await wire.keptSecrets.look(name))?.arn ?? '';
  return { physicalId: progress.physicalId, data: { SecretArn: arn, VersionId: seen.versionId } };
}

/** The delivery that the template and the certificate's own tags both ask for; Trouble that says where they differ. */
async function wantedBy({ ResourceProperties }: StackRequest, wire: Wire): Promise<Wanted> {
  const asked = readDeliveredCertificate(ResourceProperties);
  if ('wrong' in asked) throw new Trouble(finding('BadRequest', { detail: asked.wrong, accepted: acceptedProperties }));
  const { secret, format } = asked;
  const certificate = await certificateByArn(asked.certificateArn, wire);
  const of = { name: certificate.name, certificateArn: certificate.arn, secret };
  if (wire.settings.mode === 'observe') throw new Trouble(finding('OnlyObserving', of));
  const delivery = wishFor(certificate.tags, secret);
  if (delivery === undefined || (format !== undefined && delivery.format !== format)) {
    const tag = otherFormat(certificate.tags, { secret, format });
    const tagged = certificate.tags['courier:secret'] ?? 'nothing';
    throw new Trouble(finding('TagAsksOtherwise', { ...of, ...(format && { format }), tagged, tag }));
  }
  return { certificate: exportable(certificate, wire), delivery, asked: {} };
}

/** Of a certificate that is paused, too: what is current already needs no export. */
function exportable(certificate: Certificate, { settings }: Wire): Issued {
  const { 'courier:pause': _, ...tags } = certificate.tags;
  const appraisal = appraise({ ...certificate, tags }, { ...settings, notices: 'tagged' });
  if (appraisal.is === 'tell') throw new Trouble(appraisal.findings[0]);
  if (appraisal.is === 'deliver' && isIssued(certificate)) return certificate;
  const { arn, name, status } = certificate;
  throw new Trouble(finding('CertificateNotIssued', { name, certificateArn: arn, status }));
}

type Beginning = { readonly wanted: Wanted; readonly before: KeptSecret | null };

/** The same as before where it stands for the same: another would have CloudFormation delete the old one. */
function physicalIdOf({ PhysicalResourceId, StackId }: StackRequest, { wanted, before }: Beginning): string {
  const { certificate, delivery } = wanted;
  const held = readPhysicalId(PhysicalResourceId ?? '');
  const isSame = held?.certificateArn === certificate.arn && held.secret === delivery.secret;
  const made = isSame ? held.made : before === null || isOfStack(StackId, { wanted, before });
  return writePhysicalId({ certificateArn: certificate.arn, secret: delivery.secret, made });
}

/**
 * A certificate that the stack itself made is often delivered, by ACM's event, before the stack comes to this resource.
 * The secret is then the stack's, where it came to be by that: we created it, for this certificate, and nobody has had
 * a hand in it. CloudFormation tags what it makes, and nobody else can set such a tag (User Guide, "Resource tag": the
 * prefix aws: is reserved).
 */
function isOfStack(stackId: string, { wanted: { certificate }, before }: Beginning): boolean {
  if (certificate.tags['aws:cloudformation:stack-id'] !== stackId) return false;
  if (before === null || before.deleting || !before.ours) return false;
  if (before.createdAt < (certificate.notBefore ?? Number.POSITIVE_INFINITY)) return false;
  const { tags, versions } = before.secret;
  const serials = Object.keys(versions).map((id) => readVersionId(id)?.serial);
  const isFilledByIt = serials.length > 0 && serials.every((serial) => serial === certificate.serial);
  return isFilledByIt && Object.keys(tags).length === 0;
}

/** Whoever deleted the secret gave it up; what it held must be ours all the same. */
async function restore(secret: PresentSecret, { wanted, wire }: { wanted: Wanted; wire: Wire }): Promise<void> {
  const notOurs = whyNotOurs(secret, wanted);
  if (notOurs) throw new Trouble(notOurs);
  await wire.keptSecrets.restore(wanted.delivery.secret);
  wire.log('info', 'Restored a secret', { secret: wanted.delivery.secret });
}

/** Asks the worker until the certificate is current; the world, not the worker's answer, says whether it is. */
async function untilCurrent(
  wanted: Wanted,
  { progress, remaining, wire }: Under,
): Promise<{ readonly versionId: string } | { readonly problem: Problem }> {
  const { certificate } = wanted;
  const message = { certificateArn: certificate.arn, cause: 'delivered-certificate', until: 'current' };
  const askedAt = wire.now();
  for (;;) {
    const before = currentOf(await observeDelivery(wanted, wire));
    if (before !== undefined) return { versionId: before };
    if (isPaused(certificate.tags)) throw new Trouble(finding('CertificatePaused', ofSecret(wanted)));
    const outcome = readOutcome(await wire.worker.ask({ ...message, askedAt }));
    const view = await observeDelivery(wanted, wire);
    const versionId = currentOf(view);
    if (versionId !== undefined) return { versionId };
    if (outcome.is === 'told') return outcome;
    const obstacle = obstacleOf(wanted, pastLabels(view, wire.now()));
    // A secret that was restored a moment ago may be shown as deleted still.
    if (obstacle && obstacle.reason !== 'SecretPendingDeletion') throw new Trouble(obstacle);
    if (remaining() < reserve) throw new Trouble(finding('NotCurrentInTime', { detail: outcome.because }));
    progress.waitsFor = outcome.because;
    wire.log('info', 'Waiting for the secret to be current', { certificateArn: certificate.arn, ...outcome });
    await wire.sleep(pace * 1000);
  }
}

/** The id of the current version where it holds what is wanted. */
function currentOf({ certificate, delivery, secret }: DeliveryView): string | undefined {
  const id = secret.state === 'present' ? holderOf(secret.versions, label.current) : undefined;
  const holds = id === undefined ? null : readVersionId(id);
  const isWanted = holds?.serial === certificate.serial && holds.content === contentHash(certificate.arn, delivery);
  return isWanted ? id : undefined;
}

/** Deletes the secret only where the template says so, the resource made it, and it still is what was delivered. */
async function leave({ PhysicalResourceId = '', ResourceProperties }: StackRequest, wire: Wire): Promise<Result> {
  const held = readPhysicalId(PhysicalResourceId);
  const result = { physicalId: PhysicalResourceId };
  if (!held?.made || !wantsDeletion(ResourceProperties)) return result;
  // It may not, then; and a stack that cannot be deleted would be worse than a secret that stays.
  if (wire.settings.mode === 'observe')
    return { ...result, note: `Left secret "${held.secret}": acm-courier is deployed in mode observe` };
  const found = await wire.keptSecrets.look(held.secret);
  if (found === null || found.deleting || !isStill(found.secret, held)) return result;
  await wire.keptSecrets.remove(held.secret);
  wire.log('info', 'Deleted a secret', { secret: held.secret });
  return result;
}

/** A secret that somebody handed over, or that another certificate took, is not the resource's any more. */
function isStill({ tags, versions }: PresentSecret, { certificateArn }: { readonly certificateArn: string }): boolean {
  const holds = readVersionId(holderOf(versions, label.current) ?? '');
  return !tags['courier:certificate'] && holds !== null && isContentOf(certificateArn, holds.content);
}

const problemIn = (wire: Wire) => (error: unknown) => {
  if (error instanceof Trouble) return { problem: problemOf(error.finding, wire.place) };
  wire.log('error', 'Failed for an unknown reason', { error });
  const detail = error instanceof Error ? error.name : 'no error';
  return { problem: problemOf(finding('UnknownFailure', { detail }), wire.place) };
};

/** Looks again where the trouble passes by itself. */
async function patiently(look: () => Promise<Result>, { progress, remaining, wire }: Under): Promise<Result> {
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof Trouble) || retryOf(error.finding) !== 'soon' || remaining() < reserve) throw error;
      progress.waitsFor = sentenceOf(error.finding);
      wire.log('warn', 'Ran into trouble', { reason: error.finding.reason, waitsFor: progress.waitsFor });
      await wire.sleep(pace * 1000);
    }
  }
}

/** What comes of the work, or that its time is up: a call that hangs must not make the stack hang. */
async function inTime(work: Promise<Result>, { progress, remaining, wire }: Under): Promise<Result> {
  const { promise: late, resolve } = Promise.withResolvers<Result>();
  const timer = setTimeout(() => {
    resolve({ problem: problemOf(finding('NotCurrentInTime', { detail: progress.waitsFor }), wire.place) });
  }, remaining() - reserve);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
