import { ofSecret } from './domain/ownership.ts';
import { ofVersion } from './domain/progress.ts';
import type { Looked } from './look-at-waves.ts';
import type { Wanted } from './plan.ts';
import { report } from './report.ts';
import type { World } from './world.ts';

type Reporting = {
  readonly wanted: Wanted;
  readonly step: { readonly versionId: string; readonly since: number; readonly told: boolean };
  readonly onTrial?: boolean;
  readonly world: Pick<World, 'settled' | 'progress' | 'log' | 'place'>;
};

/**
 * Tells machines which waves are over, before the next one begins or all ends. A function that began the rollout tells of
 * each once; one that comes in the middle of it cannot know what was told, and tells of the last. Nothing of canaries on
 * trial, whose waves are counted anew when the version is current, nor of a version that was delivered.
 */
export async function reportWaves(
  { completed, waves }: Pick<Looked, 'completed' | 'waves'>,
  { wanted, step, onTrial, world }: Reporting,
): Promise<void> {
  if (onTrial || step.told) return;
  const of = ofVersion(ofSecret(wanted), step.versionId);
  const keyOf = (wave: number) => ['wave', of.secret, of.versionId, step.since, wave].join(' ');
  const isTold = (wave: number) => world.settled.has(keyOf(wave));
  const untold = completed.filter(({ wave }) => !isTold(wave));
  const hasBegun = isTold(0);
  for (const { wave, services } of hasBegun ? untold : untold.slice(-1))
    await report({ type: 'Wave Completed', detail: { ...of, wave, waves, services } }, world);
  for (const wave of [0, ...completed.map((one) => one.wave)]) world.settled.set(keyOf(wave), null);
}
