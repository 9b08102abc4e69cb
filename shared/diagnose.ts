import type { Certificates } from './aws/certificates.ts';
import { look } from './aws/look.ts';
import type { MetricHistory } from './aws/metric-history.ts';
import type { Queue } from './aws/queue.ts';
import type { SecurityHub } from './aws/security-hub.ts';
import { Trouble } from './aws/trouble.ts';
import { affectedBy } from './domain/affected-by.ts';
import { type Certificate, normalSerial } from './domain/certificate.ts';
import type { Observation } from './domain/observation.ts';
import { type Finding, type Findings, finding, type ReasonCode, retryOf, sentenceOf } from './domain/reasons.ts';
import { allClear, asTold, type Diagnosis, diagnose as decide, type Said } from './domain/renewal.ts';
import { securityFinding } from './domain/security-finding.ts';
import {
  daysLeft,
  hasJustFailed,
  isDue,
  isOverdue,
  lifetimeDays,
  stillEndsIn,
  warningDays,
  wasWarned,
  windowDays,
} from './domain/warning-days.ts';
import type { Concern, Message } from './events/queued.ts';
import { observeRenewal, type RenewalSight } from './observe-renewal.ts';
import type { Outcome } from './outcome.ts';
import { type About, facts, type Telling, tell } from './tell.ts';

export type World = RenewalSight &
  Telling & {
    readonly certificates: Pick<Certificates, 'find' | 'renew'>;
    readonly deliveries: Pick<Queue<Message>, 'add'>;
    readonly history: MetricHistory;
    /** Where the stack also reports to Security Hub. */
    readonly securityHub?: SecurityHub;
  };

type Means = {
  /** When the concern was queued, epoch seconds. */
  readonly sentAt: number;
  readonly world: World;
};

/** Seconds for which AWS is asked again what it did not answer, before people are told without it. */
const patience = 600;

/** Days, where a certificate cannot be asked for its own. */
const usualLifetime = 395;

/**
 * Looks into one concern: see what is really wrong, mend what may be mended, tell people what is left to do. A certificate
 * that is gone, was renewed meanwhile or is being renewed in time is not spoken of. Nothing that can fail comes after the
 * mail: what is handed back then would be mailed twice.
 */
export async function diagnose(concern: Concern, means: Means): Promise<Outcome> {
  const { world } = means;
  try {
    const certificate = await find(concern.certificateArn, world);
    if (certificate instanceof Trouble) return await sayUnseen(certificate.finding, concern, means);
    if (certificate === null) return rest('the certificate is gone');
    if (isNobodys(certificate, world)) return rest('it has no tag of ours');
    return await (concern.about === 'renewed' ? reassure(certificate, means) : warn(certificate, concern, world));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot tell people', { ...concern, ...facts(error.finding, world) });
    return { is: 'again', seconds: 30, because: error.finding.reason };
  }
}

const rest = (because: string): Outcome => ({ is: 'done', because });

