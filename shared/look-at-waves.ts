import {
  blocksLater,
  isDone,
  isFailed,
  isInDeployment,
  isOpen,
  type Judged,
  judge,
  type Promotion,
} from './domain/rollout.ts';
import { type Nominee, sizeOf, wavesOf } from './domain/waves.ts';
import { nomineesOf } from './plan.ts';
import { prove } from './prove.ts';
import type { Expected } from './shake-hands.ts';
import type { World } from './world.ts';

type Looking = {
  readonly secret: string;
  readonly versionId: string;
  readonly promotion: Promotion;
  readonly expected: Expected;
  /** The version is not current: leaves out whoever does not read COURIER_NEXT. */
  readonly onTrial?: boolean;
  /** All have served it, or have: what fails keeps nobody else from it. */
  readonly served?: boolean;
  readonly world: World;
};

/**
 * All waves up to the first that is not over, judged; `wave` is its place, from 1, and `present` who is in it. `room` is for
 * so many more in deployment. `completed` are those before it in which somebody was restarted.
 */
export type Looked = {
  readonly judged: readonly Judged[];
  readonly present: readonly Judged[];
  readonly wave: number;
  readonly waves: number;
  readonly room: number;
  readonly completed: readonly Completed[];
};

/** A wave that is over, by its place from 1, and how many services were looked at up to its end. */
export type Completed = { readonly wave: number; readonly services: number };

/**
 * Looks at the consumers wave by wave, until one is not over: what comes behind it is not asked about. When all are over,
 * those that nothing could be done for are looked at once more, for what is remembered of them may be past.
 */
export async function lookAtWaves(looking: Looking): Promise<Looked> {
  const { world, secret, promotion } = looking;
  const nominees = await nomineesOf({ secret, since: promotion.since }, world);
  const parallel = world.settings.rolloutParallel;
  const waves = wavesOf(nominees, { parallel, tried: promotion.triedSince !== undefined });
  const walked = await walkTwice(waves, looking);
  const pushed = await pushedBehind(walked, { waves, looking });
  const present = [...walked.present, ...pushed];
  const size = isProven(walked.judged, { nominees, looking }) ? sizeOf(parallel, nominees.length) : 1;
  const room = Math.max(size - present.filter(isInDeployment).length, 0);
  return { ...walked, judged: [...walked.judged, ...pushed], present, waves: waves.length, room };
}

/**
 * Whether anybody is known to serve the version. Until then one service at a time is restarted: the first of the first wave
 * may be paused or run nothing, and canaries may have failed on what a person accepted.
 */
function isProven(
  judged: readonly Judged[],
  { nominees, looking }: { nominees: readonly Nominee[]; looking: Looking },
) {
  const { settled } = looking.world;
  const known = nominees.flatMap((nominee) => settled.get(keyOf(nominee, looking)) ?? []);
  return looking.served === true || [...judged, ...known].some(isNew);
}

const isNew = ({ verdict }: Judged) => verdict.is === 'new';

type Walked = Pick<Looked, 'judged' | 'present' | 'wave' | 'completed'>;
type Waves = readonly (readonly Nominee[])[];

async function walkTwice(waves: Waves, looking: Looking): Promise<Walked> {
  const walked = await walk(waves, looking);
  const doubtful = walked.judged.filter((one) => !isOpen(one) && !isDone(one));
  if (walked.judged.some((one) => blocks(one, looking)) || doubtful.length === 0) return walked;
  for (const { consumer } of doubtful) looking.world.settled.delete(keyOf(consumer, looking));
  return walk(waves, looking);
}

async function walk(waves: Waves, looking: Looking): Promise<Walked> {
  const judged: Judged[] = [];
  const completed: Completed[] = [];
  let present: readonly Judged[] = [];
  for (const [index, wave] of waves.entries()) {
    if (wave.some(({ order }) => order > windowOf(judged))) break;
    present = await judgeWave(wave, looking);
    judged.push(...present);
    if (present.some((one) => blocks(one, looking))) return { judged, present, wave: index + 1, completed };
    if (present.some(isRestarted)) completed.push({ wave: index + 1, services: judged.length });
  }
  return { judged, present, wave: waves.length, completed };
}

