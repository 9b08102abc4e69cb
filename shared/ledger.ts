import type { Certificates } from './aws/certificates.ts';
import type { KeptSecrets } from './aws/kept-secret.ts';
import type { Queue } from './aws/queue.ts';
import type { Secrets } from './aws/secrets.ts';
import type { Services } from './aws/services.ts';
import type { Topic } from './aws/topic.ts';
import type { Worker } from './aws/worker.ts';
import type { Certificate } from './domain/certificate.ts';
import { holderOf, label, type Secret } from './domain/secret.ts';
import type { Concern, Message } from './events/queued.ts';
import type { Outcome } from './outcome.ts';
import { type Decision, record } from './record.ts';
import type { Base } from './world.ts';

/** Whatever of this a function has. */
type Recordable = Pick<Base, 'log'> & { readonly [Name in keyof Noted]?: object };

type Look<World, Answer> = Pick<Decision, 'event' | 'certificateArn' | 'serial' | 'secret'> & {
  readonly world: World;
  /** What the answer says of the decision. */
  readonly inWords: (answer: Answer) => Pick<Decision, 'decided' | 'why'>;
};

/**
 * Has one look at a certificate leave one record, whatever it comes to: what it saw and did is taken from the calls that
 * came to an end, so that no step can forget to say it. An error leaves none: nothing was decided, and Lambda logs it.
 */
export async function recorded<World extends Recordable, Answer>(
  { world, inWords, ...of }: Look<World, Answer>,
  look: (world: World) => Promise<Answer>,
): Promise<Answer> {
  const { seen, done, notes } = openLedger();
  const names = Object.keys(notes) as (keyof Noted)[];
  const watched = names.map((name) => [name, world[name] && noted(world[name], notes[name])]);
  const answer = await look({ ...world, ...Object.fromEntries(watched.filter(([, adapter]) => adapter)) });
  record({ ...of, serial: seen.serial ?? of.serial, seen, ...inWords(answer), done }, world);
  return answer;
}

export const outcomeInWords = (outcome: Outcome): Pick<Decision, 'decided' | 'why'> => ({
  decided: outcome.is,
  why: outcome.is === 'told' ? outcome.finding.reason : outcome.because,
});

/** What is noted, by the name of its adapter. */
type Noted = {
  readonly certificates: Certificates;
  readonly secrets: Secrets;
  readonly keptSecrets: KeptSecrets;
  readonly services: Services;
  readonly topic: Topic;
  readonly deliveries: Queue<Message>;
  readonly concerns: Queue<Concern>;
  readonly worker: Worker;
};

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
  const keptSecrets: Notes<KeptSecrets> = {
    restore: (_, name) => void done.push(`restored "${name}"`),
    remove: (_, name) => void done.push(`deleted "${name}"`),
  };
  const deliveries: Notes<Queue<Message>> = { add: () => void done.push('queued for delivery') };
  const concerns: Notes<Queue<Concern>> = { add: () => void done.push('queued for diagnosis') };
  const worker: Notes<Worker> = { ask: () => void done.push('asked the worker') };
  const notes: { readonly [Name in keyof Noted]: Notes<Noted[Name]> } = {
    ...{ certificates, secrets, keptSecrets, services, topic, deliveries, concerns, worker },
  };
  return { seen, done, notes };
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