async function find(arn: string, { certificates }: World): Promise<Certificate | null | Trouble> {
  try {
    return await certificates.find(arn);
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
}

/** With `notices: tagged` a stack speaks of the certificates that somebody gave a tag of ours, whichever it is. */
const isNobodys = ({ tags }: Certificate, { settings }: World) =>
  settings.notices === 'tagged' && !Object.keys(tags).some((key) => key.startsWith('courier:'));

async function warn(certificate: Certificate, concern: Concern, world: World): Promise<Outcome> {
  if (!isToBeSaid(concern, certificate, world.now())) return rest('not to be said now');
  const observation = await observeRenewal(asTold(certificate, concern.reason), world);
  const { findings, act, unseen } = decide(observation, saidBy(concern, certificate, world));
  const [first, ...others] = findings.filter(({ reason }) => isAnswer(concern, reason));
  if (!first) return rest('nothing is wrong');
  const done = await actOn(act, { certificate, concern, world });
  await tell([first, ...others], { certificate, ...affected(observation), ...done, unseen }, world);
  await report([first, ...others], { certificate, world });
  return { is: 'told', finding: first };
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

/** Who asks whether a certificate has ended is not told what else may be wrong with the one that took its place. */
function isAnswer({ about }: Concern, reason: ReasonCode): boolean {
  const isEnd = reason === 'Expired' || reason === 'Revoked' || reason === 'RevokedByAuthority';
  return isEnd || (about !== 'expired' && about !== 'revoked');
}

const saidBy = ({ revokedSerial }: Concern, { serial }: Certificate, { settings }: World): Said => ({
  revoked: revokedSerial !== undefined && normalSerial(revokedSerial) === serial,
  secretPrefix: settings.secretPrefix,
});

type Acting = { readonly certificate: Certificate; readonly concern: Concern; readonly world: World };

/** What was done or would be, for the mail. What AWS refuses is said there, too: it never stops a warning. */
async function actOn(act: Diagnosis['act'], acting: Acting): Promise<Pick<About, 'done' | 'planned'>> {
  const { certificate, concern, world } = acting;
  const { mode, renewPrivate } = world.settings;
  if (act === 'rearm') {
    const text = 'queued for delivery, which exports it';
    if (mode === 'observe') return { planned: [`It would be ${text}`] };
    const message = { certificateArn: certificate.arn, cause: `rearm-${concern.cause}` };
    return attempt(`It was ${text}`, () => world.deliveries.add(message), world);
  }
  // The role may renew what is tagged for delivery only.
  if (act !== 'renew' || !renewPrivate || certificate.tags['courier:secret'] === undefined) return {};
  if (mode === 'observe') return { planned: ['ACM would be asked to renew it'] };
  return attempt('ACM was asked to renew it', () => world.certificates.renew(certificate.arn), world);
}

async function attempt(done: string, act: () => Promise<void>, world: World): Promise<Pick<About, 'done'>> {
  const acted = await look(act);
  if (acted.is === 'seen') return { done: [done] };
  world.log('error', 'Cannot mend by itself', { detail: acted.why });
  return { done: [`An attempt failed, and nothing was changed: ${acted.why}`] };
}

/** Who uses it; and, where that is another certificate than ACM's, how long what they read is good. */
const affected = (observation: Observation): Pick<About, 'serving' | 'affects'> => ({
  serving: observation.deliveries.flatMap(({ secret, current }) =>
    current.is === 'seen' && current.fact.holds === 'earlier' && current.fact.notAfter !== undefined
      ? [{ what: `The certificate that is current in secret "${secret}"`, notAfter: current.fact.notAfter }]
      : [],
  ),
  affects: affectedBy(observation),
});

/** The all-clear, for people who were warned: CloudWatch remembers how near the end was, and nothing of ours has to. */
async function reassure(certificate: Certificate, { sentAt, world }: Means): Promise<Outcome> {
  const now = world.now();
  const before = await look(() => world.history.daysBefore(certificate.arn, now));
  if (before.is === 'unseen' && now - sentAt < patience) return { is: 'again', seconds: 30, because: before.why };
  const daysBefore = before.is === 'seen' ? before.fact : null;
  const of = { type: certificate.type, lifetimeDays: lifetimeDays(certificate) };
  const isNews = daysBefore !== null && wasWarned({ ...of, daysBefore });
  if (!isNews && !world.securityHub) return rest('nobody was warned');
  const observation = await observeRenewal(certificate, world);
  const [first, ...others] = allClear(observation);
  if (!first) return rest('nothing to say');
  if (isNews)
    await tell([first, ...others], { certificate, ...affected(observation), ...underWay(observation, world) }, world);
  await report([first, ...others], { certificate, world });
  return isNews ? { is: 'told', finding: first } : rest('nobody was warned');
}

/** The same event has a renewal delivered: what the all-clear finds still old is not left so. */
const underWay = ({ deliveries }: Observation, { settings }: World): Pick<About, 'done'> =>
  settings.mode === 'deliver' &&
  deliveries.some(({ current }) => current.is === 'seen' && current.fact.holds === 'earlier')
    ? { done: ['The new one was queued for delivery; should that fail, another mail says so'] }
    : {};

/** Security Hub is a second reader: what it refuses is logged, lest the next attempt mail twice. */
async function report(findings: Findings, { certificate, world }: Omit<Acting, 'concern'>): Promise<void> {
  const { securityHub, place } = world;
  if (!securityHub) return;
  const matter = { certificate, subject: 'renewal', findings, now: world.now() } as const;
  const put = await look(() => securityHub.put(securityFinding(matter, place)));
  if (put.is === 'unseen') world.log('error', 'Cannot report to Security Hub', { detail: put.why });
}

/** A certificate that AWS will not show: after a while people are told what the event said, and that it is all there is. */
async function sayUnseen(trouble: Finding, concern: Concern, { sentAt, world }: Means): Promise<Outcome> {
  const { certificateArn, name = certificateArn, days, about } = concern;
  world.log('warn', 'Ran into trouble', { ...concern, ...facts(trouble, world) });
  if (retryOf(trouble) !== 'never' && world.now() - sentAt < patience)
    return { is: 'again', seconds: retryOf(trouble) === 'soon' ? 10 : 30, because: trouble.reason };
  const isDaily = about === 'expiring' && !warningDays(usualLifetime).includes(days ?? 0);
  if (isDaily || about === 'renewed' || about === 'hint') return rest(trouble.reason);
  const unseen = finding('CertificateUnseen', { name, certificateArn, about, ...(days !== undefined && { days }) });
  await tell([unseen], { certificate: { arn: certificateArn, name, tags: {} }, unseen: [sentenceOf(trouble)] }, world);
  return { is: 'told', finding: unseen };
}
