import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Workspaces are tested from their sources, in worker threads and child processes too. No `import` or `module` here: vitest hands
 * these conditions to Node, and then `require` of a package with two builds gets the wrong one.
 */
const sources = {
  extends: true as const,
  ssr: { resolve: { conditions: ['heddle-src', 'node'] } },
};
const execArgv = ['--import', 'tsx', '--conditions=heddle-src'];
const workspaces = ['libs', 'services', 'bench', 'scripts', 'test/support'];
const named = (suffix: string) => workspaces.map((folder) => `${folder}/**/*.${suffix}`);
const ignored = ['**/node_modules/**', '**/dist/**', '.heddle/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    // What is waited for comes when it comes: a busy machine is no failure.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: named('test.ts'),
          exclude: [...ignored, '**/*.broker.test.ts', '**/*.database.test.ts'],
          execArgv,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...sources,
        test: {
          name: 'database',
          include: named('database.test.ts'),
          exclude: ignored,
          globalSetup: 'test/support/global-postgres.ts',
          execArgv,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...sources,
        test: {
          name: 'broker',
          include: named('broker.test.ts'),
          exclude: ignored,
          globalSetup: 'test/support/global-broker.ts',
          execArgv,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...sources,
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          exclude: ignored,
          globalSetup: [
            'test/support/global-build.ts',
            'test/support/global-broker.ts',
            'test/support/global-postgres.ts',
          ],
          execArgv,
          // Each spawns a whole stack: one after the other.
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
