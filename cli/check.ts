/**
 * What the doctor found out about one thing.
 * - `well`: as it should be.
 * - `look`: it works, and a person should know.
 * - `ill`: something does not work, or will not.
 * - `unseen`: it could not be looked at.
 */
export type Check = {
  readonly check: CheckName;
  readonly verdict: 'well' | 'look' | 'ill' | 'unseen';
  readonly seen: string;
  /** What would be right: words, or a command. Empty where all is well. */
  readonly mend: string;
};

export type CheckName =
  | 'stack'
  | 'kill switch'
  | 'permissions'
  | 'topic'
  | 'alarms'
  | 'dead letters'
  | 'quotas'
  | 'tags'
  | 'names'
  | 'clusters'
  | 'images'
  | 'probe';

type Told = Omit<Check, 'verdict' | 'check'>;

export const well = (check: CheckName, seen: string): Check => ({ check, verdict: 'well', seen, mend: '' });
export const look = (check: CheckName, told: Told): Check => ({ check, verdict: 'look', ...told });
export const ill = (check: CheckName, told: Told): Check => ({ check, verdict: 'ill', ...told });
export const unseen = (check: CheckName, told: Told): Check => ({ check, verdict: 'unseen', ...told });

/** What was found, or the one word that nothing was. */
export const orWell = (found: readonly Check[], check: CheckName, seen: string): readonly Check[] =>
  found.length > 0 ? found : [well(check, seen)];
