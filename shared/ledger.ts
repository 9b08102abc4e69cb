import type { Certificates } from './aws/certificates.ts';
import type { Queue } from './aws/queue.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Services } from './aws/services.ts';
import type { Topic } from './aws/topic.ts';
import type { Certificate } from './domain/certificate.ts';
import { holderOf, label, type Secret } from './domain/secret.ts';
import type { Message } from './events/queued.ts';
import type { Outcome } from './outcome.ts';
import { record } from './record.ts';
import type { Base } from './world.ts';

/** Whatever of this a worker has. */
type Recordable = Pick<Base, 'log'> & {
  readonly certificates: object;
  readonly secrets: object;
  readonly services: object;
  readonly topic: object;
  readonly deliveries?: object;
};

type Look<World> = { readonly event: string; readonly certificateArn: string; readonly world: World };

/**
 * Has one look at a certificate leave one record, whatever it comes to: what it saw and did is taken from the calls that
 * came to an end, so that no step can forget to say it. An error leaves none: nothing was decided, and Lambda logs it.
 */
export async function recorded<World extends Recordable>(
  { event, certificateArn, world }: Look<World>,
  look: (world: World) => Promise<Outcome>,
): Promise<Outcome> {
  const { seen, done, ...ledger } = openLedger();
  const outcome = await look({
    ...world,
    certificates: noted(world.certificates, ledger.certificates),
    secrets: noted(world.secrets, ledger.secrets),
    services: noted(world.services, ledger.services),
    topic: noted(world.topic, ledger.topic),
    ...(world.deliveries && { deliveries: noted(world.deliveries, ledger.deliveries) }),
  });
  const { serial } = seen;
  record({ event, certificateArn, serial, seen, decided: outcome.is, why: whyOf(outcome), done }, world);
  return outcome;
}

const whyOf = (outcome: Outcome) => (outcome.is === 'told' ? outcome.finding.reason : outcome.because);

type Seen = Partial<Pick<Certificate, 'status' | 'serial' | 'notAfter' | 'eligible'>> & {
  certificate?: 'gone';
  renewal?: string;
  /** By name: the version that is current, or why there is none. */
  secrets?: Record<string, string>;
};

function openLedger() {
  const seen: Seen = {};
  const done: string[] = [];
  const sawCertificate = (found: Certificate | null) => {
    if (!found) return void Object.assign(seen, { certificate: 'gone' });
    const { status, serial, notAfter, eligible, renewal } = found;
    Object.assign(seen, { status, serial, notAfter, eligible, renewal: renewal?.status });
  };
  const sawSecret = (found: Secret, name: string) => {
    const current = found.state === 'present' ? (holderOf(found.versions, label.current) ?? 'empty') : found.state;
    seen.secrets = { ...seen.secrets, [name]: current };
  };
  const stored = (_: unknown, name: string, { versionId }: { versionId: string }) =>
    void done.push(`stored ${versionId} in "${name}"`);
  const certificates: Notes<Certificates> = {
    find: sawCertificate,
    describe: (found) => sawCertificate(found?.certificate ?? null),
    export: () => void done.push('exported'),
    renew: () => void done.push('asked ACM to renew it'),
  };
  const secrets: Notes<Secrets> = {
    find: sawSecret,
    create: stored,
    put: stored,
    move: (_, name, { label, to }) =>
      void done.push(`${to ? `put ${label} on ${to}` : `took ${label} off`} in "${name}"`),
  };
  const services: Notes<Services> = { restart: (_, { arn }) => void done.push(`restarted ${arn}`) };
  const topic: Notes<Topic> = {
    tell: (_, { attributes: { severity, reason } }) => void done.push(`told ${severity} ${reason}`),
  };
  const deliveries: Notes<Queue<Message>> = { add: () => void done.push('queued for delivery') };
  return { seen, done, certificates, secrets, services, topic, deliveries };
}

/** What is noted of a call, by its answer and its arguments. */
type Notes<Adapter> = {
  readonly [Name in keyof Adapter]?: Adapter[Name] extends (...args: infer Args) => Promise<infer Answer>
    ? (answer: Answer, ...args: Args) => void
    : never;
};

type AnyNotes = Readonly<Record<string, ((answer: never, ...args: never[]) => void) | undefined>>;

/** The same adapter, of whose calls some are noted once they are answered: what fails was not done. */
function noted<Adapter extends object>(adapter: Adapter, notes: AnyNotes): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      const call = Reflect.get(target, name) as (...args: never[]) => Promise<unknown>;
      const note = notes[String(name)];
      if (!note) return call;
      return async (...args: never[]) => {
        const answer = await call.apply(target, args);
        note(answer as never, ...args);
        return answer;
      };
    },
  });
}
