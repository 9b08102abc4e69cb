import { defineConfig } from 'vitest/config';

/** Unit tests touch no network; lab tests run the built functions against the lab. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/shared/**/*.test.ts', 'test/structure/**/*.test.ts'] } },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts', 'test/functions/**/*.test.ts', 'test/build/**/*.test.ts'],
          globalSetup: ['test/package-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
