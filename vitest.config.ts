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
          include: ['test/shared/**/*.test.ts', 'test/structure/**/*.test.ts', 'test/container/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts', 'test/functions/**/*.test.ts', 'test/build/**/*.test.ts'],
          exclude: afterwards,
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
