import { Trouble } from './aws/trouble.ts';
import { bringCurrent } from './bring-current.ts';
import { type Appraisal, appraise } from './domain/appraisal.ts';
import type { Certificate } from './domain/certificate.ts';
import type { Step } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { type Finding, finding, mayPass, retryOf } from './domain/reasons.ts';
import { endOf, label, type PresentSecret } from './domain/secret.ts';
import type { Message } from './events/queued.ts';
import { outcomeInWords, recorded } from './ledger.ts';
import { type Again, type Held, type Outcome, soonest } from './outcome.ts';
import { planDelivery, type Wanted } from './plan.ts';
import { remembering } from './remember-told.ts';
import { rollOut } from './roll-out.ts';
import { facts, type Serving, tell } from './tell.ts';
import { type Trial, tryOnCanaries } from './try-canaries.ts';
import type { World } from './world.ts';

/** Seconds that a denied call may be a fresh tag which IAM does not see yet (IAM User Guide, eventual consistency). */
const patience = 600;

type Means = {
  /** When the certificate was queued, epoch seconds. */
  readonly sentAt: number;
  readonly world: World;
};

/** What people must be told, once nothing of the message is to be looked at again: each look would say it anew. */
type Refused = { readonly is: 'refused'; readonly finding: Finding; readonly about: About };

/** Where not even the certificate could be seen, its ARN is all that a notice can name. */
type About = { readonly certificate: Pick<Certificate, 'arn' | 'name' | 'tags'>; readonly secret?: string };

/**
 * One look at one certificate (DESIGN §7): see what ACM has, see what each of its secrets holds, do what can be done
 * now, and say what cannot. What AWS refuses comes back as an outcome, never as an error.
 */
export const deliver = (message: Message, { sentAt, world }: Means): Promise<Outcome> =>
  recorded({ event: message.cause, certificateArn: message.certificateArn, world, inWords: outcomeInWords }, (noting) =>
    settle(message, { sentAt, world: remembering(noting) }),
  );

async function settle(message: Message, means: Means): Promise<Outcome> {
  const looks = await look(message, means);
  const again = soonest(looks);
  if (again) return again;
  const [refused, ...others] = looks.filter((one) => one.is === 'refused');
  if (refused && message.quiet) return { is: 'done', because: `still refused: ${refused.finding.reason}` };
  if (refused) return tellRefusals([refused, ...others], means.world);
  const ended = looks.filter((one) => one.is === 'told' || one.is === 'done');
  return ended.find((one) => one.is === 'told') ?? ended[0] ?? { is: 'done', because: 'nothing to deliver' };
}

async function look(message: Message, means: Means): Promise<readonly (Outcome | Refused)[]> {
  const { certificateArn } = message;
  const nameless = { certificate: { arn: certificateArn, name: certificateArn, tags: {} } };
  const found = await settling(means, nameless, () => means.world.certificates.find(certificateArn));
  if (found === null) return [gone(message, means.world)];
  if ('is' in found) return [found];
  return lookAtDeliveries(found, message, means);
}

/** The outcome of each delivery of the certificate, or of the certificate where none is wanted or possible. */
async function lookAtDeliveries(certificate: Certificate, message: Message, means: Means) {
  const appraisal = appraise(certificate, means.world.settings);
  const outcomes: (Outcome | Refused)[] = [];
  switch (appraisal.is) {
    case 'rest':
      outcomes.push({ is: 'done', because: appraisal.because });
      break;
    case 'tell':
      for (const one of appraisal.findings) outcomes.push({ is: 'refused', finding: one, about: { certificate } });
      break;
    case 'deliver':
      outcomes.push(...(await lookAtAll(appraisal, message, means)));
      // Else they are said with the end of a delivery, which is not coming.
      if (outcomes.some((one) => one.is === 'refused'))
        for (const one of appraisal.problems) outcomes.push({ is: 'refused', finding: one, about: { certificate } });
  }
  return outcomes;
}

type Deliverable = Extract<Appraisal, { is: 'deliver' }>;
type OnTrial = { readonly is: 'trial'; readonly wanted: Wanted; readonly trial: Trial };
type Current = {
  readonly is: 'current';
  readonly wanted: Wanted;
  readonly step: Extract<Step, { do: 'roll out' }>;
  readonly secret: PresentSecret;
};

