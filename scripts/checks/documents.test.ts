import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'examples', 'libs', 'services', 'scripts', 'test', 'bench', 'k8s'];
const files = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ),
].filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
const documents = files.filter((path) => path.endsWith('.md'));

test.each(documents)('%s links to files that exist', (path) => {
  const text = readFileSync(join(root, path), 'utf8').replaceAll(/```[^]*?```/g, '');
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
});

test.each(documents)('%s names source files that exist', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|cjs))`/g)].map(([, file = '']) => file);
  const exists = (file: string) => files.some((path) => path === file || path.endsWith(`/${file}`));
  expect(named.filter((file) => !exists(file))).toEqual([]);
});

test('docs/decisions/README.md lists every decision', () => {
  const pages = readdirSync(join(root, 'docs/decisions')).filter((page) => page !== 'README.md');
  const list = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8');
  expect(pages.filter((page) => !list.includes(`](${page})`))).toEqual([]);
});
