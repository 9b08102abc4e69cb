import { Trouble } from './aws/trouble.ts';
import { finding } from './domain/reasons.ts';
import type { World } from './world.ts';

/**
 * To be called right before an export, a promotion or the restarts of one look, never earlier: throws Trouble while a person has stopped
 * the stack (its message ends, a sweep queues it again), and where nobody knows (it is handed back).
 */
export async function beforeActing({ killSwitch }: Pick<World, 'killSwitch'>): Promise<void> {
  const permission = await killSwitch.allows();
  if (permission.is === 'go') return;
  throw new Trouble(
    finding(permission.is === 'stopped' ? 'StackStopped' : 'SwitchUnreadable', { detail: permission.why }),
  );
}
