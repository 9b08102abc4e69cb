import { type Reason, reason } from './reason.ts';

type Counts = { readonly ending: number; readonly waiting: number; readonly unowned: number };

/** What is said of many certificates at once. */
export const digestReasons = {
  Digest: reason<Counts>({
    severity: 'warning',
    retry: 'never',
    headline: ({ ending, waiting, unowned }) =>
      said([
        [ending, 'will not renew'],
        [waiting, 'paused'],
        [unowned, 'unowned'],
      ]),
    sentence: ({ ending, waiting, unowned }) =>
      `This does not come right by itself: ${said([
        [ending, 'to end without a renewal'],
        [waiting, 'paused or stopped'],
        [unowned, 'without an owner'],
      ])}`,
    mend: {
      kind: 'command',
      text: ({ ending, waiting, unowned }) =>
        [
          ending > 0 && 'Import again what was imported, under the same ARN, and delete what nobody needs. ',
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
