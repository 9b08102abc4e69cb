/** `npm run demo`: one story on the lab, told on a terminal or, with --json, as one document (DESIGN §10). */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageIfChanged } from '../build/package-if-changed.ts';
import { blocked } from './stories/blocked.ts';
import { brokenImage } from './stories/broken-image.ts';
import { mutualTls } from './stories/mutual-tls.ts';
import { renewal } from './stories/renewal.ts';
import { rollback } from './stories/rollback.ts';
import { createTeller, type Story } from './teller.ts';
import { startLab } from './world.ts';

const stories: Readonly<Record<string, Story>> = {
  renewal,
  blocked,
  'mutual-tls': mutualTls,
  rollback,
  'broken-image': brokenImage,
};
/** How many days ago a story begins that takes longer than the lab's own 340: TLS goes by the machine's clock. */
const daysAgo: Readonly<Record<string, number>> = { blocked: 360 };
const usage = `Usage: npm run demo [-- --story NAME] [--json]

  --story NAME  which story to play: ${Object.keys(stories).join(', ')} (default renewal)
  --json        print one JSON document instead of the story
  --help        print this

Plays a story on the lab: an embedded AWS with a real certificate authority, on loopback addresses only.
Exits with 0 only if every check holds.`;

const { story: name, json, help } = readArguments();
if (help) exit(usage, 0);
const story = stories[name] ?? exit(`There is no story "${name}".\n\n${usage}`, 2);

const teller = createTeller({ json });
teller.progress('Packaging the stack as it would be deployed');
await packageIfChanged();
teller.progress('Starting the lab: an embedded AWS with a certificate authority of its own');
const lab = await startLab({
  template: join(import.meta.dirname, '../dist/template.json'),
  ...(daysAgo[name] && { start: new Date(Date.now() - daysAgo[name] * 86_400_000) }),
});
const interrupted = () => void lab.stop().then(() => process.exit(130));
process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
// A reader may leave before the end, as `head` does.
process.stdout.on('error', interrupted);
try {
  const deliveries = await story(lab, teller).catch((error: Error) => {
    teller.check('the story goes to its end', false, error.message);
    return [];
  });
  const ok = teller.end(name, { deliveries, mails: lab.mail() });
  process.exitCode = ok ? 0 : 1;
} finally {
  await lab.stop();
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        story: { type: 'string', default: 'renewal' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    return exit(`${(error as Error).message}\n\n${usage}`, 2);
  }
}

function exit(text: string, code: number): never {
  (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}
