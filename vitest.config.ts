import { defineConfig } from 'vitest/config';

/** What judges all that the lab tests did. */
const afterwards = ['test/lab/iam-roles.test.ts'];

/** Unit tests touch no network; lab tests run the built functions against the lab. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/one-seed.ts'],
          include: ['test/{shared,structure,container}/**/*.test.ts', 'test/cli/unit/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/{lab,functions,cli,build}/**/*.test.ts'],
          exclude: ['test/cli/unit/**', ...afterwards],
          globalSetup: ['test/package-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      { test: { name: 'roles', include: afterwards, sequence: { groupOrder: 1 } } },
    ],
  },
});
