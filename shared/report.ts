import { Trouble } from './aws/trouble.ts';
import type { Progress } from './domain/progress.ts';
import { facts } from './tell.ts';
import type { World } from './world.ts';

/** Tells machines; a delivery never waits for them, so what cannot be sent is logged. */
export async function report(progress: Progress, world: Pick<World, 'progress' | 'log' | 'place'>): Promise<void> {
  try {
    await world.progress.put(progress);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    world.log('warn', 'Cannot send an event', { type: progress.type, ...facts(error.finding, world) });
  }
}
