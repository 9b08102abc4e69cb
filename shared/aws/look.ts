import type { Sight } from '../domain/observation.ts';
import { Trouble } from './trouble.ts';

/** Looks, and where AWS does not let us see says why: one denied or throttled call never stops a warning. */
export async function look<Fact>(see: () => Promise<Fact>): Promise<Sight<Fact>> {
  try {
    return { is: 'seen', fact: await see() };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { is: 'unseen', why: error.message };
  }
}
