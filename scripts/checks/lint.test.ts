import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each file breaks the rule that it is named after. */
const planted = {
  'no-floating-promises': 'async function later() {}\nexport function start() { later(); }',
  'no-misused-promises':
    'export function on(f: () => void) { f(); }\non(async () => { await Promise.resolve(); });',
  'only-throw-error': "export function fail() { throw 'text'; }",
  'no-explicit-any': 'export const value: any = 1;',
  'no-unsafe-assignment': "export const value: string = JSON.parse('1');",
  'ban-ts-comment': "// @ts-ignore: no\nexport const value: string = '1';",
  'switch-exhaustiveness-check':
    "export function name(of: 'a' | 'b') { switch (of) { case 'a': return 1; } return 0; }",
  'no-default-export': 'export default 1;',
  'no-barrel-file': Array.from({ length: 120 }, (_, i) => `export * from './barrel-${i}.ts';`).join('\n'),
  'max-lines': Array.from({ length: 301 }, (_, i) => `export const value${i} = ${i};`).join('\n'),
  'no-warning-comments': '// TODO later\nexport const value = 1;',
  'no-console': "console.log('hello');\nexport const value = 1;",
  eqeqeq: 'export function same(a: number, b: number) { return a == b; }',
};
const plantedTests = {
  'no-focused-tests': "import { expect, test } from 'vitest';\ntest.only('a', () => { expect(1).toBe(1); });",
  'no-disabled-tests':
    "import { expect, test } from 'vitest';\ntest.skip('a', () => { expect(1).toBe(1); });",
};

describe('the lint', () => {
  let folder: string;
  let found: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-lint-'));
    for (const [name, text] of Object.entries(planted)) writeFileSync(join(folder, `${name}.ts`), text);
    for (const [name, text] of Object.entries(plantedTests)) {
      writeFileSync(join(folder, `${name}.test.ts`), text);
    }
    for (let i = 0; i < 120; i += 1) {
      writeFileSync(join(folder, `barrel-${i}.ts`), `export const barrel${i} = ${i};`);
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: { types: [] } }),
    );
    found = lint(folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([...Object.keys(planted), ...Object.keys(plantedTests)])('notices %s', (rule) => {
    const isTest = rule in plantedTests;
    expect(found).toContainEqual(
      expect.stringMatching(`^${rule}${isTest ? '.test' : ''}.ts .*\\b${rule}\\b`),
    );
  });
});

/** `file rule` for each finding. */
function lint(folder: string): string[] {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const args = [oxlint, '--config', join(root, '.oxlintrc.json'), '--format', 'json'];
  // It looks for the part that knows types on the path, which only npm sets.
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
  const env = { ...process.env, PATH };
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  if (!stdout.startsWith('{')) throw new Error(`expected findings as JSON, got: ${stdout} ${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  return diagnostics.map(({ filename, code }) => `${filename.split('/').at(-1)} ${code}`);
}
