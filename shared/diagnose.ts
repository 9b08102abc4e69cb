import { affected } from './affected.ts';
import { Trouble } from './aws/trouble.ts';
import { isPatient, type Known, type Means, type World } from './diagnosing.ts';
import { type Certificate, normalSerial } from './domain/certificate.ts';
import { type ReasonCode, retryOf, sentenceOf } from './domain/reasons.ts';
import { asTold, diagnose as decide, type Said } from './domain/renewal.ts';
import {
  daysLeft,
  hasJustFailed,
  isDue,
  isNearEnd,
  isOverdue,
  lifetimeDays,
  stillEndsIn,
  windowDays,
} from './domain/warning-days.ts';
import type { Concern } from './events/queued.ts';
import { outcomeInWords, recorded } from './ledger.ts';
import { mendByItself } from './mend-by-itself.ts';
import { observeRenewal } from './observe-renewal.ts';
import type { Outcome } from './outcome.ts';
import { reassure } from './reassure.ts';
import { sayUnseen } from './say-unseen.ts';
import { report, withdraw } from './security-report.ts';
import { facts, tell } from './tell.ts';

/** After so many errors of our own people are told in the event's words, rather than never. */
const mostErrors = 3;

/**
 * Looks into one concern: see what is really wrong, mend what may be mended, tell people what is left to do. A certificate
 * that is gone, was renewed meanwhile or is being renewed in time is not spoken of. Nothing that can fail comes after the
 * mail: what is handed back then would be mailed twice.
 */
export const diagnose = (concern: Concern, { world, ...when }: Means): Promise<Outcome> =>
  recorded({ event: concern.cause, certificateArn: concern.certificateArn, world, inWords: outcomeInWords }, (noting) =>
    settle(concern, { ...when, world: noting }),
  );

async function settle(concern: Concern, means: Means): Promise<Outcome> {
  const { world } = means;
  try {
    return await lookInto(concern, means).catch((error) => sayBroken(error, concern, means));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot tell people', { ...concern, ...facts(error.finding, world) });
    return { is: 'again', seconds: 30, because: error.finding.reason };
  }
}

async function lookInto(concern: Concern, means: Means): Promise<Outcome> {
  const { world } = means;
  const found = await find(concern.certificateArn, world);
  if (found instanceof Trouble) return unseen(found, concern, means);
  if (found === null) {
    await withdraw({ arn: concern.certificateArn, name: concern.name ?? concern.certificateArn }, world);
    return rest('the certificate is gone');
  }
  const { certificate, unseen: tagsUnseen } = found;
  if (tagsUnseen !== undefined && isPatient(means)) return { is: 'again', seconds: 30, because: tagsUnseen };
  if (tagsUnseen === undefined && isNobodys(certificate, world)) return rest('it has no tag of ours');
  const known = { certificate, concern, ...(tagsUnseen !== undefined && { tagsUnseen }) };
  const isGood = concern.about === 'renewed' && !isNearEnd(certificate, world.now());
  return isGood ? reassure(known, means) : warn(known, means);
}

const rest = (because: string): Outcome => ({ is: 'done', because });

