import { programOf } from '../../../lab/program.ts';

/** Whether tests may rely on programs: in CI on all, so that what is not installed there fails and is not left out. */
export const has = (...programs: readonly string[]): boolean =>
  process.env.CI === 'true' || programs.every((program) => programOf(program) !== null);
