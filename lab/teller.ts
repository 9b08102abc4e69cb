import Table from 'cli-table3';
import yoctoSpinner from 'yocto-spinner';
import type { Mail } from './sns.ts';
import type { Lab } from './world.ts';

/** Plays on a lab, tells as it goes, and returns the deliveries as they are at the end. */
export type Story = (lab: Lab, teller: Teller) => Promise<readonly DeliveryRow[]>;

/** One delivery at the end of a story: what ACM has, what the secret holds, what each service was seen to serve. */
export type DeliveryRow = {
  readonly name: string;
  readonly certificateArn: string;
  readonly serial: string;
  readonly secret: string;
  readonly versionId: string;
  readonly daysLeft: number;
  readonly consumers: readonly {
    readonly service: string;
    readonly servedSerial: string;
    readonly host: string;
    readonly port: number;
  }[];
};

export type Teller = {
  /** What is happening now: a spinner on a terminal, nothing elsewhere. */
  progress(text: string): void;
  /** A new part of the story. */
  scene(title: string): void;
  /** A sentence of it. */
  say(text: string): void;
  /** Something that must hold, and what was seen; several lines are told below it. */
  check(name: string, ok: boolean, seen: string): void;
  /** A mail, whole. */
  mail(mail: Mail): void;
  /** The closing table, or the JSON document. True if every check held. */
  end(story: string, closing: { deliveries: readonly DeliveryRow[]; mails: readonly Mail[] }): boolean;
};

type Check = { readonly name: string; readonly ok: boolean; readonly seen: string };

export function createTeller({ json }: { json: boolean }): Teller {
  const checks: Check[] = [];
  const started = Date.now();
  const spinner = json || !process.stdout.isTTY ? null : yoctoSpinner();

  function print(text: string): void {
    if (json) return;
    spinner?.stop();
    console.log(text);
  }

  return {
    progress(text) {
      if (spinner) spinner.start(text);
    },
    scene: (title) => print(`\n${title}`),
    say: (text) => print(`  ${text}`),
    check(name, ok, seen) {
      checks.push({ name, ok, seen });
      const told = seen.includes('\n') ? `\n${seen}`.replaceAll('\n', '\n      ') : ` ${seen}`;
      print(`  ${ok ? '✔' : '✘'} ${name}:${told}`);
    },
    mail: ({ subject, body }) => print(framed([`Subject: ${subject}`, '', ...body.trimEnd().split('\n')])),
    end(story, { deliveries, mails }) {
      const ok = checks.every((check) => check.ok);
      if (json) console.log(JSON.stringify(document(story, { ok, checks, deliveries, mails }), null, 2));
      print(`\n${closingTable(deliveries)}`);
      const failed = checks.filter((check) => !check.ok).length;
      const seconds = Math.round((Date.now() - started) / 1000);
      print(
        `\n${ok ? `All ${checks.length} checks hold` : `${failed} of ${checks.length} checks do not hold`} (${seconds} s).`,
      );
      return ok;
    },
  };
}

const document = (
  story: string,
  {
    deliveries,
    mails,
    ...rest
  }: { ok: boolean; checks: Check[]; deliveries: readonly DeliveryRow[]; mails: readonly Mail[] },
) => ({
  ok: rest.ok,
  story,
  checks: rest.checks,
  deliveries: deliveries.map(({ name: _, daysLeft: __, ...contract }) => contract),
  mails: mails.map(({ subject, body }) => ({ subject, body })),
});

const framed = (lines: readonly string[]) => lines.map((line) => `  │ ${line}`.trimEnd()).join('\n');

/** Serials are random: their last eight digits tell them apart, and leave room for the rest. */
const short = (serial: string) => `…${serial.slice(-8)}`;

function closingTable(deliveries: readonly DeliveryRow[]): string {
  const table = new Table({
    head: ['certificate', 'serial', 'secret', 'version', 'service', 'serves', 'days left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, serial, secret, versionId, consumers, daysLeft } of deliveries)
    for (const { service, servedSerial } of consumers)
      table.push([name, short(serial), secret, short(versionId.slice(0, 40)), service, short(servedSerial), daysLeft]);
  return table.toString();
}
