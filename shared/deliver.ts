import { Trouble } from './aws/trouble.ts';
import { bringCurrent } from './bring-current.ts';
import { appraise } from './domain/appraisal.ts';
import type { Certificate } from './domain/certificate.ts';
import { type Finding, finding, retryOf } from './domain/reasons.ts';
import type { Message } from './events.ts';
import { type Outcome, together } from './outcome.ts';
import { planDelivery, type Wanted } from './plan.ts';
import { rollOut } from './roll-out.ts';
import { facts, tell } from './tell.ts';
import type { World } from './world.ts';

/** Seconds that a denied call may be a fresh tag which IAM does not see yet (IAM User Guide, eventual consistency). */
const patience = 900;

/**
 * One look at one certificate (DESIGN §7): see what ACM has, see what each of its secrets holds, do what can be done
 * now. What AWS refuses comes back as an outcome, never as an error.
 *
 * @param sentAt when the certificate was queued, epoch seconds
 */
export async function deliver(message: Message, { sentAt, world }: { sentAt: number; world: World }): Promise<Outcome> {
  const of = { sentAt, world };
  return settling(of, nameless(message), async () => {
    const certificate = await world.certificates.find(message.certificateArn);
    if (!certificate) return gone(message, world);
    const appraisal = appraise(certificate);
    switch (appraisal.is) {
      case 'rest':
        return { is: 'done', because: appraisal.because };
      case 'tell': {
        const [first] = appraisal.findings;
        if (first.reason === 'NotTagged' && world.settings.notices === 'tagged')
          return { is: 'done', because: 'not tagged' };
        await tell(appraisal.findings, { certificate }, world);
        return { is: 'told', finding: first };
      }
      case 'deliver': {
        const outcomes: Outcome[] = [];
        for (const delivery of appraisal.deliveries) {
          const wanted = { certificate: appraisal.certificate, delivery, asked: message };
          outcomes.push(
            await settling(of, certificate, () => lookAt(wanted, { message, problems: appraisal.problems, world })),
          );
        }
        return together(outcomes);
      }
    }
  });
}

type Look = { readonly message: Message; readonly problems: readonly Finding[]; readonly world: World };

async function lookAt(wanted: Wanted, { message, problems, world }: Look): Promise<Outcome> {
  if (world.settings.mode === 'observe') return writePlan(wanted, world);
  const { final, secret } = await bringCurrent(wanted, world);
  if (final.do === 'rest') return { is: 'done', because: final.because };
  if (final.do === 'refuse') return refuse(final.finding, wanted, world);
  if (message.until === 'current' || secret.state !== 'present') return { is: 'done', because: 'current' };
  return rollOut({ wanted, step: final, secret, problems, world });
}

/** What would be done, told once per message; nothing where all is well. */
async function writePlan(wanted: Wanted, world: World): Promise<Outcome> {
  const { next, steps, judged } = await planDelivery(wanted, world);
  world.log('info', 'Planned only, mode observe', { certificateArn: wanted.certificate.arn, steps });
  if (next.do === 'refuse') return refuse(next.finding, wanted, world);
  if (next.do === 'rest' || steps.length === 0) return { is: 'done', because: 'nothing to do' };
  const { certificate, delivery } = wanted;
  const planned = finding('PlannedOnly', {
    name: certificate.name,
    certificateArn: certificate.arn,
    secret: delivery.secret,
  });
  const done = steps.map(({ text }) => `Would ${text}`);
  await tell([planned], { certificate, judged, done }, world);
  return { is: 'told', finding: planned };
}

async function refuse(found: Finding, { certificate }: Wanted, world: World): Promise<Outcome> {
  await tell([found], { certificate }, world);
  return { is: 'told', finding: found };
}

function gone({ certificateArn }: Message, world: World): Outcome {
  const found = finding('CertificateGone', { certificateArn });
  world.log('warn', 'Nothing to deliver', facts(found, world));
  return { is: 'done', because: 'the certificate is gone' };
}

type About = Pick<Certificate, 'arn' | 'name' | 'tags'>;

/** Where not even the certificate could be seen, its ARN is all that a notice can name. */
const nameless = ({ certificateArn }: Message): About => ({ arn: certificateArn, name: certificateArn, tags: {} });

/** Turns trouble into an outcome: hand back what passes by itself, tell what does not. */
async function settling(
  { sentAt, world }: { sentAt: number; world: World },
  certificate: About,
  look: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const found = error.finding;
    world.log('warn', 'Ran into trouble', { certificateArn: certificate.arn, ...facts(found, world) });
    if (passes(found, world.now() - sentAt))
      return { is: 'again', seconds: retryOf(found) === 'soon' ? 10 : 30, because: found.reason };
    return tellTrouble(found, certificate, world);
  }
}

/** Where even telling fails the message goes on: after its last attempt the dead-letter queue's alarm speaks. */
async function tellTrouble(found: Finding, certificate: About, world: World): Promise<Outcome> {
  try {
    await tell([found], { certificate }, world);
    return { is: 'told', finding: found };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('error', 'Cannot tell people', facts(error.finding, world));
    return { is: 'again', seconds: 30, because: error.finding.reason };
  }
}

const passes = (found: Finding, age: number) =>
  retryOf(found) === 'soon' || (retryOf(found) === 'patiently' && age < patience);
