import { type Reason, reason } from './reason.ts';

type Counts = { readonly ending: number; readonly found: number; readonly waiting: number; readonly unowned: number };

/** What is said of many certificates at once. */
export const digestReasons = {
  Digest: reason<Counts>({
    severity: 'warning',
    retry: 'never',
    headline: ({ ending, found, waiting, unowned }) =>
      said([
        [ending, 'will not renew'],
        [found, 'found'],
        [waiting, 'paused'],
        [unowned, 'unowned'],
      ]),
    sentence: ({ ending, found, waiting, unowned }) =>
      `This does not come right by itself: ${said([
        [ending, 'to end without a renewal'],
        [found, 'found by the sweep'],
        [waiting, 'paused or stopped'],
        [unowned, 'without an owner'],
      ])}`,
    mend: {
      kind: 'command',
      text: ({ ending, found, waiting, unowned }) =>
        [
          ending > 0 && 'Import again what was imported, under the same ARN, and delete what nobody needs. ',
          found > 0 && 'Look each thing up that was found by its words in the runbook. ',
          waiting > 0 && 'Take the tag courier:pause off what may go on. ',
          unowned > 0 && 'Name in the tag courier:owner who is to hear of it. ',
          'See what deliveries would do and what stands in their way (first command, which changes nothing), then deliver (second command)',
        ]
          .filter(Boolean)
          .join(''),
      commands: () => [{ reExport: { all: true, dryRun: true } }, { reExport: { all: true } }],
    },
  }),
} satisfies Record<string, Reason<never>>;

const said = (counts: readonly (readonly [number, string])[]) =>
  counts.flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : [])).join(', ');
