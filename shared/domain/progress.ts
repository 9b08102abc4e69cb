import type { Finding, OfSecret } from './reasons.ts';

/**
 * What machines hear of a delivery, on the account's default event bus (docs/events). At least once: a run that died is
 * repeated, so that whoever counts takes `versionId` and `wave` to tell doubles apart. Times are epoch seconds.
 */
export type Progress =
  | { readonly type: 'Certificate Stored'; readonly detail: OfVersion }
  | { readonly type: 'Rollout Started'; readonly detail: OfVersion & { readonly since: number } }
  | { readonly type: 'Wave Completed'; readonly detail: OfVersion & OfWave }
  | { readonly type: 'Certificate Delivered'; readonly detail: OfVersion & OfSight }
  | { readonly type: 'Rollout Failed'; readonly detail: OfVersion & OfFailure }
  | { readonly type: 'Rolled Back'; readonly detail: OfVersion & OfFailure };

type OfVersion = {
  readonly certificateArn: string;
  readonly name: string;
  readonly secret: string;
  readonly versionId: string;
  readonly serial: string;
};
/** Waves count from 1; so many services are done with it. */
type OfWave = { readonly wave: number; readonly waves: number; readonly services: number };
/** How many services run it, and of how many each task was seen serving it. */
type OfSight = { readonly services: number; readonly probed: number };
type OfFailure = { readonly reasons: readonly Finding['reason'][]; readonly services: readonly string[] };

/** What every event says of the version that it is about. */
export const ofVersion = ({ certificateArn, name, secret }: OfSecret, versionId: string): OfVersion => ({
  ...{ certificateArn, name, secret, versionId },
  // A version's id begins with its certificate's serial.
  serial: versionId.slice(0, 40),
});