const isRestarted = ({ consumer }: Judged) => consumer.deployments.length > 0;

/** The last order that does not come behind what waits for its window. */
const windowOf = (judged: readonly Judged[]) =>
  Math.min(...judged.filter(blocksLater).map(({ consumer }) => consumer.order));

const blocks = (one: Judged, { served = false }: Looking) => isOpen(one) && !(served && isFailed(one));
const isStale = ({ verdict }: Judged) => verdict.is === 'stale';

/**
 * Whoever is tagged in the middle of a wave pushes others behind it that were restarted with it: they count for its room.
 * Asked for before something is restarted, where the nominees are not those of the look before. Canaries behind it that
 * serve the version are remembered.
 */
async function pushedBehind(
  { judged: before, present, wave }: Walked,
  { waves, looking }: { readonly waves: Waves; readonly looking: Looking },
): Promise<readonly Judged[]> {
  const { promotion, world } = looking;
  const isKnown = remembers(waves.flat(), looking);
  if (isKnown || !present.some(isStale)) return [];
  const window = windowOf(before);
  const behind = waves.slice(wave).flat();
  const found = await consumersOf(behind, looking);
  const judged = found.map((consumer) => ({ consumer, verdict: judge(consumer, promotion) }));
  const canaries = judged.filter(({ consumer }) => consumer.canary && promotion.triedSince !== undefined);
  for (const one of await prove(canaries, looking))
    if (isNew(one)) world.settled.set(keyOf(one.consumer, looking), one);
  const pushed = judged
    // Somebody's own deployment from before is nothing that was restarted with them.
    .filter((one) => (isStale(one) ? one.consumer.order <= window : one.consumer.deployments.length > 0))
    .filter(isInDeployment);
  if (pushed.length === 0) world.settled.set(orderKey(waves.flat(), looking), null);
  return pushed;
}

/** Whether nobody was pushed behind by these nominees; what was so with others before them is forgotten. */
function remembers(nominees: readonly Nominee[], looking: Looking): boolean {
  const { settled } = looking.world;
  const key = orderKey(nominees, looking);
  const others = [...settled.keys()].filter((other) => other.startsWith(orderKey([], looking)) && other !== key);
  for (const other of others) settled.delete(other);
  return settled.has(key);
}

const orderKey = (nominees: readonly Nominee[], { secret, versionId, promotion }: Looking) =>
  ['order', secret, versionId, promotion.since, ...nominees.map(({ arn }) => arn)].join(' ');

async function judgeWave(wave: readonly Nominee[], looking: Looking): Promise<readonly Judged[]> {
  const { world } = looking;
  const unknown = wave.filter((nominee) => !world.settled.has(keyOf(nominee, looking)));
  const judged = new Map((await ask(unknown, looking)).map((one) => [one.consumer.arn, one]));
  for (const nominee of unknown) {
    const one = judged.get(nominee.arn) ?? null;
    if (one === null || !isOpen(one)) world.settled.set(keyOf(nominee, looking), one);
  }
  return wave.flatMap((nominee) => judged.get(nominee.arn) ?? world.settled.get(keyOf(nominee, looking)) ?? []);
}

async function ask(nominees: readonly Nominee[], looking: Looking): Promise<readonly Judged[]> {
  if (nominees.length === 0) return [];
  const consumers = await consumersOf(nominees, looking);
  return prove(
    consumers.map((consumer) => ({ consumer, verdict: judge(consumer, looking.promotion) })),
    looking,
  );
}

async function consumersOf(nominees: readonly Nominee[], { secret, promotion, onTrial, world }: Looking) {
  const arns = nominees.map(({ arn }) => arn);
  const found = await world.services.consumers(arns, { secret, ...promotion });
  return onTrial ? found.filter(({ canary }) => canary) : found;
}

const keyOf = ({ arn }: Pick<Nominee, 'arn'>, { secret, versionId, promotion }: Looking) =>
  [secret, versionId, promotion.since, arn].join(' ');
