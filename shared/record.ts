import type { Base } from './world.ts';

/** One decision, as the log keeps it: the same members in every function, so that one query follows a certificate. */
export type Decision = {
  /** What brought it about: an event's id, a request's, a sweep's and the certificate's. */
  readonly event: string;
  readonly certificateArn?: string | undefined;
  /** ACM's, 40 hex digits; absent where there is none yet, or it could not be seen. */
  readonly serial?: string | undefined;
  readonly secret?: string | undefined;
  /** Of the world, what decided. Never key material, and no whole answer of AWS. */
  readonly seen: object;
  readonly decided: string;
  readonly why: string;
  /** What was done about it, a few words each; empty where nothing was. */
  readonly done: readonly string[];
};

/** Writes down one decision once it is carried out. */
export function record(decision: Decision, { log }: Pick<Base, 'log'>): void {
  log('info', 'Decided', { ...decision });
}
