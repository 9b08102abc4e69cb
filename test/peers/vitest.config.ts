import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { hasPython } from './python-environment.ts';

// In CI nothing is left out: without Python the set-up fails there, and with it the run.
const runs = hasPython() || process.env.CI === 'true';
if (!runs) console.log('There is no Python 3 with venv here, so no counterpart judges anything; CI has them all.');

/** What programs that nobody here wrote make of the lab and of the stack. */
// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: {
    name: 'peers',
    root: join(import.meta.dirname, '../..'),
    include: runs ? ['test/peers/**/*.test.ts'] : [],
    passWithNoTests: !runs,
    globalSetup: runs
      ? ['test/package-once.ts', 'test/peers/counterparts.ts', 'test/peers/servers/format-table.ts']
      : [],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