/**
 * All secrets first, then the services: one that reads several of them is restarted once for all. ECS may not show a restart
 * for moments, so what follows one is left to the next look: by another secret it would be made again.
 */
async function lookAtAll(
  { certificate, deliveries, problems }: Deliverable,
  message: Message,
  { sentAt, world }: Means,
) {
  const { hasRestarted, ...watched } = watchingRestarts(world);
  const means = { sentAt, ...watched };
  const begun: (Outcome | Refused | Current | OnTrial)[] = [];
  for (const delivery of deliveries) {
    const wanted = { certificate, delivery, asked: message };
    begun.push(await settling(means, { certificate, secret: delivery.secret }, () => bring(wanted, message, means)));
  }
  const brought = await tryAll(begun, message, { ...means, hasRestarted });
  const outcomes: (Outcome | Held | Refused)[] = brought.filter((one) => one.is !== 'current');
  const ended = { hasRestarted, about: { certificate }, means };
  // Restarted now, whoever reads a secret that follows within a minute would be restarted again.
  if (soonest(outcomes)) return unheld(outcomes, ended);
  const current = brought.filter((one) => one.is === 'current');
  const notBefore = Math.max(...current.flatMap(({ step: { since, triedSince = 0 } }) => [since, triedSince]));
  for (const one of current) {
    const about = { certificate, secret: one.wanted.delivery.secret };
    const said = message.uncounted ? [finding('ExportNotCounted', ofSecret(one.wanted))] : [];
    const of = { notBefore, problems: [...said, ...problems], patient: isPatient(means), world: means.world };
    outcomes.push(hasRestarted() ? afterRestarts : await settling(means, about, () => rollOut({ ...one, ...of })));
  }
  return unheld(outcomes, ended);
}

type Watched = { readonly hasRestarted: () => boolean; readonly about: About; readonly means: Means };

/** What waits is said where nothing else goes on; what goes on is left alone until ECS shows what was restarted. */
async function unheld(
  outcomes: readonly (Outcome | Held | Refused)[],
  { hasRestarted, about, means }: Watched,
): Promise<readonly (Outcome | Refused)[]> {
  const ended: (Outcome | Refused)[] = outcomes.filter((one) => one.is !== 'held');
  if (soonest(ended))
    return ended.map((one) =>
      one.is === 'again' && hasRestarted() ? { ...one, seconds: Math.max(one.seconds, afterRestarts.seconds) } : one,
    );
  for (const one of outcomes) if (one.is === 'held') ended.push(await settling(means, about, one.tell));
  return ended;
}

/** Each has COURIER_NEXT, and its trial has begun, before the first canary is restarted: once for all that it reads. */
async function tryAll(
  begun: readonly (Outcome | Refused | Current | OnTrial)[],
  message: Message,
  { hasRestarted, ...means }: Means & { readonly hasRestarted: () => boolean },
): Promise<readonly (Outcome | Held | Refused | Current)[]> {
  const trials = begun.filter((one) => one.is === 'trial');
  const brought: (Outcome | Held | Refused | Current)[] = begun.filter((one) => one.is !== 'trial');
  if (soonest(brought)) return brought;
  const notBefore = Math.max(...trials.map(({ trial }) => trial.since));
  for (const { wanted, trial } of trials) {
    const about = { certificate: wanted.certificate, secret: wanted.delivery.secret };
    const of = { notBefore, patient: isPatient(means), world: means.world };
    const proceed = async () =>
      (await tryOnCanaries(trial, of)) ?? untried(await bring(wanted, message, { ...means, tried: trial.versionId }));
    brought.push(hasRestarted() ? afterRestarts : await settling(means, about, proceed));
  }
  return brought;
}

/** Somebody has put another version in its place meanwhile. */
const untried = (one: Outcome | Current | OnTrial): Outcome | Current =>
  one.is === 'trial' ? { is: 'again', seconds: 1, because: 'another version is to be tried' } : one;

const afterRestarts: Again = { is: 'again', seconds: 30, because: 'services were restarted for another secret' };

