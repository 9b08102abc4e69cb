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
      text: () =>
        'Import again what was imported, under the same ARN, and delete what nobody needs. For what is tagged courier:secret, see what a delivery would do and what stands in its way (first command, which changes nothing), then deliver (second command)',
      commands: () => [{ reExport: { all: true, dryRun: true } }, { reExport: { all: true } }],
    },
  }),
} satisfies Record<string, Reason<never>>;

const said = (counts: readonly (readonly [number, string])[]) =>
  counts.flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : [])).join(', ');
