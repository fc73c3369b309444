import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checks } from '../verify/list-checks.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = join(root, '.dependency-cruiser.cjs');
const { forbidden } = createRequire(import.meta.url)(config) as { forbidden: { name: string }[] };

/** A source tree in the shape of this one, where each file breaks the rule named beside it. */
const planted = [
  ['contracts-import-zod-only', 'libs/contracts/src/read-file.ts', "import 'node:fs';"],
  ['amqplib-in-broker-only', 'services/gateway/src/publish.ts', "import 'amqplib';"],
  ['imports-of-broker', 'libs/broker/src/use-client.ts', "import '@heddle/client';"],
  ['imports-of-service', 'libs/service/src/use-client.ts', "import '@heddle/client';"],
  ['imports-of-client', 'libs/client/src/use-service.ts', "import '@heddle/service';"],
  ['imports-of-sync', 'libs/sync/src/use-service.ts', "import '@heddle/service';"],
  ['imports-of-tracing', 'libs/tracing/src/use-contracts.ts', "import '@heddle/contracts';"],
  ['opentelemetry-in-tracing-only', 'services/gateway/src/use-otel.ts', "import '@opentelemetry/api';"],
  ['imports-of-outbound', 'libs/outbound/src/use-broker.ts', "import '@heddle/broker';"],
  [
    'no-service-imports-another',
    'services/gateway/src/look-into.ts',
    "import '../../recorder/src/database.ts';",
  ],
  ['services-import-libs-only', 'services/gateway/src/use-test.ts', "import '../../../test/support.ts';"],
  [
    'through-the-front-door',
    'services/gateway/src/reach-in.ts',
    "import '../../../libs/broker/src/settler.ts';",
  ],
  ['sources-only', 'libs/client/src/use-build.ts', "import '../../broker/dist/index.js';"],
  ['resolvable', 'services/gateway/src/lost.ts', "import './nowhere.ts';"],
  ['declared-in-package-json', 'services/gateway/src/undeclared.ts', "import 'left-pad';"],
  ['no-dev-dependency-in-what-ships', 'services/gateway/src/dev.ts', "import 'vitest';"],
  ['no-cycle', 'libs/client/src/egg.ts', "import { hen } from './hen.ts'; export const egg = () => hen;"],
] as const;

const innocent = {
  'libs/client/src/hen.ts': "import { egg } from './egg.ts'; export const hen = egg;",
  'services/recorder/src/database.ts': "import 'pg';",
  'services/recorder/src/main.ts': "import '@heddle/broker'; import '@heddle/contracts';",
  'libs/contracts/src/schema.ts': "import 'zod';",
  'libs/broker/src/settler.ts': "import 'amqplib'; import '@heddle/contracts';",
  'libs/broker/src/settler.test.ts': "import 'vitest'; import '../../../test/support.ts';",
  'libs/broker/dist/index.js': '',
  'test/support.ts': "import 'amqplib';",
  'bench/src/reference.ts': "import 'amqplib';",
  'scripts/start.mjs': "import 'node:fs';",
};

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('the boundary check', () => {
  let tree: string;
  let violations: Violation[];

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'heddle-boundaries-'));
    plantTree(tree);
    violations = await cruise(tree);
  }, 120_000);
  afterAll(() => rmSync(tree, { recursive: true }));

  test.each(planted)('%s: notices %s', (rule, file) => {
    expect(violations.map(({ from, rule: { name } }) => `${from}: ${name}`)).toContain(`${file}: ${rule}`);
  });

  test('has no rule that is not tried here', () => {
    expect(forbidden.map(({ name }) => name).toSorted()).toEqual(planted.map(([rule]) => rule).toSorted());
  });

  test('says nothing of files that keep to the rules', () => {
    const accused = new Set(
      violations.filter(({ rule }) => rule.name !== 'no-cycle').map(({ from }) => from),
    );
    expect(Object.keys(innocent).filter((file) => accused.has(file))).toEqual([]);
  });
});

function plantTree(tree: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  };
  for (const [, path, text] of planted) write(path, text);
  for (const [path, text] of Object.entries(innocent)) write(path, text);
  const outside = ['zod', 'amqplib', 'pg', 'left-pad', 'vitest'];
  for (const name of outside) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, '');
  }
  write('package.json', JSON.stringify({ name: 'planted', devDependencies: { vitest: '1.0.0' } }));
  mkdirSync(join(tree, 'node_modules/@heddle'));
  const ours = [
    '@heddle/contracts',
    '@heddle/broker',
    '@heddle/service',
    '@heddle/client',
    '@heddle/outbound',
  ];
  for (const name of ours) {
    const folder = `libs/${name.slice('@heddle/'.length)}`;
    const exports = { '.': { 'heddle-src': './src/index.ts', default: './dist/index.js' } };
    write(
      `${folder}/package.json`,
      JSON.stringify({ name, exports, dependencies: versions([...ours, 'zod', 'amqplib']) }),
    );
    write(`${folder}/src/index.ts`, 'export {};');
    symlinkSync(join(tree, folder), join(tree, 'node_modules', name));
  }
  for (const service of ['gateway', 'recorder']) {
    const dependencies = versions([...ours, 'amqplib', 'pg']);
    const devDependencies = versions(['vitest']);
    write(
      `services/${service}/package.json`,
      JSON.stringify({ name: service, dependencies, devDependencies }),
    );
  }
}

function versions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '1.0.0']));
}

/** Runs the check as `npm test` does, but with its findings as JSON. */
async function cruise(tree: string): Promise<Violation[]> {
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { args = [] } = checks.find(({ what }) => what === 'boundaries') ?? {};
  const asJson = [
    ...args.map((arg) => (arg === '.dependency-cruiser.cjs' ? config : arg)),
    '--output-type',
    'json',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [depcruise, ...asJson], {
    cwd: tree,
    maxBuffer: 1e8,
  });
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}
