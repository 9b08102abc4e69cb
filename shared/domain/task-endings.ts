/** How a task of a service ended. */
export type Ending = {
  /** When it was created, epoch seconds. */
  readonly createdAt: number;
  /** ECS's own words. */
  readonly reason: string;
  readonly exits: readonly { readonly container: string; readonly code: number; readonly reason: string }[];
};

/**
 * With these the start-up helper says that the certificate is why nothing started (container/courier-start). With 81 it
 * found none, which speaks against the task definition.
 */
const certificateCodes: Readonly<Record<number, string>> = {
  82: 'it is unreadable, or cut off',
  83: 'key and certificate are no pair',
  84: 'it has expired, or is not valid yet',
};

export type Autopsy = { readonly words: string; readonly evidence?: string; readonly marks: readonly string[] };

/**
 * What the tasks of a failed service say of why: in words, as evidence against the certificate, and as marks by which
 * failures are alike. A task that never ran a container (no image, no capacity) says nothing about the certificate.
 */
export function readEndings(endings: readonly Ending[]): Autopsy {
  const exits = endings.flatMap((ending) => ending.exits.filter(({ code }) => code !== 0));
  const refused = exits.find(({ code }) => certificateCodes[code] !== undefined);
  const [last] = endings.toSorted((a, b) => b.createdAt - a.createdAt);
  return {
    words: last === undefined ? '' : inWords(last),
    ...(refused && {
      evidence: `the start-up helper in container "${refused.container}" refused the certificate (exit code ${refused.code}: ${certificateCodes[refused.code]})`,
    }),
    marks: [...new Set(exits.filter(({ code }) => !signals.has(code)).map(({ code }) => `exit code ${code}`))],
  };
}

/** Killed or ended from outside, which happens to whoever is replaced. */
const signals = new Set([130, 137, 143]);

const inWords = ({ reason, exits }: Ending) =>
  [
    `a task stopped (${reason})`,
    ...exits.map(({ container, code, reason: why }) => `"${container}" with exit code ${code}${why && `: ${why}`}`),
  ].join(', ');
