import type { Server, Services, TaskPlace } from './aws/services.ts';
import { type ProbeVerdict, probeVerdict, type Shown, serverName } from './domain/probe.ts';
import type { Prober } from './prober.ts';
import type { Base } from './world.ts';

/** What must be shown, and asked for (SNI). */
export type Expected = { readonly serial: string; readonly name: string };

type Way = {
  readonly services: Pick<Services, 'places'>;
  readonly prober: Pick<Prober, 'look'>;
  readonly now: Base['now'];
};

type Started = TaskPlace & { readonly startedAt: number };

/** A task that does not show what it should. */
export type Failing = {
  readonly task: Started;
  readonly verdict: Exclude<ProbeVerdict, { is: 'serving' }>;
};

export type Handshakes =
  /** None shows anything else; `all`: and each of them was seen; `pending`: some have not started. */
  | { readonly is: 'serving'; readonly all: boolean; readonly pending: boolean }
  /** What serves another leaf may still be starting. */
  | { readonly is: 'starting' }
  /** `worst` is evidence where any is; so many fail, of so many that run. */
  | { readonly is: 'failing'; readonly worst: Failing; readonly failing: number; readonly running: number };

/** Seconds that a process may take until it serves: slow ones load for minutes after ECS says that they run. */
const settling = 300;
/** Seconds that one look repeats its handshakes: the next one comes soon, and a worker that waits here waits for others. */
const patience = 3;
/** Seconds that it repeats them where a task took the connection and then was silent, before that speaks against anything. */
const longPatience = 10;

/**
 * Shakes hands with each task of the services, all at once. A task that has not started is not asked, one that is silent in
 * the handshake is asked for longer: a busy server may miss one. Throws Trouble where nobody could look: that is no evidence.
 */
export async function shakeHands<One extends Server & { readonly expected: Expected }>(
  servers: readonly One[],
  { services, prober, now }: Way,
): Promise<ReadonlyMap<One, Handshakes>> {
  const places = [...(await services.places(servers))];
  const tasks = places.flatMap(([{ expected }, some]) => some.filter(isStarted).map((task) => ({ ...task, expected })));
  const first = await look(tasks, { prober, seconds: patience });
  const silent = tasks.filter((task) => !isStarting(task, now()) && isSilent(first.get(task.taskArn)));
  const shown = new Map([...first, ...(await look(silent, { prober, seconds: longPatience }))]);
  return new Map(places.map(([one, its]) => [one, read(its, { shown, serial: one.expected.serial, now: now() })]));
}

type Look = Pick<Way, 'prober'> & { readonly seconds: number };

async function look(
  tasks: readonly (Started & { readonly expected: Expected })[],
  { prober, seconds }: Look,
): Promise<ReadonlyMap<string, Shown>> {
  const targets = tasks.flatMap(({ taskArn, address, expected }) => {
    const wanted = { serial: expected.serial, servername: serverName(expected.name) };
    return address ? [{ id: taskArn, ...address, ...wanted }] : [];
  });
  return targets.length > 0 ? prober.look(targets, seconds) : new Map();
}

const isSilent = (shown: Shown | undefined) => shown !== undefined && 'error' in shown && shown.during === 'handshake';

const isStarting = ({ startedAt }: Started, now: number) => now - startedAt <= settling;

const isStarted = (task: TaskPlace): task is Started => task.startedAt !== undefined;

type Seen = { readonly shown: ReadonlyMap<string, Shown>; readonly serial: string; readonly now: number };

function read(tasks: readonly TaskPlace[], { shown, serial, now }: Seen): Handshakes {
  const started = tasks.filter(isStarted);
  const failing = started.flatMap((task): readonly Failing[] => {
    const sight = shown.get(task.taskArn);
    // Without an address, or where no probe stands, it cannot fail.
    const verdict = sight ? probeVerdict(sight, serial) : ({ is: 'serving' } as const);
    return verdict.is === 'serving' ? [] : [{ task, verdict }];
  });
  if (failing.some(({ task }) => isStarting(task, now))) return { is: 'starting' };
  const [worst] = failing.toSorted((a, b) => Number(isEvidence(b)) - Number(isEvidence(a)));
  if (worst) return { is: 'failing', worst, failing: failing.length, running: tasks.length };
  const all = tasks.length > 0 && tasks.every(({ taskArn }) => shown.has(taskArn));
  return { is: 'serving', all, pending: started.length < tasks.length };
}

/** What does not even take a connection may be behind a security group. */
export const isEvidence = ({ verdict }: Failing): boolean =>
  verdict.is === 'another leaf' || verdict.during === 'handshake';

/** A sentence's end: the task … */
export const sawOf = ({ verdict }: Failing): string =>
  verdict.is === 'another leaf'
    ? `serves the certificate with serial ${verdict.serial}`
    : `shows none: ${verdict.error}`;

export const nameOf = ({ task }: Failing): string => task.taskArn.split('/').at(-1) ?? task.taskArn;
