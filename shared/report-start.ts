import { ofSecret } from './domain/ownership.ts';
import { ofVersion } from './domain/progress.ts';
import type { Wanted } from './plan.ts';
import { report } from './report.ts';
import type { World } from './world.ts';

/** A version whose consumers are restarted since then (epoch seconds): canaries, where there are any, before it is current. */
export type Start = { readonly wanted: Wanted; readonly versionId: string; readonly since: number };

/** Tells machines before it is labelled: after a crash in between they hear it twice, the other way round never. */
export const reportStart = ({ wanted, versionId, since }: Start, world: World): Promise<void> =>
  report({ type: 'Rollout Started', detail: { ...ofVersion(ofSecret(wanted), versionId), since } }, world);
