import { blocksLater, isDone, isOpen, type Judged, judge, type Promotion } from './domain/rollout.ts';
import { type Nominee, wavesOf } from './domain/waves.ts';
import { nomineesOf } from './plan.ts';
import { prove } from './prove.ts';
import type { Expected } from './shake-hands.ts';
import type { World } from './world.ts';

type Looking = {
  readonly secret: string;
  readonly versionId: string;
  readonly promotion: Promotion;
  readonly expected: Expected;
  /** Leaves out whoever does not read COURIER_NEXT. */
  readonly onlyCanaries?: boolean;
  readonly world: World;
};

/** All waves up to the first that is not over, judged; `wave` is its place, from 1, and `present` who is in it. */
export type Looked = {
  readonly judged: readonly Judged[];
  readonly present: readonly Judged[];
  readonly wave: number;
  readonly waves: number;
};

/**
 * Looks at the consumers wave by wave, until one is not over: what comes behind it is not asked about. When all are over,
 * those that nothing could be done for are looked at once more, for what is remembered of them may be past.
 */
export async function lookAtWaves(looking: Looking): Promise<Looked> {
  const nominees = await nomineesOf(looking.secret, looking.world);
  const proven = looking.promotion.triedSince !== undefined;
  const waves = wavesOf(nominees, { parallel: looking.world.settings.rolloutParallel, proven });
  const looked = await walk(waves, looking);
  const doubtful = looked.judged.filter((one) => !isOpen(one) && !isDone(one));
  if (looked.judged.some(isOpen) || doubtful.length === 0) return looked;
  for (const { consumer } of doubtful) looking.world.settled.delete(keyOf(consumer, looking));
  return walk(waves, looking);
}

async function walk(waves: readonly (readonly Nominee[])[], looking: Looking): Promise<Looked> {
  const judged: Judged[] = [];
  let present: readonly Judged[] = [];
  for (const [index, wave] of waves.entries()) {
    const waiting = judged.filter(blocksLater).map(({ consumer }) => consumer.order);
    if (wave.some(({ order }) => order > Math.min(...waiting))) break;
    present = await judgeWave(wave, looking);
    judged.push(...present);
    if (present.some(isOpen)) return { judged, present, wave: index + 1, waves: waves.length };
  }
  return { judged, present, wave: waves.length, waves: waves.length };
}

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
  const { secret, promotion, world } = looking;
  const arns = nominees.map(({ arn }) => arn);
  const found = await world.services.consumers(arns, { secret, ...promotion });
  const consumers = looking.onlyCanaries ? found.filter(({ canary }) => canary) : found;
  return prove(
    consumers.map((consumer) => ({ consumer, verdict: judge(consumer, promotion) })),
    looking,
  );
}

const keyOf = ({ arn }: Pick<Nominee, 'arn'>, { secret, versionId, promotion }: Looking) =>
  [secret, versionId, promotion.since, arn].join(' ');
