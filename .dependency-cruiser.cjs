/**
 * Which folder may import which. Dependencies point one way: services → client, broker, service, outbound, tracing → contracts.
 * The command stands in CONTRIBUTING.md.
 *
 * Sources only are cruised. There is no `exclude` on `dist`, which would drop whole packages without a word if they
 * resolved to it; `heddle-src` resolves them to their sources, and the rule `sources-only` fails if they do not.
 */

/** Test files may reach for the test support and for what they compare with. */
const TESTS = '([.]test[.]ts$|^(libs|services)/[^/]+/test/)';

/** What of ours each library may import besides itself, and why no more. `libs/contracts` has a rule of its own. */
const libraries = [
  ['broker', ['contracts'], 'How it is said stands on what is said, and on nothing else of ours.'],
  [
    'service',
    ['broker', 'contracts', 'tracing'],
    'What every process shares knows nothing of jobs and clients.',
  ],
  [
    'client',
    ['broker', 'contracts', 'tracing'],
    "What a user imports does not pull in a process's machinery.",
  ],
  ['tracing', [], 'Spans know nothing of jobs, so that every library can make them.'],
  [
    'outbound',
    ['contracts'],
    'What guards calls to the outside stands apart from the broker and from any process.',
  ],
  [
    'sync',
    ['client', 'broker', 'contracts'],
    'Locks and queues stand beside the client, and submit jobs through it.',
  ],
];

function importsOf([library, others, comment]) {
  return {
    name: `imports-of-${library}`,
    comment,
    severity: 'error',
    from: { path: `^libs/${library}/src`, pathNot: TESTS },
    to: {
      path: '^(libs|services|bench|test|scripts)/',
      pathNot: `^libs/((${[library, ...others].join('|')})/src|${library}/node_modules)/`,
    },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one module, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contracts-import-zod-only',
      comment: 'The shared language depends on nothing that has behaviour.',
      severity: 'error',
      from: { path: '^libs/contracts/src', pathNot: TESTS },
      to: { pathNot: ['^libs/contracts/src', '^node_modules/zod/'] },
    },
    {
      name: 'amqplib-in-broker-only',
      comment:
        'libs/broker is the only importer of amqplib; bench and tests may use it to compare or to play a foreigner.',
      severity: 'error',
      from: { pathNot: ['^libs/broker/src', '^bench/', '^test/', TESTS] },
      to: { path: ['(^|node_modules/)amqplib', '(^|node_modules/)@types/amqplib'] },
    },
    ...libraries.map(importsOf),
    {
      name: 'opentelemetry-in-tracing-only',
      comment: 'libs/tracing is the only importer of OpenTelemetry: who does not trace loads none of it.',
      severity: 'error',
      from: { pathNot: ['^libs/tracing/src', '^test/', TESTS] },
      to: { path: '(^|node_modules/)@opentelemetry/' },
    },
    {
      name: 'no-service-imports-another',
      comment: 'Services talk over AMQP and nothing else.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: TESTS },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-import-libs-only',
      comment: 'Nothing that is shipped leans on tests, benchmarks or scripts.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: TESTS },
      to: { path: '^(bench|test|scripts)/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'Another package is imported by its name, not by a path into it.',
      severity: 'error',
      from: { path: '^(libs|services)/([^/]+)/', pathNot: TESTS },
      to: {
        path: '^libs/[^/]+/src/(?!index[.]ts$)',
        pathNot: '^$1/$2/',
      },
    },
    {
      name: 'sources-only',
      comment: 'A package that resolves to its built output is not checked: its exports lack `heddle-src`.',
      severity: 'error',
      from: {},
      to: { path: '^(libs|services|bench)/.*dist/' },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-in-package-json',
      comment: "A package that is imported stands in the importing workspace's package.json.",
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-in-what-ships',
      comment: 'Images are built with production dependencies only.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    combinedDependencies: false,
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '[.]mjs$'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['heddle-src', 'import', 'node', 'default', 'require', 'types'],
      extensions: ['.ts', '.mts', '.tsx', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
      mainFields: ['main', 'types'],
    },
  },
};