async function find(arn: string, { certificates }: World) {
  try {
    return await certificates.describe(arn);
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
}

/** What AWS will not show is asked for again, and after a while told of all the same. */
async function unseen({ finding }: Trouble, concern: Concern, means: Means): Promise<Outcome> {
  means.world.log('warn', 'Ran into trouble', { ...concern, ...facts(finding, means.world) });
  const retry = retryOf(finding);
  return retry === 'never' || !isPatient(means)
    ? sayUnseen(sentenceOf(finding), concern, means.world)
    : { is: 'again', seconds: retry === 'soon' ? 10 : 30, because: finding.reason };
}

async function sayBroken(error: unknown, concern: Concern, { attempt, world }: Means): Promise<Outcome> {
  if (error instanceof Trouble || attempt < mostErrors) throw error;
  world.log('error', 'Cannot look into a concern', { ...concern, detail: `${error}` });
  return sayUnseen(`acm-courier ran into an error of its own, ${error}`, concern, world);
}

/** With `notices: tagged` a stack speaks of the certificates that somebody gave a tag of ours, whichever it is. */
const isNobodys = ({ tags }: Certificate, { settings }: World) =>
  settings.notices === 'tagged' && !Object.keys(tags).some((key) => key.startsWith('courier:'));

async function warn({ certificate, concern, tagsUnseen }: Known, means: Means): Promise<Outcome> {
  const { world } = means;
  await barRevoked(concern, certificate, world);
  if (!isToBeSaid(concern, certificate, world.now())) return rest('not to be said now');
  if (isAhead(concern, certificate) && isPatient(means))
    return { is: 'again', seconds: 30, because: 'ACM does not show yet that it was revoked' };
  const seen = await observeRenewal(asTold(certificate, concern.reason), world);
  const observation = { ...seen, ...(tagsUnseen !== undefined && { tagsUnseen }) };
  const diagnosis = decide(observation, saidBy(concern, certificate, world));
  const [first, ...others] = diagnosis.findings.filter(({ reason }) => isAnswer(concern, reason));
  if (!first) {
    if (diagnosis.findings.length === 0) await withdraw(certificate, world);
    return rest('nothing is wrong');
  }
  const done = await mendByItself(diagnosis, { observation, concern, world });
  await tell([first, ...others], { certificate, ...affected(observation), ...done, unseen: diagnosis.unseen }, world);
  world.count('WarningsSent');
  await report([first, ...others], { certificate, world });
  return { is: 'told', finding: first };
}

/** ACM has another since: nobody is to go back to what its authority revoked, and only this event says which that is. */
async function barRevoked({ about, revokedSerial, cause }: Concern, { arn, serial, tags }: Certificate, world: World) {
  const revoked = revokedSerial === undefined ? undefined : normalSerial(revokedSerial);
  if (about !== 'revoked' || revoked === undefined || revoked === serial || world.settings.mode === 'observe') return;
  if (tags['courier:secret'] === undefined) return;
  await world.deliveries.add({ certificateArn: arn, cause: `revoked-${cause}`, quiet: true, revoked });
}

/** Whether what an event was worried about still is so, and this is the time to speak of it. */
function isToBeSaid({ about, days }: Concern, certificate: Certificate, now: number): boolean {
  const left = daysLeft(certificate, now);
  switch (about) {
    case 'expiring':
      return isDue(certificate, { days: days ?? left, now });
    case 'blocked':
      return stillEndsIn(certificate, { days: days ?? windowDays(certificate.type, lifetimeDays(certificate)), now });
    case 'hint':
      // AWS Health also tells of renewals that went well.
      return isUnderWay(certificate) ? !hasJustFailed(certificate, now) : isOverdue(certificate, now);
    default:
      return true;
  }
}

const isUnderWay = ({ renewal }: Certificate) => renewal !== undefined && renewal.status !== 'succeeded';

/** ACM tells of a revocation by events, too, before it shows it; its authority's, which names a serial, it never shows. */
const isAhead = ({ about, revokedSerial }: Concern, { status }: Certificate) =>
  about === 'revoked' && revokedSerial === undefined && status === 'issued';

/** Who asks whether a certificate has ended is not told what else may be wrong with the one that took its place. */
const isAnswer = ({ about }: Concern, reason: ReasonCode): boolean =>
  ends.includes(reason) || (about !== 'expired' && about !== 'revoked');

const ends: readonly ReasonCode[] = ['Expired', 'Revoked', 'RevokedByAuthority', 'RevokedStillHeld'];

const saidBy = (concern: Concern, certificate: Certificate, { settings }: World): Said => ({
  ...(concern.revokedSerial !== undefined && { revokedSerial: normalSerial(concern.revokedSerial) }),
  revoked: isAhead(concern, certificate),
  secretPrefix: settings.secretPrefix,
});
