import { parseArgs } from 'node:util';
import { packageIfChanged } from '../../build/package-if-changed.ts';
import { type Cold, measureCold } from './cold.ts';

/** `npm run bench [-- --only cold] [--rounds 15] [--json]`: measurements, as ratios within this run. */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'cold' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});

if (values.only !== 'cold') {
  console.error(`Cannot measure "${values.only}": --only takes cold`);
  process.exit(2);
}
await packageIfChanged();
const cold = await measureCold({ rounds: Number(values.rounds) });
console.log(values.json ? JSON.stringify({ cold }) : tableOf(cold));

function tableOf(rows: readonly Cold[]): string {
  const head = ['function', 'vs naive', 'vs node', 'bytes', 'calls', 'chain'];
  const cells = rows.map((row) => [row.name, row.vsNaive, row.vsNode, row.bytes, row.calls, row.chain].map(String));
  return [head, ...cells]
    .map(([name = '', ...rest]) => name.padEnd(22) + rest.map((cell) => cell.padStart(10)).join(''))
    .join('\n');
}
