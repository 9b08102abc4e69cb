import type { Services, TaskPlace } from './aws/services.ts';
import { type ProbePort, type ProbeVerdict, probeVerdict, type Shown, serverName } from './domain/probe.ts';
import type { Prober } from './prober.ts';
import type { Base } from './world.ts';

/** What must be shown, and asked for (SNI). */
export type Expected = { readonly serial: string; readonly name: string };

/** A service, and where its tasks serve the certificate. */
type Server = { readonly cluster: string; readonly service: string; readonly probe: ProbePort };

type Way = {
  readonly services: Pick<Services, 'places'>;
  readonly prober: Pick<Prober, 'look'>;
  readonly now: Base['now'];
};

/** A task that does not show what it should. */
export type Failing = {
  readonly task: TaskPlace;
  readonly verdict: Exclude<ProbeVerdict, { is: 'serving' }>;
};

export type Handshakes =
  /** None shows anything else; `all`: and each of them was seen. */
  | { readonly is: 'serving'; readonly all: boolean }
  /** What serves another leaf may still be starting. */
  | { readonly is: 'starting' }
  /** `worst` is evidence where any is; so many fail, of so many that run. */
  | { readonly is: 'failing'; readonly worst: Failing; readonly failing: number; readonly running: number };

/** Seconds that a process may take until it serves: slow ones load for minutes after ECS says that they run. */
const settling = 300;
/** Seconds that one look repeats its handshakes: the next one comes soon, and a worker that waits here waits for others. */
const patience = 3;

/** Shakes hands with each task of a service. Throws Trouble where nobody could look: that is no evidence. */
export async function shakeHands(
  server: Server,
  { expected, way }: { readonly expected: Expected; readonly way: Way },
): Promise<Handshakes> {
  const tasks = await way.services.places(server, server.probe);
  const wanted = { serial: expected.serial, servername: serverName(expected.name) };
  const targets = tasks.flatMap(({ taskArn, address }) => (address ? [{ id: taskArn, ...address, ...wanted }] : []));
  const shown = targets.length > 0 ? await way.prober.look(targets, patience) : new Map<string, Shown>();
  const failing = tasks.flatMap((task): readonly Failing[] => {
    const sight = shown.get(task.taskArn);
    // Without an address, or where no probe stands, it cannot fail.
    const verdict = sight ? probeVerdict(sight, expected.serial) : ({ is: 'serving' } as const);
    return verdict.is === 'serving' ? [] : [{ task, verdict }];
  });
  if (failing.some(({ task }) => way.now() - task.startedAt <= settling)) return { is: 'starting' };
  const [worst] = failing.toSorted((a, b) => Number(isEvidence(b)) - Number(isEvidence(a)));
  if (worst) return { is: 'failing', worst, failing: failing.length, running: tasks.length };
  return { is: 'serving', all: tasks.length > 0 && shown.size === tasks.length };
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
