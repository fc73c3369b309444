import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BUILT, builtSources } from './test/support/built-sources.ts';
import { LongestFirst } from './test/support/longest-first.ts';

const workspaces = ['libs', 'services', 'bench', 'scripts', 'test/support'];
const named = (suffix: string) => workspaces.map((folder) => `${folder}/**/*.${suffix}`);
const ignored = ['**/node_modules/**', '**/dist/**', '.heddle/**'];
const cores = Math.max(2, availableParallelism());
/** For tests that mostly wait, for a broker or for time to pass: more of them than cores. */
const waiting = 2 * cores;
/** Tests run what was built. */
const built = 'test/support/global-build.ts';
const broker = 'test/support/global-broker.ts';
const postgres = 'test/support/global-postgres.ts';

export default defineConfig({
  plugins: [builtSources],
  test: {
    pool: 'forks',
    maxWorkers: cores,
    // Files share their process, and with it what they import: loading that anew for each cost more than all unit tests.
    isolate: false,
    server: { deps: { external: [BUILT] } },
    sequence: { sequencer: LongestFirst },
    // What is waited for comes when it comes: a busy machine is no failure, nor is one that stands still for seconds.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: named('test.ts'),
          exclude: [...ignored, '**/*.broker.test.ts', '**/*.database.test.ts'],
          globalSetup: built,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: named('database.test.ts'),
          exclude: ignored,
          globalSetup: [built, postgres],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'broker',
          include: named('broker.test.ts'),
          exclude: ignored,
          globalSetup: [built, broker],
          maxWorkers: waiting,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'features',
          include: ['test/features/**/*.test.ts'],
          exclude: ignored,
          globalSetup: [built, broker, postgres, 'test/support/global-stack.ts'],
          maxWorkers: waiting,
          testTimeout: 90_000,
          hookTimeout: 90_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          exclude: ignored,
          globalSetup: [built, broker, postgres],
          maxWorkers: waiting,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          exclude: ignored,
          globalSetup: [built, broker, postgres],
          // Each loads the machine as much as it can: one after the other.
          maxWorkers: 1,
          testTimeout: 900_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
