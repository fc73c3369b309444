/** A tool of `node_modules/.bin` and its arguments; it fails when its code is not 0. */
export const checks = [
  { what: 'format', tool: 'biome', args: ['check', '.'] },
  { what: 'lint', tool: 'oxlint', args: ['--type-aware', '--quiet'] },
  { what: 'types of the tests', tool: 'tsc', args: ['-p', 'tsconfig.tests.json'] },
  {
    what: 'boundaries',
    tool: 'depcruise',
    // Sources only, and no filter on what they import: that would blind the rules about packages from outside.
    args: [
      '--no-progress',
      '--config',
      '.dependency-cruiser.cjs',
      'libs/*/src',
      'services/*/src',
      'bench/src',
      'test',
      'scripts',
    ],
  },
  { what: 'unused code', tool: 'knip', args: ['--no-progress', '--no-config-hints'] },
  { what: 'generated files', script: 'scripts/generate.mjs', args: ['--check'] },
];

/** The parts of the test suite, in the order they are run: quick ones first. */
export const testProjects = [
  { what: 'unit tests', project: 'unit' },
  { what: 'database tests', project: 'database' },
  { what: 'broker tests', project: 'broker' },
  { what: 'feature tests', project: 'features' },
  { what: 'system tests', project: 'system' },
];

/** What `npm run test:soak` runs. */
export const soakProjects = [{ what: 'soak tests', project: 'soak' }];
