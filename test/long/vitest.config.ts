import { defineConfig } from 'vitest/config';

/** Runs of minutes: .ci/run starts them, `npm test` does not. */
// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: { include: ['test/long/**/*.test.ts'], testTimeout: 900_000 },
});
