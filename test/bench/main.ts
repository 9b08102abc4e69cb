import { parseArgs } from 'node:util';
import { packageIfChanged } from '../../build/package-if-changed.ts';
import { type Cold, measureCold } from './cold.ts';
import { measureRelay, measureSweep, type RelayBench, type SweepBench } from './sweep.ts';

/** What takes minutes is measured where it is named. */
const kinds = ['cold', 'sweep', 'relay'] as const;
const usage = `Usage: npm run bench [-- --only cold|sweep|relay] [--rounds 15] [--json]

Measures cold starts, as ratios within this run, and a sweep of 10,000 certificates;
named, a sweep of 100,000 that hands itself on. docs/performance.md explains the figures.`;

const { only, rounds, json } = readArguments();
await packageIfChanged();
const cold = only.includes('cold') ? await measureCold({ rounds }) : undefined;
const sweep = only.includes('sweep') ? await measureSweep() : undefined;
const relay = only.includes('relay') ? await measureRelay(2_500) : undefined;
const shown = [cold && tableOf(cold), sweep && sentenceOf(sweep), relay && relayOf(relay)].filter(Boolean).join('\n\n');
console.log(json ? JSON.stringify({ cold, sweep, relay }) : shown);

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '15' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return exit(usage, 0);
    const wanted = kinds.filter((kind) => (values.only === undefined ? kind !== 'relay' : values.only === kind));
    if (wanted.length === 0) throw new Error(`Cannot measure "${values.only}": --only takes ${kinds.join(' or ')}`);
    if (!/^[1-9]\d{0,3}$/.test(values.rounds)) throw new Error(`Cannot measure "${values.rounds}" rounds: 1 to 9999`);
    return { only: wanted, rounds: Number(values.rounds), json: values.json };
  } catch (error) {
    return exit(`${(error as Error).message}\n\n${usage}`, 2);
  }
}

function exit(text: string, code: number): never {
  (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}

function tableOf(rows: readonly Cold[]): string {
  const head = ['function', 'vs naive', 'vs node', 'bytes', 'calls', 'chain'];
  const cells = rows.map((row) => [row.name, row.vsNaive, row.vsNode, row.bytes, row.calls, row.chain].map(String));
  return [head, ...cells]
    .map(([name = '', ...rest]) => name.padEnd(22) + rest.map((cell) => cell.padStart(10)).join(''))
    .join('\n');
}

function sentenceOf({ certificates, calls, seconds, peakMB }: SweepBench): string {
  return `sweep of ${certificates} certificates: ${calls} calls, ${seconds} s, ${peakMB} MB at most`;
}

function relayOf({ invocations, queued, ...sweep }: RelayBench): string {
  return `${sentenceOf(sweep)}, ${queued} queued in ${invocations} invocations`;
}
