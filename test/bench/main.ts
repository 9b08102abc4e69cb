import { parseArgs } from 'node:util';
import { packageIfChanged } from '../../build/package-if-changed.ts';
import { type Cold, measureCold } from './cold.ts';

const usage = `Usage: npm run bench [-- --only cold] [--rounds 15] [--json]

Measures cold starts, as ratios within this run; docs/performance.md explains the columns.`;

const { rounds, json } = readArguments();
await packageIfChanged();
const cold = await measureCold({ rounds });
console.log(json ? JSON.stringify({ cold }) : tableOf(cold));

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: 'cold' },
        rounds: { type: 'string', default: '15' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return exit(usage, 0);
    if (values.only !== 'cold') throw new Error(`Cannot measure "${values.only}": --only takes cold`);
    if (!/^[1-9]\d{0,3}$/.test(values.rounds)) throw new Error(`Cannot measure "${values.rounds}" rounds: 1 to 9999`);
    return { rounds: Number(values.rounds), json: values.json };
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
