import { count, type Reason, reason } from './reason.ts';

type Counts = { readonly ending: number; readonly waiting: number; readonly unowned: number };

/** What is said of many certificates at once. */
export const digestReasons = {
  Digest: reason<Counts>({
    severity: 'warning',
    retry: 'never',
    headline: (counts) => inShort(counts),
    sentence: (counts) => `What does not come right by itself: ${inShort(counts)}`,
    mend: {
      kind: 'command',
      text: () =>
        'Import again what was imported, under the same ARN, and delete what nobody needs. For what is tagged courier:secret, see what a delivery would do and what stands in its way (first command, which changes nothing), then deliver (second command)',
      commands: () => [{ reExport: { all: true, dryRun: true } }, { reExport: { all: true } }],
    },
  }),
} satisfies Record<string, Reason<never>>;

const inShort = ({ ending, waiting, unowned }: Counts) =>
  [
    ending > 0 && `${count(ending, 'certificate')} will not renew`,
    waiting > 0 && `${waiting} paused or stopped`,
    unowned > 0 && `${unowned} without owner`,
  ]
    .filter(Boolean)
    .join(', ');
