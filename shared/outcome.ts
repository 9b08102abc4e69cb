import type { Finding } from './domain/reasons.ts';
import type { Place } from './domain/shell.ts';
import { type Problem, problemOf } from './problem.ts';

/** What one look came to. */
export type Outcome =
  /** Right, or nothing more to be done automatically. */
  | { readonly is: 'done'; readonly because: string }
  | Again
  /** Nothing can be done until a person acts; they were told. */
  | { readonly is: 'told'; readonly finding: Finding };

/** Waits for a person or for its time. Said once nothing else of the message goes on: each look would say it anew. */
export type Held = { readonly is: 'held'; readonly tell: () => Promise<Outcome> };

/** Not yet: look again after so many seconds. */
export type Again = { readonly is: 'again'; readonly seconds: number; readonly because: string };

/** Several deliveries of one certificate share a message: as long as one of them is to be looked at again, it goes on. */
export const soonest = (outcomes: readonly { readonly is: string }[]): Again | undefined =>
  outcomes.filter((outcome): outcome is Again => outcome.is === 'again').toSorted((a, b) => a.seconds - b.seconds)[0];

/** An outcome as the worker answers it to another function. */
export type OutcomeAnswer = Exclude<Outcome, { is: 'told' }> | { readonly is: 'told'; readonly problem: Problem };

export const answerOf = (outcome: Outcome, place: Place): OutcomeAnswer =>
  outcome.is === 'told' ? { is: 'told', problem: problemOf(outcome.finding, place) } : outcome;
