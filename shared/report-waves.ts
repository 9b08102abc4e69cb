import type { Step } from './domain/delivery.ts';
import { ofSecret } from './domain/ownership.ts';
import { ofVersion } from './domain/progress.ts';
import type { Looked } from './look-at-waves.ts';
import type { Wanted } from './plan.ts';
import { report } from './report.ts';
import type { World } from './world.ts';

type Rollout = Extract<Step, { do: 'roll out' }>;

type Reporting = {
  readonly wanted: Wanted;
  readonly step: Pick<Rollout, 'versionId' | 'since' | 'triedSince' | 'told'>;
  readonly onTrial?: boolean;
  readonly world: Pick<World, 'settled' | 'progress' | 'log' | 'place'>;
};

/**
 * Tells machines which waves are over, before the next one begins or all ends. A function that began the rollout tells of
 * each once; one that comes in the middle of it cannot know what was told, and tells of the last. Nothing of canaries on
 * trial, whose waves are told of when the version is current, nor of a version that was delivered.
 */
export async function reportWaves(
  { completed, waves }: Pick<Looked, 'completed' | 'waves'>,
  { wanted, step, onTrial, world }: Reporting,
): Promise<void> {
  if (step.told) return;
  const of = ofVersion(ofSecret(wanted), step.versionId);
  const keyOf = (wave: number) => ['wave', of.secret, of.versionId, step.triedSince ?? step.since, wave].join(' ');
  const isTold = (wave: number) => world.settled.has(keyOf(wave));
  const over = onTrial ? [] : completed;
  const untold = over.filter(({ wave }) => !isTold(wave));
  const hasBegun = isTold(0);
  for (const { wave, services } of hasBegun ? untold : untold.slice(-1))
    await report({ type: 'Wave Completed', detail: { ...of, wave, waves, services } }, world);
  for (const wave of [0, ...over.map((one) => one.wave)]) world.settled.set(keyOf(wave), null);
}
