import { takeInventory } from '../shared/inventory.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { csv, forEach, note, paint, print, printJson, table, whileWaiting } from './screen.ts';
import { type CliSight, sightOf } from './sight.ts';
import { findStack, type Where } from './stack.ts';
import { type Standing, servedInShort, standings, wrongLeaves } from './standing.ts';
import { type Filter, matches, type Row, restartedInShort, statusRows } from './status-rows.ts';

export type StatusOptions = Where &
  Filter & {
    readonly json?: boolean;
    readonly csv?: boolean;
    /** Handshakes with every task, from here. */
    readonly probe?: boolean;
  };

/** `standings` where handshakes were asked for. */
type Shown = Row & { readonly standings?: readonly Standing[] };

/** Every delivery of the region, the soonest to end first. Pages cost calls, certificates do not, but for `probe`. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const sight = sightOf(stack);
  const inventory = await whileWaiting('Listing', () => takeInventory(sight));
  const rows = statusRows(inventory, { ...stack.settings, now: stack.now() });
  const wanted = rows.filter((row) => matches(row, { ...options, problems: false }));
  const looked = options.probe
    ? await forEach('Shaking hands', wanted, (row) => shakeHands(row, sight))
    : wanted.map((row): Shown => row);
  const shown = looked.filter((row) => matches(row, options));

  if (stack.unseen) note(`${stack.unseen}: the defaults are assumed, secrets below "${stack.settings.secretPrefix}"`);
  for (const one of inventory.unseen ?? []) note(`Not seen: ${one}`);
  show(shown, options);
  const untagged = rows.length - rows.filter((row) => matches(row, {})).length;
  if (untagged > 0 && !options.all) note(`${untagged} more are not tagged courier:secret; --all lists them, too`);
  return options.problems && shown.length > 0 ? exitCode.problems : exitCode.ok;
}

async function shakeHands(row: Row, sight: CliSight): Promise<Shown> {
  const { secret, holds: serial, since, certificate } = row;
  if (secret === undefined || serial === undefined || since === undefined) return row;
  const consumers = row.consumers.map(({ arn }) => arn);
  const current = { secret, since, serial, name: certificate.name, consumers };
  const seen = await standings(current, { sight, shakesHands: true });
  return { ...row, standings: seen, problems: [...row.problems, ...wrongLeaves(seen)] };
}

function show(rows: readonly Shown[], options: StatusOptions): void {
  const heads = head.map((name) => name.toUpperCase());
  if (options.json) printJson(rows.map(asJson));
  else if (options.csv) print(csv(head, rows.map(cells)));
  else if (rows.length > 0) print(table(heads, rows.map(coloured)));
  else print(options.problems ? 'No problems.' : 'Nothing to show.');
}

const head = ['name', 'type', 'days', 'renewal', 'secret', 'version', 'state', 'consumers', 'served', 'owner'];

const cells = (row: Shown): readonly string[] => [
  row.certificate.name,
  row.certificate.type,
  row.daysLeft === undefined ? '-' : String(row.daysLeft),
  row.renewal,
  row.secret ?? '-',
  row.holds ? shortSerial(row.holds) : (row.versionId ?? '-'),
  row.state,
  row.secret === undefined ? '-' : String(row.consumers.length),
  served(row),
  row.owner ?? '-',
];

const served = (row: Shown) => (row.standings ? servedInShort(row.standings) : restartedInShort(row));

/** Enough of it to tell two apart by eye; the padding in front says nothing. */
export const shortSerial = (serial: string): string => serial.replace(/^0+/, '').slice(0, 8);

function coloured(row: Shown): readonly string[] {
  const style = row.problems.length > 0 ? 'red' : row.state === 'under way' ? 'yellow' : undefined;
  return style ? cells(row).map((text) => paint(style, text)) : cells(row);
}

/** The contract of --json: docs/cli.md. */
const asJson = (row: Shown) => ({
  name: row.certificate.name,
  certificateArn: row.certificate.arn,
  type: row.certificate.type,
  status: row.certificate.status,
  serial: row.certificate.serial ?? null,
  notAfter: isoTime(row.certificate.notAfter),
  daysLeft: row.daysLeft ?? null,
  renewal: row.renewal,
  secret: row.secret ?? null,
  versionId: row.versionId ?? null,
  versionSerial: row.holds ?? null,
  state: row.state,
  consumers: row.standings?.map(standingAsJson) ?? row.consumers.map(({ arn }) => ({ arn })),
  served: served(row),
  owner: row.owner ?? null,
  problems: row.problems,
});

export const standingAsJson = ({ consumer, verdict, tasks }: Standing) => ({
  arn: consumer.arn,
  service: consumer.service,
  cluster: consumer.cluster,
  desired: consumer.desired,
  verdict: verdict.is,
  ...(tasks && { tasks: tasks.map((one) => ({ ...one, startedAt: isoTime(one.startedAt) })) }),
});

export const isoTime = (seconds: number | undefined): string | null =>
  seconds === undefined ? null : new Date(seconds * 1000).toISOString();