/** A world that knows whether ECS was asked for a restart, however that went. */
function watchingRestarts(world: World) {
  let restarted = false;
  const restart: World['services']['restart'] = (consumer) => {
    restarted = true;
    return world.services.restart(consumer);
  };
  // Not spread: what is loaded lazily has no members of its own (lazily.ts).
  const services: World['services'] = Object.assign(Object.create(world.services), { restart });
  return { world: { ...world, services }, hasRestarted: () => restarted };
}

type Bringing = Means & { readonly tried?: string };

async function bring(
  wanted: Wanted,
  message: Message,
  { tried, world }: Bringing,
): Promise<Outcome | Current | OnTrial> {
  if (world.settings.mode === 'observe') return writePlan(wanted, world);
  const brought = await bringCurrent(wanted, { tried, world });
  if ('trial' in brought) return { is: 'trial', wanted, trial: brought.trial };
  const { final, secret } = brought;
  if (final.do === 'rest') return { is: 'done', because: final.because };
  // Whoever rotates a secret that is not ours would be mailed at each rotation.
  if (final.do === 'refuse' && message.echo && final.finding.reason === 'SecretNotOurs')
    return { is: 'done', because: 'the secret is not ours' };
  if (final.do === 'refuse') throw new Trouble(final.finding);
  if (message.until === 'current' || secret.state !== 'present') return { is: 'done', because: 'current' };
  return { is: 'current', wanted, step: final, secret };
}

/** What would be done, told once per message; nothing where all is well. */
async function writePlan(wanted: Wanted, world: World): Promise<Outcome> {
  const { next, steps, judged } = await planDelivery(wanted, world);
  world.log('info', 'Planned only, mode observe', { certificateArn: wanted.certificate.arn, steps });
  if (next.do === 'refuse') throw new Trouble(next.finding);
  if (next.do === 'rest' || steps.length === 0) return { is: 'done', because: 'nothing to do' };
  const planned = finding('PlannedOnly', ofSecret(wanted));
  await tell([planned], { ...wanted, judged, planned: steps.map(({ text }) => capitalised(text)) }, world);
  return { is: 'told', finding: planned };
}

const capitalised = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function gone({ certificateArn }: Message, world: World): Outcome {
  const found = finding('CertificateGone', { certificateArn });
  world.log('warn', 'Nothing to deliver', facts(found, world));
  return { is: 'done', because: 'the certificate is gone' };
}

/** Turns trouble into an outcome: hand back what passes by itself, refuse what does not. */
async function settling<Seen>(
  { sentAt, world }: Means,
  about: About,
  see: () => Promise<Seen>,
): Promise<Seen | Outcome | Refused> {
  try {
    return await see();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const found = error.finding;
    world.log('warn', 'Ran into trouble', { certificateArn: about.certificate.arn, ...facts(found, world) });
    return mayPass(found, { patient: isPatient({ sentAt, world }) })
      ? { is: 'again', seconds: retryOf(found) === 'soon' ? 10 : 30, because: found.reason }
      : { is: 'refused', finding: found, about };
  }
}

const isPatient = ({ sentAt, world }: Means) => world.now() - sentAt < patience;

/** One notice for all. Where even telling fails the message goes on: in the end the dead-letter queue's alarm speaks. */
async function tellRefusals(refusals: readonly [Refused, ...Refused[]], world: World): Promise<Outcome> {
  const [first, ...others] = refusals;
  try {
    const secrets = new Set(refusals.flatMap(({ about }) => about.secret ?? []));
    const serving = await Promise.all([...secrets].map((secret) => servedFrom(secret, world)));
    const findings = [first.finding, ...others.map((one) => one.finding)] as const;
    await tell(findings, { ...first.about, serving: serving.flat() }, world);
    return { is: 'told', finding: first.finding };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot tell people', facts(error.finding, world));
    return { is: 'again', seconds: 30, because: error.finding.reason };
  }
}

/** What tasks read meanwhile; a mail does without it where the secret cannot be seen. */
async function servedFrom(name: string, world: World): Promise<readonly Serving[]> {
  try {
    const secret = await world.secrets.find(name);
    const notAfter = secret.state === 'present' ? endOf(secret.versions, label.current) : undefined;
    return notAfter === undefined ? [] : [{ what: `The certificate that is current in secret "${name}"`, notAfter }];
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return [];
  }
}
